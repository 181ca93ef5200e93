"""Writes pattern and range as Exchange Web Services take them: complete, with FirstDayOfWeek and StartDate always."""

from datetime import date

from cxsync.recurrence.held import Held
from cxsync.recurrence.moment import day_text
from cxsync.recurrence.parse.ews import DAY_GROUPS, DAY_NAMES, INDEXES, MONTHS, EwsPattern, EwsRange
from cxsync.recurrence.pattern import Count, Daily, MonthlyAbsolute, Until, Weekly

_INDEX_NAMES = {nth: name for name, nth in INDEXES.items()}
_GROUP_NAMES = {days: name for name, days in DAY_GROUPS.items()}


def ews_pattern(series: Held) -> EwsPattern:
    """The pattern element."""
    pattern = series.pattern
    if isinstance(pattern, Daily):
        return EwsPattern("DailyRecurrence", pattern.interval)
    if isinstance(pattern, Weekly):
        names = " ".join(DAY_NAMES[day] for day in pattern.days)
        first = DAY_NAMES[pattern.week_start]
        return EwsPattern("WeeklyRecurrence", pattern.interval, days_of_week=names, first_day_of_week=first)
    month = MONTHS[date.fromordinal(series.first[0]).month - 1] if pattern.yearly and pattern.interval == 12 else None
    interval = None if month else pattern.interval
    kind = "Yearly" if month else "Monthly"
    if isinstance(pattern, MonthlyAbsolute):
        return EwsPattern(f"Absolute{kind}Recurrence", interval, day_of_month=pattern.day, month=month)
    return EwsPattern(
        f"Relative{kind}Recurrence",
        interval,
        days_of_week=_GROUP_NAMES.get(pattern.days) or " ".join(DAY_NAMES[day] for day in pattern.days),
        day_of_week_index=_INDEX_NAMES[pattern.nth],
        month=month,
    )


def ews_range(series: Held) -> EwsRange:
    """The range element; the start date is the first occurrence."""
    start = day_text(series.first[0])
    if isinstance(series.end, Count):
        return EwsRange("NumberedRecurrence", start, number_of_occurrences=series.end.n)
    if isinstance(series.end, Until):
        return EwsRange("EndDateRecurrence", start, day_text(series.end.day))
    return EwsRange("NoEndRecurrence", start)
