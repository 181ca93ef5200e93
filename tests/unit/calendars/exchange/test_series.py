"""Patterns, ranges and exceptions of a master; a pattern that is written reads back as the same rule."""

from datetime import date

import pytest
from exchangelib.version import EXCHANGE_2016, Version
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from msgspec import structs

from cxsync.calendars.errors import Rejected
from cxsync.calendars.exchange.pattern import WEEKDAYS, rule_of
from cxsync.calendars.exchange.rule import recurrence
from schemas.appointment import Appointment, Day, Moment, Override, Recurrence, Rule
from tests.unit.calendars.exchange.items import item, series, understood

LIMITED = "<t:EndDateRecurrence><t:StartDate>2026-03-10</t:StartDate><t:EndDate>{}</t:EndDate></t:EndDateRecurrence>"


def rule(pattern: str, *limit: str) -> Rule:
    found = understood(series(pattern, *limit)).recurrence
    assert found is not None
    (one,) = found.rules
    return one


def pattern(name: str, **parts: object) -> str:
    inner = "".join(f"<t:{part}>{value}</t:{part}>" for part, value in parts.items())
    return f"<t:{name}>{inner}</t:{name}>"


TUESDAY = (Day(weekday="tuesday"),)
WORKING = tuple(Day(weekday=each) for each in list(WEEKDAYS.values())[:5])


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (pattern("DailyRecurrence", Interval=3), Rule(frequency="daily", interval=3)),
        (
            pattern("WeeklyRecurrence", Interval=2, DaysOfWeek="Tuesday", FirstDayOfWeek="Monday"),
            Rule(frequency="weekly", interval=2, days=TUESDAY),
        ),
        # Without FirstDayOfWeek a real server meant Sunday.
        (pattern("WeeklyRecurrence", Interval=2, DaysOfWeek="Tuesday"),
         Rule(frequency="weekly", interval=2, days=TUESDAY, week_start="sunday")),
        # Outlook's "every weekday" may store 0.
        (pattern("WeeklyRecurrence", Interval=0, DaysOfWeek="Tuesday", FirstDayOfWeek="Monday"),
         Rule(frequency="weekly", days=TUESDAY)),
        (pattern("WeeklyRecurrence", Interval=1, DaysOfWeek="Weekday", FirstDayOfWeek="Monday"),
         Rule(frequency="weekly", days=WORKING)),
        (pattern("AbsoluteMonthlyRecurrence", Interval=1, DayOfMonth=10), Rule(frequency="monthly", month_days=(10,))),
        (pattern("AbsoluteMonthlyRecurrence", Interval=1, DayOfMonth=31),
         Rule(frequency="monthly", month_days=(31,), short_month="clamp")),
        (pattern("RelativeMonthlyRecurrence", Interval=2, DaysOfWeek="Tuesday", DayOfWeekIndex="Second"),
         Rule(frequency="monthly", interval=2, days=(Day(weekday="tuesday", nth=2),))),
        (pattern("RelativeMonthlyRecurrence", Interval=1, DaysOfWeek="Tuesday", DayOfWeekIndex="Last"),
         Rule(frequency="monthly", days=(Day(weekday="tuesday", nth=-1),))),
        (pattern("RelativeMonthlyRecurrence", Interval=1, DaysOfWeek="Day", DayOfWeekIndex="Last"),
         Rule(frequency="monthly", month_days=(-1,))),
        (pattern("RelativeMonthlyRecurrence", Interval=1, DaysOfWeek="Weekday", DayOfWeekIndex="First"),
         Rule(frequency="monthly", days=WORKING, positions=(1,))),
        (pattern("AbsoluteYearlyRecurrence", DayOfMonth=10, Month="March"),
         Rule(frequency="yearly", month_days=(10,), months=(3,))),
        (pattern("RelativeYearlyRecurrence", DaysOfWeek="Tuesday", DayOfWeekIndex="Second", Month="March"),
         Rule(frequency="yearly", days=(Day(weekday="tuesday", nth=2),), months=(3,))),
    ],
)  # fmt: skip
def test_the_six_patterns(given: str, wanted: Rule) -> None:
    assert rule(given) == wanted


