"""What may be stored as a time or a series: wire contract A7 to A13 and A19."""

from typing import Any

import pytest

from tests.unit.sandbox.carerix.bare_client import CREATE, SERIES, UPDATE, BareClient, meeting, weekly

ABSOLUTE = {"recurrence": 1, "recurrenceMonthly": 1, "recurrenceRate": 1, "isAbsoluteMonthDay": 1}
RELATIVE = {"recurrence": 1, "recurrenceMonthly": 1, "recurrenceRate": 1, "isRelativeMonthDay": 1}
TUESDAY_3_MARCH = {"startDate": "2026-03-03T09:00:00", "endDate": "2026-03-03T10:00:00"}


@pytest.mark.parametrize(
    "request_",
    [
        weekly("2"),
        weekly("0,1,2,3,4,5,6"),
        weekly("2", recurrenceMonthly=0, recurrenceMonthDay=31),
        meeting(**ABSOLUTE, recurrenceMonthDay=3),
        meeting(**RELATIVE, recurrenceMonthDay=1, recurrenceDay=2),
        meeting(**{**RELATIVE, "recurrenceRate": 12}, recurrenceMonthDay=1, recurrenceDay=2),
        meeting(**{**ABSOLUTE, "recurrenceRate": 99}, recurrenceMonthDay=3),
        weekly("2", isRangeNumberOfTimes=1, recurrenceNumberOfTimes=1),
        weekly("2", isRangeEndDate=1, recurrenceExpiryDate="2026-03-02T23:00:00"),  # 3 March 00:00 in Amsterdam
        weekly("2", isRangeEndDate=1, recurrenceExpiryDate="2026-06-29T22:00:00"),  # 30 June 00:00, summer time
        meeting(isAllDay=1, startDate="2026-03-28T23:00:00", endDate="2026-03-29T22:00:00"),  # the 23-hour day
        meeting(recurrence=0, recurrenceWeekly=1, recurrenceMonthly=1),  # no series: the rest does not matter
        meeting(startDate="2026-03-31T08:00:00", endDate="2026-03-31T08:00:00", **RELATIVE)
        | {"recurrenceDay": 2, "recurrenceMonthDay": 5},
        weekly("4", startDate="2026-03-11T23:30:00", endDate="2026-03-12T00:30:00"),  # Thursday in Amsterdam
    ],
)
def test_allowed(client: BareClient, request_: dict[str, Any]) -> None:
    assert client.create(request_, "_id")["_id"]


@pytest.mark.parametrize(
    ("field", "request_"),
    [
        ("startDate", weekly("3")),
        ("startDate", weekly("3", startDate="2026-03-11T23:30:00", endDate="2026-03-12T00:30:00")),
        ("recurrenceDayList", weekly("")),
        ("recurrenceDayList", weekly("2,7")),
        ("recurrenceDayList", weekly("tu")),
        ("recurrenceDayList", meeting(recurrence=1, recurrenceWeekly=1, recurrenceRate=1)),
        ("recurrenceRate", weekly() | {"recurrenceRate": 0}),
        ("recurrenceRate", weekly() | {"recurrenceRate": 100}),
        ("recurrenceRate", weekly() | {"recurrenceRate": None}),
        ("recurrenceWeekly", meeting(recurrence=1, recurrenceRate=1)),
        ("recurrenceWeekly", weekly(recurrenceMonthly=1, isAbsoluteMonthDay=1, recurrenceMonthDay=3)),
        ("isAbsoluteMonthDay", meeting(**{**ABSOLUTE, "isAbsoluteMonthDay": 0})),
        ("isAbsoluteMonthDay", meeting(**ABSOLUTE, isRelativeMonthDay=1, recurrenceMonthDay=3, recurrenceDay=2)),
        ("recurrenceMonthDay", meeting(**ABSOLUTE)),
        ("recurrenceMonthDay", meeting(**ABSOLUTE, recurrenceMonthDay=32)),
        ("startDate", meeting(**ABSOLUTE, recurrenceMonthDay=4)),
        ("recurrenceMonthDay", meeting(**RELATIVE, recurrenceMonthDay=6, recurrenceDay=2)),
        ("recurrenceDay", meeting(**RELATIVE, recurrenceMonthDay=1)),
        ("recurrenceDay", meeting(**RELATIVE, recurrenceMonthDay=1, recurrenceDay=7)),
        ("startDate", meeting(**RELATIVE, recurrenceMonthDay=2, recurrenceDay=2)),
        ("isRangeEndDate", weekly(isRangeEndDate=1, isRangeNumberOfTimes=1)),
        ("recurrenceExpiryDate", weekly(isRangeEndDate=1)),
        ("recurrenceExpiryDate", weekly(isRangeEndDate=1, recurrenceExpiryDate="2026-04-01T00:00:00")),
        ("recurrenceExpiryDate", weekly(isRangeEndDate=1, recurrenceExpiryDate="2026-06-29T23:00:00")),
        ("startDate", weekly(isRangeEndDate=1, recurrenceExpiryDate="2026-03-01T23:00:00")),
        ("recurrenceNumberOfTimes", weekly(isRangeNumberOfTimes=1)),
        ("recurrenceNumberOfTimes", weekly(isRangeNumberOfTimes=1, recurrenceNumberOfTimes=0)),
        ("startDate", meeting(isAllDay=1)),
        ("endDate", meeting(isAllDay=1, startDate="2026-03-02T23:00:00", endDate="2026-03-03T22:00:00")),
        ("endDate", meeting(isAllDay=1, startDate="2026-03-02T23:00:00", endDate="2026-03-02T23:00:00")),
    ],
)
def test_refused(client: BareClient, field: str, request_: dict[str, Any]) -> None:
    assert client.broken(CREATE % "_id", request=request_) == field


def test_weekly_to_monthly_must_clear_weekly_in_the_same_write(client: BareClient) -> None:
    name = client.create(weekly())["_id"]
    monthly = {"_kind": "CRToDo", "recurrenceMonthly": 1, "isAbsoluteMonthDay": 1, "recurrenceMonthDay": 3}
    assert client.broken(UPDATE % "_id", id=name, request=monthly) == "recurrenceWeekly"
    changed = client.update(name, SERIES, **{k: v for k, v in monthly.items() if k != "_kind"}, recurrenceWeekly=0)
    assert (changed["recurrenceWeekly"], changed["recurrenceMonthly"]) == (0, 1)


def test_moving_a_series_off_its_days_is_refused_unless_they_move_too(client: BareClient) -> None:
    name = client.create(weekly())["_id"]
    moved = {"_kind": "CRToDo", "startDate": "2026-03-05T09:00:00", "endDate": "2026-03-05T10:00:00"}
    assert client.broken(UPDATE % "_id", id=name, request=moved) == "startDate"
    moved["recurrenceDayList"] = "4"
    assert client.ask(UPDATE % "recurrenceDays", id=name, request=moved) == {"recurrenceDays": [4]}


def test_only_appointments_have_these_rules(client: BareClient) -> None:
    task = {"_kind": "CRToDo", "toDoTypeKey": 0, "subject": "Bellen", "recurrence": 1}
    assert client.create(task, "isTask startDate") == {"isTask": 1, "startDate": None}
