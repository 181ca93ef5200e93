"""How far starts are listed, so that a proof is a proof and its memory bounded."""

from collections.abc import Iterator
from datetime import date

from cxsync.recurrence.expand import SearchLimitError
from cxsync.recurrence.gregorian import LAST_DAY
from cxsync.recurrence.pattern import Daily, Pattern, Weekly
from cxsync.recurrence.rule import Rule
from cxsync.recurrence.series import Strand

WEEKLY_DAYS = 3660
"""Endless daily and weekly series: ten years."""
MONTHLY_END = date(2105, 1, 1).toordinal()
"""Endless monthly series: past 2100, for until 2096 every fourth year is a leap year; at least forty years."""
FEWEST = 6
"""So many are listed of an endless series, however far apart they are."""
CYCLE = 146_097
"""Days of 400 Gregorian years."""
MOST_BY_WEEKS, MOST_BY_MONTHS = 4000, 1300


def steps_by_weeks(rule: Rule, pattern: Pattern | None) -> bool:
    """Whether the rule repeats after weeks rather than months."""
    if pattern is not None:
        return isinstance(pattern, Weekly | Daily)
    return rule.freq in ("DAILY", "WEEKLY") and not (rule.by_month or rule.by_month_day)


def steps(rule: Rule) -> int:
    """A rule's interval in weeks or months."""
    return {"DAILY": rule.interval // 7, "WEEKLY": rule.interval, "YEARLY": 12 * rule.interval}.get(
        rule.freq, rule.interval
    )


def horizon(start: int, *, weeks: bool, interval: int = 1) -> int:
    """The last day that a proof over an endless series looks at.

    ``interval`` in weeks or months: a rare series is followed longer, for ten years of every 99th week may miss each of
    the odd weeks in which two zones differ; 400 years are one cycle of the calendar.
    """
    if weeks:
        return min(LAST_DAY, start + min(CYCLE, WEEKLY_DAYS * max(1, interval)))
    return min(LAST_DAY, max(MONTHLY_END, start + 40 * 366, start + min(CYCLE, 8 * 366 * interval)))


def listed(
    days: Iterator[int], seconds: int, *, weeks: bool, count: int | None, until: int | None, limit: int, share: int = 1
) -> Strand:
    """The starts of one rule up to its end or, if it has none, to the day ``limit``. With ``share`` times of day each
    lists the less; more than twelve are beyond any split, so little of them is enough."""
    most = MOST_BY_WEEKS if weeks else MOST_BY_MONTHS
    most = most if share < 4 else 530 if share <= 12 else 160
    wanted = most + 1 if count is None else min(count, most)
    last = limit if count is None and until is None else min(until or LAST_DAY, LAST_DAY)
    found: list[int] = []
    try:
        for day in days:
            if day > last:
                if until is not None or len(found) >= FEWEST:
                    break
                last = day
            found.append(day)
            if len(found) == wanted:
                break
    except SearchLimitError as stopped:
        reached = stopped.through
        return Strand(seconds, found, min(reached, last), ended=until is not None and until <= reached)
    if count is not None:
        # Fewer than were asked for: the calendar ended with the year 9999, not the series.
        whole = len(found) == count or len(found) < wanted
        return Strand(seconds, found, LAST_DAY if whole else found[-1], ended=len(found) == count or not found)
    if len(found) > most:
        return Strand(seconds, found[:most], found[most] - 1, ended=False)
    return Strand(seconds, found, last, ended=until is not None or last == LAST_DAY)
