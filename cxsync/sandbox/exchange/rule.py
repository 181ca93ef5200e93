"""Recurrence patterns and ranges (MS-OXWSCDATA RecurrenceType) and the dates they give, by MS-OXOCAL 2.2.1.44.1."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Literal

import msgspec

from cxsync.sandbox.exchange.soap import ResponseError
from cxsync.sandbox.exchange.zones import days_in

Kind = Literal["daily", "weekly", "monthly", "monthly-nth", "yearly", "yearly-nth"]
LAST_END = date(4500, 9, 1)
WORKDAYS = frozenset(range(5))
WEEKEND = frozenset((5, 6))
ALL_DAYS = frozenset(range(7))
_GIVE_UP = 12 * 48
"""Periods without a date after which a pattern is taken for one that never comes."""


class Rule(msgspec.Struct, frozen=True):
    """A pattern with its range. Weekdays count from Monday, 0.

    ``days`` are the weekdays meant: those listed by a weekly rule; for the nth kinds the set among which the
    ``nth`` (1 to 4, -1 the last) is sought. ``last`` is the local, inclusive end date; ``count`` includes occurrences
    that are deleted later.
    """

    kind: Kind
    first: date
    interval: int = 1
    days: frozenset[int] = frozenset()
    nth: int = 0
    day: int = 0
    month: int = 0
    week_start: int = 6
    last: date | None = None
    count: int | None = None

    def same_pattern(self, other: "Rule | None") -> bool:
        """Whether both give the same dates as long as both last."""
        return other is not None and self.open_ended() == other.open_ended()

    def open_ended(self) -> "Rule":
        """The same pattern without end."""
        return msgspec.structs.replace(self, last=None, count=None)

    def near(self, day: date) -> "Rule":
        """A rule that gives the same dates from ``day`` on and starts shortly before it, if that can be said."""
        unit = {"daily": self.interval, "weekly": 7 * self.interval}.get(self.kind)
        if unit is None or self.count is not None:
            return self
        steps = (day - self.first).days // unit - 1
        if steps < 1:
            return self
        back = 0 if self.kind == "daily" else (self.first.weekday() - self.week_start) % 7
        return msgspec.structs.replace(self, first=self.first + timedelta(days=steps * unit - back))

    def dates(self) -> Iterator[date]:
        """Every date of the series in order, deleted ones included."""
        for number, found in enumerate(self._endless()):
            if (self.last is not None and found > self.last) or number == self.count or found.year > 4500:
                return
            yield found

    def _endless(self) -> Iterator[date]:
        match self.kind:
            case "daily":
                yield from _every(self.first, self.interval)
            case "weekly":
                yield from self._weekly()
            case _:
                yield from self._monthly()

    def _weekly(self) -> Iterator[date]:
        week = self.first - timedelta(days=(self.first.weekday() - self.week_start) % 7)
        steps = sorted((day - self.week_start) % 7 for day in self.days)
        while steps:
            for step in steps:
                found = week + timedelta(days=step)
                if found >= self.first:
                    yield found
            if week.year > 4500:
                return
            week += timedelta(days=7 * self.interval)

    def _monthly(self) -> Iterator[date]:
        """The monthly and the yearly kinds; a yearly pattern recurs every twelve months, in its own month."""
        yearly = self.kind in ("yearly", "yearly-nth")
        step = 12 if yearly else self.interval
        index = self.first.year * 12 + ((self.month if yearly else self.first.month) - 1)
        missed = 0
        while index < 4501 * 12 and missed < _GIVE_UP:
            found = self._in_month(index // 12, index % 12 + 1)
            missed += 1
            if found is not None and found >= self.first:
                missed = 0
                yield found
            index += step

    def _in_month(self, year: int, month: int) -> date | None:
        """The one date in a month. A day that the month lacks is its last one (AbsoluteMonthlyRecurrence page)."""
        last = days_in(year, month)
        if not self.nth:
            return date(year, month, min(self.day, last))
        among = [d for d in range(1, last + 1) if date(year, month, d).weekday() in self.days]
        return date(year, month, among[self.nth if self.nth < 0 else self.nth - 1]) if among else None


def _every(first: date, days: int) -> Iterator[date]:
    found = first
    while found.year <= 4500:
        yield found
        found += timedelta(days=days)


def checked(rule: Rule) -> Rule:
    """``rule`` if Exchange accepts it; raises ResponseError with the code that names what is wrong."""
    limit = 999 if rule.kind == "daily" else 99
    if not 1 <= rule.interval <= limit:
        raise ResponseError("ErrorCalendarInvalidRecurrence", f"The interval has to lie between 1 and {limit}.")
    if rule.kind in ("monthly", "yearly") and not 1 <= rule.day <= 31:
        raise ResponseError("ErrorCalendarInvalidRecurrence", "DayOfMonth has to lie between 1 and 31.")
    if rule.count is not None and not 1 <= rule.count <= 999:
        raise ResponseError("ErrorCalendarInvalidRecurrence", "NumberOfOccurrences has to lie between 1 and 999.")
    if rule.last is not None:
        if rule.last > LAST_END:
            raise ResponseError("ErrorRecurrenceEndDateTooBig", f"The end date has to be {LAST_END} at the latest.")
        if rule.last < rule.first:
            raise ResponseError("ErrorCalendarEndDateIsEarlierThanStartDate", "The range ends before it starts.")
    if next(rule.dates(), None) is None:
        raise ResponseError("ErrorRecurrenceHasNoOccurrence", "No occurrence lies in the range of the recurrence.")
    return rule
