"""When: start, end and recurrence of a write, which belong together. UNTIL and EXDATE lines hold the time of day of the
start, and a series runs on the clock of its start's zone."""

from collections.abc import Collection
from typing import Any

from msgspec.structs import replace

from cxsync.appointment.zone import clock_of
from cxsync.calendars.google.event import event_in
from cxsync.calendars.google.lines import read_lines, still_given, write_lines
from cxsync.calendars.google.moments import clock, known_zone, written
from cxsync.calendars.google.read import read
from cxsync.calendars.google.refusal import refused
from cxsync.calendars.port import Found
from schemas.appointment import Appointment, Moment, Override, Recurrence
from schemas.records import Policy
from schemas.words import Field


def schedule(found: Found, held: Appointment, fields: Collection[Field]) -> dict[str, Any]:
    """The part of a patch that gives ``time`` and ``recurrence``, as far as they are in ``fields``, their values in
    ``held``; empty if they have them."""
    now = read(found, Policy()).appointment
    start, end = (held.start, held.end) if "time" in fields else (now.start, now.end)
    series = held.recurrence if "recurrence" in fields else now.recurrence
    if series is not None and "recurrence" in fields and "time" not in fields:
        start, end = _on_clock(start, held.start.zone), _on_clock(end, held.start.zone)
    check_order(start, end)
    own_zone = now.start.zone if now.recurrence is None and series is None else None
    body: dict[str, Any] = {}
    if not (_same(now.start, start, own_zone) and _same(now.end, end, own_zone)):
        body = {"start": written(start, own_zone), "end": written(end, own_zone)}
    if series is None:
        return body if now.recurrence is None else body | {"recurrence": None}
    if not (series.rules or series.extra) and "recurrence" not in fields:
        return body  # lines that could not be read stay as they are
    before = now.recurrence or Recurrence()
    if not (series.excluded or series.overrides) or "recurrence" not in fields:
        # Whoever knows no exceptions does not mean to take them away.
        series = replace(series, excluded=still_given(before.excluded, series, start), overrides=())
    lines = lines_beside(series, before.overrides, start)
    current = event_in(found.documents[0]).recurrence
    if not current or body or read_lines(lines, start) != read_lines(current, now.start):
        body = {"start": written(start), "end": written(end), "recurrence": lines}
    return body


def lines_beside(series: Recurrence, standing: Collection[Override], start: Moment) -> list[str]:
    """The lines of a series of which the overrides in ``standing`` exist as exceptions of their own.

    Raises:
        Rejected: other occurrences are to be changed; lines can only take occurrences out.
    """
    known = {one.original for one in standing}
    new = tuple(one for one in series.overrides if one.original not in known)
    changed = next((one for one in new if not one.cancelled), None)
    if changed is not None:
        raise refused(
            "recurrence", f"the occurrence of {changed.original} differs: Google holds that beside the series"
        )
    return write_lines(replace(series, overrides=new), start)


def check_order(start: Moment, end: Moment) -> None:
    """Raises Rejected if the end is before the start, or a day is none."""
    whole_days = "T" not in start.wall
    if whole_days != ("T" not in end.wall):
        raise refused("time", "start and end have to be both dates or both moments")
    if whole_days and end.wall <= start.wall:
        raise refused("time", "the end of whole days has to be a later day than the start")
    exact = start.instant is not None and end.instant is not None and end.instant < start.instant
    floating = (start.instant is None or end.instant is None) and end.wall < start.wall
    if exact or floating:
        raise refused("time", "the end is before the start")


def _same(before: Moment, after: Moment, own_zone: str | None) -> bool:
    """A single keeps its own zone as long as the instant is the same; of a series the zone counts."""
    if before.instant is None or after.instant is None:
        return before.instant is after.instant and before.wall == after.wall
    return before.instant == after.instant and (own_zone is not None or before.zone == after.zone)


def _on_clock(moment: Moment, name: str | None) -> Moment:
    """The same instant on the clock on which a rule was made, unless that clock is the same under another name."""
    zone = known_zone(name)
    if moment.instant is None or zone is None or zone.name is None:
        return moment
    if clock_of(zone.name, moment.instant.year) == clock_of(moment.zone, moment.instant.year):
        return moment
    return Moment(wall=clock(moment.instant, zone), zone=zone.name, instant=moment.instant)
