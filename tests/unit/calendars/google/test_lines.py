"""Recurrence lines are read for what they say, and written so that they read back."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxsync.appointment import canonical
from cxsync.calendars.errors import Rejected
from cxsync.calendars.google.lines import read_lines, still_given, write_lines
from schemas.appointment import Appointment, Day, Moment, Override, Recurrence, Rule
from schemas.words import Weekday

ZONES = ("Europe/Amsterdam", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "UTC")
DAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def at(wall: str, zone: str = "Europe/Amsterdam") -> Moment:
    """A moment of the wall clock; a date is a day."""
    if "T" not in wall:
        return Moment(wall=wall)
    local = datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(zone))
    return Moment(wall=wall, zone=zone, instant=local.astimezone(UTC))


LINE = r"(RRULE|EXDATE|RDATE|EXRULE)(;TZID=[A-Z/]{0,9})?:[A-Z0-9=;,TZ]{0,40}"
ANY_LINE = st.one_of(st.text(max_size=60), st.from_regex(LINE, fullmatch=True))
MO_WE = (Day(weekday="monday"), Day(weekday="wednesday"))
MONDAY = at("2027-03-15T09:00:00")


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("RRULE:FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10", Rule(frequency="weekly", days=MO_WE, count=10)),
        (
            "RRULE:FREQ=WEEKLY;WKST=SU;INTERVAL=2;BYDAY=MO,WE",
            Rule(frequency="weekly", interval=2, days=MO_WE, week_start="sunday"),
        ),
        ("RRULE:FREQ=MONTHLY;BYDAY=-1FR", Rule(frequency="monthly", days=(Day(weekday="friday", nth=-1),))),
        (
            "RRULE:FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1",
            Rule(frequency="monthly", month_days=(31,), short_month="clamp"),
        ),
        ("RRULE:FREQ=MONTHLY;BYMONTHDAY=31", Rule(frequency="monthly", month_days=(31,))),
        ("RRULE:FREQ=DAILY;UNTIL=20270401", Rule(frequency="daily", until=date(2027, 4, 1))),
        ("RRULE:FREQ=DAILY;UNTIL=20270401T215959Z", Rule(frequency="daily", until=date(2027, 4, 1))),
        # Before the start on that day: the day before is the last.
        ("RRULE:FREQ=DAILY;UNTIL=20270401T060000Z", Rule(frequency="daily", until=date(2027, 3, 31))),
        ("RRULE:FREQ=DAILY;UNTIL=99991231T235959Z", Rule(frequency="daily")),
        (
            "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=3MO",
            Rule(frequency="yearly", months=(3,), days=(Day(weekday="monday", nth=3),)),
        ),
        ("RRULE:FREQ=HOURLY;INTERVAL=3", Rule(frequency="hourly", interval=3)),
    ],
)
def test_a_rule_is_read_for_what_it_says(line: str, rule: Rule) -> None:
    assert read_lines([line], MONDAY) == Recurrence(rules=(rule,))


def test_dates_of_lines_are_told_on_the_clock_of_the_series() -> None:
    lines = [
        "RRULE:FREQ=DAILY;COUNT=40",
        "EXDATE:20270316T080000Z",
        "EXDATE;TZID=Europe/Amsterdam:20270330T090000,20270331T090000",
        "EXDATE;TZID=America/New_York:20270317T040000",
        "exdate;value=date:20270401",
        "RDATE;TZID=Europe/Amsterdam:20270502T110000",
    ]
    read = read_lines(lines, MONDAY)
    assert read.excluded == (
        "2027-03-16T09:00:00",
        "2027-03-30T09:00:00",
        "2027-03-31T09:00:00",
        "2027-03-17T09:00:00",
        "2027-04-01",
    )
    assert read.extra == ("2027-05-02T11:00:00",)


def test_a_list_of_dates_alone_is_a_series() -> None:
    read = read_lines(["RDATE;VALUE=DATE:20270401,20270415"], at("2027-03-15"))
    assert read == Recurrence(extra=("2027-04-01", "2027-04-15"))


@pytest.mark.parametrize(
    "line",
    [
        "RRULE:FREQ=FORTNIGHTLY",
        "RRULE:",
        "RRULE:FREQ=WEEKLY;COUNT=3;UNTIL=20270401",
        "DTSTART:20270315T090000",
        "RDATE;VALUE=PERIOD:20270401T090000Z/PT2H",
        "EXDATE;TZID=Mars/Olympus:20270401T090000",
        "EXDATE:yesterday",
        "",
        "X" * 5000,
    ],
)
def test_a_series_of_which_a_line_cannot_be_read_is_not_understood(line: str) -> None:
    assert read_lines(["RRULE:FREQ=DAILY", line], MONDAY) == Recurrence()


@given(st.lists(ANY_LINE, max_size=4))
@settings(max_examples=300, deadline=None)
def test_no_line_whatever_breaks_the_reader(lines: list[str]) -> None:
    for start in (MONDAY, at("2027-03-15"), Moment(wall="2027-03-15T09:00:00")):
        assert isinstance(read_lines(lines, start), Recurrence)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    interval, end = draw(st.integers(1, 5)), draw(st.sampled_from(["none", "count", "until"]))
    count = draw(st.integers(1, 500)) if end == "count" else None
    until = date(2027, 3, 15) + timedelta(days=draw(st.integers(0, 4000))) if end == "until" else None
    week_start = draw(st.sampled_from(DAYS))
    shape = draw(st.sampled_from(["daily", "weekly", "month day", "clamped", "nth"]))
    if shape == "daily":
        return Rule(frequency="daily", interval=interval, count=count, until=until)
    if shape == "weekly":
        names = draw(st.sets(st.sampled_from(DAYS), min_size=1))
        days = tuple(Day(weekday=name) for name in DAYS if name in names)
        return Rule(frequency="weekly", interval=interval, days=days, week_start=week_start, count=count, until=until)
    if shape == "nth":
        day = Day(weekday=draw(st.sampled_from(DAYS)), nth=draw(st.sampled_from([1, 2, 3, 4, -1])))
        return Rule(frequency="monthly", interval=interval, days=(day,), count=count, until=until)
    number = draw(st.integers(1, 31))
    short_month = "clamp" if shape == "clamped" and number > 28 else "skip"
    return Rule(
        frequency="monthly",
        interval=interval,
        month_days=(number,),
        short_month="clamp" if short_month == "clamp" else "skip",
        count=count,
        until=until,
    )


@given(rule=rules(), zone=st.sampled_from(ZONES), hour=st.integers(0, 23), all_day=st.booleans(), extra=st.booleans())
@settings(max_examples=400, deadline=None)
def test_what_is_written_reads_back(rule: Rule, zone: str, hour: int, all_day: bool, extra: bool) -> None:
    start = at("2027-03-15") if all_day else at(f"2027-03-15T{hour:02}:30:00", zone)
    more = (start.wall.replace("03-15", "07-01"),) if extra else ()
    given_ = Recurrence(rules=(rule,), extra=more, excluded=more)
    read = read_lines(write_lines(given_, start), start)
    assert _canonical(read, start) == _canonical(given_, start)
    assert (read.rules[0].count, read.rules[0].until) == (rule.count, rule.until)


def _canonical(recurrence: Recurrence, start: Moment) -> object:
    whole = Appointment(subject="", start=start, end=start, all_day="T" not in start.wall, recurrence=recurrence)
    return canonical.recurrence(whole, exceptions=True)


def test_removed_occurrences_are_written_as_exdates() -> None:
    series = Recurrence(
        rules=(Rule(frequency="daily"),),
        excluded=("2027-03-20T09:00:00",),
        overrides=(Override(original="2027-04-02T09:00:00", cancelled=True),),
    )
    assert write_lines(series, MONDAY) == [
        "RRULE:FREQ=DAILY",
        "EXDATE;TZID=Europe/Amsterdam:20270320T090000,20270402T090000",
    ]


@pytest.mark.parametrize(
    ("series", "part"),
    [
        (Recurrence(), "pattern"),
        (Recurrence(rules=(Rule(frequency="hourly"),)), "FREQ=HOURLY"),
        (Recurrence(rules=(Rule(frequency="daily", count=3, until=date(2027, 4, 1)),)), "COUNT"),
        (Recurrence(rules=(Rule(frequency="monthly", month_days=(30, 31), short_month="clamp"),)), "BYMONTHDAY"),
    ],
)
def test_what_google_cannot_hold_is_refused_by_name(series: Recurrence, part: str) -> None:
    with pytest.raises(Rejected, match=part):
        write_lines(series, MONDAY)


def test_only_exdates_that_the_rule_still_gives_are_kept() -> None:
    weekly = Recurrence(rules=(Rule(frequency="weekly", interval=2, days=(Day(weekday="monday"),)),))
    walls = ("2027-03-22T09:00:00", "2027-03-29T09:00:00", "2027-03-29T10:00:00", "2027-03-29", "2031-03-24T09:00:00")
    assert still_given(walls, weekly, MONDAY) == ("2027-03-29T09:00:00", "2031-03-24T09:00:00")
