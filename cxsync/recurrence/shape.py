"""Rules and patterns, one as the other: what a rule means at first sight, and how a pattern is spelled as a rule.

Nothing here is proof. Whoever takes ``guess`` for the meaning of a rule expands both and compares.
"""

from datetime import date

from cxsync.recurrence.gregorian import weekday
from cxsync.recurrence.pattern import (
    EVERY_DAY,
    WEEKEND,
    WORKING_DAYS,
    Daily,
    MonthlyAbsolute,
    MonthlyRelative,
    Pattern,
    Weekly,
)
from cxsync.recurrence.rule import Rule

HELD_PLACES = (1, 2, 3, 4, -1)


def guess(rule: Rule, start: int) -> Pattern | None:
    """The pattern that a simple rule spells, with parts that it leaves out taken from ``start``."""
    if rule.by_week_no or rule.by_year_day:
        return None
    if rule.freq == "WEEKLY":
        return (
            None if rule.by_month or rule.by_set_pos else Weekly(rule.interval, _weekdays(rule, start), rule.week_start)
        )
    if rule.freq == "DAILY":
        return _daily(rule, start)
    if rule.freq == "MONTHLY":
        return None if rule.by_month else _monthly(rule, start, rule.interval, yearly=False)
    if len(rule.by_month) == 1 or not (rule.by_month or rule.by_month_day or rule.by_day):
        return _monthly(rule, start, 12 * rule.interval, yearly=True)
    return None


def _weekdays(rule: Rule, start: int) -> tuple[int, ...]:
    return tuple(sorted({day for _, day in rule.by_day})) or (weekday(start),)


def _daily(rule: Rule, start: int) -> Pattern | None:
    if rule.by_month or rule.by_month_day or rule.by_set_pos:
        return None
    if rule.by_day:
        return Weekly(1, _weekdays(rule, start), rule.week_start) if rule.interval == 1 else None
    if rule.interval % 7 == 0:
        return Weekly(rule.interval // 7, (weekday(start),), rule.week_start)
    return Daily(rule.interval)


def _monthly(rule: Rule, start: int, interval: int, *, yearly: bool) -> Pattern | None:
    if rule.by_day:
        return None if rule.by_month_day else _relative(rule, interval, yearly=yearly)
    on = rule.by_month_day or (date.fromordinal(start).day,)
    if rule.by_set_pos == (-1,) and sorted(on) == list(range(28, 28 + len(on))) and len(on) > 1:
        return MonthlyAbsolute(interval, max(on), "clamp", yearly)
    if len(on) > 1 or rule.by_set_pos:
        return None
    if on[0] == -1:
        return MonthlyAbsolute(interval, 31, "clamp", yearly)
    if on[0] < 0:
        return None
    return MonthlyAbsolute(interval, on[0], "clamp" if rule.skip == "BACKWARD" and on[0] > 28 else "skip", yearly)


def _relative(rule: Rule, interval: int, *, yearly: bool) -> Pattern | None:
    counted = [(nth, day) for nth, day in rule.by_day if nth]
    if len(counted) == 1 and len(rule.by_day) == 1 and rule.by_set_pos in ((), (1,), (-1,)):
        nth, day = counted[0]
        return MonthlyRelative(interval, nth, (day,), yearly) if nth in HELD_PLACES else None
    if counted or len(rule.by_set_pos) != 1 or rule.by_set_pos[0] not in HELD_PLACES:
        return None
    return relative(interval, rule.by_set_pos[0], tuple(sorted({day for _, day in rule.by_day})), yearly=yearly)


def relative(interval: int, nth: int, wanted: tuple[int, ...], *, yearly: bool = False) -> Pattern | None:
    """The n-th day of the month among some weekdays, None where no system but a rule has words for it."""
    if wanted == EVERY_DAY:
        return MonthlyAbsolute(interval, *((31, "clamp") if nth == -1 else (nth, "skip")), yearly)
    if len(wanted) == 1 or wanted in (WORKING_DAYS, WEEKEND):
        return MonthlyRelative(interval, nth, wanted, yearly)
    return None


def spelled(pattern: Pattern, first: int) -> Rule:
    """The rule that gives exactly the pattern's dates from ``first`` on."""
    if isinstance(pattern, Daily):
        return Rule("DAILY", pattern.interval)
    if isinstance(pattern, Weekly):
        # WKST is written whenever an interval could make it matter, also where it is the default.
        written = (("WKST", ""),) if pattern.interval > 1 else ()
        by_day = tuple((0, day) for day in pattern.days)
        start = pattern.week_start if pattern.interval > 1 else 0
        return Rule("WEEKLY", pattern.interval, by_day=by_day, week_start=start, written=written)
    freq, interval = "MONTHLY", pattern.interval
    month: tuple[int, ...] = ()
    if pattern.yearly and interval % 12 == 0:
        freq, interval, month = "YEARLY", interval // 12, (date.fromordinal(first).month,)
    if isinstance(pattern, MonthlyRelative):
        if len(pattern.days) == 1:
            return Rule(freq, interval, by_month=month, by_day=((pattern.nth, pattern.days[0]),))
        by_day = tuple((0, day) for day in pattern.days)
        return Rule(freq, interval, by_month=month, by_day=by_day, by_set_pos=(pattern.nth,))
    if pattern.short_month == "skip" or pattern.day <= 28:
        return Rule(freq, interval, by_month=month, by_month_day=(pattern.day,))
    if pattern.day == 31:
        return Rule(freq, interval, by_month=month, by_month_day=(-1,))
    # RFC 5545 has no clamp: the last of the days 28 to n that the month has.
    return Rule(freq, interval, by_month=month, by_month_day=tuple(range(28, pattern.day + 1)), by_set_pos=(-1,))
