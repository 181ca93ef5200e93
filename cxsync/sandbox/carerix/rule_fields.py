"""A recurrence as a dialog offers it to the attributes of A9 to A12, and to words."""

from collections.abc import Mapping
from typing import Final, get_args

from cxsync.sandbox.carerix.moments import midnight
from cxsync.sandbox.carerix.options import LAST_WEEK
from cxsync.sandbox.carerix.recurrence import MonthlyDay, MonthlyWeekday, Weekly, pattern_of
from cxsync.sandbox.carerix.rows import Row, Value
from cxsync.sandbox.carerix.tenant import TenantSettings
from cxsync.sandbox.core.action import Rule, Weekday
from cxsync.sandbox.core.refusal import BadInput

_DAYS: Final = ("su", "mo", "tu", "we", "th", "fr", "sa")  # A10
_NTH: Final = {1: "first", 2: "second", 3: "third", 4: "fourth", LAST_WEEK: "last"}

CLEARED: Final[dict[str, Value]] = {
    "recurrenceWeekly": 0,
    "recurrenceMonthly": 0,
    "recurrenceRate": None,
    "recurrenceDays": None,
    "recurrenceDay": None,
    "recurrenceMonthDay": None,
    "isAbsoluteMonthDay": 0,
    "isRelativeMonthDay": 0,
    "isRangeEndDate": 0,
    "isRangeNumberOfTimes": 0,
    "recurrenceNumberOfTimes": None,
    "recurrenceExpiryDate": None,
}
"""All attributes of a series, cleared, as the dialog writes them before it sets those of the new rule."""


def rule_fields(rule: Rule, settings: TenantSettings) -> dict[str, Value]:
    """All attributes of a series that follows ``rule``; raises BadInput for what Carerix's dialog does not offer."""
    if rule.week_start is not None and rule.week_start != settings.week_start[:2]:
        raise BadInput("rule.week_start", rule.week_start, f"weeks begin on {settings.week_start} at this tenant")
    return {**CLEARED, "recurrence": 1, "recurrenceRate": rule.interval, **_pattern(rule), **_end(rule, settings)}


def _pattern(rule: Rule) -> dict[str, Value]:
    days = tuple(sorted({_DAYS.index(day) for day in rule.weekdays}))
    match rule.frequency:
        case "weekly":
            return {"recurrenceWeekly": 1, "recurrenceDays": days}
        case "monthly":
            return {"recurrenceMonthly": 1, "isAbsoluteMonthDay": 1, "recurrenceMonthDay": rule.day}
        case "monthly-nth":
            if len(days) != 1:
                raise BadInput("rule.weekdays", rule.weekdays, f"one of {', '.join(get_args(Weekday))}")
            nth = LAST_WEEK if rule.nth == -1 else rule.nth
            return {
                "recurrenceMonthly": 1,
                "isRelativeMonthDay": 1,
                "recurrenceMonthDay": nth,
                "recurrenceDay": days[0],
            }
        case _:
            raise BadInput("rule.frequency", rule.frequency, "weekly, monthly or monthly-nth: Carerix has no other")


def _end(rule: Rule, settings: TenantSettings) -> dict[str, Value]:
    if rule.count is not None and rule.until is not None:
        raise BadInput("rule.until", rule.until, "either count or until")
    if rule.count is not None:
        return {"isRangeNumberOfTimes": 1, "recurrenceNumberOfTimes": rule.count}
    if rule.until is not None:
        expiry = midnight("rule.until", rule.until, settings.home)
        return {"isRangeEndDate": 1, "recurrenceExpiryDate": expiry}
    return {}


def in_words(row: Row, settings: TenantSettings) -> str | None:
    """The recurrence of a row as text; None for a single appointment."""
    pattern = pattern_of(row.values)
    match pattern:
        case None:
            return None
        case Weekly(rate, days):
            text = f"every {rate} week(s) on {', '.join(_DAYS[day] for day in days)}"
        case MonthlyDay(rate, day):
            text = f"every {rate} month(s) on day {day}"
        case MonthlyWeekday(rate, weekday, nth):
            text = f"every {rate} month(s) on the {_NTH.get(nth, nth)} {_DAYS[weekday]}"
    return text + _end_in_words(row.values, settings)


def _end_in_words(values: Mapping[str, Value], settings: TenantSettings) -> str:
    expiry = Row("CRToDo", 0, values).date("recurrenceExpiryDate")
    if values.get("isRangeEndDate") and expiry is not None:
        return f" until {expiry.astimezone(settings.home).date()}"
    if values.get("isRangeNumberOfTimes"):
        return f", {values.get('recurrenceNumberOfTimes')} times"
    return ""
