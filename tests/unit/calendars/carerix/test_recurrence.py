"""Weekly and monthly rules, both ways; everything else by name."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cxsync.calendars.carerix.access import TenantSettings
from cxsync.calendars.carerix.recurrence import NOTHING, UNREADABLE, read_recurrence, write_recurrence
from cxsync.calendars.errors import Rejected
from schemas.appointment import Day, Override, Recurrence, Rule
from schemas.records import Policy
from schemas.words import Weekday
from tests.unit.calendars.carerix.rows import weekly

UTC_ZONE = ZoneInfo("UTC")
SETTINGS = TenantSettings()
POLICY = Policy()
TUESDAY = datetime.fromisoformat("2026-03-03T10:00:00")
DAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

ends: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"count": st.integers(1, 400)}),
    st.fixed_dictionaries({"until": st.dates(date(2026, 3, 3), date(2060, 1, 1))}),
)
weeklies = st.builds(
    lambda interval, days, end: Rule(
        frequency="weekly", interval=interval, days=tuple(Day(weekday=DAYS[day]) for day in sorted(days)), **end
    ),
    st.integers(1, 99),
    st.sets(st.integers(0, 6), min_size=1),
    ends,
)
absolutes = st.builds(
    lambda interval, day, end: Rule(frequency="monthly", interval=interval, month_days=(day,), **end),
    st.integers(1, 99),
    st.integers(1, 31),
    ends,
)
relatives = st.builds(
    lambda interval, day, end: Rule(frequency="monthly", interval=interval, days=(day,), **end),
    st.integers(1, 99),
    st.builds(lambda day, nth: Day(weekday=day, nth=nth), st.sampled_from(DAYS), st.sampled_from([1, 2, 3, 4, -1])),
    ends,
)


def written(rule: Rule, settings: TenantSettings = SETTINGS) -> dict[str, Any]:
    return write_recurrence(Recurrence(rules=(rule,)), TUESDAY, settings)


@given(weeklies | absolutes | relatives, st.sampled_from(["UTC", "Europe/Amsterdam", "Asia/Kolkata"]))
@settings(deadline=None)
def test_what_is_written_is_read_back(rule: Rule, api_zone: str) -> None:
    values = written(rule, TenantSettings(api_zone=api_zone))
    assert read_recurrence(values, ZoneInfo(api_zone), POLICY) == Recurrence(rules=(rule,))


@given(weeklies | absolutes | relatives)
@settings(deadline=None)
def test_every_write_names_every_attribute_so_that_nothing_of_an_older_rule_is_left(rule: Rule) -> None:
    values = written(rule)
    assert values.keys() == NOTHING.keys()
    assert values["recurrenceWeekly"] + values["recurrenceMonthly"] == 1
    assert values["isRangeEndDate"] + values["isRangeNumberOfTimes"] <= 1


def test_a_single_clears_everything() -> None:
    assert write_recurrence(None, TUESDAY, SETTINGS) == NOTHING
    assert read_recurrence(dict(NOTHING), UTC_ZONE, POLICY) is None


def test_weekdays_are_numbered_from_sunday() -> None:
    days = tuple(Day(weekday=day) for day in ("sunday", "monday", "saturday"))
    assert written(Rule(frequency="weekly", days=days))["recurrenceDayList"] == "0,1,6"


def test_the_expiry_day_is_midnight_of_the_systems_zone_in_the_interfaces() -> None:
    rule = Rule(frequency="weekly", days=(Day(weekday="tuesday"),), until=date(2026, 7, 7))
    assert written(rule)["recurrenceExpiryDate"] == "2026-07-06T22:00:00"


def test_what_a_rule_leaves_out_is_taken_from_the_start() -> None:
    assert written(Rule(frequency="weekly"))["recurrenceDayList"] == "2"
    assert written(Rule(frequency="monthly"))["recurrenceMonthDay"] == 3
    yearly = written(Rule(frequency="yearly", interval=2, months=(3,), month_days=(3,)))
    assert (yearly["recurrenceMonthly"], yearly["recurrenceRate"], yearly["recurrenceMonthDay"]) == (1, 24, 3)


def test_a_set_position_is_an_ordinal() -> None:
    rule = Rule(frequency="monthly", days=(Day(weekday="tuesday"),), positions=(-1,))
    assert (written(rule)["recurrenceMonthDay"], written(rule)["recurrenceDay"]) == (5, 2)


def test_exceptions_are_left_out_and_the_series_crosses_by_its_rule() -> None:
    rule = Rule(frequency="weekly", days=(Day(weekday="tuesday"),))
    original = "2026-03-10T10:00:00"
    series = Recurrence(rules=(rule,), excluded=(original,), overrides=(Override(original=original, cancelled=True),))
    assert write_recurrence(series, TUESDAY, SETTINGS) == written(rule)


TUESDAYS = (Day(weekday="tuesday"),)
REFUSED: list[tuple[Rule, str]] = [
    (Rule(frequency="daily"), "frequency"),
    (Rule(frequency="hourly"), "frequency"),
    (Rule(frequency="yearly", months=(4,)), "frequency"),
    (Rule(frequency="monthly", months=(3,)), "frequency"),
    (Rule(frequency="yearly", interval=9), "interval"),
    (Rule(frequency="weekly", interval=100, days=TUESDAYS), "interval"),
    (Rule(frequency="weekly", days=(Day(weekday="tuesday", nth=1),)), "days"),
    (Rule(frequency="weekly", days=TUESDAYS, months=(3,)), "months"),
    (Rule(frequency="weekly", days=TUESDAYS, positions=(1,)), "positions"),
    (Rule(frequency="weekly", days=TUESDAYS, hours=(9, 12)), "hours"),
    (Rule(frequency="monthly", month_days=(1, 15)), "month_days"),
    (Rule(frequency="monthly", month_days=(-1,)), "month_days"),
    (Rule(frequency="monthly", month_days=(31,), short_month="clamp"), "short_month"),
    (Rule(frequency="monthly", days=TUESDAYS), "days"),
    (Rule(frequency="monthly", days=(Day(weekday="tuesday", nth=5),)), "days"),
    (Rule(frequency="monthly", days=(Day(weekday="tuesday", nth=1), Day(weekday="friday", nth=1))), "days"),
    (Rule(frequency="monthly", days=(Day(weekday="tuesday", nth=1),), month_days=(3,)), "days"),
    (Rule(frequency="weekly", days=TUESDAYS, count=3, until=date(2026, 4, 1)), "count"),
    (
        Rule(frequency="weekly", interval=2, days=(*TUESDAYS, Day(weekday="sunday")), week_start="sunday"),
        "week_start",
    ),
]


@pytest.mark.parametrize(("rule", "part"), REFUSED, ids=[f"{rule.frequency}-{part}" for rule, part in REFUSED])
def test_what_carerix_cannot_hold_is_refused_by_name(rule: Rule, part: str) -> None:
    with pytest.raises(Rejected, match=part):
        written(rule)


def test_several_rules_and_extra_dates_are_refused() -> None:
    rule = Rule(frequency="weekly", days=TUESDAYS)
    for series in (
        Recurrence(),
        Recurrence(rules=(rule, rule)),
        Recurrence(rules=(rule,), extra=("2026-03-05T10:00:00",)),
        Recurrence(rules=(rule,), excluded_rules=(rule,)),
    ):
        with pytest.raises(Rejected, match="rules"):
            write_recurrence(series, TUESDAY, SETTINGS)


def test_a_week_start_that_changes_no_date_does_not_matter() -> None:
    rule = Rule(frequency="weekly", interval=2, days=(*TUESDAYS, Day(weekday="friday")), week_start="sunday")
    assert written(rule)["recurrenceDayList"] == "2,5"


def test_a_tenant_that_clamps_short_months_holds_the_other_rule() -> None:
    rule = Rule(frequency="monthly", month_days=(31,), short_month="clamp")
    clamps = TenantSettings(short_month="clamp")
    assert written(rule, clamps)["recurrenceMonthDay"] == 31
    read = read_recurrence(written(rule, clamps), UTC_ZONE, replace(POLICY, short_month="clamp"))
    assert read == Recurrence(rules=(rule,))
    with pytest.raises(Rejected, match="short_month"):
        written(replace(rule, short_month="skip"), clamps)


@pytest.mark.parametrize(
    "broken",
    [
        {"recurrenceWeekly": 0},
        {"recurrenceMonthly": 1},
        {"recurrenceRate": None},
        {"recurrenceRate": 0},
        {"recurrenceDayList": None},
        {"recurrenceDayList": "7"},
        {"recurrenceDayList": "di"},
        {"recurrenceDayList": "", "recurrenceDays": []},
        {"recurrenceDayList": None, "recurrenceDays": "2"},
        {"recurrenceDayList": None, "recurrenceDays": [True]},
        {"isRangeEndDate": 1},
        {"isRangeEndDate": 1, "recurrenceExpiryDate": "soon"},
        {"isRangeNumberOfTimes": 1},
        {"isRangeNumberOfTimes": 1, "recurrenceNumberOfTimes": 0},
        {"isRangeNumberOfTimes": 1, "recurrenceNumberOfTimes": 2, "isRangeEndDate": 1},
        {"recurrenceWeekly": 0, "recurrenceMonthly": 1},
        {"recurrenceWeekly": 0, "recurrenceMonthly": 1, "isAbsoluteMonthDay": 1, "recurrenceMonthDay": 32},
        {"recurrenceWeekly": 0, "recurrenceMonthly": 1, "isRelativeMonthDay": 1, "recurrenceMonthDay": 6},
        {"recurrenceWeekly": 0, "recurrenceMonthly": 1, "isRelativeMonthDay": 1, "recurrenceMonthDay": 5},
    ],
    ids=str,
)
def test_attributes_that_make_no_sense_are_a_series_without_a_rule_and_never_a_single(broken: dict[str, Any]) -> None:
    assert read_recurrence(weekly(**broken), UTC_ZONE, POLICY) == UNREADABLE


def test_the_list_of_numbers_is_read_where_the_text_is_missing() -> None:
    given = weekly(recurrenceDayList=None, recurrenceDays=[5, 1])
    read = read_recurrence(given, UTC_ZONE, POLICY)
    assert read is not None
    assert [day.weekday for day in read.rules[0].days] == ["monday", "friday"]
