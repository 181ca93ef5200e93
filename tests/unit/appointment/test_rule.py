"""Spellings of one rule are one rule; the oracle is dateutil."""

from datetime import date, datetime, timedelta
from typing import Literal

import pytest
from dateutil import rrule
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cxsync.appointment.rule import WEEKDAYS, falls_on, simplest
from schemas.appointment import Day, Rule

START = datetime(2026, 11, 30, 9, 0)  # noqa: DTZ001 - a wall clock; a Monday
MONDAY, TUESDAY, FRIDAY = (Day(weekday=WEEKDAYS[day]) for day in (0, 1, 4))
FREQUENCIES: dict[str, Literal[0, 1, 2, 3]] = {
    "yearly": 0,
    "monthly": 1,
    "weekly": 2,
    "daily": 3,
}  # as dateutil numbers them


def dates(rule: Rule, start: datetime, horizon: int = 2500) -> list[date]:
    """The days of a rule by RFC 5545, as dateutil reads it."""
    last = start + timedelta(days=horizon)
    if rule.until is not None:
        last = min(last, datetime.combine(rule.until, start.time()))
    days = [rrule.weekday(WEEKDAYS.index(day.weekday), day.nth) for day in rule.days] or None
    found = rrule.rrule(
        FREQUENCIES[rule.frequency],
        dtstart=start,
        interval=rule.interval,
        wkst=WEEKDAYS.index(rule.week_start),
        until=last,
        byweekday=days,
        bymonthday=rule.month_days or None,
        bymonth=rule.months or None,
        bysetpos=rule.positions or None,
    )
    return [each.date() for each in found]


weekdays = st.builds(Day, weekday=st.sampled_from(WEEKDAYS))
nth_days = st.builds(Day, weekday=st.sampled_from(WEEKDAYS), nth=st.sampled_from([1, 2, 3, 4, 5, -1, -2]))
some = st.integers(1, 14)
starts = st.integers(0, 1500).map(lambda day: START + timedelta(days=day))
rules = st.one_of(
    st.builds(Rule, frequency=st.just("daily"), interval=some, days=st.lists(weekdays, max_size=3).map(tuple)),
    st.builds(
        Rule,
        frequency=st.just("weekly"),
        interval=some,
        days=st.lists(weekdays, max_size=4).map(tuple),
        week_start=st.sampled_from(WEEKDAYS),
    ),
    st.builds(
        Rule,
        frequency=st.just("monthly"),
        interval=some,
        month_days=st.lists(st.sampled_from([1, 15, 29, 30, 31, -1]), max_size=2).map(tuple),
    ),
    st.builds(Rule, frequency=st.just("monthly"), interval=some, days=st.lists(nth_days, max_size=2).map(tuple)),
    st.builds(
        Rule,
        frequency=st.just("monthly"),
        days=st.lists(weekdays, min_size=1, max_size=3).map(tuple),
        positions=st.lists(st.sampled_from([1, 2, -1]), max_size=2).map(tuple),
    ),
    st.builds(
        Rule, frequency=st.just("yearly"), interval=st.integers(1, 4), months=st.sampled_from([(), (11,), (2, 11)])
    ),
    st.builds(
        Rule,
        frequency=st.just("yearly"),
        months=st.just((11,)),
        days=st.lists(nth_days, min_size=1, max_size=1).map(tuple),
    ),
)


@settings(max_examples=100, deadline=None)
@given(rules, starts, st.one_of(st.none(), st.integers(0, 1500)))
def test_the_simplest_spelling_gives_the_same_days(rule: Rule, start: datetime, until: int | None) -> None:
    if until is not None:
        rule = Rule(
            **{name: getattr(rule, name) for name in rule.__struct_fields__}
            | {"until": (start + timedelta(days=until)).date()}
        )
    simple = simplest(rule, start)
    assert dates(simple, start) == dates(rule, start)
    assert simplest(simple, start) == simple


@settings(max_examples=100, deadline=None)
@given(rules, starts, st.integers(0, 1500))
def test_falls_on_agrees_with_the_days(rule: Rule, start: datetime, after: int) -> None:
    day = (start + timedelta(days=after)).date()
    answer = falls_on(rule, start, day)
    assume(answer is not None)
    assert answer == (day in dates(rule, start))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Rule(frequency="weekly"), Rule(frequency="weekly", days=(MONDAY,), week_start="sunday")),
        (Rule(frequency="daily"), Rule(frequency="weekly", days=tuple(Day(weekday=name) for name in WEEKDAYS))),
        (Rule(frequency="daily", interval=14), Rule(frequency="weekly", interval=2)),
        (Rule(frequency="yearly"), Rule(frequency="monthly", interval=12, month_days=(30,))),
        (
            Rule(frequency="monthly", days=(TUESDAY,), positions=(1,)),
            Rule(frequency="monthly", days=(Day(weekday="tuesday", nth=1),)),
        ),
        (Rule(frequency="monthly", month_days=(31,), short_month="clamp"), Rule(frequency="monthly", month_days=(-1,))),
        (
            Rule(frequency="weekly", days=(FRIDAY, MONDAY, FRIDAY)),
            Rule(frequency="weekly", days=(MONDAY, FRIDAY), hours=(9,), minutes=(0,)),
        ),
        (
            Rule(frequency="weekly", until=date(2026, 12, 16)),
            Rule(frequency="weekly", until=date(2026, 12, 14)),
        ),
    ],
)
def test_two_spellings_are_one_rule(one: Rule, other: Rule) -> None:
    assert simplest(one, START) == simplest(other, START)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Rule(frequency="weekly", count=3), Rule(frequency="weekly", until=date(2026, 12, 14))),
        (Rule(frequency="monthly", month_days=(31,)), Rule(frequency="monthly", month_days=(-1,))),
        (
            Rule(frequency="weekly", interval=2, days=(MONDAY, FRIDAY), week_start="sunday"),
            Rule(frequency="weekly", interval=2, days=(MONDAY, FRIDAY)),
        ),
        (Rule(frequency="weekly"), Rule(frequency="weekly", interval=2)),
    ],
)
def test_what_differs_stays_different(one: Rule, other: Rule) -> None:
    assert simplest(one, START) != simplest(other, START)
