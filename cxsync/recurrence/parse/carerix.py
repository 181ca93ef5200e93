"""Reads the recurrence fields of a Carerix appointment (CRToDo), by their names on the wire."""

from msgspec import Struct

from cxsync.recurrence.codes import Reason
from cxsync.recurrence.errors import UnreadableSeriesError
from cxsync.recurrence.moment import read_moment
from cxsync.recurrence.pattern import Count, End, MonthlyAbsolute, MonthlyRelative, Pattern, Until, Weekly
from cxsync.recurrence.policy import Policy

LAST = 5
"""``recurrenceMonthDay`` of a relative pattern that means the last one, also in months that have a fifth."""


class CarerixFields(Struct, frozen=True, forbid_unknown_fields=True, rename="camel", omit_defaults=True):
    """As on the wire: 0 and 1 for booleans, absent or null is 0. ``recurrence_expiry_date``: the last local day."""

    recurrence: int | None = None
    recurrence_weekly: int | None = None
    recurrence_monthly: int | None = None
    recurrence_rate: int | None = None
    recurrence_day_list: str | None = None
    recurrence_days: list[int] | None = None
    recurrence_day: int | None = None
    recurrence_month_day: int | None = None
    is_absolute_month_day: int | None = None
    is_relative_month_day: int | None = None
    is_range_end_date: int | None = None
    recurrence_expiry_date: str | None = None
    is_range_number_of_times: int | None = None
    recurrence_number_of_times: int | None = None
    start_date: str | None = None
    end_date: str | None = None
    is_all_day: int | None = None


def read_carerix_pattern(given: CarerixFields, policy: Policy) -> Pattern | None:
    """The pattern; None for an appointment that does not recur. Raises UnreadableSeriesError (INVALID_RULE)."""
    if not given.recurrence:
        return None
    rate = given.recurrence_rate or 1
    if rate < 1:
        raise _invalid(f"recurrenceRate={rate}", "a whole number from 1")
    if bool(given.recurrence_weekly) == bool(given.recurrence_monthly):
        raise _invalid("recurrenceWeekly, recurrenceMonthly", "exactly one of them is 1")
    if given.recurrence_weekly:
        return Weekly(rate, _week_days(given), policy.week_start)
    if bool(given.is_absolute_month_day) == bool(given.is_relative_month_day):
        raise _invalid("isAbsoluteMonthDay, isRelativeMonthDay", "exactly one of them is 1")
    place = given.recurrence_month_day or 0
    if given.is_absolute_month_day:
        if not 1 <= place <= 31:
            raise _invalid(f"recurrenceMonthDay={place}", "a number from 1 to 31")
        return MonthlyAbsolute(rate, place, policy.short_month if place > 28 else "skip")
    if not 1 <= place <= LAST:
        raise _invalid(f"recurrenceMonthDay={place}", "1 to 4, or 5 for the last")
    day = given.recurrence_day or 0
    if not 0 <= day <= 6:
        raise _invalid(f"recurrenceDay={day}", "0 for Sunday to 6 for Saturday")
    return MonthlyRelative(rate, -1 if place == LAST else place, (_monday_first(day),))


def read_carerix_end(given: CarerixFields) -> End:
    """The end; raises UnreadableSeriesError (INVALID_RULE) for a flag without its value or two of them."""
    if given.is_range_end_date and given.is_range_number_of_times:
        raise _invalid("isRangeEndDate, isRangeNumberOfTimes", "at most one of them is 1")
    if given.is_range_number_of_times:
        times = given.recurrence_number_of_times or 0
        if times < 1:
            raise _invalid(f"recurrenceNumberOfTimes={times}", "a whole number from 1")
        return Count(times)
    if not given.is_range_end_date:
        return None
    try:
        return Until(read_moment(given.recurrence_expiry_date or "").day)
    except ValueError as error:
        raise _invalid(f"recurrenceExpiryDate={given.recurrence_expiry_date}", str(error)) from error


def _week_days(given: CarerixFields) -> tuple[int, ...]:
    listed = given.recurrence_day_list
    try:
        days = given.recurrence_days if listed is None else [int(part) for part in listed.split(",") if part.strip()]
    except ValueError:
        days = None
    if not days or any(not 0 <= day <= 6 for day in days):
        raise _invalid(f"recurrenceDayList={listed}", "weekdays 0 for Sunday to 6 for Saturday, as in 1,3,5")
    return tuple(sorted({_monday_first(day) for day in days}))


def _monday_first(day: int) -> int:
    return (day + 6) % 7


def _invalid(part: str, hint: str) -> UnreadableSeriesError:
    return UnreadableSeriesError(Reason.INVALID_RULE, part, hint)
