from datetime import UTC, datetime, timedelta

import pytest

from cxsync.sandbox.core.clock import Clock

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_it_runs_on_from_any_moment() -> None:
    passed = [100.0]
    clock = Clock(START, monotonic=lambda: passed[0])
    passed[0] += 5
    assert clock.now() == START + timedelta(seconds=5)
    clock.shift(-3600)
    passed[0] += 1
    assert clock.now() == START + timedelta(seconds=6 - 3600)
    clock.set(datetime.fromisoformat("2027-01-01T00:00:00+01:00"))
    assert clock.now() == datetime(2026, 12, 31, 23, tzinfo=UTC)


def test_it_can_stand_still() -> None:
    clock = Clock(START, running=False)
    assert clock.now() == clock.now() == START


def test_it_takes_no_moment_without_offset() -> None:
    with pytest.raises(ValueError, match="offset"):
        Clock(START).set(datetime(2026, 3, 2, 9))  # noqa: DTZ001 - what is refused
