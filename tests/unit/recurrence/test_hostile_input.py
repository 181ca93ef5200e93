"""Rules that are broken, hostile or never yield: an answer every time, in bounded time."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxsync.recurrence.check import check_line
from tests.unit.recurrence.verify import Json, ask

PARTS = (
    "FREQ",
    "INTERVAL",
    "COUNT",
    "UNTIL",
    "BYMONTH",
    "BYMONTHDAY",
    "BYYEARDAY",
    "BYWEEKNO",
    "BYDAY",
    "BYSETPOS",
    "BYHOUR",
    "BYMINUTE",
    "WKST",
    "SKIP",
    "RSCALE",
    "X",
)
VALUES = st.one_of(
    st.sampled_from(
        (
            "DAILY",
            "WEEKLY",
            "MONTHLY",
            "YEARLY",
            "HOURLY",
            "SECONDLY",
            "MO",
            "MO,TU",
            "5FR",
            "-53SU",
            "2,30",
            "-1",
            "0",
            "366",
            "53",
            "99991231",
            "00010101T000000Z",
            "20260101T000000Z",
            "BACKWARD",
            "",
        )
    ),
    st.integers(-400, 1_000_000_000).map(str),
    st.text(max_size=6),
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(PARTS), VALUES), max_size=6),
    st.sampled_from(("DAILY", "WEEKLY", "MONTHLY", "YEARLY")),
)
def test_any_rule_text_is_answered(parts: list[tuple[str, str]], freq: str) -> None:
    text = ";".join([f"FREQ={freq}", *(f"{name}={value}" for name, value in parts)])
    answer = ask({"dtstart": "20260131T233000", "tz": "America/New_York", "rrule": text})
    assert "google" in answer


@settings(max_examples=80, deadline=None)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), st.lists, max_leaves=4), st.data())
def test_any_value_in_any_field_is_answered(value: object, data: st.DataObject) -> None:
    field = data.draw(
        st.sampled_from(
            (
                "id",
                "dtstart",
                "value",
                "duration",
                "tz",
                "home_zone",
                "policy",
                "from",
                "as_of",
                "rrule",
                "rrules",
                "exdates",
                "overrides",
                "ews",
                "carerix",
                "odd",
            )
        )
    )
    line: Json = {"dtstart": "20260105T090000", "rrule": "FREQ=WEEKLY", field: value}
    assert "id" in check_line(json.dumps(line).encode(), 1)


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_answered(line: bytes) -> None:
    assert "id" in check_line(line, 1)


NEVER = (
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=31",
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=DAILY;INTERVAL=2;BYMONTH=4;BYMONTHDAY=31",
    "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
    "FREQ=WEEKLY;BYDAY=MO,TU;BYSETPOS=3",
    "FREQ=MONTHLY;BYMONTHDAY=1;BYSETPOS=2",
    "FREQ=MONTHLY;BYDAY=6MO",
    "FREQ=YEARLY;BYYEARDAY=100;BYWEEKNO=53",
    "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6;BYDAY=MO",
    "FREQ=YEARLY;INTERVAL=2;BYMONTH=2;BYMONTHDAY=29",
    "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=30",
)


@pytest.mark.parametrize("text", NEVER)
def test_rule_without_any_date_is_refused_and_does_not_loop(text: str) -> None:
    start = "20270201T090000"
    begun = time.process_time()
    answer = ask({"dtstart": start, "tz": "Europe/Amsterdam", "rrule": text})
    taken = time.process_time() - begun
    if text not in ("FREQ=DAILY;INTERVAL=7;BYDAY=TU", "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=30"):
        assert answer["reason"] == "NEVER_OCCURS"
    assert answer["expand"] == []
    assert {answer[system]["reason"] for system in ("google", "exchange", "carerix")} == {"NEVER_OCCURS"}
    assert taken < 0.5


@pytest.mark.parametrize(
    "line",
    [
        {"dtstart": "00010101T000000", "tz": "Europe/Amsterdam", "rrule": "FREQ=WEEKLY;WKST=TU"},
        {"dtstart": "99991231T235959", "tz": "America/New_York", "rrule": "FREQ=DAILY"},
        {"dtstart": "99991201", "rrule": "FREQ=MONTHLY;BYMONTHDAY=-1"},
        {"dtstart": "20260105T090000", "tz": "Europe/Amsterdam", "rrule": "FREQ=DAILY;UNTIL=99991231T235959Z"},
        {"dtstart": "20260105T090000", "tz": "Europe/Amsterdam", "rrule": "FREQ=WEEKLY;COUNT=999999999"},
        {"dtstart": "20260105T090000", "tz": "Europe/Amsterdam", "rrule": "FREQ=YEARLY;INTERVAL=999999999"},
        {"dtstart": "20260105T090000", "tz": "Europe/Amsterdam", "rrule": "FREQ=DAILY", "from": "99991231T000000"},
        {"dtstart": "20260105T090000", "rrule": "FREQ=WEEKLY", "overrides": [{"recurrence_id": "99991231T000000Z"}]},
        {"dtstart": "99991231T235959Z", "rrule": "FREQ=WEEKLY;COUNT=3"},
        {"dtstart": "00010101T000000Z", "rrule": "FREQ=WEEKLY;COUNT=3", "home_zone": "America/New_York"},
    ],
    ids=str,
)
def test_the_ends_of_the_calendar_are_answered(line: Json) -> None:
    assert "google" in ask(line)


def test_an_answer_is_bounded_whatever_the_rule() -> None:
    texts = (
        "FREQ=DAILY",
        "FREQ=DAILY;COUNT=999999999",
        "FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11;BYMINUTE=0,30",
        "FREQ=YEARLY;BYMONTH=1,2,3,4,5,6;BYDAY=MO,TU,WE,TH,FR,SA,SU",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2,-3,3,7,9",
        "FREQ=YEARLY;BYDAY=MO,1TU,-1FR,20WE",
    )
    for text in texts:
        line = json.dumps({"dtstart": "20260105T090000", "tz": "America/New_York", "rrule": text}).encode()
        check_line(line, 1)
        begun = time.process_time()
        assert len(check_line(line, 1)["expand"]) == 100
        assert time.process_time() - begun < 0.4, text
