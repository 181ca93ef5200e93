"""Expansion against dateutil over a grid: A8 to A13 and A15 in the words of RFC 5545."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, product
from zoneinfo import ZoneInfo

import pytest
from dateutil import rrule

from cxsync.sandbox.carerix.recurrence import MonthlyDay, MonthlyWeekday, Weekly, dates, days_of, occurrences
from cxsync.sandbox.carerix.rows import Value
from cxsync.sandbox.carerix.tenant import TenantSettings

MONDAY = TenantSettings(name="m")
SUNDAY = TenantSettings(name="s", week_start="sunday")
WEEKDAYS = (rrule.SU, rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA)  # A10
FIRST_DAYS = [date(2024, 1, 1) + timedelta(days=each) for each in range(0, 60, 3)]


def by_dateutil(rule: rrule.rrule, number: int) -> list[date]:
    return [each.date() for each in islice(rule, number)]


@pytest.mark.parametrize("settings", [MONDAY, SUNDAY])
def test_weekly_equals_dateutil(settings: TenantSettings) -> None:
    start = rrule.MO if settings.week_start == "monday" else rrule.SU
    day_sets = [(0,), (6,), (1, 3), (0, 6), (0, 2), (1, 2, 3, 4, 5), (0, 1, 2, 3, 4, 5, 6)]
    for first, rate, days in product(FIRST_DAYS, (1, 2, 3, 8, 99), day_sets):
        rule = rrule.rrule(
            rrule.WEEKLY,
            interval=rate,
            byweekday=[WEEKDAYS[day] for day in days],
            wkst=start,
            dtstart=datetime.combine(first, time()),
        )
        assert list(islice(dates(Weekly(rate, days), first, settings), 12)) == by_dateutil(rule, 12), (
            first,
            rate,
            days,
        )


def test_monthly_day_equals_dateutil_and_skips_short_months() -> None:
    for first, rate, day in product(FIRST_DAYS, (1, 2, 5, 12, 48), (1, 15, 28, 29, 30, 31)):
        rule = rrule.rrule(
            rrule.MONTHLY,
            interval=rate,
            bymonthday=day,
            dtstart=datetime.combine(first, time()),
            until=datetime.combine(date(2060, 1, 1), time()),
        )
        expected = by_dateutil(rule, 20)
        assert list(islice(dates(MonthlyDay(rate, day), first, MONDAY), len(expected))) == expected, (first, rate, day)


def test_monthly_day_clamped_equals_the_last_of_the_days_up_to_it() -> None:
    """``recurrence.md`` 2.1: BYMONTHDAY=28,29,30;BYSETPOS=-1 is the exact RFC form of the clamp."""
    clamp = TenantSettings(name="c", short_month="clamp")
    for first, rate, day in product(FIRST_DAYS, (1, 2, 12), (28, 29, 30, 31)):
        rule = rrule.rrule(
            rrule.MONTHLY,
            interval=rate,
            bymonthday=list(range(28, day + 1)),
            bysetpos=-1,
            dtstart=datetime.combine(first, time()),
        )
        assert list(islice(dates(MonthlyDay(rate, day), first, clamp), 20)) == by_dateutil(rule, 20), (first, rate, day)


def test_monthly_weekday_equals_dateutil_with_five_as_last() -> None:
    for first, rate, weekday, nth in product(FIRST_DAYS, (1, 3, 12), range(7), range(1, 6)):
        position = -1 if nth == 5 else nth
        rule = rrule.rrule(
            rrule.MONTHLY,
            interval=rate,
            byweekday=WEEKDAYS[weekday](position),
            dtstart=datetime.combine(first, time()),
        )
        pattern = MonthlyWeekday(rate, weekday, nth)
        assert list(islice(dates(pattern, first, MONDAY), 12)) == by_dateutil(rule, 12), (first, pattern)


def test_week_start_decides_as_in_rfc_5545() -> None:
    """RFC 5545 section 3.8.5.3, "An example where the days generated makes a difference because of WKST"."""
    first, pattern = date(1997, 8, 5), Weekly(2, (0, 2))
    assert [each.day for each in islice(dates(pattern, first, MONDAY), 4)] == [5, 10, 19, 24]
    assert [each.day for each in islice(dates(pattern, first, SUNDAY), 4)] == [5, 17, 19, 31]


def series(start: datetime, end: datetime, **values: Value) -> dict[str, Value]:
    weekly: dict[str, Value] = {"recurrence": 1, "recurrenceWeekly": 1, "recurrenceRate": 1, "recurrenceDays": (0,)}
    return {"startDate": start.astimezone(UTC), "endDate": end.astimezone(UTC), **weekly, **values}


def test_series_keeps_the_wall_clock_over_both_switches_of_the_clock() -> None:  # A8
    home = ZoneInfo("Europe/Amsterdam")
    values = series(datetime(2026, 3, 22, 9, tzinfo=home), datetime(2026, 3, 22, 10, tzinfo=home))
    found = list(occurrences(values, MONDAY, datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC)))
    assert {each.start.time() for each in found} == {time(9)}
    assert {each.start.astimezone(UTC).hour for each in found} == {7, 8}
    assert len(found) == 37


def test_a_time_that_the_clock_skips_moves_on_by_the_gap() -> None:
    home = ZoneInfo("Europe/Amsterdam")
    values = series(datetime(2026, 3, 22, 2, 30, tzinfo=home), datetime(2026, 3, 22, 2, 45, tzinfo=home))
    found = occurrences(values, MONDAY, datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 3, 30, tzinfo=UTC))
    assert [each.start.isoformat() for each in found] == ["2026-03-29T03:30:00+02:00"]


def test_ends_by_date_inclusive_and_by_number() -> None:  # A12
    home = ZoneInfo("Europe/Amsterdam")
    start = datetime(2026, 3, 22, 9, tzinfo=home)
    midnight = datetime(2026, 4, 5, tzinfo=home).astimezone(UTC)
    by_date = series(start, start, isRangeEndDate=1, recurrenceExpiryDate=midnight)
    assert [each.day for each in days_of(by_date, MONDAY)] == [22, 29, 5]
    assert [each.day for each in days_of(by_date, TenantSettings(name="x", expiry="exclusive"))] == [22, 29]
    by_number = series(start, start, isRangeNumberOfTimes=1, recurrenceNumberOfTimes=4)
    assert [each.day for each in days_of(by_number, MONDAY)] == [22, 29, 5, 12]


def test_a_series_without_end_stops_with_the_calendar() -> None:
    assert list(dates(Weekly(99, (1,)), date(9999, 1, 4), MONDAY))[-1] < date.max
    assert list(dates(MonthlyDay(12, 30), date(2026, 2, 1), MONDAY)) == []
