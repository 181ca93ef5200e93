"""Each row of "what is answered when" and each reason of the closed list; from RFC 5545 and vendors' documentation."""

from typing import Any

import pytest

from cxsync.recurrence.codes import Reason
from tests.unit.recurrence.verify import ask, faults

Json = dict[str, Any]
MONDAY = "20260105T090000"


def rule(text: str, start: str = MONDAY, **more: Any) -> Json:
    """A series of a rule in Amsterdam."""
    return {"dtstart": start, "tz": "Europe/Amsterdam", "rrule": text, **more}


def ews(element: str, start: str = MONDAY, range_: Json | None = None, **values: Any) -> Json:
    """An Exchange series in Amsterdam."""
    given: Json = {"pattern": {"element": element, **values}}
    if range_ is not None:
        given["range"] = range_
    return {"dtstart": start, "tz": "Europe/Amsterdam", "ews": given}


def carerix(start: str = "20260131T090000", **values: Any) -> Json:
    """A monthly Carerix series on a day."""
    fields = {"recurrence": 1, "recurrenceMonthly": 1, "recurrenceRate": 1, "isAbsoluteMonthDay": 1, **values}
    return {"dtstart": start, "carerix": fields}


REFUSALS: tuple[tuple[Json, str, str, str, str], ...] = (
    # line, target, verdict, reason, offending
    (rule("FREQ=DAILY"), "carerix", "refused", "DAILY", "FREQ=DAILY"),
    (ews("DailyRecurrence", Interval=1), "carerix", "refused", "DAILY", "DailyRecurrence"),
    (rule("FREQ=DAILY;INTERVAL=2"), "carerix", "split", "DAILY_INTERVAL", "INTERVAL=2"),
    (rule("FREQ=DAILY;INTERVAL=3;BYDAY=MO,TU"), "carerix", "split", "DAILY_INTERVAL", "INTERVAL=3"),
    (rule("FREQ=DAILY;INTERVAL=101"), "carerix", "refused", "DAILY_INTERVAL", "INTERVAL=101"),
    (ews("DailyRecurrence", Interval=5), "carerix", "split", "DAILY_INTERVAL", "Interval=5"),
    (rule("FREQ=WEEKLY;INTERVAL=100"), "carerix", "refused", "INTERVAL_LIMIT", "INTERVAL=100"),
    (rule("FREQ=WEEKLY;INTERVAL=100;BYDAY=MO,TU"), "exchange", "split", "INTERVAL_LIMIT", "INTERVAL=100"),
    (rule("FREQ=DAILY;INTERVAL=1001"), "exchange", "refused", "INTERVAL_LIMIT", "INTERVAL=1001"),
    (rule("FREQ=MONTHLY;INTERVAL=100"), "exchange", "refused", "INTERVAL_LIMIT", "INTERVAL=100"),
    (rule("FREQ=YEARLY;COUNT=9000"), "carerix", "refused", "COUNT_LIMIT", "COUNT=9000"),
    (rule("FREQ=YEARLY;COUNT=3000"), "exchange", "refused", "COUNT_LIMIT", "COUNT=3000"),
    (carerix(recurrenceMonthDay=30), "exchange", "split", "SHORT_MONTH_SKIP", "recurrenceMonthDay=30"),
    (rule("FREQ=MONTHLY;BYMONTHDAY=31", "20260131T090000"), "exchange", "split", "SHORT_MONTH_SKIP", "BYMONTHDAY=31"),
    (rule("FREQ=MONTHLY;BYMONTHDAY=-1", "20260131T090000"), "carerix", "refused", "SHORT_MONTH_CLAMP", "BYMONTHDAY=-1"),
    (ews("AbsoluteMonthlyRecurrence", "20260130T090000", DayOfMonth=30), "carerix", "refused", "SHORT_MONTH_CLAMP",
     "DayOfMonth=30"),
    (rule("FREQ=MONTHLY;BYMONTHDAY=-2", "20260130T090000"), "exchange", "refused", "NEGATIVE_MONTHDAY",
     "BYMONTHDAY=-2"),
    (rule("FREQ=MONTHLY;BYMONTHDAY=1,15", "20260101T090000"), "carerix", "split", "MULTI_MONTHDAY", "BYMONTHDAY=1,15"),
    (rule("FREQ=MONTHLY;BYDAY=5FR", "20260130T090000"), "carerix", "refused", "FIFTH_WEEKDAY", "BYDAY=5FR"),
    (rule("FREQ=MONTHLY;BYDAY=-2FR", "20260123T090000"), "carerix", "refused", "SECOND_TO_LAST", "BYDAY=-2FR"),
    (rule("FREQ=MONTHLY;BYDAY=1MO,3MO"), "exchange", "split", "MULTI_NTH", "BYDAY=1MO,3MO"),
    (rule("FREQ=YEARLY;BYDAY=20MO", "20260518T090000"), "carerix", "refused", "NTH_OF_YEAR", "BYDAY=20MO"),
    (rule("FREQ=MONTHLY;BYDAY=MO,WE;BYSETPOS=1"), "exchange", "refused", "SETPOS", "BYSETPOS=1"),
    (rule("FREQ=WEEKLY;BYDAY=MO;BYMONTH=1,2,3"), "carerix", "refused", "LIMITER", "BYMONTH=1,2,3"),
    (rule("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "20260213T090000"), "carerix", "refused", "LIMITER", "BYMONTHDAY=13"),
    (rule("FREQ=YEARLY;BYMONTH=1,2;BYMONTHDAY=5"), "carerix", "split", "MULTI_MONTH", "BYMONTH=1,2"),
    (rule("FREQ=YEARLY;BYYEARDAY=100", "20260410T090000"), "carerix", "refused", "BYYEARDAY", "BYYEARDAY=100"),
    (rule("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "20260511T090000"), "carerix", "refused", "BYWEEKNO", "BYWEEKNO=20"),
    (rule("FREQ=HOURLY"), "google", "refused", "SUBDAILY", "FREQ=HOURLY"),
    (rule("FREQ=WEEKLY;BYHOUR=9,15"), "carerix", "split", "MULTI_TIME", "BYHOUR=9,15"),
    (ews("WeeklyRecurrence", Interval=2, DaysOfWeek="Sunday Monday"), "carerix", "split", "WKST",
     "FirstDayOfWeek=Sunday"),
    (rule("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU"), "carerix", "split", "WKST", "WKST=SU"),
    (rule("FREQ=WEEKLY", exdates=["20260119T090000"]), "carerix", "split", "EXCEPTION", "EXDATE 20260119T090000"),
    (rule("FREQ=WEEKLY;COUNT=5", overrides=[{"recurrence_id": "20260112T090000", "start": "20260119T150000"}]),
     "exchange", "split", "CROSSES_NEIGHBOUR", "moved 20260112T090000"),
    (rule("FREQ=WEEKLY", rdates=["20260114T090000"]), "exchange", "split", "EXTRA_DATE", "RDATE 20260114T090000"),
    ({"dtstart": MONDAY, "tz": "Europe/Amsterdam", "rdates": ["20260114T090000", "20260302T090000"]}, "carerix",
     "split",
     "LIST_OF_DATES", "RDATE 20260114T090000"),
    ({"dtstart": MONDAY, "tz": "Europe/Amsterdam", "rrules": ["FREQ=WEEKLY", "FREQ=MONTHLY;BYDAY=1TU"]}, "carerix",
     "split", "MULTIPLE_RULES", "FREQ=MONTHLY;BYDAY=1TU"),
    (rule("FREQ=WEEKLY;BYDAY=WE"), "carerix", "split", "START_OFF_RULE", f"dtstart {MONDAY}"),
    (rule("FREQ=WEEKLY") | {"tz": "UTC"}, "carerix", "refused", "ZONE_DST", "tz UTC"),
    (rule("FREQ=MONTHLY;BYDAY=2TU", "20260113T003000") | {"tz": "Europe/Helsinki"}, "carerix", "refused",
     "ZONE_DAY_SHIFT", "tz Europe/Helsinki"),
    (rule("FREQ=WEEKLY") | {"tz": "Customized Time Zone"}, "exchange", "refused", "ZONE_UNKNOWN",
     "Customized Time Zone"),
    (ews("WeeklyRegeneration", Interval=1), "exchange", "refused", "REGENERATION", "WeeklyRegeneration"),
    ({"dtstart": MONDAY, "ews": {"pattern": None}}, "carerix", "refused", "PATTERN_UNREAD", "pattern null"),
    (ews("WeeklyRecurrence", DaysOfWeek="Weekday"), "carerix", "refused", "PATTERN_UNREAD", "DaysOfWeek=Weekday"),
    (rule("RSCALE=HEBREW;FREQ=YEARLY"), "google", "refused", "CALENDAR", "RSCALE=HEBREW"),
    (rule("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"), "exchange", "refused", "NEVER_OCCURS", "BYMONTHDAY=30"),
    (rule("FREQ=WEEKLY;COUNT=3;UNTIL=20260301"), "google", "refused", "INVALID_RULE", "COUNT=3"),
    (rule("FREQ=WEEKLY;BYDAY=XX"), "carerix", "refused", "INVALID_RULE", "BYDAY=XX"),
)  # fmt: skip


@pytest.mark.parametrize(("line", "system", "verdict", "reason", "offending"), REFUSALS, ids=str)
def test_reason_and_part_at_fault(line: Json, system: str, verdict: str, reason: str, offending: str) -> None:
    answer = ask(line)
    target = answer[system]
    assert (target["verdict"], target["reason"], target["offending"]) == (verdict, reason, offending)
    assert target["code"] == Reason(reason).code
    assert faults(line, answer) == []


def test_every_reason_of_the_list_is_given() -> None:
    assert {reason for _, _, _, reason, _ in REFUSALS} == {str(reason) for reason in Reason}


EXACT: tuple[tuple[Json, Json], ...] = (
    (rule("FREQ=DAILY", policy={"daily_series": "convert"}), {"recurrenceRate": 1,
     "recurrenceDayList": "0,1,2,3,4,5,6"}),
    (rule("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR"), {"recurrenceRate": 1, "recurrenceDayList": "1,2,3,4,5"}),
    (rule("FREQ=DAILY;INTERVAL=14"), {"recurrenceRate": 2, "recurrenceDayList": "1"}),
    (rule("FREQ=DAILY;INTERVAL=2;BYDAY=MO,WE,FR"), {"recurrenceRate": 2, "recurrenceDayList": "1,3,5"}),
    (rule("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU"), {"recurrenceRate": 1, "recurrenceDayList": "0,1,2,3,4,5,6"}),
    (ews("WeeklyRecurrence", Interval=0, DaysOfWeek="Monday"), {"recurrenceRate": 1, "recurrenceDayList": "1"}),
    (rule("FREQ=HOURLY;BYHOUR=9;BYDAY=MO"), {"recurrenceWeekly": 1, "recurrenceDayList": "1"}),
    (rule("FREQ=WEEKLY;BYDAY=MO,WE;BYSETPOS=1"), {"recurrenceDayList": "1"}),
    (rule("FREQ=YEARLY;BYDAY=MO"), {"recurrenceWeekly": 1, "recurrenceDayList": "1"}),
    (rule("FREQ=MONTHLY;BYDAY=MO"), {"recurrenceWeekly": 1, "recurrenceDayList": "1"}),
    (rule("FREQ=DAILY;BYMONTHDAY=5"), {"recurrenceMonthly": 1, "recurrenceMonthDay": 5}),
    (rule("FREQ=YEARLY;INTERVAL=8"), {"recurrenceRate": 96, "recurrenceMonthDay": 5}),
    (rule("FREQ=YEARLY;BYMONTH=1,4,7,10;BYMONTHDAY=5"), {"recurrenceRate": 3, "recurrenceMonthDay": 5}),
    (rule("FREQ=YEARLY;BYYEARDAY=5"), {"recurrenceRate": 12, "recurrenceMonthDay": 5}),
    (rule("FREQ=YEARLY", "20280229T090000"), {"recurrenceRate": 12, "recurrenceMonthDay": 29}),
    (rule("FREQ=MONTHLY;BYDAY=TU;BYMONTHDAY=8,9,10,11,12,13,14", "20260113T090000"),
     {"isRelativeMonthDay": 1, "recurrenceMonthDay": 2, "recurrenceDay": 2}),
    (rule("FREQ=MONTHLY;BYDAY=-1FR", "20260130T090000"), {"recurrenceMonthDay": 5, "recurrenceDay": 5}),
    (rule("FREQ=MONTHLY;BYMONTHDAY=31", "20260731T090000"), {"isAbsoluteMonthDay": 1, "recurrenceMonthDay": 31}),
    (rule("FREQ=MONTHLY;BYMONTHDAY=-1", "20260131T090000", policy={"short_month": "clamp"}),
     {"recurrenceMonthDay": 31}),
    (rule("FREQ=WEEKLY;COUNT=1500"), {"isRangeEndDate": 1, "recurrenceExpiryDate": "20540928"}),
    (rule("FREQ=WEEKLY;COUNT=999"), {"isRangeNumberOfTimes": 1, "recurrenceNumberOfTimes": 999}),
    (rule("FREQ=WEEKLY;UNTIL=20260201"), {"isRangeEndDate": 1, "recurrenceExpiryDate": "20260201"}),
    (rule("FREQ=WEEKLY;UNTIL=20260202T080000Z"), {"recurrenceExpiryDate": "20260202"}),
    (rule("FREQ=WEEKLY;UNTIL=20260202T075959Z"), {"recurrenceExpiryDate": "20260201"}),
    (rule("freq=weekly;;interval=0;UNTIL=20260201;COUNT=-1;"), {"recurrenceExpiryDate": "20260201"}),
    (rule("FREQ=WEEKLY;COUNT=6", exdates=["20260105T080000Z", "20260209T090000"]), {"recurrenceNumberOfTimes": 4}),
    (rule("FREQ=WEEKLY", exdates=["20260106T090000"]), {"recurrenceDayList": "1"}),
    (rule("FREQ=WEEKLY", rdates=["20260112T090000"]), {"recurrenceDayList": "1"}),
    (rule("FREQ=WEEKLY", exdates=["20260112T090000"], as_of="20260112T100000"), {"recurrenceDayList": "1"}),
    (rule("FREQ=DAILY;COUNT=14", exrules=["FREQ=WEEKLY;BYDAY=SA,SU"]), {"recurrenceNumberOfTimes": 10}),
    (rule("FREQ=WEEKLY", "20260107T233000") | {"tz": "Europe/London"}, {"recurrenceDayList": "4"}),
    (rule("FREQ=MONTHLY", "20260115T003000") | {"tz": "Europe/Helsinki"}, {"recurrenceMonthDay": 14}),
    (rule("FREQ=WEEKLY;COUNT=8") | {"tz": "UTC"}, {"recurrenceNumberOfTimes": 8}),
    (rule("FREQ=WEEKLY") | {"tz": "W. Europe Standard Time"}, {"recurrenceDayList": "1"}),
    (rule("FREQ=WEEKLY") | {"tz": {"id": "Pacific Standard Time", "rule": "CET-1CEST,M3.5.0,M10.5.0/3"}},
     {"recurrenceDayList": "1"}),
    (rule("FREQ=WEEKLY", "20260105") | {"tz": None}, {"recurrenceDayList": "1"}),
    (ews("WeeklyRecurrence", range_={"element": "EndDateRecurrence", "EndDate": "45001231"}, DaysOfWeek="Monday"),
     {"recurrenceDayList": "1"}),
)  # fmt: skip


@pytest.mark.parametrize(("line", "fields"), EXACT, ids=str)
def test_exact_fields(line: Json, fields: Json) -> None:
    answer = ask(line)
    assert answer["carerix"]["verdict"] == "exact"
    written = answer["carerix"]["fields"]
    assert {name: written.get(name) for name in fields} == fields
    assert faults(line, answer) == []


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        (rule("FREQ=WEEKLY;COUNT=1"), "single"),
        (rule("FREQ=WEEKLY;COUNT=2", exdates=["20260112T090000"]), "single"),
        (rule("FREQ=WEEKLY;UNTIL=20260108"), "single"),
        (rule("FREQ=WEEKLY;UNTIL=20251231"), "empty"),
        (rule("FREQ=WEEKLY;COUNT=2", exdates=["20260112T090000", "20260105T090000"]), "empty"),
        (ews("WeeklyRecurrence", DaysOfWeek="Monday", range_={"element": "NumberedRecurrence",
         "NumberOfOccurrences": 1}),
         "single"),
    ],
)  # fmt: skip
def test_single_and_empty_are_the_same_for_all_targets(line: Json, verdict: str) -> None:
    answer = ask(line)
    assert {answer[system]["verdict"] for system in ("google", "exchange", "carerix")} == {verdict}
    assert faults(line, answer) == []


def test_carerix_series_of_one_stays_exact() -> None:
    fields = {"recurrenceMonthDay": 15, "isRangeNumberOfTimes": 1, "recurrenceNumberOfTimes": 1}
    answer = ask(carerix("20260115T090000", **fields))
    assert [answer[system]["verdict"] for system in ("google", "exchange", "carerix")] == ["single", "single", "exact"]


def test_exclusion_as_a_date_on_a_timed_series_is_ambiguous() -> None:
    answer = ask(rule("FREQ=WEEKLY", exdates=["20260112"]))
    assert answer["expand"] is None
    targets = [answer[system] for system in ("google", "exchange", "carerix")]
    assert {target["verdict"] for target in targets} == {"refused"}
    assert {target["reason"] for target in targets} == {"EXCEPTION"}
    assert answer["carerix"]["carried"]["fields"]["recurrenceDayList"] == "1"


def test_exclusion_as_a_date_that_hits_nothing_is_ignored() -> None:
    assert ask(rule("FREQ=WEEKLY", exdates=["20260113"]))["carerix"]["verdict"] == "exact"


def test_start_off_the_rule_is_not_listed_but_counted_in_by_the_targets() -> None:
    line = rule("FREQ=WEEKLY;BYDAY=WE;COUNT=3")
    answer = ask(line)
    assert answer["off_rule_start"] == MONDAY
    assert answer["expand"] == ["20260107T090000", "20260114T090000", "20260121T090000"]
    assert answer["google"]["dtstart"] == MONDAY
    assert faults(line, answer) == []


def test_time_in_the_spring_gap_is_shown_an_hour_later() -> None:
    line = rule("FREQ=WEEKLY;COUNT=3", "20260322T023000")
    answer = ask(line)
    assert answer["expand"] == ["20260322T023000", "20260329T033000", "20260405T023000"]
    assert answer["expand_utc"] == ["20260322T013000Z", "20260329T013000Z", "20260405T003000Z"]
    assert answer["carerix"]["verdict"] == "exact"


def test_time_twice_in_autumn_is_the_first() -> None:
    assert ask(rule("FREQ=WEEKLY;COUNT=2", "20261018T023000"))["expand_utc"][1] == "20261025T003000Z"


def test_start_in_utc_is_a_series_kept_in_utc() -> None:
    answer = ask({"dtstart": "20260105T080000Z", "rrule": "FREQ=WEEKLY;COUNT=3"})
    assert answer["canonical"]["tz"] == "UTC"
    assert answer["expand"] == answer["expand_utc"]
    assert answer["google"]["tz"] == "UTC"


def test_all_day_and_floating_have_no_instants() -> None:
    assert ask({"dtstart": "20260105", "rrule": "FREQ=WEEKLY"})["expand_utc"] is None
    assert ask({"dtstart": "20260105T090000", "rrule": "FREQ=WEEKLY"})["expand_utc"] is None


def test_all_day_deletion_at_local_midnight_in_utc_is_that_day() -> None:
    line = ews("WeeklyRecurrence", "20260105", DaysOfWeek="Monday") | {"tz": None}
    line["ews"]["deleted"] = ["20260111T230000Z"]
    assert ask(line)["canonical"]["excluded"] == ["20260112"]


def test_until_is_written_in_utc_and_as_a_date_for_all_day() -> None:
    timed, all_day = ask(rule("FREQ=WEEKLY;UNTIL=20260201")), ask(rule("FREQ=WEEKLY;UNTIL=20260201", "20260105"))
    assert timed["google"]["recurrence"] == ["RRULE:FREQ=WEEKLY;UNTIL=20260201T225959Z"]
    assert all_day["google"]["recurrence"] == ["RRULE:FREQ=WEEKLY;UNTIL=20260201"]


def test_exceptions_go_along_with_exchange_and_google() -> None:
    line = ews("WeeklyRecurrence", DaysOfWeek="Monday")
    line["ews"] |= {
        "deleted": ["20260112T080000Z"],
        "modified": [{"original": "20260119T090000", "start": "20260120T100000"}],
    }
    answer = ask(line)
    for system in ("google", "exchange"):
        assert answer[system]["verdict"] == "exact"
        assert answer[system]["deleted"] == ["20260112T090000"]
        assert answer[system]["modified"] == [{"original": "20260119T090000", "start": "20260120T100000"}]
    assert answer["carerix"]["reason"] == "EXCEPTION"
    assert faults(line, answer) == []


def test_listing_begins_where_asked() -> None:
    answer = ask(rule("FREQ=WEEKLY", **{"from": "20990101T000000"}))
    assert answer["expand"][0] == "20990105T090000"
    assert len(answer["expand"]) == 100


def test_windows_id_becomes_the_users_zone_where_it_stands_for_it() -> None:
    line = rule("FREQ=WEEKLY") | {"tz": "W. Europe Standard Time"}
    assert ask(line)["canonical"]["tz"] == "Europe/Amsterdam"
    assert ask(line | {"home_zone": "Europe/Brussels"})["canonical"]["tz"] == "Europe/Berlin"


def test_definition_that_fits_no_zone_is_followed_by_its_rule() -> None:
    odd = {"id": "Odd", "rule": "ABC-1DEF,M2.1.0,M11.1.0"}
    answer = ask(rule("FREQ=WEEKLY;COUNT=12") | {"tz": odd})
    assert answer["expand_utc"][0] == "20260105T080000Z"
    assert answer["expand_utc"][5] == "20260209T070000Z"
    assert answer["google"]["reason"] == "ZONE_UNKNOWN"
    assert answer["exchange"]["tz"] == odd
    assert answer["carerix"]["reason"] == "ZONE_DST"


def test_the_exception_that_is_named_is_not_one_that_is_folded_away() -> None:
    answer = ask(rule("FREQ=WEEKLY;COUNT=8", exdates=["20260105T090000", "20260119T090000"]))
    assert answer["carerix"]["offending"] == "EXDATE 20260119T090000"


def test_targets_write_the_wall_clock_of_their_zone() -> None:
    line = {"dtstart": "20260105T080000Z", "rrule": "FREQ=WEEKLY;COUNT=3", "exdates": ["20260112T080000Z"]}
    answer = ask(line)
    assert (answer["exchange"]["dtstart"], answer["exchange"]["tz"]) == ("20260105T080000", "UTC")
    assert answer["exchange"]["deleted"] == ["20260112T080000"]
    assert answer["canonical"]["excluded"] == ["20260112T080000Z"]
    assert faults(line, answer) == []


def test_carerix_start_in_utc_is_read_on_the_clock_of_its_zone() -> None:
    answer = ask(carerix("20260115T080000Z", recurrenceMonthDay=15))
    assert answer["canonical"]["tz"] == "Europe/Amsterdam"
    assert answer["carerix"]["dtstart"] == "20260115T090000"


def test_floating_until_with_z_is_wall_clock() -> None:
    line = {"dtstart": "20260105T233000", "tz": None, "rrule": "FREQ=WEEKLY;UNTIL=20260119T225959Z"}
    answer = ask(line)
    assert answer["expand"] == ["20260105T233000", "20260112T233000"]
    assert faults(line, answer) == []


def test_until_the_year_9999_is_endless() -> None:
    answer = ask(rule("FREQ=WEEKLY;UNTIL=99991231T235959Z"))
    assert answer["canonical"]["end"] is None
    assert answer["exchange"]["range"]["element"] == "NoEndRecurrence"
    assert answer["carerix"]["verdict"] == "exact"