def test_the_three_ranges() -> None:
    daily = pattern("DailyRecurrence", Interval=1)
    numbered = pattern("NumberedRecurrence", StartDate="2026-03-10", NumberOfOccurrences=7)
    assert rule(daily, numbered).count == 7
    for text in ("2026-06-30", "2026-06-30Z", "2026-06-30+02:00", "2026-06-29T22:00:00Z", "2026-06-30T00:00:00"):
        assert rule(daily, LIMITED.format(text)).until == date(2026, 6, 30), text
    assert rule(daily, LIMITED.format("4500-12-31")).until is None
    assert rule(daily).until is None


@pytest.mark.parametrize(
    "given",
    [
        series("", ""),
        item(kind="RecurringMaster"),
        series(pattern("DailyRegeneration", Interval=1)),
        series(pattern("WeeklyRecurrence", Interval=1, DaysOfWeek="Someday")),
        series(pattern("WeeklyRecurrence", Interval=1)),
        series(pattern("RelativeMonthlyRecurrence", Interval=1, DaysOfWeek="Tuesday", DayOfWeekIndex="Fifth")),
        series(pattern("AbsoluteMonthlyRecurrence", Interval=1, DayOfMonth=32)),
        series(pattern("AbsoluteYearlyRecurrence", DayOfMonth=1, Month="Brumaire")),
        series(pattern("DailyRecurrence", Interval=-1)),
        series(pattern("DailyRecurrence", Interval=1), LIMITED.format("some day")),
        series(pattern("DailyRecurrence", Interval=1), pattern("NumberedRecurrence", NumberOfOccurrences=0)),
        series(pattern("DailyRecurrence", Interval=1), zone='<t:StartTimeZone Id="Nergens"/>'),
        series(pattern("DailyRecurrence", Interval=1), zone="<t:StartTimeZone/>"),
    ],
)
def test_a_series_that_cannot_be_understood_is_never_taken_for_a_single(given: bytes) -> None:
    assert understood(given).recurrence == Recurrence()


def occurrence(name: str, original: str, start: str, end: str) -> str:
    inner = f'<t:ItemId Id="{name}"/><t:Start>{start}</t:Start><t:End>{end}</t:End>'
    return f"<t:Occurrence>{inner}<t:OriginalStart>{original}</t:OriginalStart></t:Occurrence>"


def test_an_exception_names_what_it_changes() -> None:
    weekly = pattern("WeeklyRecurrence", Interval=1, DaysOfWeek="Tuesday", FirstDayOfWeek="Monday")
    modified = occurrence("two", "2026-03-31T07:00:00Z", "2026-04-01T12:00:00Z", "2026-04-01T13:30:00Z")
    master = series(weekly, "<t:NoEndRecurrence/>", "<t:Subject>Overleg</t:Subject>",
                    f"<t:ModifiedOccurrences>{modified}</t:ModifiedOccurrences>")  # fmt: skip
    exception = item(
        "<t:Subject>Overleg</t:Subject><t:Location>Utrecht</t:Location>",
        kind="Exception",
        times="<t:Start>2026-04-01T12:00:00Z</t:Start><t:End>2026-04-01T13:30:00Z</t:End>",
    )
    found = understood(master, ("two", exception)).recurrence
    assert found is not None
    (one,) = found.overrides
    assert (one.original, one.native_id, set(one.changed)) == ("2026-03-31T09:00:00", "two", {"time", "location"})
    assert one.location == "Utrecht"
    assert one.subject is None
    assert one.start is not None
    assert one.start.wall == "2026-04-01T14:00:00"


