"""The sandbox's own expansion against dateutil's, over a grid of patterns, starts and ranges."""

from datetime import date, datetime, timedelta
from itertools import islice

import pytest
from dateutil.rrule import DAILY, FR, MO, MONTHLY, SA, SU, TH, TU, WE, WEEKLY, YEARLY, rrule, weekday

from cxsync.sandbox.exchange.rule import ALL_DAYS, WEEKEND, WORKDAYS, Rule, checked
from cxsync.sandbox.exchange.soap import ResponseError

DAYS: tuple[weekday, ...] = (MO, TU, WE, TH, FR, SA, SU)
STARTS = [date(2024, 1, 1), date(2024, 1, 31), date(2024, 2, 29), date(2025, 12, 28), date(2026, 3, 29)]
MANY = 60


def first(rule: Rule, number: int = MANY) -> list[date]:
    return list(islice(rule.dates(), number))


def expected(rule: rrule, number: int = MANY) -> list[date]:
    return [each.date() for each in islice(rule, number)]


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - dateutil expands wall clocks


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("interval", [1, 2, 3, 7, 30, 999])
def test_daily(start: date, interval: int) -> None:
    assert first(Rule("daily", start, interval)) == expected(rrule(DAILY, at(start), interval))


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("interval", [1, 2, 3, 5, 99])
@pytest.mark.parametrize("week_start", [0, 6, 3])
def test_weekly(start: date, interval: int, week_start: int) -> None:
    for days in ({0}, {6}, {1, 6}, {0, 2, 4}, {5, 6}, set(range(7))):
        rule = Rule("weekly", start, interval, frozenset(days), week_start=week_start)
        reference = rrule(WEEKLY, at(start), interval, wkst=week_start, byweekday=[DAYS[day] for day in days])
        assert first(rule) == expected(reference), days


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("interval", [1, 2, 5, 12])
@pytest.mark.parametrize("day", [1, 15, 28])
def test_monthly_on_a_day_every_month_has(start: date, interval: int, day: int) -> None:
    reference = rrule(MONTHLY, at(start), interval, bymonthday=day)
    assert first(Rule("monthly", start, interval, day=day)) == expected(reference)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("day", [29, 30, 31])
def test_a_month_without_the_day_takes_its_last_one(start: date, day: int) -> None:
    """AbsoluteMonthlyRecurrence: the RFC spells the same as the last of a list of days."""
    reference = rrule(MONTHLY, at(start), bymonthday=range(28, day + 1), bysetpos=-1)
    assert first(Rule("monthly", start, day=day)) == expected(reference)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("interval", [1, 3])
@pytest.mark.parametrize("nth", [1, 2, 3, 4, -1])
def test_monthly_on_the_nth_weekday(start: date, interval: int, nth: int) -> None:
    for day in range(7):
        rule = Rule("monthly-nth", start, interval, frozenset({day}), nth)
        assert first(rule) == expected(rrule(MONTHLY, at(start), interval, byweekday=DAYS[day](nth))), day


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("nth", [1, 2, 3, 4, -1])
@pytest.mark.parametrize("days", [ALL_DAYS, WORKDAYS, WEEKEND])
def test_monthly_on_the_nth_of_a_set(start: date, nth: int, days: frozenset[int]) -> None:
    reference = rrule(MONTHLY, at(start), byweekday=[DAYS[day] for day in days], bysetpos=nth)
    assert first(Rule("monthly-nth", start, 1, days, nth)) == expected(reference)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(("month", "day"), [(1, 1), (6, 30), (12, 31)])
def test_yearly(start: date, month: int, day: int) -> None:
    reference = rrule(YEARLY, at(start), bymonth=month, bymonthday=day)
    assert first(Rule("yearly", start, day=day, month=month), 20) == expected(reference, 20)


def test_yearly_on_29_february_falls_on_the_28th_in_other_years() -> None:
    found = first(Rule("yearly", date(2024, 2, 29), day=29, month=2), 5)
    assert found == [date(2024, 2, 29), date(2025, 2, 28), date(2026, 2, 28), date(2027, 2, 28), date(2028, 2, 29)]


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(("month", "nth", "day"), [(3, -1, 6), (11, 4, 3), (1, 1, 0)])
def test_yearly_on_the_nth_weekday(start: date, month: int, nth: int, day: int) -> None:
    reference = rrule(YEARLY, at(start), bymonth=month, byweekday=DAYS[day](nth))
    rule = Rule("yearly-nth", start, 1, frozenset({day}), nth, month=month)
    assert first(rule, 20) == expected(reference, 20)


@pytest.mark.parametrize("start", STARTS)
def test_ranges_end_after_a_number_and_on_a_date(start: date) -> None:
    last = start + timedelta(days=30)
    assert first(Rule("daily", start, 3, count=5)) == expected(rrule(DAILY, at(start), 3, count=5))
    assert first(Rule("daily", start, 3, last=last)) == expected(rrule(DAILY, at(start), 3, until=at(last)))


@pytest.mark.parametrize("days", [1, 40, 400, 4000])
def test_a_rule_started_later_gives_the_same_dates(days: int) -> None:
    day = date(2024, 2, 29) + timedelta(days=days)
    for rule in (
        Rule("daily", date(2024, 2, 29), 3),
        Rule("weekly", date(2024, 2, 29), 2, frozenset({1, 3, 6}), week_start=6),
        Rule("weekly", date(2024, 2, 29), 5, frozenset({0}), week_start=0),
        Rule("monthly", date(2024, 2, 29), 2, day=31),
        Rule("daily", date(2024, 2, 29), 3, count=999),
    ):
        wanted = list(islice((each for each in rule.dates() if each >= day), 20))
        assert list(islice((each for each in rule.near(day).dates() if each >= day), 20)) == wanted


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (Rule("daily", date(2026, 3, 2), 1000), "ErrorCalendarInvalidRecurrence"),
        (Rule("weekly", date(2026, 3, 2), 100, frozenset({0})), "ErrorCalendarInvalidRecurrence"),
        (Rule("monthly", date(2026, 3, 2), day=32), "ErrorCalendarInvalidRecurrence"),
        (Rule("daily", date(2026, 3, 2), count=1000), "ErrorCalendarInvalidRecurrence"),
        (Rule("daily", date(2026, 3, 2), last=date(4500, 9, 2)), "ErrorRecurrenceEndDateTooBig"),
        (Rule("daily", date(2026, 3, 2), last=date(2026, 3, 1)), "ErrorCalendarEndDateIsEarlierThanStartDate"),
        (
            Rule("weekly", date(2026, 3, 3), 1, frozenset({0}), last=date(2026, 3, 8)),
            "ErrorRecurrenceHasNoOccurrence",
        ),
    ],
)
def test_what_exchange_refuses(rule: Rule, code: str) -> None:
    with pytest.raises(ResponseError) as caught:
        checked(rule)
    assert caught.value.code == code
