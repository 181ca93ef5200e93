"""The four shapes in which recurrence is held, and their days by plain arithmetic (no library).

Weekdays are 0 = Monday … 6 = Sunday. A pattern has no start: it is anchored by the first day that is given with it.
"""

from bisect import bisect_left
from datetime import date
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from cxsync.recurrence.gregorian import LAST_DAY, LAST_MONTH, Month, days_in, month_of, weekday

if TYPE_CHECKING:
    from collections.abc import Iterator

ShortMonth = Literal["skip", "clamp"]
WORKING_DAYS = (0, 1, 2, 3, 4)
WEEKEND = (5, 6)
EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)


class Weekly(Struct, frozen=True):
    """On ``days`` of every ``interval``-th week; weeks begin on ``week_start``."""

    interval: int
    days: tuple[int, ...]
    week_start: int = 0


class Daily(Struct, frozen=True):
    """Every ``interval`` days."""

    interval: int


class MonthlyAbsolute(Struct, frozen=True):
    """On ``day`` of every ``interval``-th month; a month without it is skipped, or its last day taken.

    ``yearly``: the source said it in years; only a matter of spelling.
    """

    interval: int
    day: int
    short_month: ShortMonth = "skip"
    yearly: bool = False


class MonthlyRelative(Struct, frozen=True):
    """On the ``nth`` (1 to 4, -1 = last) of the days of the month that fall on ``days``, every ``interval`` months."""

    interval: int
    nth: int
    days: tuple[int, ...]
    yearly: bool = False


Pattern = Weekly | Daily | MonthlyAbsolute | MonthlyRelative


class Count(Struct, frozen=True):
    """The series ends after ``n`` occurrences, removed ones counted."""

    n: int


class Until(Struct, frozen=True):
    """The last day (ordinal, wall clock of the series) on which an occurrence may start."""

    day: int


End = Count | Until | None


def same_dates(a: Pattern, b: Pattern) -> bool:
    """Whether two patterns are spelled alike apart from hints that do not change a date."""
    return plain(a) == plain(b)


def plain(pattern: Pattern) -> Pattern:
    """The pattern without hints: what is compared before anything is written to a server."""
    if isinstance(pattern, Weekly):
        return pattern if week_start_matters(pattern) else Weekly(pattern.interval, pattern.days)
    if isinstance(pattern, MonthlyAbsolute):
        short: ShortMonth = pattern.short_month if pattern.day > 28 else "skip"
        return MonthlyAbsolute(pattern.interval, pattern.day, short)
    if isinstance(pattern, MonthlyRelative):
        return MonthlyRelative(pattern.interval, pattern.nth, pattern.days)
    return pattern


def week_start_matters(pattern: Weekly, other: int | None = None) -> bool:
    """Whether the same days in weeks that begin on another day (on ``other`` if given) give other dates."""
    if pattern.interval == 1 or len(pattern.days) == 1:
        return False
    others = range(7) if other is None else (other,)
    mine = [(day - pattern.week_start) % 7 for day in pattern.days]
    for start in others:
        theirs = [(day - start) % 7 for day in pattern.days]
        # Equal dates need every day to lie in the same week as before: one shift for all of them.
        if len({a - b for a, b in zip(mine, theirs, strict=True)}) > 1:
            return True
    return False


def days(pattern: Pattern, first: int, last: int = LAST_DAY) -> "Iterator[int]":
    """The days of the pattern from ``first``, whose period is the first one counted, to ``last``."""
    if isinstance(pattern, Daily):
        yield from range(first, last + 1, pattern.interval)
    elif isinstance(pattern, Weekly):
        week, offsets = _week(pattern, first)
        for begin in range(week, last + 1, 7 * pattern.interval):
            for offset in offsets:
                if first <= begin + offset <= last:
                    yield begin + offset
    else:
        for index in range(month_of(first), month_of(last) + 1, pattern.interval):
            day = in_month(pattern, index)
            if day is not None and first <= day <= last:
                yield day


def in_month(pattern: MonthlyAbsolute | MonthlyRelative, index: int) -> int | None:
    """The pattern's day in one month that it hits, None if that month has none."""
    month = Month.of(index)
    if isinstance(pattern, MonthlyAbsolute):
        if pattern.day <= month.length:
            return month.first + pattern.day - 1
        return month.last if pattern.short_month == "clamp" else None
    return nth_in_month(month, pattern.days, pattern.nth)


