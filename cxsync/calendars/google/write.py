"""From an appointment to what is sent: the body of a new event, or of a patch that names only what changes."""

from collections.abc import Collection
from html import escape
from typing import Any
from uuid import UUID

import msgspec

from cxsync.appointment.classes import project
from cxsync.appointment.text import to_html, to_text
from cxsync.calendars.errors import NotPermitted
from cxsync.calendars.google.event import Context, Event, Reminder, Reminders, context_in, event_in
from cxsync.calendars.google.marker import PROPERTY, id_of
from cxsync.calendars.google.moments import written
from cxsync.calendars.google.read import NATURES, hides_details, reminder_of
from cxsync.calendars.google.refusal import SYSTEM, refused
from cxsync.calendars.google.schedule import check_order, lines_beside, schedule
from cxsync.calendars.port import Found
from schemas.appointment import Appointment
from schemas.words import Busy, Field

Body = dict[str, Any]
MOST_MINUTES = 40_320
"""Four weeks (resource Event, ``reminders.overrides[].minutes``)."""
MOST_REMINDERS = 5


def new_event(appointment: Appointment, marker: UUID) -> Body:
    """The whole event, without guests.

    Raises:
        Rejected: names the field that Google cannot hold.
    """
    held = project(appointment, SYSTEM)
    check_order(held.start, held.end)
    body: Body = {
        "id": id_of(marker),
        "summary": held.subject,
        "location": held.location,
        "description": _description(held.notes),
        "start": written(held.start),
        "end": written(held.end),
        **_busy(held.busy),
        "visibility": "private" if held.private else "default",
        "reminders": _reminders(held.reminder_minutes, None),
        "extendedProperties": {"private": {PROPERTY: marker.hex}},
    }
    if held.recurrence is not None:
        body["recurrence"] = lines_beside(held.recurrence, (), held.start)
    for name in ("start", "end"):
        body[name] = {key: value for key, value in body[name].items() if value is not None}
    return {name: value for name, value in body.items() if value != ""}


def changed_event(found: Found, appointment: Appointment, fields: Collection[Field]) -> Body:
    """What gives ``fields`` their values in ``appointment``; empty if they have them. Attendees are never in it.

    Raises:
        NotPermitted: this event is not ours to write.
        Rejected: names the field that Google cannot hold.
    """
    check_ours(found, "patch")
    event, context = event_in(found.documents[0]), context_in(found.documents)
    held = project(appointment, SYSTEM)
    body = _texts(event, held, fields) | _marks(event, context, held, fields)
    current = msgspec.json.decode(found.documents[0].body)
    body = {name: value for name, value in body.items() if value != current.get(name, _DEFAULTS.get(name))}
    return body | schedule(found, held, fields) if {"time", "recurrence"} & set(fields) else body


_DEFAULTS = {"transparency": "opaque", "status": "confirmed"}
"""What is absent from answers (reference of resource Event)."""


def check_ours(found: Found, operation: str) -> None:
    """Raises NotPermitted for a kind of event that is read only, and for one whose details are hidden from us."""
    event, context = event_in(found.documents[0]), context_in(found.documents)
    if NATURES.get(event.event_type) != "ordinary":
        raise NotPermitted(SYSTEM, operation, f"events of type {event.event_type[:40]} are read only")
    if hides_details(event, context):
        raise NotPermitted(SYSTEM, operation, f"{context.access_role}: this event's details are hidden from us")


def _texts(event: Event, held: Appointment, fields: Collection[Field]) -> Body:
    body: Body = {}
    if "subject" in fields:
        body["summary"] = held.subject or None
    if "location" in fields:
        body["location"] = held.location or None
    if "notes" in fields and to_text(event.description, lines_count=True).text != held.notes:
        body["description"] = _description(held.notes) or None
    return body


def _marks(event: Event, context: Context, held: Appointment, fields: Collection[Field]) -> Body:
    body: Body = {}
    if "busy" in fields:
        body |= _busy(held.busy)
    if "private" in fields and event.private != held.private:
        body["visibility"] = "private" if held.private else "default"
    if "reminder" in fields:
        all_day = held.all_day if "time" in fields else event.start is not None and event.start.date is not None
        if reminder_of(event.reminders, context, all_day=all_day) != held.reminder_minutes:
            body["reminders"] = _reminders(held.reminder_minutes, event.reminders)
    return body


def _description(notes: str) -> str:
    """Google shows descriptions as HTML in which line ends count: the plainest text that reads back as ``notes``."""
    spellings = (notes, escape(notes, quote=False), to_html(notes))
    return next((text for text in spellings if to_text(text, lines_count=True).text == notes), spellings[-1])


def _busy(busy: Busy) -> Body:
    status = "tentative" if busy == "tentative" else "confirmed"
    return {"status": status, "transparency": "transparent" if busy == "free" else "opaque"}


def _reminders(minutes: int | None, now: Reminders | None) -> Body:
    """The pop-up that counts is replaced; other reminders of the event's own stay, as many as Google takes."""
    if minutes is not None and not 0 <= minutes <= MOST_MINUTES:
        raise refused("reminder", f"0 to {MOST_MINUTES} minutes before the start")
    rows = () if now is None or now.use_default else now.overrides
    popups = [row for row in rows if row.method == "popup"]
    counting = min(popups, key=lambda row: row.minutes, default=None)
    kept = [row for row in rows if row.method != "popup"]
    if minutes is not None:
        # A later one would be taken for the reminder.
        later = [row for row in popups if row is not counting and row.minutes > minutes]
        kept = [Reminder(method="popup", minutes=minutes), *kept, *later][:MOST_REMINDERS]
    overrides = [{"method": row.method, "minutes": row.minutes} for row in kept]
    return {"useDefault": False, "overrides": overrides}
