"""How soon is polled again: never later than promised, at any hour, for any user."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxsync.settings import Settings
from producers.pace import HOT, after_failure, next_in

INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001  # the strategy adds the zone
SECONDS = st.integers(1, 300)
SETTINGS = st.builds(
    lambda longest, workday, hot: Settings.model_construct(
        poll_interval=longest, poll_interval_workday=workday, poll_interval_hot=hot
    ),
    SECONDS,
    SECONDS,
    SECONDS,
)


@given(SETTINGS, INSTANTS, st.none() | INSTANTS, st.sampled_from(sorted(available_timezones())))
def test_never_later_than_the_longest_interval(
    settings: Settings, now: datetime, changed: datetime | None, zone: str
) -> None:
    assert 0 < next_in(settings, now, changed, zone) <= settings.poll_interval


@given(SETTINGS, INSTANTS, st.sampled_from(sorted(available_timezones())))
def test_a_change_never_makes_the_next_poll_later_than_the_hot_interval(
    settings: Settings, now: datetime, zone: str
) -> None:
    assert next_in(settings, now, now - HOT, zone) <= settings.poll_interval_hot


@pytest.mark.parametrize(
    ("wall", "expected"),
    [
        ("2026-03-02T07:00:00", 60),
        ("2026-03-02T18:59:59", 60),
        ("2026-03-02T06:59:59", 300),
        ("2026-03-02T19:00:00", 300),
        ("2026-03-07T12:00:00", 300),  # a Saturday
        ("2026-03-30T07:30:00", 60),  # the morning after the clock went forward
    ],
)
def test_the_working_day_is_that_of_the_users_clock(wall: str, expected: int) -> None:
    now = datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo("Europe/Amsterdam"))
    settings = Settings(poll_interval=300, poll_interval_workday=60, poll_interval_hot=15)
    assert next_in(settings, now, None, "Europe/Amsterdam") == expected
    assert next_in(settings, now, now - timedelta(minutes=16), "Europe/Amsterdam") == expected
    assert next_in(settings, now, now - timedelta(minutes=1), "Europe/Amsterdam") == 15


@given(st.integers(0, 10_000), SECONDS)
def test_a_failure_is_tried_again_within_the_longest_interval_and_never_sooner_than_before(
    failures: int, longest: int
) -> None:
    delay = after_failure(failures, longest)
    assert 0 < delay <= longest
    assert delay <= after_failure(failures + 1, longest)


@given(st.integers(0, 100), SECONDS, st.floats(-10, 1e9))
def test_a_servers_own_word_counts_up_to_an_hour(failures: int, longest: int, told: float) -> None:
    delay = after_failure(failures, longest, told)
    assert 1 <= delay <= 3600
    assert delay == told or not 1 <= told <= 3600
