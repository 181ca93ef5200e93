"""Appointments to requests: only what is asked for, in Carerix's own terms."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cxsync.appointment.fields import FIELDS
from cxsync.calendars.carerix.access import TenantSettings
from cxsync.calendars.carerix.assumptions import LONGEST_REMINDER
from cxsync.calendars.carerix.write import ATTRIBUTES, changes, creation, restoration
from cxsync.calendars.errors import Rejected
from schemas.appointment import Appointment, Day, Moment, Recurrence, Rule
from schemas.words import Field

SETTINGS = TenantSettings()
KEY = UUID("0b8f3f44-76a5-5b0e-9f0e-2f6f0c0a7a11")
HOME = ZoneInfo("Europe/Amsterdam")


def at(hour: int, zone: str = "Europe/Amsterdam") -> Moment:
    instant = datetime(2026, 3, 3, hour, tzinfo=ZoneInfo(zone))
    return Moment(wall=instant.replace(tzinfo=None).isoformat(), zone=zone, instant=instant.astimezone(UTC))


PLAIN = Appointment(subject="Intake", start=at(10), end=at(11))


def written(field: Field, settings: TenantSettings = SETTINGS, **values: Any) -> dict[str, Any]:
    request = changes(replace(PLAIN, **values), [field], settings)
    assert request.pop("_kind") == "CRToDo"
    return request


@given(st.sets(st.sampled_from(FIELDS)))
@settings(deadline=None)
def test_a_request_names_the_attributes_of_its_fields_and_no_others(fields: set[Field]) -> None:
    named = changes(PLAIN, fields, SETTINGS).keys() - {"_kind"}
    assert named <= {name for field in fields for name in ATTRIBUTES[field]}
    assert all(any(name in named for name in ATTRIBUTES[field]) for field in fields)


def test_a_creation_has_its_owner_marker_and_kind_and_no_nulls() -> None:
    request = creation(PLAIN, KEY, "4.101", SETTINGS)
    assert request["_kind"] == "CRToDo"
    assert request["toDoTypeKey"] == 1
    assert request["owner"] == {"_kind": "CRUser", "_id": "4.101"}
    assert request["externalIdentifier"] == str(KEY)
    assert None not in request.values()
    assert request["startDate"] == "2026-03-03T09:00:00"


def test_a_restoration_writes_nothing_else() -> None:
    assert restoration() == {"_kind": "CRToDo", "deleted": 0}


def test_times_are_in_the_zone_of_the_interface() -> None:
    assert written("time") == {"startDate": "2026-03-03T09:00:00", "endDate": "2026-03-03T10:00:00", "isAllDay": 0}
    amsterdam = TenantSettings(api_zone="Europe/Amsterdam")
    assert written("time", amsterdam)["startDate"] == "2026-03-03T10:00:00"
    assert written("time", start=at(4, "America/New_York"))["startDate"] == "2026-03-03T09:00:00"
    floating = Moment(wall="2026-07-03T10:00:00")
    assert written("time", start=floating, end=floating)["startDate"] == "2026-07-03T08:00:00"


def test_whole_days_are_midnights_of_the_systems_zone() -> None:
    days: dict[str, Any] = {"start": Moment(wall="2026-03-28"), "end": Moment(wall="2026-03-30"), "all_day": True}
    assert written("time", **days) == {
        "startDate": "2026-03-27T23:00:00",
        "endDate": "2026-03-29T22:00:00",
        "isAllDay": 1,
    }


@pytest.mark.parametrize(
    "values",
    [
        {"end": at(9)},
        {"start": Moment(wall="2026-03-03"), "end": Moment(wall="2026-03-03"), "all_day": True},
        {"start": Moment(wall="2026-02-30T10:00:00")},
        {"start": Moment(wall="2026-03-03T09:00:00", zone="Mars/Olympus")},
        {"start": Moment(wall="0001-01-01"), "end": Moment(wall="0001-01-02"), "all_day": True},
    ],
    ids=["end first", "no day", "30 February", "unknown zone", "edge of the calendar"],
)
def test_times_that_are_none_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(Rejected, match="time"):
        written("time", **values)


def test_texts_are_cut_to_their_widths_between_characters() -> None:
    long = "é🧑" * 600_000
    for field, width in (("subject", 1000), ("location", 1024), ("attendees", 10_000), ("notes", 1_000_000)):
        text = changes(replace(PLAIN, **{field: long}), FIELDS, SETTINGS)[field]
        assert text == long[:width]
    msgspec.json.encode(changes(replace(PLAIN, subject="a\ud800b\x00c"), FIELDS, SETTINGS))


def test_state_privacy_and_reminder() -> None:
    assert written("busy", busy="tentative") == {"status": 1}
    for busy in ("busy", "free", "out-of-office", "working-elsewhere"):
        assert written("busy", busy=busy) == {"status": 0}
    assert written("private", private=True) == {"isConfidential": 1}
    assert written("reminder") == {"remind": 0}
    assert written("reminder", reminder_minutes=15) == {"remind": 1, "reminderMinutes": 15}
    assert written("reminder", reminder_minutes=40_320)["reminderMinutes"] == LONGEST_REMINDER


def test_a_series_whose_days_are_others_in_the_systems_zone_is_refused() -> None:
    rule = Recurrence(rules=(Rule(frequency="weekly", days=(Day(weekday="tuesday"),)),))
    assert written("recurrence", recurrence=rule)["recurrenceDayList"] == "2"
    with pytest.raises(Rejected, match="zone"):
        written("recurrence", recurrence=rule, start=at(22, "America/New_York"), end=at(23, "America/New_York"))
