"""The whole grid and 50,000 examples of each property: ``python -m tests.unit.recurrence.long_run [--examples N]``.

Exit code 0 only if nothing failed; failures are printed as lines that ``cxsync recurrence check`` takes.
"""

import argparse
import json
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import chain

import pytest

from tests.unit.recurrence.grid import carerix_lines, cell_faults, exchange_lines
from tests.unit.recurrence.verify import Json


def _judged(line: Json) -> tuple[Json, list[str]]:
    return line, cell_faults(line)


def main() -> int:
    """Runs both halves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=50_000)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    os.environ["CXSYNC_TEST_YEARS"] = "30"
    begun, cells, failed = time.monotonic(), 0, 0
    with ProcessPoolExecutor(options.processes) as pool:
        for line, faults in pool.map(_judged, chain(exchange_lines(), carerix_lines()), chunksize=50):
            cells += 1
            if faults:
                failed += 1
                sys.stdout.write(f"{json.dumps(line)}\n    {faults}\n")
    sys.stdout.write(f"grid: {cells} cells, {failed} failed, {time.monotonic() - begun:.0f} s\n")
    os.environ["CXSYNC_TEST_EXAMPLES"] = str(options.examples)
    arguments = ["tests/unit/recurrence/test_properties.py", "-q", "--timeout=0", "-p", "no:cacheprovider"]
    return int(failed > 0 or pytest.main(arguments) != 0)


if __name__ == "__main__":
    sys.exit(main())
