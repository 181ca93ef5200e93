"""The recruiter's week many times over, with kill -9 of random roles: ``python -m tests.chaos.story --runs 20``."""

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

import msgspec

from cxsync.local import parts
from tests.story.killed import play


def main() -> int:
    """Print a line of JSON a run; 1 if anything was lost, doubled or mailed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two kills, on average")
    parser.add_argument("--points", type=float, default=0.05, help="probability of dying at each named point")
    chosen = parser.parse_args()
    kills: Counter[str] = Counter()
    bad = 0
    with tempfile.TemporaryDirectory(prefix="cxsync-story-") as folder:
        for run in range(chosen.runs):
            played = play(Path(folder), seed=run, every=chosen.every, points=chosen.points)
            kills.update(played.kills)
            bad += bool(played.failed or played.faults)
            sys.stdout.write(msgspec.json.encode(played).decode() + "\n")
            sys.stdout.flush()
        parts.stop(Path(folder) / "demo")
    sys.stdout.write(f"{chosen.runs} runs, {sum(kills.values())} kills, {bad} runs with faults\n")
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
