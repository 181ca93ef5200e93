"""Writes the recurrence fields of a Carerix appointment."""

from cxsync.recurrence.held import Held
from cxsync.recurrence.moment import day_text
from cxsync.recurrence.parse.carerix import LAST
from cxsync.recurrence.pattern import Count, MonthlyAbsolute, MonthlyRelative, Until, Weekly


def carerix_fields(series: Held) -> dict[str, int | str]:
    """The fields to write, by their names on the wire. What is 0 is left out, but for weekly and monthly, which are
    both written: a change from one to the other must clear the old one in the same write."""
    pattern, end = series.pattern, series.end
    weekly = isinstance(pattern, Weekly)
    fields: dict[str, int | str] = {
        "recurrence": 1,
        "recurrenceWeekly": int(weekly),
        "recurrenceMonthly": int(not weekly),
        "recurrenceRate": pattern.interval,
    }
    if isinstance(pattern, Weekly):
        fields["recurrenceDayList"] = ",".join(str(day) for day in sorted(_sunday_first(day) for day in pattern.days))
    elif isinstance(pattern, MonthlyAbsolute):
        fields |= {"isAbsoluteMonthDay": 1, "recurrenceMonthDay": pattern.day}
    elif isinstance(pattern, MonthlyRelative):
        fields |= {"isRelativeMonthDay": 1, "recurrenceMonthDay": LAST if pattern.nth == -1 else pattern.nth}
        fields["recurrenceDay"] = _sunday_first(pattern.days[0])
    if isinstance(end, Count):
        fields |= {"isRangeNumberOfTimes": 1, "recurrenceNumberOfTimes": end.n}
    elif isinstance(end, Until):
        fields |= {"isRangeEndDate": 1, "recurrenceExpiryDate": day_text(end.day)}
    return fields


def _sunday_first(day: int) -> int:
    return (day + 1) % 7
