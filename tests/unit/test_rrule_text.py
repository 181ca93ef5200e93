"""Canonical rules as RFC 5545 text, read by a library that knows nothing of us."""

from calendar import monthrange
from datetime import date, datetime
from itertools import islice

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from cxsync.rrule_text import rrule_text
from schemas.appointment import Day, Rule

START = datetime(2026, 1, 1, 9)  # noqa: DTZ001  # wall clock


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (Rule(frequency="daily"), "FREQ=DAILY"),
        (
            Rule(frequency="weekly", interval=2, days=(Day(weekday="monday"), Day(weekday="sunday")), count=5),
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;COUNT=5",
        ),
        (
            Rule(frequency="weekly", days=(Day(weekday="friday"),), week_start="sunday", until=date(2026, 12, 31)),
            "FREQ=WEEKLY;BYDAY=FR;WKST=SU;UNTIL=20261231",
        ),
        (Rule(frequency="monthly", days=(Day(weekday="tuesday", nth=-1),)), "FREQ=MONTHLY;BYDAY=-1TU"),
        (Rule(frequency="monthly", month_days=(31,)), "FREQ=MONTHLY;BYMONTHDAY=31"),
        (Rule(frequency="monthly", month_days=(28,), short_month="clamp"), "FREQ=MONTHLY;BYMONTHDAY=28"),
        (
            Rule(frequency="yearly", months=(2,), month_days=(29,), short_month="clamp"),
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28,29;BYSETPOS=-1",
        ),
        (
            Rule(
                frequency="yearly",
                weeks=(20,),
                year_days=(-1,),
                hours=(9,),
                minutes=(30,),
                seconds=(0,),
                positions=(1,),
            ),
            "FREQ=YEARLY;BYWEEKNO=20;BYYEARDAY=-1;BYHOUR=9;BYMINUTE=30;BYSECOND=0;BYSETPOS=1",
        ),
    ],
)
def test_a_rule_is_written_part_by_part(rule: Rule, text: str) -> None:
    assert rrule_text(rule) == text


@given(st.integers(29, 31), st.integers(1, 12))
def test_a_day_that_short_months_lack_falls_on_their_last(day: int, interval: int) -> None:
    rule = Rule(frequency="monthly", interval=interval, month_days=(day,), short_month="clamp")
    found = list(islice(rrulestr(rrule_text(rule), dtstart=START), 48))
    months = [(2026 + number // 12, number % 12 + 1) for number in range(0, 48 * interval, interval)]
    assert [moment.date() for moment in found] == [
        date(year, month, min(day, monthrange(year, month)[1])) for year, month in months
    ]
