"""A recurrence as Exchange holds it natively: one of six patterns, one of three ranges, without exceptions.

What only looks alike is refused here, naming the part; finding an equal spelling is the business of
``cxsync.recurrence``.
"""

from calendar import monthrange
from datetime import date
from typing import Any

from exchangelib import EWSDate
from exchangelib.recurrence import (
    AbsoluteMonthlyPattern,
    AbsoluteYearlyPattern,
    DailyPattern,
    EndDatePattern,
    NoEndPattern,
    NumberedPattern,
    Recurrence,
    RelativeMonthlyPattern,
    RelativeYearlyPattern,
    WeeklyPattern,
)

from cxsync.calendars.errors import Rejected
from cxsync.calendars.exchange.pattern import GROUPS, INDEXES, MONTHS, WEEKDAYS
from schemas.appointment import Appointment, Rule
from schemas.words import Weekday

# Limits of the elements' pages: Interval of DailyRecurrence 999, of the others 99; NumberOfOccurrences 999.
_LONGEST_DAILY = 999
_LONGEST = 99
_MOST = 999
_ENDLESS = date(4500, 9, 1)  # ErrorRecurrenceEndDateTooBig
_NAMES = {weekday: name for name, weekday in WEEKDAYS.items()}
_GROUP_NAMES = {frozenset(days): name for name, days in GROUPS.items()}
_INDEX_NAMES = {nth: name for name, nth in INDEXES.items()}
_ANY_YEAR = 2025


def recurrence(appointment: Appointment) -> Any:
    """exchangelib's Recurrence, None for a single appointment. Raises Rejected, naming the part."""
    series = appointment.recurrence
    if series is None:
        return None
    for part in ("excluded_rules", "extra"):
        if getattr(series, part):
            raise _rejected(part, "Exchange has no such part")
    if len(series.rules) != 1:
        raise _rejected("rules", f"Exchange holds one rule, not {len(series.rules)}")
    rule = series.rules[0]
    for part in ("year_days", "weeks", "hours", "minutes", "seconds"):
        if getattr(rule, part):
            raise _rejected(part, "Exchange has no such part")
    start = date.fromisoformat(appointment.start.wall[:10])
    return Recurrence(pattern=_pattern(rule, start), boundary=_boundary(rule, start))


def refuse_exceptions(appointment: Appointment) -> None:
    """A new series has none. Raises Rejected, naming the part."""
    for part in ("excluded", "overrides"):
        if appointment.recurrence is not None and getattr(appointment.recurrence, part):
            raise _rejected(part, "Exchange takes a new series without exceptions")


def _rejected(part: str, why: str) -> Rejected:
    return Rejected("exchange", "write", f"recurrence, {part}: {why}")


def _pattern(rule: Rule, start: date) -> Any:
    match rule.frequency:
        case "daily":
            _only(rule)
            return DailyPattern(interval=_interval(rule.interval, _LONGEST_DAILY))
        case "weekly":
            return _weekly(rule, start)
        case "monthly":
            _none(rule, "months")
            return _monthly(rule, start, _interval(rule.interval, _LONGEST))
        case "yearly":
            return _yearly(rule, start)
    raise _rejected("frequency", f"Exchange has no {rule.frequency} pattern")


def _weekly(rule: Rule, start: date) -> Any:
    _only(rule, "days")
    if any(each.nth for each in rule.days):
        raise _rejected("days", "a weekly pattern has no n-th weekday")
    wanted = {each.weekday for each in rule.days} or {_weekday(start)}
    return WeeklyPattern(
        interval=_interval(rule.interval, _LONGEST),
        weekdays=[_NAMES[each] for each in WEEKDAYS.values() if each in wanted],
        first_day_of_week=_NAMES[rule.week_start],
    )


