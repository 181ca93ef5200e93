"""From an appointment to the attributes that are written: pure."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from cxsync.appointment.classes import project
from cxsync.appointment.fields import FIELDS
from cxsync.calendars.carerix.access import TenantSettings
from cxsync.calendars.carerix.assumptions import (
    ALL_DAY_END,
    APPOINTMENT,
    DEFINITIVE,
    FALSE,
    LONGEST_REMINDER,
    MARKER,
    PRELIMINARY,
    TRUE,
)
from cxsync.calendars.carerix.recurrence import NOTHING, write_recurrence
from cxsync.calendars.carerix.refusals import SYSTEM
from cxsync.calendars.carerix.times import write_instant
from cxsync.calendars.errors import Rejected
from schemas.appointment import Appointment, Moment
from schemas.words import Field

ATTRIBUTES: Final[dict[Field, tuple[str, ...]]] = {
    "subject": ("subject",),
    "location": ("location",),
    "notes": ("notes",),
    "time": ("startDate", "endDate", "isAllDay"),
    "busy": ("status",),
    "private": ("isConfidential",),
    "reminder": ("remind", "reminderMinutes"),
    "attendees": ("attendees",),
    "recurrence": (*NOTHING, "recurrenceDays"),
}
"""Which attributes hold a field; a write of the field may change these and no others."""


def creation(appointment: Appointment, marker: UUID, owner_ref: str, settings: TenantSettings) -> dict[str, Any]:
    """The request for a new row in the agenda of the user whose ``_id`` is ``owner_ref``. Raises Rejected."""
    request = {
        "_kind": "CRToDo",
        "toDoTypeKey": APPOINTMENT,
        "owner": {"_kind": "CRUser", "_id": owner_ref},
        MARKER: str(marker),
        **_attributes(appointment, FIELDS, settings),
    }
    return {name: value for name, value in request.items() if value is not None}


def changes(appointment: Appointment, fields: Collection[Field], settings: TenantSettings) -> dict[str, Any]:
    """The request that gives ``fields`` their values in ``appointment``. Raises Rejected."""
    return {"_kind": "CRToDo", **_attributes(appointment, fields, settings)}


def restoration() -> dict[str, Any]:
    """The request that brings a deleted row back (A21)."""
    return {"_kind": "CRToDo", "deleted": FALSE}


def _attributes(given: Appointment, fields: Collection[Field], settings: TenantSettings) -> dict[str, Any]:
    appointment = project(given, "carerix")
    written: dict[str, Any] = {}
    for field in FIELDS:
        if field in fields:
            written |= _field(field, appointment, settings)
    return written


def _field(field: Field, appointment: Appointment, settings: TenantSettings) -> dict[str, Any]:
    match field:
        case "time":
            return _time(appointment, settings)
        case "busy":
            return {"status": PRELIMINARY if appointment.busy == "tentative" else DEFINITIVE}
        case "private":
            return {"isConfidential": TRUE if appointment.private else FALSE}
        case "reminder":
            minutes = appointment.reminder_minutes
            if minutes is None:
                return {"remind": FALSE}
            return {"remind": TRUE, "reminderMinutes": min(max(minutes, 0), LONGEST_REMINDER)}
        case "recurrence":
            start = _instant(appointment.start, settings).astimezone(settings.home).replace(tzinfo=None)
            if appointment.recurrence is not None:
                _check_clock(appointment.start, start)
            return write_recurrence(appointment.recurrence, start, settings)
        case _:
            return {field: getattr(appointment, field)}


def _time(appointment: Appointment, settings: TenantSettings) -> dict[str, Any]:
    begins = _midnight if appointment.all_day else _instant
    start, end = begins(appointment.start, settings), begins(appointment.end, settings)
    if end < start or (appointment.all_day and end == start):
        raise Rejected(SYSTEM, "time", "the end lies before the start")
    if appointment.all_day:
        end += ALL_DAY_END - timedelta(days=1)
    try:
        return {
            "startDate": write_instant(start, settings.wire),
            "endDate": write_instant(end, settings.wire),
            "isAllDay": TRUE if appointment.all_day else FALSE,
        }
    except OverflowError:
        raise Rejected(SYSTEM, "time", "the start or end lies at the edge of the calendar") from None


def _instant(moment: Moment, settings: TenantSettings) -> datetime:
    """A floating time is meant on the wall clock of ``system_timezone``."""
    return moment.instant if moment.instant is not None else _wall(moment.wall, moment.zone, settings)


def _midnight(moment: Moment, settings: TenantSettings) -> datetime:
    """Days begin on the wall clock of ``system_timezone`` (A7), whatever else a day's moment says."""
    return _wall(moment.wall[:10], None, settings)


def _wall(wall: str, zone: str | None, settings: TenantSettings) -> datetime:
    try:
        return datetime.fromisoformat(wall).replace(tzinfo=settings.home if zone is None else ZoneInfo(zone))
    except (LookupError, ValueError, OSError):
        raise Rejected(SYSTEM, "time", "a start or end is no date of the calendar, or its zone is not known") from None


def _check_clock(start: Moment, home: datetime) -> None:
    """A series recurs on the wall clock of ``system_timezone`` (A8): its first start has to fall on that day there."""
    if start.wall[:10] != home.date().isoformat():
        raise Rejected(SYSTEM, "recurrence", f"zone {start.zone}: the days of the series are others in Carerix's zone")
