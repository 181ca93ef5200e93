"""The long audit: 20,000 edits, 200 kills of processes, broker and database. ``python -m tests.chaos.long_run``."""

import argparse
import signal
import sys
import tempfile
from pathlib import Path

import msgspec

from tests.audit.harness import Audit, Plan


def main() -> int:
    """Print the report as JSON; 1 if anything was lost, doubled, out of order or left over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=192, help="kill -9 of role processes")
    parser.add_argument("--outages", type=int, default=8, help="kills of broker and database, in turn")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    ways = (
        ("kafka", signal.SIGKILL),
        ("postgres", signal.SIGKILL),
        ("kafka", signal.SIGTERM),
        ("postgres", signal.SIGTERM),
    )
    plan = Plan(
        records=chosen.records,
        kills=chosen.kills,
        outages=tuple(ways[number % len(ways)] for number in range(chosen.outages)),
        seed=chosen.seed,
        patience=900.0,
    )
    with tempfile.TemporaryDirectory(prefix="cxsync-chaos-") as folder:
        report = Audit(Path(folder), plan).run()
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(report)).decode() + "\n")
    return 1 if report.faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
