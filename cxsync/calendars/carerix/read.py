"""From a row to what it means: pure, and from the documents and the policy alone."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from cxsync.appointment.fingerprint import fingerprint
from cxsync.calendars.carerix.assumptions import ALL_DAY_END, DEFAULT_API_ZONE, PRELIMINARY
from cxsync.calendars.carerix.recurrence import read_recurrence
from cxsync.calendars.carerix.refusals import SYSTEM
from cxsync.calendars.carerix.row import Interface
from cxsync.calendars.carerix.times import EXPECTED, read_instant
from cxsync.calendars.errors import Unreadable
from cxsync.calendars.port import Found, Read
from schemas.appointment import Appointment, Moment
from schemas.records import Policy

OPERATION: Final = "read"
_NO_SYNC: Final = re.compile(r"(?<!\w)nosync(?!\w)", re.IGNORECASE)


def read(found: Found, policy: Policy) -> Read:
    """The appointment in a row.

    Raises:
        Unreadable: it is none; ``why`` names the attribute.
    """
    values, wire = _values(found), _wire(found)
    home = _home(policy)
    start, end, all_day = _time(values, wire, home)
    subject = _text(values, "subject")
    appointment = Appointment(
        subject=subject,
        start=start,
        end=end,
        all_day=all_day,
        location=_text(values, "location"),
        notes=_text(values, "notes"),
        busy="tentative" if values.get("status") == PRELIMINARY else "busy",
        private=bool(values.get("isConfidential")),
        reminder_minutes=_reminder(values),
        attendees=_text(values, "attendees"),
        no_sync=_NO_SYNC.search(subject) is not None,
        recurrence=read_recurrence(values, wire, policy),
    )
    return Read(
        native_id=found.native_id,
        version=found.version,
        appointment=appointment,
        fingerprint=fingerprint(appointment),
        marker=_marker(values),
    )


def _values(found: Found) -> dict[str, Any]:
    bodies = [document.body for document in found.documents if document.role in ("single", "series")]
    if len(bodies) != 1:
        raise Unreadable(SYSTEM, OPERATION, f"{len(bodies)} rows instead of one")
    try:
        return msgspec.json.decode(bodies[0], type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable(SYSTEM, OPERATION, f"the row is no JSON object: {error}") from None


def _wire(found: Found) -> ZoneInfo:
    for document in found.documents:
        if document.role == "context":
            try:
                return ZoneInfo(msgspec.json.decode(document.body, type=Interface).api_zone)
            except (msgspec.DecodeError, UnicodeDecodeError, LookupError, ValueError, OSError):
                raise Unreadable(SYSTEM, OPERATION, "apiZone of the context is no time zone") from None
    return ZoneInfo(DEFAULT_API_ZONE)


def _home(policy: Policy) -> ZoneInfo:
    try:
        return ZoneInfo(policy.home_zone)
    except (LookupError, ValueError, OSError):
        raise Unreadable(SYSTEM, OPERATION, "home_zone of the policy is no time zone") from None


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Unreadable(SYSTEM, OPERATION, f"{name} is no text")
    return value


def _date(values: Mapping[str, Any], name: str, wire: ZoneInfo, not_before: datetime | None = None) -> datetime:
    value = values.get(name)
    if not isinstance(value, str):
        raise Unreadable(SYSTEM, OPERATION, f"{name} is missing or no text of the form {EXPECTED}")
    try:
        return read_instant(value, wire, not_before=not_before)
    except ValueError as error:
        raise Unreadable(SYSTEM, OPERATION, f"{name}: {error}") from None


def _time(values: Mapping[str, Any], wire: ZoneInfo, home: ZoneInfo) -> tuple[Moment, Moment, bool]:
    start = _date(values, "startDate", wire)
    end = _date(values, "endDate", wire, start)
    if end < start:
        raise Unreadable(SYSTEM, OPERATION, "endDate lies before startDate")
    if not values.get("isAllDay"):
        return _moment(start, home), _moment(end, home), False
    first, last = start.astimezone(home), end.astimezone(home)
    midnight = datetime.combine(last.date(), time(), home)  # which a clock may skip: compared as an instant
    after = last.date() if end <= midnight.astimezone(UTC) else last.date() + timedelta(days=1)
    after = after + timedelta(days=1) - ALL_DAY_END
    after = max(after, first.date() + timedelta(days=1))
    return Moment(wall=first.date().isoformat()), Moment(wall=after.isoformat()), True


def _moment(at: datetime, home: ZoneInfo) -> Moment:
    wall = at.astimezone(home).replace(tzinfo=None)
    return Moment(wall=wall.isoformat(timespec="seconds"), zone=home.key, instant=at)


def _reminder(values: Mapping[str, Any]) -> int | None:
    minutes = values.get("reminderMinutes")
    if not values.get("remind"):
        return None
    return minutes if type(minutes) is int and minutes >= 0 else 0


def _marker(values: Mapping[str, Any]) -> UUID | None:
    given = values.get("externalIdentifier")
    try:
        return UUID(given) if isinstance(given, str) else None
    except ValueError:
        return None
