"""The hosts under kill -9, and broker and database killed below them; the long run is ``make chaos``."""

import signal
from pathlib import Path

import pytest

from tests.audit.harness import Audit, Plan


@pytest.mark.timeout(420)
def test_every_edit_takes_effect_once_while_processes_broker_and_database_are_killed(tmp_path: Path) -> None:
    plan = Plan(
        records=1_500,
        kills=4,
        outages=(("kafka", signal.SIGKILL), ("postgres", signal.SIGKILL), ("kafka", signal.SIGTERM)),
        connections=24,
    )
    report = Audit(tmp_path, plan).run()
    assert report.faults == []
    assert report.dead_letters == 3
    assert sum(report.kills.values()) == plan.kills + len(plan.outages)
