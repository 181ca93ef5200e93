"""The whole story with kill -9 of its roles; ``python -m tests.chaos.story`` plays it twenty times."""

from pathlib import Path

import pytest

from tests.story.killed import play


@pytest.mark.timeout(600)
def test_the_week_comes_through_while_roles_are_killed(tmp_path: Path) -> None:
    played = play(tmp_path, seed=1, every=8.0, points=0.03)
    assert played.faults == []
    assert played.failed == 0
    assert sum(played.kills.values()) >= 5
