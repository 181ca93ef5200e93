"""An appointment while it is being written: what a request or a person sets, then checked and made consistent."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import msgspec

from cxsync.sandbox.exchange.item import Content, Item
from cxsync.sandbox.exchange.options import Options
from cxsync.sandbox.exchange.rule import Rule, checked
from cxsync.sandbox.exchange.series import View
from cxsync.sandbox.exchange.soap import ResponseError
from cxsync.sandbox.exchange.zones import UTC_ZONE, Zone, to_utc, to_wall

LONGEST = timedelta(days=5 * 366)


@dataclass
class Draft:
    """``occurrence``: one occurrence is written, so that recurrence, UID and zones are out of reach."""

    content: Content
    start: datetime | None = None
    end: datetime | None = None
    start_zone: Zone | None = None
    end_zone: Zone | None = None
    rule: Rule | None = None
    uid: str | None = None
    occurrence: bool = False
    start_set: bool = False
    end_set: bool = False
    rule_set: bool = False
    clock: tuple[time, timedelta] | None = None
    """Time of day and length of the series as it was, for as long as neither is written."""

    def set(self, **fields: object) -> None:
        """Change fields of the content."""
        self.content = msgspec.structs.replace(self.content, **fields)


class Settled(msgspec.Struct, frozen=True):
    """A draft that is consistent and allowed."""

    content: Content
    start: datetime
    end: datetime
    start_zone: Zone
    end_zone: Zone
    rule: Rule | None
    clock: tuple[time, timedelta] | None


def draft_of(view: View) -> Draft:
    """A draft that starts from what ``view`` shows."""
    item = view.item
    return Draft(
        view.content,
        view.start,
        view.end,
        item.start_zone,
        item.end_zone,
        item.rule if view.original is None else None,
        item.uid,
        view.original is not None,
        clock=item.clock if view.original is None else None,
    )


def settle(draft: Draft, default: Zone | None, now: datetime, options: Options) -> Settled:
    """What is stored of ``draft``. ``default``: the request's time zone. Raises ResponseError."""
    zone = draft.start_zone or default or UTC_ZONE
    end_zone = draft.end_zone or draft.start_zone or default or UTC_ZONE
    start = draft.start or (now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1))
    end = draft.end or start + timedelta(minutes=30)
    if end < start:
        raise ResponseError(
            "ErrorCalendarEndDateIsEarlierThanStartDate", "EndDate is earlier than StartDate for this calendar item."
        )
    if end - start > LONGEST:
        raise ResponseError("ErrorCalendarDurationIsTooLong", "The duration of the calendar item is above five years.")
    start, end = start.replace(microsecond=0), end.replace(microsecond=0)
    if draft.content.all_day:
        start, end = whole_days(start, end, zone, end_zone, options)
    if draft.rule is None:
        return Settled(draft.content, start, end, zone, end_zone, None, None)
    return _series(draft, draft.rule, start, end, zone, end_zone, options)


def whole_days(
    start: datetime, end: datetime, zone: Zone, end_zone: Zone, options: Options
) -> tuple[datetime, datetime]:
    """From the midnight before ``start`` to the one after ``end`` ("How to: Create all-day events by using EWS")."""
    first = to_wall(zone, start).date()
    wall_end = to_wall(end_zone, end)
    last = wall_end.date() if wall_end.time() == time() else wall_end.date() + timedelta(days=1)
    last = max(last, first + timedelta(days=1))
    return (
        to_utc(zone, datetime.combine(first, time()), options.overlap),
        to_utc(end_zone, datetime.combine(last, time()), options.overlap),
    )


def _series(
    draft: Draft, rule: Rule, start: datetime, end: datetime, zone: Zone, end_zone: Zone, options: Options
) -> Settled:
    """The series put on its first date: dates come from the range, the time of day from Start and End.

    Times are kept as minutes after midnight (MS-OXOCAL 2.2.1.44.1): seconds are lost.
    """
    wall_start = to_wall(zone, start).replace(second=0)
    clock = draft.clock
    if clock is None or draft.start_set or draft.end_set:
        clock = wall_start.time(), to_wall(zone, end).replace(second=0) - wall_start
    if draft.start_set and not draft.rule_set:
        rule = _moved(rule, wall_start.date())
    first = next(checked(rule).dates())
    if options.off_rule_start == "move":
        rule = msgspec.structs.replace(rule, first=first)
    begin = datetime.combine(first, clock[0])
    start, end = to_utc(zone, begin, options.overlap), to_utc(zone, begin + clock[1], options.overlap)
    return Settled(draft.content, start, end, zone, end_zone, rule, clock)


def _moved(rule: Rule, day: date) -> Rule:
    """The rule of a series whose first start was written without the recurrence: it begins on the new date."""
    if rule.first == day:
        return rule
    last = max(rule.last, day) if rule.last is not None else None
    return msgspec.structs.replace(rule, first=day, last=last)


def apply(item: Item, settled: Settled) -> None:
    """Put a settled draft into ``item``; deviations are the caller's affair."""
    item.content = settled.content
    item.start, item.end = settled.start, settled.end
    item.start_zone, item.end_zone = settled.start_zone, settled.end_zone
    item.rule, item.clock = settled.rule, settled.clock
