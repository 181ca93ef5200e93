"""Which elements of a CalendarItem may be written, and what writing or deleting each does to a draft."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from cxsync.sandbox.exchange import body as bodies
from cxsync.sandbox.exchange.draft import Draft
from cxsync.sandbox.exchange.item import Attendee, Body, Content
from cxsync.sandbox.exchange.options import Options
from cxsync.sandbox.exchange.properties import read_path, read_property
from cxsync.sandbox.exchange.rule_xml import read_rule
from cxsync.sandbox.exchange.soap import ResponseError, T
from cxsync.sandbox.exchange.zone_xml import read_meeting_zone, read_zone
from cxsync.sandbox.exchange.zones import UTC_ZONE, Zone, required_zone, to_utc


@dataclass(frozen=True)
class Pen:
    """What reading a request's values needs to know: the zone for times that carry no offset, and the options."""

    zone: Zone | None
    options: Options


Writer = Callable[[Draft, etree._Element | None, Pen], None]  # noqa: SLF001 - lxml has no public name for this type
_DEFAULTS = Content()
_EARLIEST, _LATEST = 1601, 4500
"""The years of MAPI times and of recurrences (MS-DTYP FILETIME; ErrorRecurrenceEndDateTooBig)."""


def read_moment(text: str, pen: Pen) -> datetime:
    """An xs:dateTime; without an offset it is wall clock of the request's TimeZoneContext, else of UTC."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ResponseError("ErrorCalendarOutOfRange", f"'{text}' is not a moment.") from None
    if not _EARLIEST <= found.year <= _LATEST:
        raise ResponseError("ErrorCalendarOutOfRange", f"'{text}' lies outside the years that a calendar has.")
    if found.tzinfo is None:
        return to_utc(pen.zone or UTC_ZONE, found, pen.options.overlap)
    return found.astimezone(UTC_ZONE.zone)


def _text(field: str) -> Writer:
    def write(draft: Draft, element: etree._Element | None, pen: Pen) -> None:
        draft.set(**{field: getattr(_DEFAULTS, field) if element is None else (element.text or "")})

    return write


def _flag(field: str) -> Writer:
    def write(draft: Draft, element: etree._Element | None, pen: Pen) -> None:
        draft.set(**{field: element is not None and (element.text or "").strip() in ("true", "1")})

    return write


def _other(tag: str) -> Writer:
    def write(draft: Draft, element: etree._Element | None, pen: Pen) -> None:
        kept = {name: value for name, value in draft.content.other.items() if name != tag}
        draft.set(other=kept if element is None else {**kept, tag: (element.text or "").strip()})

    return write


def _body(draft: Draft, element: etree._Element | None, pen: Pen) -> None:
    if element is None:
        draft.set(body=None)
        return
    body = Body(element.text or "", element.get("BodyType") == "HTML")
    draft.set(body=bodies.stored(body, rewrite=pen.options.rewrite_html))


def _categories(draft: Draft, element: etree._Element | None, pen: Pen) -> None:
    draft.set(categories=() if element is None else tuple(dict.fromkeys(each.text or "" for each in element)))


def _minutes(draft: Draft, element: etree._Element | None, pen: Pen) -> None:
    draft.set(reminder_minutes=15 if element is None else int(element.text or 0))


def _extended(draft: Draft, element: etree._Element | None, pen: Pen) -> None:
    if element is not None:
        key, value = read_property(element)
        draft.set(extended={**draft.content.extended, key: value})


def _attendees(field: str) -> Writer:
    def write(draft: Draft, element: etree._Element | None, pen: Pen) -> None:
        before = {each.address.lower(): each for each in draft.content.attendees}
        found: list[Attendee] = []
        for mailbox in () if element is None else element.iterfind(f"{T}Attendee/{T}Mailbox"):
            address = (mailbox.findtext(f"{T}EmailAddress") or "").strip()
            if not address:
                raise ResponseError("ErrorInvalidRecipients", "At least one recipient is not valid.")
            name = mailbox.findtext(f"{T}Name") or address
            known = before.get(address.lower())
            found.append(known if known is not None else Attendee(name, address))
        draft.set(**{field: tuple(found)})

    return write


def _start(draft: Draft, element: etree._Element | None, pen: Pen) -> None:
    draft.start = read_moment(_required(element), pen)
    draft.start_set = True


def _end(draft: Draft, element: etree._Element | None, pen: Pen) -> None:
    draft.end = read_moment(_required(element), pen)
    draft.end_set = True


def _required(element: etree._Element | None) -> str:
    if element is None:
        raise ResponseError("ErrorInvalidPropertyDelete", "Property can not be deleted.")
    return element.text or ""


def _rule(draft: Draft, element: etree._Element | None, pen: Pen) -> None:
    _not_in_occurrence(draft, "calendar:Recurrence")
    draft.rule = None if element is None else read_rule(element, pen.options.first_day_of_week)
    draft.rule_set = True


def _uid(draft: Draft, element: etree._Element | None, pen: Pen) -> None:
    _not_in_occurrence(draft, "calendar:UID")
    draft.uid = _required(element)


def _change_zone(draft: Draft, zone: Zone) -> None:
    """A series in another zone keeps its first instant, not its time of day."""
    if draft.start_zone is None or draft.start_zone.id != zone.id:
        draft.clock = None
    draft.start_zone = zone


def _start_zone(draft: Draft, element: etree._Element | None, pen: Pen) -> None:
    if element is not None and not draft.occurrence:
        _change_zone(draft, read_zone(element))


def _end_zone(draft: Draft, element: etree._Element | None, pen: Pen) -> None:
    if element is not None and not draft.occurrence:
        draft.end_zone = read_zone(element)


def _zone_id(field: str) -> Writer:
    def write(draft: Draft, element: etree._Element | None, pen: Pen) -> None:
        if element is not None and not draft.occurrence:
            zone = required_zone((element.text or "").strip())
            if field == "start_zone":
                _change_zone(draft, zone)
            else:
                draft.end_zone = zone

    return write


def _meeting_zone(draft: Draft, element: etree._Element | None, pen: Pen) -> None:
    if element is not None and not draft.occurrence:
        draft.end_zone = read_meeting_zone(element)
        _change_zone(draft, draft.end_zone)


def _enhanced(draft: Draft, element: etree._Element | None, pen: Pen) -> None:
    draft.set(location=None if element is None else element.findtext(f"{T}DisplayName"))


def _not_in_occurrence(draft: Draft, uri: str) -> None:
    if draft.occurrence:
        raise ResponseError(
            "ErrorInvalidPropertySet", "Set action is invalid for property.", f'<t:FieldURI FieldURI="{uri}"/>'
        )


WRITERS: dict[str, Writer] = {
    "item:ItemClass": _text("item_class"),
    "item:Subject": _text("subject"),
    "item:Sensitivity": _text("sensitivity"),
    "item:Body": _body,
    "item:Categories": _categories,
    "item:Importance": _text("importance"),
    "item:ReminderIsSet": _flag("reminder"),
    "item:ReminderMinutesBeforeStart": _minutes,
    "item:InReplyTo": _other("InReplyTo"),
    "item:Culture": _other("Culture"),
    "calendar:UID": _uid,
    "calendar:Start": _start,
    "calendar:End": _end,
    "calendar:IsAllDayEvent": _flag("all_day"),
    "calendar:LegacyFreeBusyStatus": _text("busy"),
    "calendar:Location": _text("location"),
    "calendar:When": _other("When"),
    "calendar:IsResponseRequested": _other("IsResponseRequested"),
    "calendar:RequiredAttendees": _attendees("required"),
    "calendar:OptionalAttendees": _attendees("optional"),
    "calendar:Resources": _attendees("resources"),
    "calendar:Recurrence": _rule,
    "calendar:MeetingTimeZone": _meeting_zone,
    "calendar:StartTimeZone": _start_zone,
    "calendar:EndTimeZone": _end_zone,
    "calendar:StartTimeZoneId": _zone_id("start_zone"),
    "calendar:EndTimeZoneId": _zone_id("end_zone"),
    "calendar:ConferenceType": _other("ConferenceType"),
    "calendar:AllowNewTimeProposal": _other("AllowNewTimeProposal"),
    "calendar:IsOnlineMeeting": _other("IsOnlineMeeting"),
    "calendar:MeetingWorkspaceUrl": _other("MeetingWorkspaceUrl"),
    "calendar:NetShowUrl": _other("NetShowUrl"),
    "calendar:EnhancedLocation": _enhanced,
    "calendar:IntendedFreeBusyStatus": _other("IntendedFreeBusyStatus"),
    "calendar:JoinOnlineMeetingUrl": _other("JoinOnlineMeetingUrl"),
}
# Elements that a client may send although nothing comes of them: the server decides these itself.
_IGNORED = frozenset(("item:ReminderDueBy", "calendar:TimeZone"))
_PREFIXES = ("item:", "calendar:")


def _writer(tag: str) -> tuple[str, Writer | None]:
    for prefix in _PREFIXES:
        if prefix + tag in WRITERS:
            return prefix + tag, WRITERS[prefix + tag]
    return "", None


def write_new(draft: Draft, element: etree._Element, pen: Pen) -> None:
    """All fields of a CalendarItem to be created. Raises ResponseError for one that cannot be set."""
    for child in element:
        tag = etree.QName(child).localname
        if tag == "ExtendedProperty":
            _extended(draft, child, pen)
            continue
        _, writer = _writer(tag)
        if writer is not None:
            writer(draft, child, pen)
        elif f"item:{tag}" not in _IGNORED and f"calendar:{tag}" not in _IGNORED:
            raise ResponseError("ErrorInvalidPropertySet", f"Set action is invalid for property {tag}.")


def write_updates(draft: Draft, updates: etree._Element, pen: Pen) -> None:
    """SetItemField, AppendToItemField and DeleteItemField in their order. Raises ResponseError."""
    for update in updates:
        action = etree.QName(update).localname
        path = update[0]
        if path.tag == f"{T}ExtendedFieldURI":
            key = read_path(path)
            if action == "DeleteItemField":
                draft.set(extended={k: v for k, v in draft.content.extended.items() if k != key})
                continue
            _check_one(update[1])
            if update[1][0].tag != f"{T}ExtendedProperty" or read_path(update[1][0][0]) != key:
                raise _mismatch()
            _extended(draft, update[1][0], pen)
            continue
        uri = str(path.get("FieldURI"))
        writer = WRITERS.get(uri)
        if writer is None and uri not in _IGNORED:
            code = "ErrorInvalidPropertyDelete" if action == "DeleteItemField" else "ErrorInvalidPropertySet"
            raise ResponseError(code, f"The property {uri} cannot be written.", f'<t:FieldURI FieldURI="{uri}"/>')
        if action == "DeleteItemField":
            if writer is not None:
                writer(draft, None, pen)
            continue
        _check_one(update[1])
        if etree.QName(update[1][0]).localname != uri.partition(":")[2]:
            raise _mismatch()
        if action == "AppendToItemField":
            _append(draft, uri, update[1][0], pen)
        elif writer is not None:
            writer(draft, update[1][0], pen)


def _check_one(item: etree._Element) -> None:
    if len(item) != 1:
        raise ResponseError("ErrorIncorrectUpdatePropertyCount", "An update has to set exactly one property.")


def _mismatch() -> ResponseError:
    return ResponseError(
        "ErrorUpdatePropertyMismatch", "The property path does not match the property that the update sets."
    )


_APPENDABLE = {
    "calendar:RequiredAttendees": "required",
    "calendar:OptionalAttendees": "optional",
    "calendar:Resources": "resources",
}


def _append(draft: Draft, uri: str, element: etree._Element, pen: Pen) -> None:
    """Attendees and the body can be appended to, the body only in its own form."""
    before = draft.content.body
    wrong_form = before is not None and before.html != (element.get("BodyType") == "HTML")
    if (uri != "item:Body" and uri not in _APPENDABLE) or (uri == "item:Body" and wrong_form):
        raise ResponseError("ErrorInvalidPropertyAppend", f"Append action is not supported for {uri}.")
    if uri in _APPENDABLE:
        field = _APPENDABLE[uri]
        present: tuple[Attendee, ...] = getattr(draft.content, field)
        WRITERS[uri](draft, element, pen)
        draft.set(**{field: present + getattr(draft.content, field)})
        return
    text = (before.text if before is not None else "") + (element.text or "")
    draft.set(body=bodies.stored(Body(text, element.get("BodyType") == "HTML"), rewrite=pen.options.rewrite_html))
