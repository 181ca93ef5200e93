"""The occurrences of an item: when they are, which is which, what they contain (MS-OXOCAL 2.2.1.44)."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Literal, NamedTuple

import msgspec

from cxsync.sandbox.exchange.item import Content, Deviation, Item
from cxsync.sandbox.exchange.soap import ResponseError
from cxsync.sandbox.exchange.zones import Overlap, to_utc, to_wall

Kind = Literal["Single", "Occurrence", "Exception", "RecurringMaster"]
_FAR = timedelta(days=2)


class View(NamedTuple):
    """An item, or one occurrence of it, as a client sees it; ``original`` is the date that the rule gives."""

    item: Item
    kind: Kind
    content: Content
    start: datetime
    end: datetime
    original: date | None = None
    original_start: datetime | None = None

    @property
    def modified(self) -> datetime:
        """When it last changed."""
        deviation = self.item.deviations.get(self.original) if self.original is not None else None
        return (deviation.modified if deviation is not None else None) or self.item.modified


def whole(item: Item) -> View:
    """A single appointment, or a series as its master shows it: at the time of its first rule date."""
    return View(item, "RecurringMaster" if item.is_series else "Single", item.content, item.start, item.end)


def times(item: Item, day: date, overlap: Overlap) -> tuple[datetime, datetime]:
    """Start and end, as instants, of the occurrence on ``day``: the series' wall clocks, whatever the season.

    The start and the end are both kept as minutes after midnight of that day (MS-OXOCAL StartTimeOffset,
    EndTimeOffset), so over a night in which the clock changes the length in hours differs.
    """
    assert item.clock is not None  # noqa: S101 - the caller has a series
    begin = datetime.combine(day, item.clock[0])
    return to_utc(item.start_zone, begin, overlap), to_utc(item.start_zone, begin + item.clock[1], overlap)


def occurrence(item: Item, day: date, overlap: Overlap) -> View:
    """The occurrence on a date of the rule, as it deviates; the caller sees to it that it is not deleted."""
    start, end = times(item, day, overlap)
    deviation = item.deviations.get(day)
    if deviation is None:
        return View(item, "Occurrence", item.content, start, end, day, start)
    content = msgspec.structs.replace(item.content, **deviation.fields)
    return View(item, "Exception", content, deviation.start or start, deviation.end or end, day, start)


def live(item: Item) -> Iterator[date]:
    """The dates of the rule that are not deleted."""
    if item.rule is not None:
        for day in item.rule.dates():
            deviation = item.deviations.get(day)
            if deviation is None or not deviation.deleted:
                yield day


def between(item: Item, start: datetime, end: datetime, overlap: Overlap) -> Iterator[View]:
    """What of ``item`` overlaps [start, end), in the order of the rule; a length of nothing counts as a moment."""
    if item.rule is None:
        if _overlaps(item.start, item.end, start, end):
            yield whole(item)
        return
    reach = item.length + _FAR
    earliest = min([(start - reach).date(), *item.deviations])
    for day in item.rule.near(earliest).dates():
        deviation = item.deviations.get(day)
        if deviation is None:
            near = datetime.combine(day, datetime.min.time(), item.start.tzinfo)
            if near > end + _FAR:
                return  # a later one cannot have been moved before this one
            if near + reach < start:
                continue
        elif deviation.deleted:
            continue
        view = occurrence(item, day, overlap)
        if _overlaps(view.start, view.end, start, end):
            yield view


def _overlaps(start: datetime, end: datetime, low: datetime, high: datetime) -> bool:
    return start < high and (end > low or (start == end and start >= low))


def day_at(item: Item, index: int) -> date:
    """The date of the ``index``-th occurrence, from 1, deleted ones counted. Raises ResponseError."""
    if item.rule is None:
        raise ResponseError("ErrorCalendarCannotUseIdForRecurringMasterId", "The item is not a recurring master.")
    found = next(islice(item.rule.dates(), index - 1, index), None) if 1 <= index <= 100_000 else None
    if found is None:
        raise ResponseError(
            "ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange",
            "Occurrence with this index was not found in the recurrence.",
        )
    return found


def require_live(item: Item, day: date) -> None:
    """Raises ResponseError unless the rule gives ``day`` and it is not deleted."""
    deviation = item.deviations.get(day)
    if deviation is not None and deviation.deleted:
        raise ResponseError("ErrorCalendarOccurrenceIsDeletedFromRecurrence", "The occurrence is deleted.")
    if not is_date_of(item, day):
        raise ResponseError("ErrorItemNotFound", "The specified object was not found in the store.")


def is_date_of(item: Item, day: date) -> bool:
    """Whether the rule gives ``day``."""
    if item.rule is None:
        return False
    return next((found for found in item.rule.near(day).dates() if found >= day), None) == day


def neighbours(item: Item, day: date) -> tuple[date | None, date | None]:
    """The dates of the living occurrences before and after ``day``."""
    before: date | None = None
    for found in live(item):
        if found > day:
            return before, found
        if found < day:
            before = found
    return before, None


def check_move(item: Item, day: date, start: datetime, end: datetime, overlap: Overlap) -> None:
    """Raises ResponseError if the occurrence on ``day`` may not be from ``start`` to ``end``.

    It may not reach the day of the occurrence before it or after it (MS-OXOCAL 3.1.4.7, "Exceptions").
    """
    before, after = neighbours(item, day)
    own_start, own_end = to_wall(item.start_zone, start), to_wall(item.start_zone, end)
    if before is not None:
        previous = occurrence(item, before, overlap)
        edge = to_wall(item.start_zone, previous.start)
        if own_start.date() <= edge.date() or start < previous.end:
            raise _crossing()
    if after is not None:
        following = occurrence(item, after, overlap)
        edge = to_wall(item.start_zone, following.start)
        if own_start.date() >= edge.date():
            raise _crossing()
        if own_end > edge:
            raise ResponseError(
                "ErrorOccurrenceTimeSpanTooBig", "The occurrence would last into the one that follows it."
            )


def _crossing() -> ResponseError:
    return ResponseError(
        "ErrorOccurrenceCrossingBoundary",
        "Modified occurrence is crossing or overlapping adjacent occurrence.",
    )


def last_day(item: Item) -> date | None:
    """The last living date; None for a series without end or without living occurrence."""
    rule = item.rule
    if rule is None or (rule.last is None and rule.count is None):
        return None
    found: date | None = None
    probe = rule.last - timedelta(days=500 * rule.interval) if rule.last is not None else rule.first
    for start in (max(probe, rule.first), rule.first):
        for day in rule.near(start).dates():
            deviation = item.deviations.get(day)
            if deviation is None or not deviation.deleted:
                found = day
        if found is not None:
            return found
    return None


def prune(item: Item) -> None:
    """Forget deviations on dates that the rule no longer gives."""
    if item.rule is None:
        item.deviations = {}
        return
    wanted = set(item.deviations)
    kept: dict[date, Deviation] = {}
    for day in item.rule.dates():
        if not wanted or day > max(wanted):
            break
        if day in wanted:
            kept[day] = item.deviations[day]
    item.deviations = kept
