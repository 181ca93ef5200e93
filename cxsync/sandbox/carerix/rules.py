"""What Carerix refuses to store: widths (A18) and the rules of times and series (A7, A9 to A13, A19)."""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Final

from cxsync.sandbox.carerix.entities import TODO, Kind
from cxsync.sandbox.carerix.options import APPOINTMENT, Options
from cxsync.sandbox.carerix.recurrence import days_of
from cxsync.sandbox.carerix.refusals import BrokenRule
from cxsync.sandbox.carerix.rows import Value
from cxsync.sandbox.carerix.tenant import TenantSettings

TYPES: Final = frozenset({0, 1, 3, 4, 5, 22, 25, 33, 34})
"""The known values of ``toDoTypeKey`` (carerix.md, section 4)."""
SHORT: Final = 32_767
"""Numbers are 16 bits wide in the model (type ``short``)."""


def fitted(values: Mapping[str, Value], options: Options) -> dict[str, Value]:
    """The values with every text within its width, counted in code points; raises BrokenRule unless cutting is on."""
    found = dict(values)
    for name, value in values.items():
        if value == "" and options.empty_text == "null":
            found[name] = None
        width = TODO.attributes[name].width
        if width is None or not isinstance(value, str) or len(value) <= width:
            continue
        if options.long_text == "refuse":
            raise BrokenRule(name, f"{len(value)} characters are more than {width}")
        found[name] = value[:width]
    return found


def check(values: Mapping[str, Value], settings: TenantSettings, options: Options) -> None:
    """Raises BrokenRule for the first rule that the whole row breaks."""
    _check_numbers(values)
    if values.get("toDoTypeKey") not in TYPES:
        raise BrokenRule("toDoTypeKey", f"one of {sorted(TYPES)} is needed, not {values.get('toDoTypeKey')!r}")
    if values.get("toDoTypeKey") == APPOINTMENT:
        _check_times(values, settings, options)
        if values.get("recurrence"):
            _check_series(values, settings, options)


def _check_numbers(values: Mapping[str, Value]) -> None:
    for attribute in TODO.attributes.values():
        value = values.get(attribute.name)
        if attribute.kind is Kind.FLAG and value not in (None, 0, 1):
            raise BrokenRule(attribute.name, f"0 or 1 is needed, not {value!r}")
        if attribute.kind is Kind.INT and isinstance(value, int) and not -SHORT - 1 <= value <= SHORT:
            raise BrokenRule(attribute.name, f"{value} does not fit 16 bits")
    _within(values, "status", 0, 1)
    _within(values, "reminderMinutes", 0, SHORT)


def _within(values: Mapping[str, Value], name: str, low: int, high: int, *, needed: bool = False) -> None:
    value = values.get(name)
    if value is None and not needed:
        return
    if not isinstance(value, int) or not low <= value <= high:
        raise BrokenRule(name, f"a number from {low} to {high} is needed, not {value!r}")


def _check_times(values: Mapping[str, Value], settings: TenantSettings, options: Options) -> None:
    start, end = values.get("startDate"), values.get("endDate")
    if not isinstance(start, datetime):
        raise BrokenRule("startDate", "an appointment needs it")
    if not isinstance(end, datetime):
        raise BrokenRule("endDate", "an appointment needs it")
    if end < start:
        raise BrokenRule("endDate", "it lies before startDate")
    if values.get("isAllDay"):
        for name, moment in (("startDate", start), ("endDate", end)):
            _check_midnight(name, moment, settings, options)
        if end == start and settings.all_day_end == "day-after":
            raise BrokenRule("endDate", "an all-day appointment ends on the day after its last day")


def _check_midnight(name: str, moment: datetime, settings: TenantSettings, options: Options) -> None:
    if options.check_midnight and moment.astimezone(settings.home).time() != time():
        raise BrokenRule(name, f"00:00 in {settings.system_timezone} is needed")


def _exactly_one(values: Mapping[str, Value], first: str, second: str) -> None:
    if bool(values.get(first)) == bool(values.get(second)):
        raise BrokenRule(first, f"exactly one of {first} and {second} has to be 1")


def _check_series(values: Mapping[str, Value], settings: TenantSettings, options: Options) -> None:
    _exactly_one(values, "recurrenceWeekly", "recurrenceMonthly")
    _within(values, "recurrenceRate", 1, options.max_rate, needed=True)
    if values.get("recurrenceWeekly"):
        _check_days(values.get("recurrenceDays"))
    else:
        _exactly_one(values, "isAbsoluteMonthDay", "isRelativeMonthDay")
        if values.get("isAbsoluteMonthDay"):
            _within(values, "recurrenceMonthDay", 1, 31, needed=True)
        else:
            _within(values, "recurrenceMonthDay", 1, 5, needed=True)
            _within(values, "recurrenceDay", 0, 6, needed=True)
    _check_range(values, settings, options)
    start = values.get("startDate")
    if options.check_pattern and isinstance(start, datetime):
        first = start.astimezone(settings.home).date()
        if next(iter(days_of(values, settings)), None) != first:
            raise BrokenRule("startDate", f"{first} is not a day of its own series")


def _check_days(days: Value) -> None:
    if not isinstance(days, tuple) or not days:
        raise BrokenRule("recurrenceDayList", "a weekly series needs one weekday at least")
    for day in days:
        if not isinstance(day, int) or not 0 <= day <= 6:
            raise BrokenRule("recurrenceDayList", f"weekdays run from 0 to 6, {day!r} is none")


def _check_range(values: Mapping[str, Value], settings: TenantSettings, options: Options) -> None:
    if values.get("isRangeEndDate") and values.get("isRangeNumberOfTimes"):
        raise BrokenRule("isRangeEndDate", "never together with isRangeNumberOfTimes")
    if values.get("isRangeEndDate"):
        expiry = values.get("recurrenceExpiryDate")
        if not isinstance(expiry, datetime):
            raise BrokenRule("recurrenceExpiryDate", "isRangeEndDate needs it")
        _check_midnight("recurrenceExpiryDate", expiry, settings, options)
    if values.get("isRangeNumberOfTimes"):
        _within(values, "recurrenceNumberOfTimes", 1, SHORT, needed=True)