def test_an_exception_that_was_gone_is_known_by_its_times() -> None:
    weekly = pattern("WeeklyRecurrence", Interval=1, DaysOfWeek="Tuesday", FirstDayOfWeek="Monday")
    modified = occurrence("two", "2026-03-31T07:00:00Z", "2026-04-01T12:00:00Z", "2026-04-01T13:30:00Z")
    master = series(weekly, "<t:NoEndRecurrence/>", f"<t:ModifiedOccurrences>{modified}</t:ModifiedOccurrences>")
    found = understood(master).recurrence
    assert found is not None
    (one,) = found.overrides
    assert (one.original, one.changed) == ("2026-03-31T09:00:00", ("time",))
    assert one.end is not None
    assert one.end.wall == "2026-04-01T15:30:00"


# Writing

START = date(2026, 3, 10)


def appointment(*rules: Rule, **parts: object) -> Appointment:
    at = Moment(wall="2026-03-10T09:00:00", zone="Europe/Amsterdam")
    return Appointment(subject="", start=at, end=at, recurrence=Recurrence(rules=rules, **parts))  # type: ignore[arg-type]  # any part


def written(one: Rule) -> Rule:
    """The rule that its own XML says."""
    element = recurrence(appointment(one)).to_xml(version=Version(build=EXCHANGE_2016))
    return rule_of(etree.fromstring(etree.tostring(element)), None)


weekdays = st.sampled_from(list(WEEKDAYS.values()))
ends = st.one_of(
    st.just({}),
    st.builds(lambda n: {"count": n}, st.integers(1, 999)),
    st.builds(lambda d: {"until": d}, st.dates(date(2026, 3, 10), date(2100, 1, 1))),
)
day_sets = st.sets(weekdays, min_size=1).map(lambda s: tuple(Day(weekday=d) for d in WEEKDAYS.values() if d in s))
nths = st.builds(lambda d, n: (Day(weekday=d, nth=n),), weekdays, st.sampled_from([1, 2, 3, 4, -1]))
groups = st.sampled_from([WORKING, tuple(Day(weekday=d) for d in list(WEEKDAYS.values())[5:])])
months = st.integers(1, 12).map(lambda m: (m,))


@st.composite
def held(draw: st.DrawFn) -> Rule:
    """A rule that Exchange holds natively, in the spelling in which it is read."""
    kind = draw(st.sampled_from(["daily", "weekly", "absolute", "relative", "group", "last", "yearly", "yearly-nth"]))
    end = draw(ends)
    interval = draw(st.integers(1, 99))
    position = draw(st.sampled_from([1, 2, 3, 4, -1]))
    on = draw(st.integers(1, 31))
    clamp = {"month_days": (on,), "short_month": "clamp" if on > 28 else "skip"}
    given = {
        "daily": {"frequency": "daily", "interval": draw(st.integers(1, 999))},
        "weekly": {
            "frequency": "weekly",
            "interval": interval,
            "days": draw(day_sets),
            "week_start": draw(weekdays),
        },
        "absolute": {"frequency": "monthly", "interval": interval, **clamp},
        "relative": {"frequency": "monthly", "interval": interval, "days": draw(nths)},
        "group": {"frequency": "monthly", "interval": interval, "days": draw(groups), "positions": (position,)},
        "last": {"frequency": "monthly", "interval": interval, "month_days": (-1,)},
        "yearly": {"frequency": "yearly", "months": draw(months), **clamp},
        "yearly-nth": {"frequency": "yearly", "months": draw(months), "days": draw(nths)},
    }[kind]
    return Rule(**(given | end))


@given(held())
def test_what_exchange_holds_reads_back_as_it_was_written(one: Rule) -> None:
    assert written(one) == one


def test_parts_that_the_start_implies_are_written() -> None:
    assert written(Rule(frequency="weekly")).days == TUESDAY
    assert written(Rule(frequency="monthly")).month_days == (10,)
    assert written(Rule(frequency="yearly")) == Rule(frequency="yearly", months=(3,), month_days=(10,))
    every_other_year = Rule(frequency="yearly", interval=2, months=(3,), month_days=(10,))
    assert written(every_other_year) == Rule(frequency="monthly", interval=24, month_days=(10,))
    assert written(Rule(frequency="monthly", month_days=(30,), short_month="clamp")).month_days == (30,)
    assert written(Rule(frequency="yearly", months=(4,), month_days=(30,))).month_days == (30,)