def _yearly(rule: Rule, start: date) -> Any:
    if len(rule.months) > 1:
        raise _rejected("months", "a yearly pattern has one month")
    month = rule.months[0] if rule.months else start.month
    if rule.interval > 1:
        # The service has no interval for years; that many months from the start are the same dates.
        if month != start.month:
            raise _rejected("months", "every so many years, only from a start in that month")
        return _monthly(rule, start, _interval(rule.interval * 12, _LONGEST), month)
    if rule.days and not rule.months:
        raise _rejected("days", "a weekday of a year needs its month")
    return _monthly(rule, start, None, month)


def _monthly(rule: Rule, start: date, interval: int | None, month: int | None = None) -> Any:
    """Every ``interval`` months, or every year in ``month``."""
    if rule.days:
        _none(rule, "month_days")
        return _relative(*_nth(rule), interval, month)
    _none(rule, "positions")
    if len(rule.month_days) > 1:
        raise _rejected("month_days", "a pattern has one day of the month")
    on = rule.month_days[0] if rule.month_days else start.day
    if on == -1:
        return _relative("Day", "Last", interval, month)
    if not 1 <= on <= 31:
        raise _rejected("month_days", f"Exchange has no {on}th day from the end")
    shortest = 28 if month in (None, 2) else monthrange(_ANY_YEAR, month or 1)[1]
    if on > shortest and rule.short_month == "skip":
        raise _rejected("month_days", f"Exchange takes the last day of a month without day {on}, and skips none")
    if interval is None:
        return AbsoluteYearlyPattern(day_of_month=on, month=MONTHS[(month or 1) - 1])
    return AbsoluteMonthlyPattern(interval=interval, day_of_month=on)


def _nth(rule: Rule) -> tuple[str, str]:
    days, positions = rule.days, rule.positions
    wanted = frozenset(each.weekday for each in days)
    if len(days) == 1 and days[0].nth and not positions:
        name, nth = _NAMES[days[0].weekday], days[0].nth
    elif len(positions) == 1 and not any(each.nth for each in days):
        nth = positions[0]
        group = _NAMES[days[0].weekday] if len(wanted) == 1 else _GROUP_NAMES.get(wanted)
        if group is None:
            raise _rejected("days", "Exchange takes one weekday, every day, working days or weekend days")
        name = group
    else:
        raise _rejected("days", "Exchange takes one n-th weekday")
    if nth not in _INDEX_NAMES:
        raise _rejected("positions" if positions else "days", f"Exchange has first to fourth and last, not {nth}")
    return name, _INDEX_NAMES[nth]


def _relative(name: str, index: str, interval: int | None, month: int | None) -> Any:
    if interval is None:
        return RelativeYearlyPattern(weekday=name, week_number=index, month=MONTHS[(month or 1) - 1])
    return RelativeMonthlyPattern(interval=interval, weekday=name, week_number=index)


def _boundary(rule: Rule, start: date) -> Any:
    first = EWSDate.from_date(start)
    if rule.count is not None and rule.until is not None:
        raise _rejected("until", "a number of times excludes a last day")
    if rule.count is not None:
        if not 1 <= rule.count <= _MOST:
            raise _rejected("count", f"1 to {_MOST}, not {rule.count}")
        return NumberedPattern(start=first, number=rule.count)
    if rule.until is not None:
        if rule.until < start:
            raise _rejected("until", "the last day lies before the start")
        if rule.until >= _ENDLESS:
            raise _rejected("until", "an end after 1 September 4500")
        return EndDatePattern(start=first, end=EWSDate.from_date(rule.until))
    return NoEndPattern(start=first)


def _interval(interval: int, most: int) -> int:
    if not 1 <= interval <= most:
        raise _rejected("interval", f"1 to {most}, not {interval}")
    return interval


def _only(rule: Rule, *parts: str) -> None:
    for part in ("days", "month_days", "months", "positions"):
        if part not in parts:
            _none(rule, part)


def _none(rule: Rule, part: str) -> None:
    if getattr(rule, part):
        raise _rejected(part, f"a {rule.frequency} pattern has no such part")


def _weekday(on: date) -> Weekday:
    return tuple(WEEKDAYS.values())[on.weekday()]
