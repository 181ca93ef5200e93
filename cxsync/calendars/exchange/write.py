"""From an appointment to what exchangelib writes. Pure: attributes of a CalendarItem by their names there."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from exchangelib import Body, EWSDateTime, EWSTimeZone
from exchangelib.errors import UnknownTimeZone

from cxsync.appointment.characters import normal, one_line
from cxsync.appointment.classes import WIDTHS
from cxsync.calendars.errors import Rejected
from cxsync.calendars.exchange.rule import recurrence, refuse_exceptions
from cxsync.recurrence.zones import windows_id
from schemas.appointment import Appointment, Moment
from schemas.words import Busy, Field

_BUSY: Mapping[Busy, str] = {
    "free": "Free",
    "tentative": "Tentative",
    "busy": "Busy",
    "out-of-office": "OOF",
    "working-elsewhere": "WorkingElsewhere",
}
_SINCE_2013 = frozenset({"WorkingElsewhere"})
_WRITABLE: tuple[Field, ...] = ("subject", "location", "notes", "time", "busy", "private", "reminder", "recurrence")

Attributes = dict[str, Any]


def zone_named(name: str) -> Any:
    """exchangelib's zone of an IANA name. Raises Rejected for one that Exchange has no id for."""
    known = windows_id(name)
    if known is not None:
        # exchangelib's map of Windows ids is of 2021; ours is newer.
        EWSTimeZone.IANA_TO_MS_MAP.setdefault(name, (known, "001"))
    try:
        return EWSTimeZone(name)
    except (UnknownTimeZone, ValueError):
        raise rejected(f"time: Exchange has no zone for {name}") from None


def rejected(why: str) -> Rejected:
    """What Exchange cannot hold."""
    return Rejected("exchange", "write", why)


def creation(appointment: Appointment, marker: UUID, home: str, major: int) -> Attributes:
    """All of a new item; a new series has no exceptions.

    ``home``: the zone whose midnights all-day items have; ``major``: of the version that is spoken. Raises Rejected.
    """
    refuse_exceptions(appointment)
    fields = [field for field in _WRITABLE if field != "recurrence" or appointment.recurrence is not None]
    return changes(appointment, fields, home, major) | {"cx_marker": str(marker)}


def changes(
    appointment: Appointment, fields: Collection[Field], home: str, major: int, zone: str | None = None
) -> Attributes:
    """The attributes of these fields alone. ``zone``: the item's own, which a single keeps, for it is an instant.

    Attendees are never written, and of a series the rule alone: its exceptions are the server's. Raises Rejected,
    naming the field.
    """
    given: Attributes = {}
    for field in _WRITABLE:
        if field in fields:
            given |= _field(field, appointment, home, major, zone)
    return given


def _field(field: Field, appointment: Appointment, home: str, major: int, zone: str | None) -> Attributes:
    match field:
        case "subject" | "location":
            return {field: one_line(getattr(appointment, field))[: WIDTHS["exchange"].get(field)]}
        case "notes":
            # As text, which no server rewrites; Outlook shows it as it is.
            return {"body": Body(normal(appointment.notes))}
        case "time":
            return _time(appointment, home, None if appointment.recurrence else zone)
        case "busy":
            status = _BUSY[appointment.busy]
            return {"legacy_free_busy_status": "Busy" if major < 15 and status in _SINCE_2013 else status}
        case "private":
            return {"sensitivity": "Private" if appointment.private else "Normal"}
        case "reminder":
            minutes = appointment.reminder_minutes
            if minutes is None:
                return {"reminder_is_set": False}
            return {"reminder_is_set": True, "reminder_minutes_before_start": minutes}
        case "recurrence":
            return {"recurrence": recurrence(appointment)}
    raise AssertionError(field)


def _time(appointment: Appointment, home: str, zone: str | None) -> Attributes:
    start, end = _instant(appointment.start, home), _instant(appointment.end, home)
    if end < start:
        raise rejected("time: the end lies before the start")
    if appointment.all_day and end == start:
        raise rejected("time: the end of an all-day appointment is the day after its last")
    return {
        # In UTC: exchangelib's times in a zone forget which of the two they are where clocks go back.
        "start": EWSDateTime.from_datetime(start),
        "end": EWSDateTime.from_datetime(end),
        "is_all_day": appointment.all_day,
        "_start_timezone": _zone(appointment.start, home, zone),
        "_end_timezone": _zone(appointment.end, home, zone),
    }


def _zone(moment: Moment, home: str, zone: str | None) -> Any:
    """Of a date the zone whose midnight it is written as, or the server would round it to days of another."""
    return zone_named(home if moment.instant is None else zone or moment.zone or home)


def _instant(moment: Moment, home: str) -> datetime:
    """Of a date, or of a time that floats: what the wall shows where the user is."""
    try:
        at = moment.instant or datetime.fromisoformat(moment.wall).replace(tzinfo=ZoneInfo(home))
        return at.astimezone(UTC)
    except (ValueError, OverflowError, ZoneInfoNotFoundError) as error:
        raise rejected(f"time: {error}") from None
