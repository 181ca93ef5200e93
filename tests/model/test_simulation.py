"""A few hundred histories; the long run is ``python -m tests.model.long_run``."""

from typing import get_args

import pytest

from tests.model.ledger import Broken
from tests.model.sink import Rule
from tests.model.world import World

HISTORIES = 240
STEPS = 300


@pytest.mark.parametrize("block", range(4))
def test_both_sides_converge_and_nothing_is_lost_doubled_or_written_without_a_cause(block: int) -> None:
    for seed in range(block * HISTORIES // 4, (block + 1) * HISTORIES // 4):
        try:
            World(seed).history(STEPS)
        except Broken as broken:
            raise AssertionError(f"history {seed}: {broken}") from broken


@pytest.mark.parametrize("rule", [rule for rule in get_args(Rule) if rule != "right"])
def test_a_wrong_rule_is_found_out(rule: Rule) -> None:
    broken = 0
    for seed in range(40):
        try:
            World(seed, rule).history(STEPS)
        except Broken:
            broken += 1
    assert broken > 1, rule


def test_a_history_is_its_seed() -> None:
    assert World(7).history(STEPS) == World(7).history(STEPS)
