"""20,000 histories by the right rule, and each wrong rule found out: ``python -m tests.model.long_run``."""

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import get_args

from tests.model.ledger import Broken
from tests.model.sink import Rule
from tests.model.world import World


def run(seed: int, rule: Rule, steps: int) -> Counter[str]:
    """One history; what broke is counted under its kind, with the first seed that showed it."""
    try:
        figures = World(seed, rule).history(steps)
    except Broken as broken:
        return Counter({"broken": 1, f"  seed {seed}: {str(broken)[:100]}": 1} if rule == "right" else {"broken": 1})
    return Counter({name: getattr(figures, name) for name in figures.__struct_fields__})


def main() -> int:
    """Print the figures; 1 if the right rule broke, or a wrong one never did."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--histories", type=int, default=20_000)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--processes", type=int, default=2)
    chosen = parser.parse_args()
    failed = False
    rules: tuple[Rule, ...] = get_args(Rule)
    with ProcessPoolExecutor(chosen.processes) as pool:
        for rule in rules:
            histories = chosen.histories if rule == "right" else max(1, chosen.histories // 20)
            begun = time.monotonic()
            one = partial(run, rule=rule, steps=chosen.steps)
            total = sum(pool.map(one, range(histories), chunksize=50), Counter[str]())
            failed = failed or (rule == "right") == bool(total["broken"])
            figures = ", ".join(f"{count} {name}" for name, count in total.most_common(12))
            sys.stdout.write(f"{rule}: {histories} histories, {figures}; {time.monotonic() - begun:.0f} s\n")
            sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
