"""The recurrence attributes of a row and a ``Recurrence``, both ways (A9 to A13, A15).

Carerix holds one weekly or monthly rule and no exceptions. What else a rule may say is refused here by name; what is
to become of it instead is decided before anything is written.
"""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from cxsync.calendars.carerix.access import TenantSettings
from cxsync.calendars.carerix.assumptions import DAY_SEPARATOR, FALSE, LAST_WEEK, MAX_RATE, TRUE, WEEKDAYS
from cxsync.calendars.carerix.refusals import SYSTEM
from cxsync.calendars.carerix.times import read_instant, write_instant
from cxsync.calendars.errors import Rejected
from schemas.appointment import Day, Recurrence, Rule
from schemas.records import Policy
from schemas.words import Weekday

NOTHING: Final[Mapping[str, int | str | None]] = {
    "recurrence": FALSE,
    "recurrenceWeekly": FALSE,
    "recurrenceMonthly": FALSE,
    "recurrenceRate": None,
    "recurrenceDayList": None,
    "recurrenceDay": None,
    "recurrenceMonthDay": None,
    "isAbsoluteMonthDay": FALSE,
    "isRelativeMonthDay": FALSE,
    "isRangeEndDate": FALSE,
    "isRangeNumberOfTimes": FALSE,
    "recurrenceNumberOfTimes": None,
    "recurrenceExpiryDate": None,
}
"""All attributes of a recurrence; every write of one names them all, so that nothing of an older rule is left (A19)."""

UNREADABLE: Final = Recurrence()


def read_recurrence(values: Mapping[str, Any], wire: ZoneInfo, policy: Policy) -> Recurrence | None:
    """The recurrence of a row; None for a single; without a rule where the attributes make no sense together."""
    if not values.get("recurrence"):
        return None
    try:
        return Recurrence(rules=(_read_rule(values, wire, policy),))
    except (ValueError, TypeError, OverflowError):
        return UNREADABLE


def _read_rule(values: Mapping[str, Any], wire: ZoneInfo, policy: Policy) -> Rule:
    interval = _number(values, "recurrenceRate", 1, MAX_RATE)
    count, until = None, None
    _at_most_one(values, "isRangeEndDate", "isRangeNumberOfTimes")
    if values.get("isRangeNumberOfTimes"):
        count = _number(values, "recurrenceNumberOfTimes", 1)
    elif values.get("isRangeEndDate"):
        expiry = read_instant(str(values.get("recurrenceExpiryDate")), wire)
        until = expiry.astimezone(ZoneInfo(policy.home_zone)).date()
    _exactly_one(values, "recurrenceWeekly", "recurrenceMonthly")
    if values.get("recurrenceWeekly"):
        days = tuple(Day(weekday=day) for day in sorted(_weekdays(values), key=_monday_first))
        return Rule(
            frequency="weekly", interval=interval, days=days, week_start=policy.week_start, count=count, until=until
        )
    _exactly_one(values, "isAbsoluteMonthDay", "isRelativeMonthDay")
    if values.get("isAbsoluteMonthDay"):
        day = _number(values, "recurrenceMonthDay", 1, 31)
        short = policy.short_month if day > 28 else "skip"
        return Rule(
            frequency="monthly",
            interval=interval,
            month_days=(day,),
            short_month=short,
            week_start=policy.week_start,
            count=count,
            until=until,
        )
    nth = _number(values, "recurrenceMonthDay", 1, LAST_WEEK)
    weekday = WEEKDAYS[_number(values, "recurrenceDay", 0, 6)]
    return Rule(
        frequency="monthly",
        interval=interval,
        days=(Day(weekday=weekday, nth=-1 if nth == LAST_WEEK else nth),),
        week_start=policy.week_start,
        count=count,
        until=until,
    )


def _weekdays(values: Mapping[str, Any]) -> set[Weekday]:
    listed, numbers = values.get("recurrenceDayList"), values.get("recurrenceDays")
    if isinstance(listed, str) and listed.strip():
        numbers = [int(part) for part in listed.split(DAY_SEPARATOR) if part.strip()]
    if not isinstance(numbers, list) or not numbers:
        raise ValueError("a weekly series has a weekday")
    if any(type(day) is not int or not 0 <= day <= 6 for day in numbers):
        raise ValueError("weekdays run from 0 to 6")
    return {WEEKDAYS[day] for day in numbers}


def _monday_first(day: Weekday) -> int:
    return (WEEKDAYS.index(day) + 6) % 7


def _number(values: Mapping[str, Any], name: str, low: int, high: int = 2**31) -> int:
    value = values.get(name)
    if type(value) is not int or not low <= value <= high:
        raise ValueError(f"{name} is a number from {low} to {high}")
    return value


def _exactly_one(values: Mapping[str, Any], first: str, second: str) -> None:
    if bool(values.get(first)) == bool(values.get(second)):
        raise ValueError(f"exactly one of {first} and {second} is 1")


