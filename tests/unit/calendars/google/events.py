"""Events as Google sends them, for the tests of the pure functions."""

import json
from typing import Any

from cxsync.calendars.google.rows import page_of, present, row_of
from cxsync.calendars.port import Found
from schemas.records import Document

ZONE = "Europe/Amsterdam"


def event(**changes: Any) -> dict[str, Any]:
    """An hour on a Monday."""
    plain: dict[str, Any] = {
        "kind": "calendar#event",
        "etag": '"3480508598540894"',
        "id": "abc123",
        "status": "confirmed",
        "htmlLink": "https://www.google.com/calendar/event?eid=abc123",
        "created": "2027-01-01T08:00:00.000Z",
        "updated": "2027-01-02T08:00:00.000Z",
        "summary": "Intake",
        "creator": {"email": "bert@agency.example", "self": True},
        "organizer": {"email": "bert@agency.example", "self": True},
        "start": {"dateTime": "2027-03-15T09:00:00+01:00", "timeZone": ZONE},
        "end": {"dateTime": "2027-03-15T10:00:00+01:00", "timeZone": ZONE},
        "iCalUID": "abc123@google.com",
        "sequence": 0,
        "reminders": {"useDefault": True},
        "eventType": "default",
    }
    return {name: value for name, value in {**plain, **changes}.items() if value is not None}


def exception(week: int, **changes: Any) -> dict[str, Any]:
    """The occurrence of that Monday, from 0, of a series that is ``event``; over the change of the clocks."""
    day, offset = 15 + 7 * week, "+01:00" if week < 2 else "+02:00"
    times = {
        name: {"dateTime": f"2027-03-{day:02}T{hour}:00:00{offset}", "timeZone": ZONE}
        for name, hour in (("start", "09"), ("end", "10"), ("originalStartTime", "09"))
    }
    return event(id=f"abc123_{day}", recurringEventId="abc123", **times | changes)


def context(**changes: Any) -> Document:
    """What the calendar says of itself."""
    head = {"timeZone": ZONE, "accessRole": "owner", "defaultReminders": [{"method": "popup", "minutes": 10}]}
    return page_of("list", json.dumps({"items": [], **head, **changes}).encode(), "primary").context


def found(master: dict[str, Any], *exceptions: dict[str, Any], said: Document | None = None) -> Found:
    """The whole appointment."""
    rows = [row_of("get", json.dumps(each).encode()) for each in (master, *exceptions)]
    return present(rows[0], rows[1:], said or context())
