"""When a series takes place: A8 to A13 and A15, expanded on the wall clock of the tenant."""

from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import count, islice, takewhile
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

import msgspec

from cxsync.sandbox.carerix.options import LAST_WEEK
from cxsync.sandbox.carerix.rows import Value
from cxsync.sandbox.carerix.tenant import TenantSettings

WeekStart: TypeAlias = Literal["monday", "sunday"]


class Weekly(msgspec.Struct, frozen=True):
    """Every ``rate`` weeks on ``days`` (0 = Sunday)."""

    rate: int
    days: tuple[int, ...]


class MonthlyDay(msgspec.Struct, frozen=True):
    """Every ``rate`` months on ``day`` (1 to 31)."""

    rate: int
    day: int


class MonthlyWeekday(msgspec.Struct, frozen=True):
    """Every ``rate`` months on the ``nth`` ``weekday`` (0 = Sunday); nth 5 is the last."""

    rate: int
    weekday: int
    nth: int


Pattern: TypeAlias = Weekly | MonthlyDay | MonthlyWeekday


class Occurrence(msgspec.Struct, frozen=True):
    """One time that an appointment takes place, aware, in the tenant's zone."""

    start: datetime
    end: datetime


def pattern_of(values: Mapping[str, Value]) -> Pattern | None:
    """The pattern that a row's attributes describe; None for a single appointment. Expects checked attributes."""

    def number(name: str) -> int:
        value = values.get(name)
        return value if isinstance(value, int) else 0

    if not number("recurrence"):
        return None
    rate = number("recurrenceRate")
    if number("recurrenceWeekly"):
        days = values.get("recurrenceDays")
        return Weekly(rate, tuple(day for day in days if isinstance(day, int)) if isinstance(days, tuple) else ())
    if number("isAbsoluteMonthDay"):
        return MonthlyDay(rate, number("recurrenceMonthDay"))
    return MonthlyWeekday(rate, number("recurrenceDay"), number("recurrenceMonthDay"))


def carerix_weekday(day: date) -> int:
    """The weekday of ``day`` by A10."""
    return day.isoweekday() % 7


def dates(pattern: Pattern, first: date, settings: TenantSettings) -> Iterator[date]:
    """The days of a series without end from ``first`` on, ascending; ends with the calendar (year 9999)."""
    match pattern:
        case Weekly(rate, days):
            return _weekly(first, rate, days, settings.week_start)
        case MonthlyDay() | MonthlyWeekday():
            return _monthly(first, pattern, settings)


def _weekly(first: date, rate: int, days: tuple[int, ...], week_start: WeekStart) -> Iterator[date]:
    back = first.weekday() if week_start == "monday" else carerix_weekday(first)
    opening = 1 if week_start == "monday" else 0
    offsets = sorted((day - opening) % 7 - back for day in days)
    try:
        for week in count(step=rate):
            for offset in offsets:
                days_on = 7 * week + offset
                if days_on >= 0:
                    yield first + timedelta(days=days_on)
    except OverflowError:
        return


def _monthly(first: date, pattern: MonthlyDay | MonthlyWeekday, settings: TenantSettings) -> Iterator[date]:
    for month in range(first.year * 12 + first.month - 1, 9999 * 12 + 12, pattern.rate):
        year, before = divmod(month, 12)
        day = _day_of_month(year, before + 1, pattern, settings)
        if day is not None and day >= first:
            yield day


def _day_of_month(year: int, month: int, pattern: MonthlyDay | MonthlyWeekday, settings: TenantSettings) -> date | None:
    weekday_of_first, length = monthrange(year, month)
    if isinstance(pattern, MonthlyDay):
        if pattern.day > length:
            return date(year, month, length) if settings.short_month == "clamp" else None
        return date(year, month, pattern.day)
    wanted = (pattern.weekday - 1) % 7  # A10 to Monday = 0
    day = 1 + (wanted - weekday_of_first) % 7 + 7 * (pattern.nth - 1)
    if pattern.nth == LAST_WEEK and day > length:
        if settings.fifth_week == "skip":
            return None
        day -= 7
    return date(year, month, day)


def days_of(values: Mapping[str, Value], settings: TenantSettings) -> Iterator[date]:
    """The days on which the appointment starts, with its end by date or number (A12)."""
    start = values.get("startDate")
    if not isinstance(start, datetime):
        return iter(())
    first = start.astimezone(settings.home).date()
    pattern = pattern_of(values)
    if pattern is None:
        return iter((first,))
    days = dates(pattern, first, settings)
    expiry = values.get("recurrenceExpiryDate")
    if values.get("isRangeEndDate") and isinstance(expiry, datetime):
        last = expiry.astimezone(settings.home).date()
        if settings.expiry == "exclusive":
            last -= timedelta(days=1)
        return takewhile(lambda day: day <= last, days)
    times = values.get("recurrenceNumberOfTimes")
    if values.get("isRangeNumberOfTimes") and isinstance(times, int):
        return islice(days, times)
    return days


def occurrences(
    values: Mapping[str, Value], settings: TenantSettings, start: datetime, end: datetime
) -> Iterator[Occurrence]:
    """The times that overlap [start, end), in order. Each keeps the wall clock and the length of the first."""
    first, last = values.get("startDate"), values.get("endDate")
    if not isinstance(first, datetime) or not isinstance(last, datetime):
        return
    home = settings.home
    opening, closing = (each.astimezone(home).replace(tzinfo=None) for each in (first, last))
    if values.get("isAllDay") and settings.all_day_end == "last-day":
        closing += timedelta(days=1)
    for day in days_of(values, settings):
        begins = _instant(datetime.combine(day, opening.time()), home)
        if begins >= end:
            return
        ends = _instant(datetime.combine(day, opening.time()) + (closing - opening), home)
        if ends > start or begins >= start:
            yield Occurrence(begins, ends)


def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """A wall clock that DST skips moves on by the gap; of two equal ones the first is meant (RFC 5545, 3.3.5)."""
    return wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)
