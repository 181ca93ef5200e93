"""A series' rule with its exceptions: DeletedOccurrences and ModifiedOccurrences of the master."""

from collections.abc import Mapping
from datetime import datetime
from typing import TypeAlias

from lxml import etree
from msgspec import Struct

from cxsync.calendars.exchange import document
from cxsync.calendars.exchange.pattern import PatternUnread, rule_of
from cxsync.calendars.exchange.soap import T
from cxsync.calendars.exchange.zone import day, wall
from cxsync.recurrence.zones import Zone
from schemas.appointment import Appointment, Moment, Override, Recurrence
from schemas.words import Field, WallClock

Exceptions: TypeAlias = Mapping[str, Appointment]


class Clock(Struct, frozen=True):
    """What a calendar on the wall of a series shows: times in its own zone, or dates."""

    zones: tuple[Zone | None, ...]
    all_day: bool

    def shows(self, at: datetime) -> WallClock:
        """At an instant."""
        own = self.zones[0]
        return day(at, self.zones).isoformat() if self.all_day or own is None else wall(at, own)

    def moment(self, at: datetime) -> Moment:
        """The same as a moment."""
        own = self.zones[0]
        if self.all_day or own is None:
            return Moment(wall=self.shows(at))
        return Moment(wall=self.shows(at), zone=own.name, instant=at)


def recurrence_of(
    master: etree._Element, series: Appointment, zones: tuple[Zone | None, ...], exceptions: Exceptions
) -> Recurrence:
    """``zones``: the master's own, then those to be tried for the midnights of an all-day series.

    Empty if the pattern cannot be read or nobody knows the zone that it is meant in: a guessed one would be an hour off
    for half of the year.
    """
    element = master.find(f"{T}Recurrence")
    own = zones[0]
    if element is None or (not series.all_day and (own is None or own.name is None)):
        return Recurrence()
    clock = Clock(zones, series.all_day)
    try:
        rule = rule_of(element, own)
        excluded = tuple(
            clock.shows(at)
            for each in master.iterfind(f"{T}DeletedOccurrences/{T}DeletedOccurrence")
            if (at := document.moment(each, "Start")) is not None
        )
        overrides = tuple(
            override
            for each in master.iterfind(f"{T}ModifiedOccurrences/{T}Occurrence")
            if (override := _override(each, series, clock, exceptions)) is not None
        )
    except (PatternUnread, ValueError, OverflowError):
        return Recurrence()
    return Recurrence(rules=(rule,), excluded=excluded, overrides=overrides)


def _override(info: etree._Element, series: Appointment, clock: Clock, exceptions: Exceptions) -> Override | None:
    original = document.moment(info, "OriginalStart")
    name = document.item_id(info)
    if original is None:
        return None
    given = clock.shows(original)
    found = exceptions.get(name[0]) if name is not None else None
    if found is None:
        # It was gone when it was asked for; the master's next change brings it again.
        return _by_times(info, given, name[0] if name else None, clock)
    one = found
    changed: list[Field] = []
    values: dict[str, object] = {}
    if not _kept(one, given, series):
        changed.append("time")
        values |= {"start": one.start, "end": one.end, "all_day": one.all_day}
    fields: tuple[tuple[Field, str], ...] = (
        ("subject", "subject"),
        ("location", "location"),
        ("notes", "notes"),
        ("busy", "busy"),
        ("private", "private"),
        ("reminder", "reminder_minutes"),
        ("attendees", "attendees"),
    )
    for field, attribute in fields:
        value = getattr(one, attribute)
        if value != getattr(series, attribute):
            changed.append(field)
            values[attribute] = value
    if not changed:
        return None  # a category was set, a reminder window closed: the occurrence is what the series is
    return Override(original=given, changed=tuple(changed), native_id=name[0] if name else None, **values)  # type: ignore[arg-type]  # attributes of one appointment, by name


def _kept(one: Appointment, original: WallClock, series: Appointment) -> bool:
    """Whether an occurrence is where, and as long as, the rule has it."""
    if one.all_day != series.all_day or _length(one) != _length(series):
        return False
    if one.all_day or one.start.zone == series.start.zone:
        return one.start.wall == original
    return False


def _length(one: Appointment) -> float:
    end, start = datetime.fromisoformat(one.end.wall), datetime.fromisoformat(one.start.wall)
    if one.start.instant is not None and one.end.instant is not None and one.start.zone != one.end.zone:
        return (one.end.instant - one.start.instant).total_seconds()
    return (end - start).total_seconds()


def _by_times(info: etree._Element, original: WallClock, name: str | None, clock: Clock) -> Override | None:
    start, end = document.moment(info, "Start"), document.moment(info, "End")
    if start is None or end is None:
        return None
    return Override(
        original=original,
        changed=("time",),
        native_id=name,
        start=clock.moment(start),
        end=clock.moment(end),
        all_day=clock.all_day,
    )
