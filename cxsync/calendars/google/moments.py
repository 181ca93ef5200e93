"""Starts and ends (resource EventDateTime) as moments, and back."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import TypeVar

from cxsync.calendars.google.event import Time
from cxsync.recurrence.errors import UnreadableSeriesError
from cxsync.recurrence.zones import Zone, zone_named
from schemas.appointment import Moment

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
    local = at.replace(tzinfo=zone.info) if at.tzinfo is None else at.astimezone(zone.info)
    return Moment(wall=f"{local:%Y-%m-%dT%H:%M:%S}", zone=zone.name, instant=local.astimezone(UTC))


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

    ``zone``: show the same instant on this clock instead of its own.
    """
    if "T" not in moment.wall:
        return {"date": moment.wall, "dateTime": None, "timeZone": None}
    wall, name = moment.wall, moment.zone
    other = known_zone(zone)
    if other is not None and moment.instant is not None:
        wall, name = f"{moment.instant.astimezone(other.info):%Y-%m-%dT%H:%M:%S}", other.name
    if moment.instant is not None and name is not None:
        # With its offset, a wall clock that the change of the clocks shows twice means one instant.
        wall = moment.instant.astimezone(zone_named(name).info).isoformat(timespec="seconds")
    return {"dateTime": wall, "timeZone": name, "date": None}


T = TypeVar("T", date, datetime)


def _parsed(parse: Callable[[str], T], text: str) -> T:
    try:
        return parse(text)
    except ValueError:
        raise ValueError("is no date or time by RFC 3339") from None
