"""Starts and ends (resource EventDateTime) as moments, and back."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import TypeVar

from cxsync.calendars.google.event import Time
from cxsync.calendars.google.refusal import refused
from cxsync.recurrence.errors import UnreadableSeriesError
from cxsync.recurrence.zones import Zone, zone_named
from schemas.appointment import Moment
from schemas.words import WallClock

Written = dict[str, str | None]


def moment_of(time: Time, fallback: str) -> Moment:
    """A date stays a date. A moment is shown on the clock of its own zone; ``fallback`` is the zone of one without, or
    with one that nobody knows: answers are written in whatever zone the request asked for, so their text says nothing.

    Raises:
        ValueError: it is neither; the text says what would be right.
    """
    if time.date is not None:
        return Moment(wall=_parsed(date.fromisoformat, time.date).isoformat())
    if time.date_time is None:
        raise ValueError("has neither date nor dateTime")
    zone = known_zone(time.time_zone) or known_zone(fallback) or zone_named("UTC")
    at = _parsed(datetime.fromisoformat, time.date_time).replace(microsecond=0)
    try:
        instant = (at.replace(tzinfo=zone.info) if at.tzinfo is None else at).astimezone(UTC)
        return Moment(wall=clock(instant, zone), zone=zone.name, instant=instant)
    except OverflowError:
        raise ValueError("lies outside the years 1 to 9999") from None


def clock(instant: datetime, zone: Zone) -> WallClock:
    """What a clock in ``zone`` shows."""
    return instant.astimezone(zone.info).replace(tzinfo=None).isoformat(timespec="seconds")


def known_zone(name: str | None) -> Zone | None:
    """The zone of an IANA name (or of a Windows id, which some programs write); None if nobody knows it."""
    if name is None:
        return None
    try:
        return zone_named(name)
    except UnreadableSeriesError:
        return None


def written(moment: Moment, zone: str | None = None) -> Written:
    """A start or end for a request; the other form is named too, so that a patch takes it away.

    ``zone``: show the same instant on this clock instead of its own. Raises Rejected for a zone that nobody knows.
    """
    if "T" not in moment.wall:
        return {"date": moment.wall, "dateTime": None, "timeZone": None}
    known = known_zone(zone) or known_zone(moment.zone)
    if moment.instant is None:
        return {"dateTime": moment.wall, "timeZone": None, "date": None}  # floating: on the calendar's own clock
    if known is None:
        raise refused("time", "its time zone is one that nobody knows")
    # With its offset, a wall clock that the change of the clocks shows twice means one instant.
    text = moment.instant.astimezone(known.info).isoformat(timespec="seconds")
    return {"dateTime": text, "timeZone": known.name, "date": None}


T = TypeVar("T", date, datetime)


def _parsed(parse: Callable[[str], T], text: str) -> T:
    try:
        return parse(text)
    except ValueError:
        raise ValueError("is no date or time by RFC 3339") from None
