"""An event as answers show it (resource Event of the reference)."""

from collections.abc import Mapping
from typing import Any

from cxsync.sandbox.google import moments
from cxsync.sandbox.google.calendars import Calendar
from cxsync.sandbox.google.event import Data, Event
from cxsync.sandbox.google.series import Instance

WITHOUT_DETAILS = ("reader", "writerWithoutPrivateAccess")
_TIMES = ("start", "end", "originalStartTime")
_PUBLIC = ("id", "status", "start", "end", "recurrence", "recurringEventId", "originalStartTime", "iCalUID")
_PUBLIC_TOO = ("sequence", "visibility", "transparency", "eventType", "organizer")


class View:
    """Who looks, and how the request wants to see it."""

    def __init__(self, email: str, zone: str, max_attendees: int | None = None) -> None:
        self.email = email
        self.zone = zone
        self.max_attendees = max_attendees


def rendered(event: Event | Instance, calendar: Calendar, view: View) -> dict[str, Any]:
    """The whole resource."""
    stored = event if isinstance(event, Event) else event.series
    data = event.data
    if isinstance(event, Event) and not event.details:
        return bare(event, view)
    role = calendar.role(view.email)
    private = data.get("visibility") in ("private", "confidential")
    if role == "freeBusyReader" or (private and role in WITHOUT_DETAILS):
        data = {key: data[key] for key in (*_PUBLIC, *_PUBLIC_TOO) if key in data}
    result: dict[str, Any] = {
        "kind": "calendar#event",
        "etag": stored.etag,
        "id": event.id,
        "status": data["status"],
        "htmlLink": f"https://www.google.com/calendar/event?eid={event.id}",
        "created": _text(stored.created),
        "updated": _text(stored.updated),
    }
    for key, value in data.items():
        if key in _TIMES:
            result[key] = moments.shown(value, view.zone)
        elif key in ("organizer", "creator"):
            result[key] = {**value, "self": True} if value.get("email") == calendar.id else value
        elif key == "attendees":
            result |= _attendees(data, calendar, view)
        elif key not in ("id", "status"):
            result[key] = value
    return result


def _attendees(data: Data, calendar: Calendar, view: View) -> dict[str, Any]:
    organizer = data.get("organizer", {}).get("email")
    rows = []
    for row in data["attendees"]:
        marks: dict[str, Any] = {}
        if row["email"] == organizer:
            marks["organizer"] = True
        if row["email"] == calendar.id:
            marks["self"] = True
        rows.append({**row, **marks})
    if view.max_attendees is not None and len(rows) > view.max_attendees:
        return {"attendees": [row for row in rows if row.get("self")], "attendeesOmitted": True}
    return {"attendees": rows}


def bare(event: Event | Instance, view: View) -> dict[str, Any]:
    """What is guaranteed of a cancelled event: its id, and which occurrence it was."""
    etag = event.etag if isinstance(event, Event) else event.series.etag
    result: dict[str, Any] = {"kind": "calendar#event", "etag": etag, "id": event.id, "status": "cancelled"}
    data = event.data
    if "recurringEventId" in data:
        result["recurringEventId"] = data["recurringEventId"]
        result["originalStartTime"] = moments.shown(data["originalStartTime"], view.zone)
    return result


def _text(moment: Any) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def entry(calendar: Calendar, settings: Mapping[str, Any], email: str, etag: str, *, deleted: bool) -> dict[str, Any]:
    """A calendar as it stands in an account's list (resource CalendarListEntry)."""
    result: dict[str, Any] = {"kind": "calendar#calendarListEntry", "etag": etag, "id": calendar.id}
    if deleted:
        return {**result, "deleted": True}
    result |= {
        "summary": calendar.summary,
        "timeZone": calendar.zone,
        "accessRole": calendar.role(email) or "none",
        "defaultReminders": DEFAULT_REMINDERS,
        "conferenceProperties": {"allowedConferenceSolutionTypes": ["hangoutsMeet"]},
        **settings,
    }
    if calendar.description:
        result["description"] = calendar.description
    if calendar.id == email:
        result["primary"] = True
    else:
        result["dataOwner"] = calendar.owner
    return result


DEFAULT_REMINDERS = [{"method": "popup", "minutes": 10}]
