"""Finds the pattern that some days follow, whatever rule gave them.

Candidates are read off the first days; one is taken only if it gives exactly the same days to the end of the list.
"""

from collections.abc import Iterator
from datetime import date
from math import gcd

from cxsync.recurrence.gregorian import Month, days_in, month_of, weekday
from cxsync.recurrence.pattern import (
    WEEKEND,
    WORKING_DAYS,
    Daily,
    MonthlyAbsolute,
    MonthlyRelative,
    Pattern,
    Weekly,
    days_through,
    nth_in_month,
)
from cxsync.recurrence.pattern import days as pattern_days

LEAST = 5
"""Fewer days prove no pattern."""
_LOOK = 40
"""Days at the head of the list that candidates are read off."""


def fit(
    days: list[int], through: int, *, weekly: bool = False, interval: int = 0, week_start: int = 0
) -> Pattern | None:
    """The one pattern whose days from ``days[0]`` to ``through`` are ``days``; None if there is none.

    ``weekly``: seven days a week are weekly, not daily. ``interval``: months that the source named, tried
    before those that the days suggest (29 February of every year is also that of every fourth). ``week_start`` is
    preferred where several fit.
    """
    if len(days) < LEAST:
        return None
    for pattern in candidates(days, weekly=weekly, interval=interval, week_start=week_start):
        if follows(pattern, days, through):
            return pattern
    return None


def follows(pattern: Pattern, days: list[int], through: int) -> bool:
    """Whether the pattern gives exactly these days from the first of them to ``through``."""
    head = days[:_LOOK]
    return common_head(pattern, head) == len(head) and days_through(pattern, days[0], through) == days


def common_head(pattern: Pattern, days: list[int]) -> int:
    """How many of the first days are also the pattern's first."""
    place = 0
    for place, (wanted, found) in enumerate(zip(days, pattern_days(pattern, days[0], days[-1]), strict=False)):
        if wanted != found:
            return place
    return min(place + 1, len(days))


def candidates(days: list[int], *, weekly: bool, interval: int, week_start: int) -> Iterator[Pattern]:
    """Patterns that the first days suggest, the simplest first."""
    yield from _by_weeks(days, weekly=weekly, week_start=week_start)
    yield from _by_months(days, interval)


def _by_weeks(days: list[int], *, weekly: bool, week_start: int) -> Iterator[Pattern]:
    for size in range(1, 8):
        head = days[: 3 * size + 1]
        if len(head) <= size:
            break
        steps = {later - earlier for earlier, later in zip(head, head[size:], strict=False)}
        if len(steps) > 1:
            continue
        step = steps.pop()
        if size == 1 and step % 7:
            if step > 1 or not weekly:
                yield Daily(step)
        elif step % 7 == 0:
            wanted = tuple(sorted({weekday(day) for day in days[:size]}))
            for start in (week_start, *(other for other in range(7) if other != week_start)):
                yield Weekly(step // 7, wanted, start)
                if step == 7:
                    break


def _by_months(days: list[int], named: int) -> Iterator[Pattern]:
    head = days[:_LOOK]
    months = [month_of(day) for day in head]
    if len(set(months)) < len(months):
        return
    step = 0
    for month in months[1:]:
        step = gcd(step, month - months[0])
    for interval in dict.fromkeys(filter(None, (named, step))):
        on = [date.fromordinal(day).day for day in head]
        if len(set(on)) == 1:
            yield MonthlyAbsolute(interval, on[0])
        if max(on) > 28:
            yield MonthlyAbsolute(interval, 31 if all(map(_is_last, head)) else max(on), "clamp")
        for wanted in ((weekday(head[0]),), WORKING_DAYS, WEEKEND):
            if weekday(head[0]) not in wanted or weekday(head[1]) not in wanted:
                continue
            for nth in (1, 2, 3, 4, -1):
                if all(
                    nth_in_month(Month.of(month), wanted, nth) == day
                    for day, month in zip(head[:6], months[:6], strict=True)
                ):
                    yield MonthlyRelative(interval, nth, wanted)


def _is_last(day: int) -> bool:
    on = date.fromordinal(day)
    return on.day == days_in(on.year, on.month)
