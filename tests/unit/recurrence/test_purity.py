"""The core imports no I/O and no framework, and starts fast."""

import json
import subprocess
import sys

FORBIDDEN = {"psycopg", "kafka", "faust", "aiohttp", "exchangelib", "googleapiclient", "click", "asyncio", "requests"}


def test_the_core_imports_neither_frameworks_nor_clients() -> None:
    code = (
        "import json, sys, cxsync.recurrence.check; print(json.dumps(sorted({n.split('.')[0] for n in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert FORBIDDEN.isdisjoint(json.loads(done.stdout))
