"""From events to appointments."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cxsync.calendars.errors import Unreadable
from cxsync.calendars.google.read import read
from cxsync.calendars.port import Found
from schemas.appointment import Appointment, Meeting, Recurrence
from schemas.records import Document, Policy
from tests.unit.calendars.google.events import ZONE, context, event, exception, found

WEEKLY = ["RRULE:FREQ=WEEKLY;BYDAY=MO"]


def of(**changes: Any) -> Appointment:
    """What is read from an event with these fields."""
    return read(found(event(**changes)), Policy()).appointment


def test_an_event_becomes_an_appointment() -> None:
    done = read(found(event(location="Kamer 2", description="Een\nTwee")), Policy())
    read_ = done.appointment
    assert (read_.subject, read_.location, read_.notes, read_.notes_plain) == ("Intake", "Kamer 2", "Een\nTwee", True)
    assert (read_.start.wall, read_.start.zone) == ("2027-03-15T09:00:00", ZONE)
    assert read_.start.instant == datetime(2027, 3, 15, 8, tzinfo=UTC)
    assert (read_.busy, read_.private, read_.reminder_minutes, read_.meeting) == ("busy", False, 10, None)
    assert (done.uid, done.marker, read_.web_link) == ("abc123@google.com", None, event()["htmlLink"])


def test_the_same_moment_in_another_spelling_is_the_same_event() -> None:
    other = {"start": {"dateTime": "2027-03-15T08:00:00Z", "timeZone": ZONE}}
    assert read(found(event(**other)), Policy()).fingerprint == read(found(event()), Policy()).fingerprint


def test_a_moment_is_shown_on_the_clock_of_its_own_zone() -> None:
    read_ = of(start={"dateTime": "2027-03-15T09:00:00+01:00", "timeZone": "America/New_York"})
    assert (read_.start.wall, read_.start.zone) == ("2027-03-15T04:00:00", "America/New_York")


@pytest.mark.parametrize("zone", [None, "Mars/Olympus"])
def test_a_zone_that_is_missing_or_unknown_is_the_calendars(zone: str | None) -> None:
    start = {"dateTime": "2027-03-15T09:00:00+01:00"} | ({"timeZone": zone} if zone else {})
    assert of(start=start).start == of().start


def test_without_any_zone_the_users_own_counts() -> None:
    nothing = Document(role="context", native_id="primary", body=b'{"timeZone":null}')
    start = {"dateTime": "2027-03-15T09:00:00+01:00"}
    done = read(found(event(start=start), said=nothing), Policy(user_zone="Asia/Tokyo"))
    assert done.appointment.start.wall == "2027-03-15T17:00:00"


def test_whole_days_keep_their_dates_and_have_none_of_the_calendars_reminders() -> None:
    read_ = of(start={"date": "2027-03-15"}, end={"date": "2027-03-17"})
    assert (read_.all_day, read_.start.wall, read_.end.wall, read_.start.instant) == (
        True, "2027-03-15", "2027-03-17", None,
    )  # fmt: skip
    assert read_.reminder_minutes is None


@pytest.mark.parametrize(
    ("reminders", "minutes"),
    [
        ({"useDefault": True}, 10),
        ({"useDefault": False}, None),
        ({"useDefault": False, "overrides": [{"method": "email", "minutes": 60}]}, None),
        ({"overrides": [{"method": "popup", "minutes": 60}, {"method": "popup", "minutes": 5}]}, 5),
        (None, None),
    ],
)
def test_the_popup_that_comes_last_is_the_reminder(reminders: Any, minutes: int | None) -> None:
    assert of(reminders=reminders).reminder_minutes == minutes


@pytest.mark.parametrize(
    ("fields", "busy"),
    [
        ({"transparency": "transparent"}, "free"),
        ({"status": "tentative"}, "tentative"),
        ({"status": "tentative", "transparency": "transparent"}, "tentative"),
        ({"eventType": "outOfOffice"}, "out-of-office"),
        ({}, "busy"),
    ],
)
def test_busy_state(fields: dict[str, Any], busy: str) -> None:
    assert of(**fields).busy == busy


@pytest.mark.parametrize("visibility", ["default", "public", "private", "confidential"])
def test_private_and_confidential_are_private(visibility: str) -> None:
    assert of(visibility=visibility).private is (visibility in ("private", "confidential"))


@pytest.mark.parametrize(
    ("summary", "kept_out"),
    [
        ("NoSync tandarts", True),
        ("Tandarts #nosync", True),
        ("[NOSYNC]", True),
        ("Nosyncope", False),
        ("Intake", False),
    ],
)
def test_the_tag_in_the_subject_keeps_an_event_out(summary: str, kept_out: bool) -> None:
    assert of(summary=summary).no_sync is kept_out


def test_layout_is_noticed() -> None:
    assert not of(description="<b>Belangrijk</b><ul><li>een</li></ul>").notes_plain
    assert of(description="een<br>twee").notes == "een\ntwee"


# Meetings.

ORGANIZER = {"email": "chef@example.org", "displayName": "De Chef"}


def invitation(answer: str, **changes: Any) -> dict[str, Any]:
    rows = [
        {**ORGANIZER, "organizer": True, "responseStatus": "accepted"},
        {"email": "bert@agency.example", "self": True, "responseStatus": answer},
        {"email": "kamer@resource.example", "resource": True, "responseStatus": "accepted"},
        {"email": "noor@example.org", "responseStatus": "needsAction"},
    ]
    return {"organizer": ORGANIZER, "attendees": rows, **changes}


@pytest.mark.parametrize(
    ("answer", "response", "busy"),
    [
        ("needsAction", "none", "tentative"),
        ("tentative", "tentative", "tentative"),
        ("accepted", "accepted", "busy"),
        ("declined", "declined", "busy"),
    ],
)
def test_an_invitation_says_whether_the_user_goes(answer: str, response: Any, busy: str) -> None:
    read_ = of(**invitation(answer))
    assert read_.meeting == Meeting(
        role="attendee", response=response, organizer="De Chef <chef@example.org>", guests=1
    )
    assert read_.busy == busy
    assert read_.attendees == "De Chef <chef@example.org>\nnoor@example.org"


def test_an_answer_of_a_guest_is_no_edit() -> None:
    one, other = invitation("accepted"), invitation("accepted")
    other["attendees"][3]["responseStatus"] = "declined"
    assert read(found(event(**one)), Policy()).fingerprint == read(found(event(**other)), Policy()).fingerprint


def test_the_users_own_meeting() -> None:
    own = {"email": "bert@agency.example", "self": True, "responseStatus": "accepted", "organizer": True}
    read_ = of(attendees=[own, {"email": "noor@example.org"}])
    assert read_.meeting is not None
    assert (read_.meeting.role, read_.meeting.guests) == ("organizer", 1)
    assert of(attendees=[own]).meeting is None


def test_an_imported_copy_is_nobodys_meeting() -> None:
    assert of(organizer=ORGANIZER, privateCopy=True).meeting is None
    hidden = of(organizer=ORGANIZER)
    assert hidden.meeting is not None
    assert hidden.meeting.role == "attendee"


# Series.


def test_exceptions_are_told_by_what_differs() -> None:
    done = read(
        found(
            event(recurrence=WEEKLY),
            exception(1, summary="Met taart", location="Kantine"),
            exception(2, start={"dateTime": "2027-03-30T09:00:00+02:00", "timeZone": ZONE},
                      end={"dateTime": "2027-03-30T10:00:00+02:00", "timeZone": ZONE}),
            exception(0, end={"dateTime": "2027-03-15T11:00:00+01:00", "timeZone": ZONE}),
        ),
        Policy(),
    )  # fmt: skip
    recurrence = done.appointment.recurrence
    assert recurrence is not None
    assert [(one.original, one.changed) for one in recurrence.overrides] == [
        ("2027-03-15T09:00:00", ("time",)),
        ("2027-03-22T09:00:00", ("subject", "location")),
        ("2027-03-29T09:00:00", ("time",)),
    ]


def test_an_exception_in_colour_alone_is_none() -> None:
    done = read(found(event(recurrence=WEEKLY), exception(1, colorId="3")), Policy())
    assert done.appointment.recurrence is not None
    assert done.appointment.recurrence.overrides == ()


def test_the_order_in_which_exceptions_came_does_not_matter() -> None:
    rows = [exception(0, summary="A"), exception(1, summary="B"), exception(2, status="cancelled")]
    assert found(event(recurrence=WEEKLY), *rows) == found(event(recurrence=WEEKLY), *reversed(rows))


def test_a_removed_day_of_an_all_day_series() -> None:
    days = {"start": {"date": "2027-03-15"}, "end": {"date": "2027-03-16"}}
    bare = {
        "id": "abc123_20270322", "status": "cancelled", "etag": '"1"', "recurringEventId": "abc123",
        "originalStartTime": {"date": "2027-03-22"},
    }  # fmt: skip
    recurrence = read(found(event(recurrence=WEEKLY, **days), bare), Policy()).appointment.recurrence
    assert recurrence is not None
    assert [(one.original, one.cancelled) for one in recurrence.overrides] == [("2027-03-22", True)]


def test_a_series_in_a_zone_that_nobody_knows_is_a_series_not_understood() -> None:
    start = {"dateTime": "2027-03-15T09:00:00+01:00", "timeZone": "Mars/Olympus"}
    assert of(recurrence=WEEKLY, start=start).recurrence == Recurrence()


@pytest.mark.parametrize(
    "lines", [["RRULE:FREQ=WEEKLY;BYDAY=XX"], ["HELLO"], ["RRULE:FREQ=DAILY", "RDATE;VALUE=PERIOD:x"]]
)
def test_a_pattern_that_cannot_be_read_is_never_taken_for_a_single(lines: list[str]) -> None:
    assert of(recurrence=lines).recurrence == Recurrence()


# The marker.

KEY = UUID("00112233-4455-6677-8899-aabbccddeeff")
MARKED = {"private": {"cxsyncMarker": KEY.hex, "other": "1"}}


def test_the_marker_counts_only_in_the_event_that_was_made_with_it() -> None:
    assert read(found(event(id=KEY.hex, extendedProperties=MARKED)), Policy()).marker == KEY
    assert read(found(event(id=f"{KEY.hex}_R20270315T080000", extendedProperties=MARKED)), Policy()).marker is None
    assert read(found(event(id="abc123", extendedProperties=MARKED)), Policy()).marker is None
    assert read(found(event(id=KEY.hex)), Policy()).marker is None


# What is no appointment.


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"start": None}, "start"),
        ({"start": {}}, "start"),
        ({"start": {"date": "15-03-2027"}}, "start"),
        ({"start": {"dateTime": "yesterday"}}, "start"),
        ({"start": {"dateTime": "0001-01-01T00:00:00+14:00", "timeZone": ZONE}}, "start"),
        ({"end": {"date": "2027-03-16"}}, "end"),
        ({"start": "2027"}, "start"),
        ({"summary": 5}, "summary"),
        ({"recurrence": "RRULE"}, "recurrence"),
        ({"eventType": "seance"}, "eventType"),
        ({"reminders": {"overrides": [{"method": "popup"}]}}, "overrides"),
    ],
)
def test_what_is_no_appointment_is_named_by_its_part(changes: dict[str, Any], part: str) -> None:
    with pytest.raises(Unreadable, match=part) as refused:
        read(found(event(**changes)), Policy())
    assert "abc123" in str(refused.value)
    assert "Intake" not in str(refused.value)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b"null", b'{"id":1}'])
def test_a_document_that_is_no_event_is_unreadable(body: bytes) -> None:
    document = Document(role="single", native_id="abc123", body=body)
    with pytest.raises(Unreadable, match="abc123"):
        read(Found(native_id="abc123", version="1", presence="present", documents=(document,)), Policy())


def test_a_tombstone_is_nothing_to_read() -> None:
    with pytest.raises(Unreadable, match="tombstone"):
        read(replace(found(event()), presence="tombstone"), Policy())


LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=20)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)
FIELDS_OF_AN_EVENT = [*sorted(event()), "recurrence", "attendees", "extendedProperties", "description", "location"]


@given(field=st.sampled_from(FIELDS_OF_AN_EVENT), value=JSON)
@settings(max_examples=300, deadline=None)
def test_whatever_stands_in_a_field_it_is_read_or_unreadable(field: str, value: Any) -> None:
    body = json.dumps({**event(), field: value}).encode()
    whole = Found(
        native_id="abc123",
        version="1",
        presence="present",
        documents=(Document(role="single", native_id="abc123", body=body), context()),
    )
    try:
        assert read(whole, Policy()).native_id == "abc123"
    except Unreadable as refused:
        assert "abc123" in str(refused)
