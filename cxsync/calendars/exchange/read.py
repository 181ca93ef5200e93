"""From a calendar item's XML to an appointment. Pure: needs neither a server nor exchangelib's account."""

import re
from collections.abc import Mapping

from lxml import etree
from msgspec import structs

from cxsync.appointment.fingerprint import fingerprint
from cxsync.appointment.text import Plain, of_text, to_text
from cxsync.calendars.exchange import document
from cxsync.calendars.exchange.document import flag, load, number, text, unreadable
from cxsync.calendars.exchange.meeting import attendees_of, meeting_of
from cxsync.calendars.exchange.series import recurrence_of
from cxsync.calendars.exchange.soap import T
from cxsync.calendars.exchange.zone import day, own_zone, wall, zone_of
from cxsync.calendars.port import Found, Read
from cxsync.recurrence.zones import Zone, zone_named
from schemas.appointment import Appointment, Meeting, Moment
from schemas.records import Policy
from schemas.words import Busy

BUSY: Mapping[str, Busy] = {
    "Free": "free",
    "Tentative": "tentative",
    "Busy": "busy",
    "OOF": "out-of-office",
    "WorkingElsewhere": "working-elsewhere",
}
_NO_SYNC = re.compile(r"(?:^|[\s\[#(])nosync(?:$|[\s\])])", re.IGNORECASE)
_UTC = zone_named("UTC")


def read(found: Found, policy: Policy) -> Read:
    """What an item, of a series with all its exceptions, means. Raises Unreadable."""
    if found.presence != "present" or not found.documents:
        raise unreadable(found.native_id, f"there is nothing to read ({found.presence})")
    master = load(found.documents[0].body, found.native_id)
    appointment = _appointment(master, found.native_id, policy)
    if _is_series(master):
        exceptions = {
            each.native_id: _appointment(load(each.body, each.native_id), each.native_id, policy)
            for each in found.documents[1:]
            if each.role == "exception"
        }
        recurrence = recurrence_of(master, appointment, _zones(master, policy), exceptions)
        appointment = structs.replace(appointment, recurrence=recurrence)
    return Read(
        native_id=found.native_id,
        version=found.version,
        appointment=appointment,
        fingerprint=fingerprint(appointment),
        marker=document.marker(master),
        uid=text(master, "UID"),
    )


def _is_series(item: etree._Element) -> bool:
    return text(item, "CalendarItemType") == "RecurringMaster" or item.find(f"{T}Recurrence") is not None


def _appointment(item: etree._Element, native_id: str, policy: Policy) -> Appointment:
    """An item by itself, without its recurrence."""
    all_day = flag(item, "IsAllDayEvent")
    start, end = _times(item, native_id, policy, all_day=all_day)
    notes = _notes(item)
    meeting = meeting_of(item)
    subject = text(item, "Subject") or ""
    categories = tuple(each.text or "" for each in item.iterfind(f"{T}Categories/{T}String"))
    tagged = any(each.strip().casefold() == "nosync" for each in categories)
    minutes = number(item, "ReminderMinutesBeforeStart")
    return Appointment(
        subject=subject,
        start=start,
        end=end,
        all_day=all_day,
        location=text(item, "Location") or "",
        notes=notes.text,
        notes_plain=notes.plain,
        busy=_busy(item, meeting),
        # Personal and Confidential are labels of mail; whoever chose one wants fewer to read it, not more.
        private=(text(item, "Sensitivity") or "Normal") != "Normal",
        reminder_minutes=minutes if flag(item, "ReminderIsSet") else None,
        attendees=attendees_of(item),
        meeting=meeting,
        categories=categories,
        no_sync=tagged or _NO_SYNC.search(subject) is not None,
    )


def _busy(item: etree._Element, meeting: Meeting | None) -> Busy:
    busy = BUSY.get(text(item, "LegacyFreeBusyStatus") or "", "busy")
    unanswered = meeting is not None and meeting.role == "attendee" and meeting.response in ("none", "tentative")
    return "tentative" if unanswered and busy == "busy" else busy


def _notes(item: etree._Element) -> Plain:
    body = item.find(f"{T}Body")
    if body is None or not body.text:
        return Plain("", plain=True)
    return to_text(body.text) if body.get("BodyType") == "HTML" else of_text(body.text)


def _times(item: etree._Element, native_id: str, policy: Policy, *, all_day: bool) -> tuple[Moment, Moment]:
    try:
        start, end = document.moment(item, "Start"), document.moment(item, "End")
        if start is None or end is None:
            raise unreadable(native_id, "Start or End is missing")
        zones = _zones(item, policy)
        if all_day:
            first, after = day(start, zones), day(end, zones)
            return Moment(wall=first.isoformat()), Moment(wall=max(after, first).isoformat())
        start_zone = _named(*zones)
        end_zone = _named(zone_of(item, "EndTimeZone", policy), start_zone)
        return (
            Moment(wall=wall(start, start_zone), zone=start_zone.name, instant=start),
            Moment(wall=wall(end, end_zone), zone=end_zone.name, instant=end),
        )
    except (ValueError, OverflowError) as error:
        raise unreadable(native_id, f"Start or End is no moment ({error})") from None


def _zones(item: etree._Element, policy: Policy) -> tuple[Zone | None, ...]:
    """The item's own, the user's, the tenant's."""
    return zone_of(item, "StartTimeZone", policy), own_zone(policy.user_zone), own_zone(policy.home_zone)


def _named(*zones: Zone | None) -> Zone:
    """The first that has a name: an instant is the same in all."""
    return next((zone for zone in zones if zone is not None and zone.name is not None), _UTC)
