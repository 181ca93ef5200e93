"""Dates of the interface, whatever their form."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxsync.calendars.carerix.times import literal, read_instant, write_instant

WIRE = ZoneInfo("UTC")
HOME = ZoneInfo("Europe/Amsterdam")
NINE = datetime(2026, 3, 3, 9, tzinfo=UTC)
moments = st.datetimes(*(datetime.fromisoformat(day) for day in ("1000-01-02", "9998-01-01")), timezones=st.just(UTC))
ZONES = ["UTC", "Europe/Amsterdam", "Asia/Kolkata", "America/New_York"]


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-03T09:00:00",
        "2026-03-03 09:00:00",
        "2026-03-03T09:00:00Z",
        "2026-03-03T09:00:00z",
        "2026-03-03T09:00:00.000",
        "2026-03-03T09:00:00.0000000Z",
        "2026-03-03T10:00:00+01:00",
        "2026-03-03T10:00:00+0100",
        "2026-03-03 10:00:00 +0100",
        "2026-03-03 04:00:00.5-05:00",
    ],
)
def test_every_form_is_the_same_instant(text: str) -> None:
    assert read_instant(text, WIRE).replace(microsecond=0) == NINE


def test_naive_text_is_a_wall_clock_of_the_zone() -> None:
    assert read_instant("2026-03-03T10:00:00", HOME) == NINE
    assert read_instant("2026-07-03T10:00:00", HOME) == datetime(2026, 7, 3, 8, tzinfo=UTC)


def test_a_fraction_is_kept_so_that_order_is() -> None:
    assert read_instant("2026-03-03T09:00:00.25", WIRE) - NINE == timedelta(milliseconds=250)


@pytest.mark.parametrize(
    "text",
    ["", "soon", "2026-03-03", "2026-02-30T09:00:00", "2026-03-03T24:00:01", "2026-03-03T09:00", "0000-01-01T00:00:00"],
)
def test_anything_else_is_refused_with_what_would_be_right(text: str) -> None:
    with pytest.raises(ValueError, match="YYYY-MM-DDTHH:MM:SS"):
        read_instant(text, WIRE)


def test_an_hour_that_comes_twice_goes_by_what_came_before() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert read_instant("2026-10-25T02:30:00", HOME) == first
    assert read_instant("2026-10-25T02:30:00", HOME, not_before=first) == first
    assert read_instant("2026-10-25T02:30:00", HOME, not_before=first + timedelta(minutes=1)) == first + timedelta(
        hours=1
    )
    assert read_instant("2026-10-25T02:30:00", HOME, not_before=first + timedelta(hours=2)) == first


@given(moments, st.sampled_from(ZONES))
@settings(deadline=None)
def test_what_is_written_is_read_back(at: datetime, name: str) -> None:
    zone = ZoneInfo(name)
    whole = at.replace(microsecond=0)
    text = write_instant(whole, zone)
    assert len(text) == 19
    assert whole in {read_instant(text, zone), read_instant(text, zone, not_before=whole)}


def test_a_literal_names_its_zone() -> None:
    assert literal(NINE.astimezone(HOME)) == "(NSCalendarDate)'2026-03-03 09:00:00 Etc/GMT'"
