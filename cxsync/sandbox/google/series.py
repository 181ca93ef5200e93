"""The occurrences of a series as events of their own: ids, starts, and what they take from the series."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from cxsync.sandbox.google import moments
from cxsync.sandbox.google.calendars import Calendar
from cxsync.sandbox.google.event import Data, Event, base_of
from cxsync.sandbox.google.expansion import Plan, plan
from cxsync.sandbox.google.moments import Kept
from cxsync.sandbox.google.options import Options

_STAMP = re.compile(r"^\d{8}(T\d{6}Z)?$")


class Occurrence(msgspec.Struct, frozen=True):
    """One date of a series by its rule; ``stamp`` is the last part of its id."""

    stamp: str
    start: Kept
    end: Kept


class Instance(msgspec.Struct, frozen=True):
    """An occurrence that has no resource of its own yet; etag and times are the series'."""

    id: str
    data: Data
    series: Event


def plan_of(data: Mapping[str, Any]) -> Plan:
    """How the series ``data`` expands; ApiError 400 when its lines cannot be read."""
    start = data["start"]
    return plan(tuple(data.get("recurrence", ())), moments.wall(start), start.get("timeZone"))


def occurrences(data: Mapping[str, Any], options: Options) -> Iterator[Occurrence]:
    """All dates of a series in order, removed and moved ones included."""
    start, end = data["start"], data["end"]
    span = moments.length(start, end)
    end_zone = end.get("timeZone")
    for wall in plan_of(data).starts(drop_days=options.date_exdate_drops_day):
        begin = moments.from_wall(wall, start)
        yield Occurrence(moments.stamp(begin), begin, moments.later(begin, span, end_zone))


def occurrence_at(data: Mapping[str, Any], stamp: str, options: Options) -> Occurrence | None:
    """The occurrence whose original start is ``stamp``."""
    if not _STAMP.match(stamp) or ("T" in stamp) == moments.is_day(data["start"]):
        return None
    for occurrence in occurrences(data, options):
        if occurrence.stamp == stamp:
            return occurrence
        if occurrence.stamp > stamp:
            return None
    return None


def instance_id(series: str, stamp: str, options: Options) -> str:
    """The id of an occurrence."""
    return f"{series if options.split_instance_ids == 'keep' else base_of(series)}_{stamp}"


def instance(series: Event, occurrence: Occurrence, options: Options) -> Instance:
    """An occurrence with everything it takes from its series."""
    name = instance_id(series.id, occurrence.stamp, options)
    data = {key: value for key, value in series.data.items() if key != "recurrence"}
    data |= {
        "id": name,
        "start": occurrence.start,
        "end": occurrence.end,
        "recurringEventId": series.id,
        "originalStartTime": occurrence.start,
    }
    return Instance(name, data, series)


def resolve(calendar: Calendar, name: str, options: Options) -> Event | Instance | None:
    """What ``name`` stands for: a stored event, or an occurrence of a living series.

    After a split an id may have belonged to a removed occurrence of the first part; it then means the later part's.
    """
    event = calendar.events.get(name)
    if event is not None and (not event.cancelled or event.series is None):
        return event
    head, mark, stamp = name.rpartition("_")
    if not mark or not _STAMP.match(stamp):
        return event
    family = calendar.families.get(base_of(head), [])
    for series_id in sorted(family, key=lambda each: each != head):
        series = calendar.events.get(series_id)
        if series is None or series.cancelled or not series.is_series:
            continue
        stored = calendar.exceptions.get(series_id, {}).get(stamp)
        occurrence = occurrence_at(series.data, stamp, options)
        if stored is not None and (occurrence is not None or event is None):
            return calendar.events[stored]
        if occurrence is not None:
            return instance(series, occurrence, options)
    return event


def instances(
    calendar: Calendar, series: Event, options: Options, until: datetime | None = None
) -> Iterator[Event | Instance]:
    """Each occurrence of a series, as its exception where it has one; at most ``instance_cap`` without ``until``.

    ``until``: occurrences whose original start is not before this moment are left out, exceptions are not.
    """
    stored = calendar.exceptions.get(series.id, {})
    used: set[str] = set()
    for number, occurrence in enumerate(occurrences(series.data, options)):
        if (number >= options.instance_cap) if until is None else _begins(occurrence, calendar) >= until:
            break
        exception = stored.get(occurrence.stamp)
        if exception is not None:
            used.add(exception)
            yield calendar.events[exception]
        else:
            yield instance(series, occurrence, options)
    for name in list(stored.values()):
        if name not in used:
            yield calendar.events[name]


def _begins(occurrence: Occurrence, calendar: Calendar) -> datetime:
    return moments.instant(occurrence.start, calendar.zone)


def overlaps(data: Mapping[str, Any], calendar: Calendar, after: datetime | None, before: datetime | None) -> bool:
    """Whether an event ends after ``after`` and starts before ``before``; a series by its whole extent."""
    start = moments.instant(data["start"], calendar.zone)
    if before is not None and start >= before:
        return False
    if after is None:
        return True
    end = moments.instant(data["end"], calendar.zone)
    if end > after or not data.get("recurrence"):
        return end > after
    wall_after = after.astimezone(moments.zone(data["start"].get("timeZone", calendar.zone))).replace(tzinfo=None)
    span = end - start
    return any(wall + span > wall_after for wall in plan_of(data).starts())


def before_text(start: Mapping[str, str]) -> str:
    """UNTIL of a series that has to end just before ``start``."""
    if "date" in start:
        return moments.stamp(moments.later(start, timedelta(days=-1)))
    return moments.stamp(moments.later(start, timedelta(seconds=-1)))