def _at_most_one(values: Mapping[str, Any], first: str, second: str) -> None:
    if values.get(first) and values.get(second):
        raise ValueError(f"{first} and {second} are not both 1")


class _Written(Struct, frozen=True):
    """A rule on its way: the first start on the wall of ``system_timezone``."""

    rule: Rule
    start: datetime
    settings: TenantSettings


def write_recurrence(
    recurrence: Recurrence | None, start: datetime, settings: TenantSettings
) -> dict[str, int | str | None]:
    """All attributes of a recurrence. ``start`` is the first start, naive, on the wall clock of ``system_timezone``.

    Removed and changed occurrences are left out, for a series crosses by its rule.

    Raises:
        Rejected: Carerix cannot hold it; the text names the part.
    """
    if recurrence is None:
        return dict(NOTHING)
    if len(recurrence.rules) != 1 or recurrence.excluded_rules or recurrence.extra:
        raise _rejected("rules", "exactly one rule and no extra dates")
    written = _Written(recurrence.rules[0], start, settings)
    rule = written.rule
    for name in ("year_days", "weeks", "hours", "minutes", "seconds"):
        if getattr(rule, name):
            raise _rejected(name, "a weekly or monthly rule without them")
    match rule.frequency:
        case "weekly":
            fields = _weekly(written)
        case "monthly" if not rule.months:
            fields = _monthly(written, rule.interval)
        case "yearly" if rule.months in ((), (start.month,)):
            fields = _monthly(written, 12 * rule.interval)
        case _:
            raise _rejected("frequency", "weekly or monthly")
    return {**NOTHING, "recurrence": TRUE, **fields, **_range(written)}


def _weekly(written: _Written) -> dict[str, int | str | None]:
    rule = written.rule
    if rule.month_days or rule.months or rule.positions:
        raise _rejected("month_days, months, positions", "a weekly rule with weekdays only")
    if any(day.nth for day in rule.days):
        raise _rejected("days", "weekdays without an ordinal")
    numbers = {WEEKDAYS.index(day.weekday) for day in rule.days} or {written.start.isoweekday() % 7}
    theirs, ours = WEEKDAYS.index(rule.week_start), WEEKDAYS.index(written.settings.week_start)
    shifts = {(number - theirs) % 7 - (number - ours) % 7 for number in numbers}
    if rule.interval > 1 and len(shifts) > 1:
        raise _rejected("week_start", f"weeks that begin on {written.settings.week_start}")
    return {
        "recurrenceWeekly": TRUE,
        "recurrenceRate": _rate(rule.interval),
        "recurrenceDayList": DAY_SEPARATOR.join(str(number) for number in sorted(numbers)),
    }


def _monthly(written: _Written, interval: int) -> dict[str, int | str | None]:
    rule = written.rule
    fields: dict[str, int | str | None] = {"recurrenceMonthly": TRUE, "recurrenceRate": _rate(interval)}
    if rule.days:
        return fields | _relative(rule)
    days = rule.month_days or (written.start.day,)
    if len(days) != 1 or rule.positions or not 1 <= days[0] <= 31:
        raise _rejected("month_days", "one day of the month, 1 to 31")
    if days[0] > 28 and rule.short_month != written.settings.short_month:
        raise _rejected("short_month", f"{written.settings.short_month}, as this tenant treats short months")
    return fields | {"isAbsoluteMonthDay": TRUE, "recurrenceMonthDay": days[0]}


def _relative(rule: Rule) -> dict[str, int | str | None]:
    day = rule.days[0]
    ordinals = [nth for nth in (day.nth, *rule.positions) if nth]
    if rule.month_days or len(rule.days) != 1 or len(ordinals) != 1 or ordinals[0] not in (1, 2, 3, 4, -1):
        raise _rejected("days", "one weekday, the first to fourth or last of its month")
    nth = LAST_WEEK if ordinals[0] == -1 else ordinals[0]
    return {"isRelativeMonthDay": TRUE, "recurrenceMonthDay": nth, "recurrenceDay": WEEKDAYS.index(day.weekday)}


def _rate(interval: int) -> int:
    if not 1 <= interval <= MAX_RATE:
        raise _rejected("interval", f"1 to {MAX_RATE} weeks or months")
    return interval


def _range(written: _Written) -> dict[str, int | str | None]:
    rule, settings = written.rule, written.settings
    if rule.count is not None and rule.until is not None:
        raise _rejected("count, until", "at most one of them")
    if rule.count is not None:
        return {"isRangeNumberOfTimes": TRUE, "recurrenceNumberOfTimes": rule.count}
    if rule.until is not None:
        midnight = datetime.combine(rule.until, time(), settings.home)
        return {"isRangeEndDate": TRUE, "recurrenceExpiryDate": write_instant(midnight, settings.wire)}
    return {}


def _rejected(part: str, right: str) -> Rejected:
    return Rejected(SYSTEM, "recurrence", f"{part}: Carerix holds {right}")