@lru_cache(maxsize=8192)
def nth_in_month(month: Month, wanted: tuple[int, ...], nth: int) -> int | None:
    """The ``nth`` (negative: from the end) day of the month that falls on one of ``wanted``."""
    if len(wanted) == 1:
        if nth > 0:
            day = month.first + (wanted[0] - weekday(month.first)) % 7 + 7 * (nth - 1)
        else:
            day = month.last - (weekday(month.last) - wanted[0]) % 7 + 7 * (nth + 1)
        return day if month.first <= day <= month.last else None
    chosen = [day for day in range(month.first, month.last + 1) if weekday(day) in wanted]
    try:
        return chosen[nth - 1 if nth > 0 else nth]
    except IndexError:
        return None


def days_through(pattern: Pattern, first: int, last: int, limit: int | None = None) -> list[int]:
    """The days from ``first`` to ``last`` inclusive, at most ``limit`` of them."""
    last = min(last, LAST_DAY)
    if isinstance(pattern, Daily):
        found = list(range(first, last + 1, pattern.interval))
    elif isinstance(pattern, Weekly):
        week, offsets = _week(pattern, first)
        found = [begin + offset for begin in range(week, last + 1, 7 * pattern.interval) for offset in offsets]
        found = found[bisect_left(found, first) : bisect_left(found, last + 1)]
    else:
        hit = (in_month(pattern, index) for index in range(month_of(first), month_of(last) + 1, pattern.interval))
        found = [day for day in hit if day is not None and first <= day <= last]
    return found if limit is None else found[:limit]


def last_day(pattern: Pattern, first: int, end: End) -> int | None:
    """The last day of a bounded series; None if it is endless, has none, or lies beyond the year 9999."""
    if end is None:
        return None
    if isinstance(end, Until):
        return _last_before(pattern, first, end.day)
    return nth_day(pattern, first, end.n)


def nth_day(pattern: Pattern, first: int, n: int) -> int | None:
    """The ``n``-th day, counted from 1; None beyond the year 9999."""
    if isinstance(pattern, Daily):
        day = first + (n - 1) * pattern.interval
    elif isinstance(pattern, Weekly):
        week, offsets = _week(pattern, first)
        begun = [week + offset for offset in offsets if week + offset >= first]
        if n <= len(begun):
            day = begun[n - 1]
        else:
            weeks, place = divmod(n - len(begun) - 1, len(offsets))
            day = week + 7 * pattern.interval * (weeks + 1) + offsets[place]
    else:
        if n > LAST_MONTH:
            return None
        return next(islice(days(pattern, first), n - 1, None), None)
    return day if day <= LAST_DAY else None


def _last_before(pattern: Pattern, first: int, limit: int) -> int | None:
    limit = min(limit, LAST_DAY)
    if limit < first:
        return None
    if isinstance(pattern, Daily):
        return first + (limit - first) // pattern.interval * pattern.interval
    if isinstance(pattern, Weekly):
        week, offsets = _week(pattern, first)
        step = 7 * pattern.interval
        begin = week + (limit - week) // step * step
        for candidate in (begin, begin - step):
            for offset in reversed(offsets):
                if first <= candidate + offset <= limit:
                    return candidate + offset
        return None
    begin = month_of(first) + (month_of(limit) - month_of(first)) // pattern.interval * pattern.interval
    for index in range(begin, month_of(first) - 1, -pattern.interval):
        day = in_month(pattern, index)
        if day is not None and first <= day <= limit:
            return day
    return None


def _week(pattern: Weekly, first: int) -> tuple[int, list[int]]:
    begin = first - (weekday(first) - pattern.week_start) % 7
    return begin, sorted((day - pattern.week_start) % 7 for day in pattern.days)


def holds(pattern: Pattern, first: int) -> bool:
    """Whether ``first`` itself is one of the days."""
    return next(days(pattern, first), None) == first


def first_on(pattern: Pattern, start: int) -> int | None:
    """The first day on the pattern, ``start`` or later; None if it never comes (30 February)."""
    return next(days(pattern, start), None)


def day_of_month(day: int) -> int:
    """1 to 31."""
    return date.fromordinal(day).day


def is_last_of_month(day: int) -> bool:
    """Whether the next day begins a month."""
    on = date.fromordinal(day)
    return on.day == days_in(on.year, on.month)
