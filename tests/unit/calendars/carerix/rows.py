"""Rows of Carerix as an interface gives them, for the tests beside this module."""

from typing import Any

import msgspec

from cxsync.calendars.carerix.row import found, held
from cxsync.calendars.port import Found


def values(**changes: Any) -> dict[str, Any]:
    """An hour on Tuesday 3 March 2026, 10:00 in Amsterdam."""
    return {
        "_id": "31.1042",
        "toDoID": 1042,
        "toDoTypeKey": 1,
        "subject": "Intake",
        "location": None,
        "notes": "Regel",
        "startDate": "2026-03-03T09:00:00",
        "endDate": "2026-03-03T10:00:00",
        "isAllDay": 0,
        "status": 0,
        "isConfidential": 0,
        "remind": 0,
        "reminderMinutes": None,
        "attendees": None,
        "deleted": 0,
        "creationDate": "2026-03-02T08:00:00",
        "modificationDate": None,
        "externalIdentifier": None,
        "owner": {"_id": "4.101", "userID": 101},
        "modifiedBy": None,
        "recurrence": 0,
        **changes,
    }


def weekly(days: str = "2", **changes: Any) -> dict[str, Any]:
    """The same every week."""
    series = {"recurrence": 1, "recurrenceWeekly": 1, "recurrenceRate": 1, "recurrenceDayList": days}
    return values(**(series | changes))


def row(api_zone: str = "UTC", **changes: Any) -> Found:
    """Such a row as the client gives it."""
    return found(held("list", msgspec.json.encode(values(**changes))), api_zone)
