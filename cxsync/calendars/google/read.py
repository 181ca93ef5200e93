"""From events to appointments: pure, so that the processor judges from the record alone (``Reader`` of the port)."""

import re
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from cxsync.appointment import canonical
from cxsync.appointment.fields import FIELDS
from cxsync.appointment.fingerprint import fingerprint
from cxsync.appointment.text import to_text
from cxsync.calendars.google.event import HIDING, Context, Event, Reminders, Time, context_in, event_in, unreadable
from cxsync.calendars.google.lines import read_lines
from cxsync.calendars.google.marker import marker_of
from cxsync.calendars.google.moments import clock, known_zone, moment_of
from cxsync.calendars.google.people import attendees_text, declined, meeting_of
from cxsync.calendars.port import Found, Read
from schemas.appointment import Appointment, Moment, Override, Recurrence
from schemas.records import Policy
from schemas.words import Busy, Field, Nature, WallClock

NATURES: dict[str, Nature] = {
    "default": "ordinary",
    "outOfOffice": "out-of-office",
    "focusTime": "focus-time",
    "workingLocation": "working-location",
    "birthday": "birthday",
    "fromGmail": "from-mail",
}
_OPEN = ("none", "tentative")
_NO_SYNC = re.compile(r"(?<!\w)nosync(?!\w)", re.IGNORECASE)


class _View(Struct, frozen=True):
    """What reading an event needs besides it."""

    context: Context
    zone: str


def read(found: Found, policy: Policy) -> Read:
    """See ``Reader``."""
    if found.presence != "present" or not found.documents:
        raise unreadable(found.native_id, f"it is {found.presence}: there is nothing to read")
    master, *others = found.documents
    event, context = event_in(master), context_in(found.documents)
    view = _View(context, context.time_zone or policy.user_zone)
    appointment = _single(event, view)
    if event.recurrence:
        exceptions = [event_in(document) for document in others if document.role == "exception"]
        appointment = replace(appointment, recurrence=_series(event, appointment, exceptions, view))
    return Read(
        native_id=found.native_id,
        version=found.version,
        appointment=appointment,
        fingerprint=fingerprint(appointment),
        marker=marker_of(event.id, event.extended_properties.private),
        uid=event.uid,
    )


def _single(event: Event, view: _View) -> Appointment:
    start, end = _time(event, "start", event.start, view), _time(event, "end", event.end or event.start, view)
    if ("T" in start.wall) != ("T" in end.wall):
        raise unreadable(event.id, "start and end are not both dates or both moments")
    nature = NATURES.get(event.event_type)
    if nature is None:
        raise unreadable(event.id, "eventType is none that is known")
    notes = to_text(event.description, lines_count=True)
    meeting = meeting_of(event)
    return Appointment(
        subject=event.summary,
        start=start,
        end=end,
        all_day="T" not in start.wall,
        location=event.location,
        notes=notes.text,
        notes_plain=notes.plain,
        busy=_busy(event, unanswered=meeting is not None and meeting.role == "attendee" and meeting.response in _OPEN),
        private=event.private,
        reminder_minutes=reminder_of(event.reminders, view.context, all_day="T" not in start.wall),
        attendees=attendees_text(event),
        meeting=meeting,
        nature=nature,
        no_sync=_NO_SYNC.search(event.summary) is not None,
        web_link=event.html_link,
    )


def _time(event: Event, name: str, time: Time | None, view: _View) -> Moment:
    if time is None:
        raise unreadable(event.id, f"{name} is missing")
    try:
        return moment_of(time, view.zone)
    except ValueError as error:
        raise unreadable(event.id, f"{name} {error}") from None


def _busy(event: Event, *, unanswered: bool) -> Busy:
    """An invitation that is open is preliminary whatever it blocks (product contract, "Kinds of item")."""
    if unanswered or event.status == "tentative":
        return "tentative"
    if event.event_type == "outOfOffice":
        return "out-of-office"
    return "free" if event.transparency == "transparent" else "busy"


def reminder_of(reminders: Reminders | None, context: Context, *, all_day: bool) -> int | None:
    """The pop-up that comes last before the start. The calendar's own reminders are for events with a time: those for
    whole days are in no answer of the API."""
    if reminders is None:
        return None
    rows = reminders.overrides
    if reminders.use_default:
        rows = () if all_day else context.default_reminders or ()
    return min((row.minutes for row in rows if row.method == "popup"), default=None)


def hides_details(event: Event, context: Context) -> bool:
    """Whether this event is shown to us without what is in it, so that nothing may be written back."""
    return event.private and context.access_role in HIDING


def _series(event: Event, master: Appointment, exceptions: list[Event], view: _View) -> Recurrence:
    if "T" in master.start.wall and event.start and known_zone(event.start.time_zone) is None:
        return Recurrence()  # expansion happens in the event's own zone, which nobody knows
    recurrence = read_lines(event.recurrence, master.start)
    overrides = [_override(exception, master, view) for exception in exceptions]
    found = sorted((one for one in overrides if one is not None), key=lambda one: one.original)
    return replace(recurrence, overrides=tuple(found))


def _override(event: Event, master: Appointment, view: _View) -> Override | None:
    """An exception; None if nothing in it differs from the series, such as one with another colour."""
    original = _original(event, master, view)
    if event.status == "cancelled" or declined(event):
        return Override(original=original, cancelled=True, native_id=event.id)
    own = _single(event, view)
    changed = tuple(field for field in FIELDS if field != "recurrence" and _differs(field, own, master, original))
    if not changed:
        return None
    return Override(
        original=original,
        changed=changed,
        native_id=event.id,
        start=own.start if "time" in changed else None,
        end=own.end if "time" in changed else None,
        all_day=own.all_day if "time" in changed else None,
        subject=own.subject if "subject" in changed else None,
        location=own.location if "location" in changed else None,
        notes=own.notes if "notes" in changed else None,
        busy=own.busy if "busy" in changed else None,
        private=own.private if "private" in changed else None,
        reminder_minutes=own.reminder_minutes if "reminder" in changed else None,
        attendees=own.attendees if "attendees" in changed else None,
    )


def _original(event: Event, master: Appointment, view: _View) -> WallClock:
    """The original start on the clock of the series; of whole days the date."""
    moment = _time(event, "originalStartTime", event.original_start_time, view)
    zone = known_zone(master.start.zone)
    if master.all_day:
        return moment.wall[:10]
    if moment.instant is None or zone is None:
        return moment.wall
    return clock(moment.instant, zone)


def _differs(field: Field, own: Appointment, master: Appointment, original: WallClock) -> bool:
    if field != "time":
        return canonical.of(field, own) != canonical.of(field, master)
    zone = known_zone(master.start.zone)
    wall = own.start.wall
    if own.start.instant is not None and zone is not None and not master.all_day:
        wall = clock(own.start.instant, zone)
    return own.all_day != master.all_day or wall != original or _length(own) != _length(master)


def _length(appointment: Appointment) -> float:
    """In seconds: exact where there are instants, else by the calendar."""
    start, end = appointment.start, appointment.end
    if start.instant is not None and end.instant is not None:
        return (end.instant - start.instant).total_seconds()
    return (datetime.fromisoformat(end.wall) - datetime.fromisoformat(start.wall)).total_seconds()
