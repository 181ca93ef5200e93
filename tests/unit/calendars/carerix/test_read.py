"""Rows to appointments, from the documents and the policy alone."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from cxsync.calendars.carerix.read import read
from cxsync.calendars.errors import Unreadable
from schemas.appointment import Appointment, Moment
from schemas.records import Policy
from tests.unit.calendars.carerix.rows import row

POLICY = Policy()


def appointment(policy: Policy = POLICY, api_zone: str = "UTC", **changes: Any) -> Appointment:
    return read(row(api_zone, **changes), policy).appointment


def test_a_single_is_an_instant_on_the_systems_wall() -> None:
    read_one = appointment()
    assert read_one.start == Moment(
        wall="2026-03-03T10:00:00", zone="Europe/Amsterdam", instant=datetime(2026, 3, 3, 9, tzinfo=UTC)
    )
    assert (read_one.subject, read_one.location, read_one.notes, read_one.notes_plain) == ("Intake", "", "Regel", True)
    assert (read_one.busy, read_one.private, read_one.reminder_minutes, read_one.recurrence) == (
        "busy",
        False,
        None,
        None,
    )


def test_the_zone_of_the_interface_is_in_the_documents() -> None:
    given = appointment(api_zone="Europe/Amsterdam", startDate="2026-07-03T10:00:00", endDate="2026-07-03T11:00:00")
    assert given.start.instant == datetime(2026, 7, 3, 8, tzinfo=UTC)
    assert given.start.wall == "2026-07-03T10:00:00"


def test_a_time_in_an_hour_that_comes_twice_does_not_end_before_it_starts() -> None:
    given = appointment(api_zone="Europe/Amsterdam", startDate="2026-10-25T02:45:00", endDate="2026-10-25T02:15:00")
    assert given.start.instant is not None
    assert given.end.instant is not None
    assert (given.end.instant - given.start.instant).total_seconds() == 1800


@pytest.mark.parametrize(
    ("start", "end", "first", "after"),
    [
        ("2026-03-02T23:00:00", "2026-03-03T23:00:00", "2026-03-03", "2026-03-04"),
        ("2026-03-28T23:00:00", "2026-03-29T22:00:00", "2026-03-29", "2026-03-30"),
        ("2026-03-02T23:00:00", "2026-03-02T23:00:00", "2026-03-03", "2026-03-04"),
        ("2026-03-02T23:00:00", "2026-03-03T22:59:59", "2026-03-03", "2026-03-04"),
        ("2026-03-02T23:00:00", "2026-03-05T23:00:00", "2026-03-03", "2026-03-06"),
    ],
    ids=["one day", "day of 23 hours", "no length", "a second short", "three days"],
)
def test_whole_days_are_dates(start: str, end: str, first: str, after: str) -> None:
    given = appointment(isAllDay=1, startDate=start, endDate=end)
    assert given.all_day
    assert (given.start, given.end) == (Moment(wall=first), Moment(wall=after))


def test_a_day_that_begins_at_one_because_the_clock_skips_midnight() -> None:
    policy = replace(POLICY, home_zone="Africa/Cairo")
    given = appointment(policy, isAllDay=1, startDate="2026-04-22T22:00:00", endDate="2026-04-23T22:00:00")
    assert (given.start.wall, given.end.wall) == ("2026-04-23", "2026-04-24")


def test_status_confidential_and_reminder() -> None:
    given = appointment(status=1, isConfidential=1, remind=1, reminderMinutes=15)
    assert (given.busy, given.private, given.reminder_minutes) == ("tentative", True, 15)
    assert appointment(remind=0, reminderMinutes=15).reminder_minutes is None
    assert appointment(remind=1, reminderMinutes=None).reminder_minutes == 0
    assert appointment(isAllDay=False, isConfidential=False, recurrence=False) == appointment()


def test_marker_and_version() -> None:
    key = UUID("0b8f3f44-76a5-5b0e-9f0e-2f6f0c0a7a11")
    found = row(externalIdentifier=str(key))
    assert (read(found, POLICY).marker, read(found, POLICY).version) == (key, found.version)
    assert read(row(externalIdentifier="van een ander"), POLICY).marker is None
    assert read(row(), POLICY).marker is None


def test_the_fingerprint_is_of_the_content() -> None:
    one = read(row(), POLICY).fingerprint
    assert (
        read(row(modificationDate="2026-03-02T09:00:00", modifiedBy={"_id": "4.1", "userID": 1}), POLICY).fingerprint
        == one
    )
    assert read(row(location=""), POLICY).fingerprint == one
    assert read(row(subject="Ander"), POLICY).fingerprint != one


@pytest.mark.parametrize(
    ("subject", "kept_out"),
    [("Overleg [NoSync]", True), ("nosync: tandarts", True), ("NoSyncing", False), ("Overleg", False)],
)
def test_a_tag_in_the_subject_keeps_it_out(subject: str, kept_out: bool) -> None:
    assert appointment(subject=subject).no_sync is kept_out


def test_an_unreadable_series_is_no_single() -> None:
    found = row(recurrence=1)
    assert found.documents[0].role == "series"
    series = read(found, POLICY).appointment.recurrence
    assert series is not None
    assert series.rules == ()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"startDate": None}, "startDate"),
        ({"startDate": 5}, "startDate"),
        ({"startDate": "gisteren om 5"}, "startDate"),
        ({"endDate": None}, "endDate"),
        ({"endDate": "2026-03-03T08:00:00"}, "endDate lies before"),
        ({"subject": 5}, "subject"),
        ({"notes": {"text": "x"}}, "notes"),
    ],
    ids=str,
)
def test_what_is_no_appointment_names_the_attribute_and_not_its_value(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(Unreadable, match=says) as raised:
        appointment(**changes)
    assert "gisteren" not in str(raised.value)


def test_documents_that_are_none() -> None:
    found = row()
    for documents in ((), found.documents[1:], (found.documents[0], found.documents[0])):
        with pytest.raises(Unreadable):
            read(replace(found, documents=documents), POLICY)
    for body in (b"[]", b"{", b"\xff", b'"x"'):
        with pytest.raises(Unreadable):
            read(replace(found, documents=(replace(found.documents[0], body=body),)), POLICY)
    with pytest.raises(Unreadable, match="apiZone"):
        read(
            replace(found, documents=(found.documents[0], replace(found.documents[1], body=b'{"apiZone":"Mars"}'))),
            POLICY,
        )
    with pytest.raises(Unreadable, match="home_zone"):
        read(found, replace(POLICY, home_zone="Mars/Olympus"))
