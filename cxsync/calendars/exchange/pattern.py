"""A Recurrence element as a rule (MS-OXWSCDATA RecurrenceType): six patterns, three ranges."""

from collections.abc import Mapping
from datetime import date, datetime

from lxml import etree

from cxsync.calendars.exchange.document import number, text
from cxsync.calendars.exchange.zone import day
from cxsync.recurrence.zones import Zone
from schemas.appointment import Day, Rule
from schemas.words import Frequency, Weekday

WEEKDAYS: Mapping[str, Weekday] = {
    "Monday": "monday",
    "Tuesday": "tuesday",
    "Wednesday": "wednesday",
    "Thursday": "thursday",
    "Friday": "friday",
    "Saturday": "saturday",
    "Sunday": "sunday",
}
GROUPS: Mapping[str, tuple[Weekday, ...]] = {
    "Day": tuple(WEEKDAYS.values()),
    "Weekday": tuple(WEEKDAYS.values())[:5],
    "WeekendDay": tuple(WEEKDAYS.values())[5:],
}
INDEXES: Mapping[str, int] = {"First": 1, "Second": 2, "Third": 3, "Fourth": 4, "Last": -1}
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December")  # fmt: skip
_ENDLESS = 4500  # "no end" may surface as 31 December 4500 (MS-OXOCAL 2.2.1.44.1)
_SURE = 28


class PatternUnread(ValueError):
    """The element says something that is no pattern of a calendar item."""


def rule_of(recurrence: etree._Element, zone: Zone | None) -> Rule:
    """The rule. ``zone``: the series' own, for range ends that are written as an instant. Raises PatternUnread."""
    if len(recurrence) != 2:
        raise PatternUnread("a pattern and a range are needed")
    pattern, limit = recurrence
    count, until = _range(limit, zone)
    name = etree.QName(pattern).localname
    interval = number(pattern, "Interval") or 1  # Outlook's "every weekday" may store 0
    if interval < 1:
        raise PatternUnread("Interval")
    match name:
        case "DailyRecurrence":
            return Rule(frequency="daily", interval=interval, count=count, until=until)
        case "WeeklyRecurrence":
            return Rule(
                frequency="weekly",
                interval=interval,
                days=tuple(Day(weekday=each) for each in _weekdays(pattern)),
                # Absent before 2010 SP1, where a real server used Sunday.
                week_start=_weekday(text(pattern, "FirstDayOfWeek") or "Sunday"),
                count=count,
                until=until,
            )
        case "AbsoluteMonthlyRecurrence":
            return _absolute("monthly", interval, _day_of_month(pattern), (), count, until)
        case "AbsoluteYearlyRecurrence":
            return _absolute("yearly", 1, _day_of_month(pattern), (_month(pattern),), count, until)
        case "RelativeMonthlyRecurrence":
            return _relative("monthly", interval, pattern, (), count, until)
        case "RelativeYearlyRecurrence":
            return _relative("yearly", 1, pattern, (_month(pattern),), count, until)
    raise PatternUnread(name)


def _absolute(
    frequency: Frequency, interval: int, on: int, months: tuple[int, ...], count: int | None, until: date | None
) -> Rule:
    # A day that the month lacks is its last day.
    return Rule(
        frequency=frequency,
        interval=interval,
        month_days=(on,),
        months=months,
        short_month="clamp" if on > _SURE else "skip",
        count=count,
        until=until,
    )


def _relative(
    frequency: Frequency,
    interval: int,
    pattern: etree._Element,
    months: tuple[int, ...],
    count: int | None,
    until: date | None,
) -> Rule:
    index = INDEXES.get(text(pattern, "DayOfWeekIndex") or "")
    names = (text(pattern, "DaysOfWeek") or "").split()
    if index is None or not names or any(name not in WEEKDAYS and name not in GROUPS for name in names):
        raise PatternUnread("DaysOfWeek")
    if names == ["Day"]:
        return Rule(
            frequency=frequency, interval=interval, month_days=(index,), months=months, count=count, until=until
        )
    if len(names) == 1 and names[0] in WEEKDAYS:
        days = (Day(weekday=WEEKDAYS[names[0]], nth=index),)
        return Rule(frequency=frequency, interval=interval, days=days, months=months, count=count, until=until)
    # Several: the n-th among them (MS-OXOCAL 2.2.1.44.1.6).
    wanted = {weekday for name in names for weekday in GROUPS.get(name) or (WEEKDAYS[name],)}
    return Rule(
        frequency=frequency,
        interval=interval,
        days=tuple(Day(weekday=each) for each in WEEKDAYS.values() if each in wanted),
        positions=(index,),
        months=months,
        count=count,
        until=until,
    )


def _range(limit: etree._Element, zone: Zone | None) -> tuple[int | None, date | None]:
    match etree.QName(limit).localname:
        case "NoEndRecurrence":
            return None, None
        case "NumberedRecurrence":
            count = number(limit, "NumberOfOccurrences")
            if count is None or count < 1:
                raise PatternUnread("NumberOfOccurrences")
            return count, None
        case "EndDateRecurrence":
            until = _date(text(limit, "EndDate") or "", zone)
            return None, None if until.year >= _ENDLESS else until
    raise PatternUnread(etree.QName(limit).localname)


def _date(written: str, zone: Zone | None) -> date:
    """An xs:date, whose offset says nothing more, or a midnight as a moment."""
    try:
        if "T" not in written:
            return date.fromisoformat(written[:10])
        at = datetime.fromisoformat(written)
        return at.date() if at.tzinfo is None else day(at, (zone,))
    except ValueError:
        raise PatternUnread("EndDate") from None


def _weekdays(pattern: etree._Element) -> tuple[Weekday, ...]:
    names = (text(pattern, "DaysOfWeek") or "").split()
    # Day, Weekday and WeekendDay do not belong here (ErrorCalendarInvalidDayForWeeklyRecurrence), a robot may have
    # written them nevertheless.
    wanted = {weekday for name in names for weekday in GROUPS.get(name) or (_weekday(name),)}
    if not wanted:
        raise PatternUnread("DaysOfWeek")
    return tuple(each for each in WEEKDAYS.values() if each in wanted)


def _weekday(name: str) -> Weekday:
    if name not in WEEKDAYS:
        raise PatternUnread(name)
    return WEEKDAYS[name]


def _day_of_month(pattern: etree._Element) -> int:
    found = number(pattern, "DayOfMonth")
    if found is None or not 1 <= found <= 31:
        raise PatternUnread("DayOfMonth")
    return found


def _month(pattern: etree._Element) -> int:
    name = text(pattern, "Month") or ""
    if name not in MONTHS:
        raise PatternUnread("Month")
    return MONTHS.index(name) + 1
