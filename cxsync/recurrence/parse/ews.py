"""Reads recurrence as Exchange Web Services name it (MS-OXWSCDATA "RecurrenceType")."""

from datetime import date

from msgspec import Struct, field

from cxsync.recurrence.codes import Reason
from cxsync.recurrence.errors import UnreadableSeriesError
from cxsync.recurrence.moment import read_moment
from cxsync.recurrence.pattern import (
    EVERY_DAY,
    WEEKEND,
    WORKING_DAYS,
    Count,
    Daily,
    End,
    MonthlyAbsolute,
    Pattern,
    ShortMonth,
    Until,
    Weekly,
)
from cxsync.recurrence.rule import Rule
from cxsync.recurrence.shape import relative

DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DAY_GROUPS = {"Day": EVERY_DAY, "Weekday": WORKING_DAYS, "WeekendDay": WEEKEND}
INDEXES = {"First": 1, "Second": 2, "Third": 3, "Fourth": 4, "Last": -1}
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December")  # fmt: skip
ENDLESS_YEAR = 4500  # "no end" may surface as 31 December 4500 (MS-OXOCAL 2.2.1.44.1, 0x5AE980DF)


class EwsPattern(Struct, frozen=True, forbid_unknown_fields=True, rename="pascal"):
    """A pattern element and its children, by their names in the schema."""

    element: str = field(name="element")
    interval: int | None = None
    days_of_week: str | None = None
    first_day_of_week: str | None = None
    day_of_month: int | None = None
    day_of_week_index: str | None = None
    month: str | None = None


class EwsRange(Struct, frozen=True, forbid_unknown_fields=True, rename="pascal"):
    """A range element and its children."""

    element: str = field(default="NoEndRecurrence", name="element")
    start_date: str | None = None
    end_date: str | None = None
    number_of_occurrences: int | None = None


def read_ews_pattern(given: EwsPattern, start: int) -> tuple[Pattern | Rule, int]:
    """The pattern, or a rule where Exchange's element says what no pattern holds, and the day it is anchored at.

    Raises UnreadableSeriesError: REGENERATION, PATTERN_UNREAD.
    """
    element = given.element
    interval = given.interval or 1
    if element.endswith("Regeneration"):
        raise UnreadableSeriesError(Reason.REGENERATION, element, "a task that counts from completion has no dates")
    if interval < 1:
        raise _unread(f"Interval={given.interval}", "a whole number from 1")
    if element == "DailyRecurrence":
        return _daily(interval, start), start
    if element == "WeeklyRecurrence":
        return Weekly(interval, _weekly_days(given), _first_day(given)), start
    if element == "AbsoluteMonthlyRecurrence":
        return MonthlyAbsolute(interval, *_clamped(_day_of_month(given))), start
    if element == "RelativeMonthlyRecurrence":
        return _relative(given, interval), start
    if element in ("AbsoluteYearlyRecurrence", "RelativeYearlyRecurrence"):
        if given.month not in MONTHS:
            raise _unread(f"Month={given.month}", "an English name, January to December")
        anchor = _month_on_or_after(start, MONTHS.index(given.month) + 1)
        if element == "AbsoluteYearlyRecurrence":
            return MonthlyAbsolute(12, *_clamped(_day_of_month(given)), yearly=True), anchor
        return _relative(given, 12, month=MONTHS.index(given.month) + 1), anchor
    raise _unread(element, "one of the six patterns of a calendar item")


def read_ews_range(given: EwsRange) -> End:
    """The end of a range; the start date is the caller's. Raises UnreadableSeriesError (PATTERN_UNREAD)."""
    if given.element == "NoEndRecurrence":
        return None
    if given.element == "NumberedRecurrence":
        if given.number_of_occurrences is None or given.number_of_occurrences < 1:
            raise _unread(f"NumberOfOccurrences={given.number_of_occurrences}", "a whole number from 1")
        return Count(given.number_of_occurrences)
    if given.element == "EndDateRecurrence":
        return None if given.end_date and given.end_date.startswith(str(ENDLESS_YEAR)) else Until(_end_date(given))
    raise _unread(given.element, "NoEndRecurrence, EndDateRecurrence or NumberedRecurrence")


def _end_date(given: EwsRange) -> int:
    try:
        return read_moment(given.end_date or "").day
    except ValueError as error:
        raise _unread(f"EndDate={given.end_date}", str(error)) from error


def _unread(part: str, hint: str) -> UnreadableSeriesError:
    return UnreadableSeriesError(Reason.PATTERN_UNREAD, part, hint)


def _daily(interval: int, start: int) -> Pattern:
    return Weekly(interval // 7, ((start + 6) % 7,)) if interval % 7 == 0 else Daily(interval)


def _weekly_days(given: EwsPattern) -> tuple[int, ...]:
    names = (given.days_of_week or "").split()
    if not names or any(name not in DAY_NAMES for name in names):
        # Day, Weekday and WeekendDay: ErrorCalendarInvalidDayForWeeklyRecurrence
        raise _unread(f"DaysOfWeek={given.days_of_week}", "names of weekdays, Monday to Sunday")
    return tuple(sorted({DAY_NAMES.index(name) for name in names}))


def _first_day(given: EwsPattern) -> int:
    # Absent (schemas before 2010 SP1), a real server used Sunday.
    name = given.first_day_of_week or "Sunday"
    if name not in DAY_NAMES:
        raise _unread(f"FirstDayOfWeek={name}", "the name of a weekday")
    return DAY_NAMES.index(name)


def _day_of_month(given: EwsPattern) -> int:
    if given.day_of_month is None or not 1 <= given.day_of_month <= 31:
        raise _unread(f"DayOfMonth={given.day_of_month}", "a number from 1 to 31")
    return given.day_of_month


def _clamped(day: int) -> tuple[int, ShortMonth]:
    return day, "clamp" if day > 28 else "skip"


def _relative(given: EwsPattern, interval: int, month: int | None = None) -> Pattern | Rule:
    names = (given.days_of_week or "").split()
    if not names or any(name not in DAY_NAMES and name not in DAY_GROUPS for name in names):
        raise _unread(f"DaysOfWeek={given.days_of_week}", "a weekday, Day, Weekday or WeekendDay")
    if given.day_of_week_index not in INDEXES:
        raise _unread(f"DayOfWeekIndex={given.day_of_week_index}", "First, Second, Third, Fourth or Last")
    wanted: set[int] = set()
    for name in names:
        wanted.update(DAY_GROUPS.get(name, ()) or (DAY_NAMES.index(name),))
    nth = INDEXES[given.day_of_week_index]
    found = relative(interval, nth, tuple(sorted(wanted)), yearly=month is not None)
    if found is not None:
        return found
    # Several weekdays: the n-th among them (MS-OXOCAL 2.2.1.44.1.6).
    by_day = tuple((0, day) for day in sorted(wanted))
    if month is not None:
        return Rule("YEARLY", by_month=(month,), by_day=by_day, by_set_pos=(nth,))
    return Rule("MONTHLY", interval, by_day=by_day, by_set_pos=(nth,))


def _month_on_or_after(start: int, month: int) -> int:
    on = date.fromordinal(start)
    if on.month == month:
        return start
    return date(on.year + (on.month > month), month, 1).toordinal()
