"""What a target can hold: a pattern in its shape, or the reason why not."""

from datetime import date

from msgspec import Struct

from cxsync.recurrence.codes import Reason
from cxsync.recurrence.pattern import (
    EVERY_DAY,
    WEEKEND,
    WORKING_DAYS,
    Count,
    Daily,
    End,
    MonthlyAbsolute,
    MonthlyRelative,
    Pattern,
    Until,
    Weekly,
    last_day,
)
from cxsync.recurrence.policy import Policy
from cxsync.recurrence.series import Point, System

MOST_TIMES = 999
MOST_INTERVAL = 99
MOST_DAILY_INTERVAL = 999
LATEST_END = {"exchange": date(4500, 9, 1).toordinal()}  # ErrorRecurrenceEndDateTooBig


class Held(Struct, frozen=True):
    """One series as a target would hold it: ``first`` is its first start on the target's clock."""

    pattern: Pattern
    first: Point
    end: End = None


class Loose(Struct, frozen=True):
    """One appointment that does not recur."""

    first: Point


Part = Held | Loose


class Shape(Struct, frozen=True):
    """``pattern``: what the target would run, still to be proved; None: it has nothing like it. ``reason`` is why, or
    what it will have been if the proof fails."""

    pattern: Pattern | None
    reason: Reason


def shape_for(system: System, pattern: Pattern, policy: Policy) -> Shape:
    """The target's nearest shape of a pattern."""
    if system == "carerix":
        return _carerix(pattern, policy)
    if system == "exchange":
        return _exchange(pattern)
    return Shape(pattern, Reason.INVALID_RULE)


def _carerix(pattern: Pattern, policy: Policy) -> Shape:
    if isinstance(pattern, Daily):
        if pattern.interval > 1:
            return Shape(None, Reason.DAILY_INTERVAL)
        convert = policy.daily_series == "convert"
        return Shape(Weekly(1, EVERY_DAY, policy.week_start) if convert else None, Reason.DAILY)
    if pattern.interval > MOST_INTERVAL:
        return Shape(None, Reason.INTERVAL_LIMIT)
    if isinstance(pattern, Weekly):
        return Shape(Weekly(pattern.interval, pattern.days, policy.week_start), Reason.WKST)
    if isinstance(pattern, MonthlyAbsolute):
        return Shape(MonthlyAbsolute(pattern.interval, pattern.day, policy.short_month), _short(pattern))
    if len(pattern.days) > 1:
        return Shape(None, Reason.SETPOS)
    return Shape(MonthlyRelative(pattern.interval, pattern.nth, pattern.days), Reason.FIFTH_WEEKDAY)


def _exchange(pattern: Pattern) -> Shape:
    if isinstance(pattern, Daily):
        fits = pattern.interval <= MOST_DAILY_INTERVAL
        return Shape(pattern if fits else None, Reason.INTERVAL_LIMIT)
    if isinstance(pattern, Weekly) and pattern.interval > MOST_INTERVAL:
        fits = len(pattern.days) == 1 and 7 * pattern.interval <= MOST_DAILY_INTERVAL
        return Shape(Daily(7 * pattern.interval) if fits else None, Reason.INTERVAL_LIMIT)
    if pattern.interval > MOST_INTERVAL:
        return Shape(None, Reason.INTERVAL_LIMIT)
    if isinstance(pattern, MonthlyAbsolute):
        # A day that the month lacks becomes its last day (EWS reference, AbsoluteMonthlyRecurrence).
        return Shape(MonthlyAbsolute(pattern.interval, pattern.day, "clamp", pattern.yearly), _short(pattern))
    if isinstance(pattern, MonthlyRelative) and len(pattern.days) > 1 and pattern.days not in (WORKING_DAYS, WEEKEND):
        return Shape(None, Reason.SETPOS)
    return Shape(pattern, Reason.WKST)


def _short(pattern: MonthlyAbsolute) -> Reason:
    return Reason.SHORT_MONTH_CLAMP if pattern.short_month == "clamp" else Reason.SHORT_MONTH_SKIP


def end_for(system: System, pattern: Pattern, first: int, end: End) -> tuple[End, bool]:
    """The end as the target takes it, and whether it can: a number above 999 becomes the date of the last occurrence,
    which must exist and not lie beyond what the target knows."""
    if system == "google" or end is None:
        return end, True
    latest = LATEST_END.get(system)
    if isinstance(end, Until):
        return end, latest is None or end.day <= latest
    if end.n <= MOST_TIMES:
        return end, True
    last = last_day(pattern, first, end)
    if last is None or (latest is not None and last > latest):
        return end, False
    return Until(last), True


def part_of(pattern: Pattern, days: list[int], seconds: int, end: End) -> Part:
    """A part of a split: its days as a series of the pattern, or loose if there is but one."""
    return Loose((days[0], seconds)) if len(days) == 1 and end is not None else Held(pattern, (days[0], seconds), end)


def counted(days: list[int], like: End) -> End:
    """An end for a bounded run of days, of the kind that the source has."""
    return Until(days[-1]) if isinstance(like, Until) else Count(len(days))