@pytest.mark.parametrize(
    ("one", "part"),
    [
        (Rule(frequency="hourly"), "frequency"),
        (Rule(frequency="daily", interval=1000), "interval"),
        (Rule(frequency="weekly", interval=100), "interval"),
        (Rule(frequency="daily", days=TUESDAY), "days"),
        (Rule(frequency="weekly", months=(3,)), "months"),
        (Rule(frequency="weekly", positions=(1,), days=TUESDAY), "positions"),
        (Rule(frequency="weekly", days=(Day(weekday="tuesday", nth=1),)), "days"),
        (Rule(frequency="monthly", month_days=(31,)), "month_days"),
        (Rule(frequency="monthly", month_days=(1, 15)), "month_days"),
        (Rule(frequency="monthly", month_days=(-2,)), "month_days"),
        (Rule(frequency="monthly", days=(Day(weekday="monday", nth=5),)), "days"),
        (Rule(frequency="monthly", days=(Day(weekday="monday", nth=-2),)), "days"),
        (Rule(frequency="monthly", days=TUESDAY), "days"),
        (Rule(frequency="monthly", days=(Day(weekday="monday"), Day(weekday="friday")), positions=(1,)), "days"),
        (Rule(frequency="monthly", days=WORKING, positions=(5,)), "positions"),
        (Rule(frequency="monthly", days=(Day(weekday="friday", nth=2),), month_days=(13,)), "month_days"),
        (Rule(frequency="monthly", months=(1,)), "months"),
        (Rule(frequency="yearly", months=(1, 7)), "months"),
        (Rule(frequency="yearly", months=(2,), month_days=(29,)), "month_days"),
        (Rule(frequency="yearly", interval=9), "interval"),
        (Rule(frequency="yearly", interval=2, months=(5,), month_days=(1,)), "months"),
        (Rule(frequency="yearly", days=(Day(weekday="monday", nth=20),)), "days"),
        (Rule(frequency="daily", hours=(9, 15)), "hours"),
        (Rule(frequency="yearly", weeks=(20,)), "weeks"),
        (Rule(frequency="yearly", year_days=(200,)), "year_days"),
        (Rule(frequency="daily", count=1000), "count"),
        (Rule(frequency="daily", count=3, until=date(2026, 4, 1)), "until"),
        (Rule(frequency="daily", until=date(2026, 3, 9)), "until"),
        (Rule(frequency="daily", until=date(4501, 1, 1)), "until"),
    ],
)
def test_what_exchange_cannot_hold_is_refused_by_its_part(one: Rule, part: str) -> None:
    with pytest.raises(Rejected, match=f"recurrence, {part}:"):
        recurrence(appointment(one))


@pytest.mark.parametrize(
    ("parts", "part"),
    [
        ({"extra": ("2026-03-11T09:00:00",)}, "extra"),
        ({"excluded_rules": (Rule(frequency="daily"),)}, "excluded_rules"),
    ],
)
def test_sets_that_no_pattern_is_are_refused(parts: dict[str, object], part: str) -> None:
    with pytest.raises(Rejected, match=part):
        recurrence(appointment(Rule(frequency="daily"), **parts))
    with pytest.raises(Rejected, match="rules"):
        recurrence(appointment(Rule(frequency="daily"), Rule(frequency="weekly")))
    with pytest.raises(Rejected, match="rules"):
        recurrence(appointment())


def test_a_single_has_none() -> None:
    assert recurrence(structs.replace(appointment(), recurrence=None)) is None


def test_exceptions_of_a_series_that_exists_are_the_server_s() -> None:
    kept = appointment(Rule(frequency="daily"), overrides=(Override(original="2026-03-11T09:00:00"),))
    assert recurrence(kept) is not None
