"""Every field of a calendar item that this server knows: where it stands in the schema, its value, its XML."""

import base64
from collections.abc import Callable
from datetime import datetime

import msgspec

from cxsync.sandbox.exchange import body as bodies
from cxsync.sandbox.exchange.item import Attendee, Body
from cxsync.sandbox.exchange.rule_xml import rule_xml
from cxsync.sandbox.exchange.series import View, last_day, live, occurrence
from cxsync.sandbox.exchange.soap import escape
from cxsync.sandbox.exchange.style import Style, span_text
from cxsync.sandbox.exchange.zone_xml import definition

Plain = str | bool | int | datetime | tuple[str, ...] | None
Getter = Callable[[View, Style], Plain]
Renderer = Callable[[View, Style], str]
BRIEF = 255


class Field(msgspec.Struct, frozen=True):
    """``get`` gives a value to compare; ``draw`` the whole element when the value alone does not say it.

    ``find``: whether FindItem and SyncFolderItems return it; ``query``: whether a restriction may name it;
    ``default``: whether the shape Default has it.
    """

    uri: str
    get: Getter | None = None
    draw: Renderer | None = None
    find: bool = True
    query: bool = True
    default: bool = False
    listed: bool = True
    """Whether the shape AllProperties has it."""

    @property
    def tag(self) -> str:
        """The element's name."""
        return self.uri.partition(":")[2]

    def xml(self, view: View, style: Style) -> str:
        """The element, empty if the item has no value."""
        if self.draw is not None:
            return self.draw(view, style)
        value = self.get(view, style) if self.get is not None else None
        return "" if value is None else f"<t:{self.tag}>{text_of(value, style)}</t:{self.tag}>"


def text_of(value: str | bool | int | datetime | tuple[str, ...], style: Style) -> str:
    """A value as character data."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return style.moment(value)
    if isinstance(value, tuple):
        return "".join(f"<t:String>{escape(each)}</t:String>" for each in value)
    if isinstance(value, int):
        return str(value)
    return escape(value[:BRIEF] if style.brief else value)


def item_id_xml(view: View, style: Style, tag: str = "t:ItemId") -> str:
    """The ItemId of a view."""
    box = style.mailbox
    return f'<{tag} Id="{box.item_id(view.item, view.original)}" ChangeKey="{box.change_key(view.item)}"/>'


def _parent(view: View, style: Style) -> str:
    folder = style.mailbox.folders[view.item.folder]
    box = style.mailbox
    return f'<t:ParentFolderId Id="{box.folder_id(folder)}" ChangeKey="{box.folder_key(folder)}"/>'


def _class(view: View, style: Style) -> str:
    return "IPM.Appointment.Occurrence" if view.original is not None else view.content.item_class


def _body_xml(tag: str, body: Body | None, wanted: str) -> str:
    if body is None:
        return ""
    html = wanted == "HTML" or (wanted == "Best" and body.html)
    text = bodies.as_html(body) if html else bodies.as_text(body)
    return f'<t:{tag} BodyType="{"HTML" if html else "Text"}">{escape(text)}</t:{tag}>'


def _body(view: View, style: Style) -> str:
    return _body_xml("Body", view.content.body or Body("", html=False), style.body)


def _unique(view: View, style: Style) -> str:
    return _body_xml("UniqueBody", view.content.body, style.body)


def _text_body(view: View, style: Style) -> str:
    return _body_xml("TextBody", view.content.body, "Text")


def _categories(view: View, style: Style) -> tuple[str, ...] | None:
    return view.content.categories or None


def _rights(view: View, style: Style) -> str:
    parts = "".join(f"<t:{name}>false</t:{name}>" for name in ("CreateAssociated", "CreateContents", "CreateHierarchy"))
    parts += "".join(f"<t:{name}>true</t:{name}>" for name in ("Delete", "Modify", "Read"))
    return f"<t:EffectiveRights>{parts}<t:ViewPrivateItems>true</t:ViewPrivateItems></t:EffectiveRights>"


def _responses(view: View, style: Style) -> str:
    if view.item.organizer is not None:
        names: tuple[str, ...] = ("AcceptItem", "TentativelyAcceptItem", "DeclineItem")
    elif view.item.is_meeting:
        names = ("CancelCalendarItem",)
    else:
        return ""
    return f"<t:ResponseObjects>{''.join(f'<t:{name}/>' for name in names)}</t:ResponseObjects>"


def _due(view: View, style: Style) -> datetime:
    """The next occurrence whose reminder is still to come; of anything else the start."""
    if view.item.rule is None or view.original is not None:
        return view.start
    for day in live(view.item):
        found = occurrence(view.item, day, style.options.overlap)
        if found.start > style.now:
            return found.start
    return view.start


def _when(view: View, style: Style) -> str | None:
    return view.content.other.get("When")


def _organizer(view: View, style: Style) -> str:
    name, address = view.item.organizer or (style.mailbox.name, style.mailbox.owner)
    inner = f"<t:Name>{escape(name)}</t:Name>"
    if not style.brief:
        inner += f"<t:EmailAddress>{escape(address)}</t:EmailAddress><t:RoutingType>SMTP</t:RoutingType>"
    return f"<t:Organizer><t:Mailbox>{inner}</t:Mailbox></t:Organizer>"


def _attendees(tag: str, found: tuple[Attendee, ...], style: Style) -> str:
    if not found:
        return ""
    inner = ""
    for each in found:
        responded = f"<t:LastResponseTime>{style.moment(each.responded)}</t:LastResponseTime>" if each.responded else ""
        inner += (
            f"<t:Attendee><t:Mailbox><t:Name>{escape(each.name)}</t:Name>"
            f"<t:EmailAddress>{escape(each.address)}</t:EmailAddress><t:RoutingType>SMTP</t:RoutingType></t:Mailbox>"
            f"<t:ResponseType>{each.response}</t:ResponseType>{responded}</t:Attendee>"
        )
    return f"<t:{tag}>{inner}</t:{tag}>"


def _recurrence(view: View, style: Style) -> str:
    rule = view.item.rule
    return rule_xml(rule, view.item.start_zone) if rule is not None and view.original is None else ""


def _occurrence_info(tag: str, view: View, style: Style) -> str:
    return (
        f"<t:{tag}>{item_id_xml(view, style)}<t:Start>{style.moment(view.start)}</t:Start>"
        f"<t:End>{style.moment(view.end)}</t:End>"
        f"<t:OriginalStart>{style.moment(view.original_start or view.start)}</t:OriginalStart></t:{tag}>"
    )


def _first(view: View, style: Style) -> str:
    if view.kind != "RecurringMaster":
        return ""
    day = next(live(view.item), None)
    if day is None:
        return ""
    return _occurrence_info("FirstOccurrence", occurrence(view.item, day, style.options.overlap), style)


def _last(view: View, style: Style) -> str:
    day = last_day(view.item) if view.kind == "RecurringMaster" else None
    if day is None:
        return ""
    return _occurrence_info("LastOccurrence", occurrence(view.item, day, style.options.overlap), style)


def _modified(view: View, style: Style) -> str:
    if view.kind != "RecurringMaster":
        return ""
    inner = ""
    for day, deviation in sorted(view.item.deviations.items()):
        if not deviation.deleted:
            inner += _occurrence_info("Occurrence", occurrence(view.item, day, style.options.overlap), style)
    return f"<t:ModifiedOccurrences>{inner}</t:ModifiedOccurrences>" if inner else ""


def _deleted(view: View, style: Style) -> str:
    if view.kind != "RecurringMaster":
        return ""
    inner = ""
    for day, deviation in sorted(view.item.deviations.items()):
        if deviation.deleted:
            start = occurrence(view.item, day, style.options.overlap).original_start or view.start
            inner += f"<t:DeletedOccurrence><t:Start>{style.moment(start)}</t:Start></t:DeletedOccurrence>"
    return f"<t:DeletedOccurrences>{inner}</t:DeletedOccurrences>" if inner else ""


def _state(view: View, style: Style) -> int:
    """Meeting 1, received 2, cancelled 4 (MS-OXOCAL 2.2.1.10 PidLidAppointmentStateFlags)."""
    item = view.item
    return (1 if item.is_meeting else 0) + (2 if item.organizer is not None else 0) + (4 if item.cancelled else 0)


def _is_recurring(view: View, style: Style) -> bool:
    """By the table of the page "IsRecurring": of a master true for guests and, by a fault of Exchange, not for the
    organiser."""
    return view.original is not None or (view.item.is_series and view.item.organizer is not None)


def _meeting_zone(view: View, style: Style) -> str:
    return f'<t:MeetingTimeZone TimeZoneName="{escape(view.item.start_zone.id)}"/>'


def _size(view: View, style: Style) -> int:
    content = view.content
    return 4096 + 2 * (len(content.subject or "") + len(content.location or "") + len(bodies.plain(content.body)))


def _other(tag: str) -> Getter:
    def get(view: View, style: Style) -> str | None:
        return view.content.other.get(tag)

    return get


def _enhanced(view: View, style: Style) -> str:
    name = view.content.location
    if not name:
        return ""
    return f"<t:EnhancedLocation><t:DisplayName>{escape(name)}</t:DisplayName></t:EnhancedLocation>"


def _conversation(view: View, style: Style) -> str:
    raw = b"\x01" + view.item.uid.encode()[:40]
    return f'<t:ConversationId Id="{base64.b64encode(raw).decode()}"/>'


def _names(found: tuple[Attendee, ...]) -> str | None:
    return "; ".join(each.name or each.address for each in found) or None


# The order is that of types.xsd, first ItemType, then CalendarItemType. ExtendedProperty stands after HasAttachments.
BEFORE_EXTENDED = "item:HasAttachments"
FIELDS = (
    Field("item:ItemId", draw=item_id_xml, default=True),
    Field("item:ParentFolderId", draw=_parent, default=True),
    Field("item:ItemClass", _class, default=True),
    Field("item:Subject", lambda v, s: v.content.subject, default=True),
    Field("item:Sensitivity", lambda v, s: v.content.sensitivity, default=True),
    Field("item:Body", lambda v, s: bodies.plain(v.content.body), _body, find=False, default=True),
    Field("item:DateTimeReceived", lambda v, s: v.item.created),
    Field("item:Size", _size),
    Field("item:Categories", _categories),
    Field("item:Importance", lambda v, s: v.content.importance),
    Field("item:InReplyTo", _other("InReplyTo")),
    Field("item:IsSubmitted", lambda v, s: False),
    Field("item:IsDraft", lambda v, s: False),
    Field("item:IsFromMe", lambda v, s: False),
    Field("item:IsResend", lambda v, s: False),
    Field("item:IsUnmodified", lambda v, s: False),
    Field("item:DateTimeSent", lambda v, s: v.item.created),
    Field("item:DateTimeCreated", lambda v, s: v.item.created),
    Field("item:ResponseObjects", draw=_responses, find=False, query=False),
    Field("item:ReminderDueBy", _due),
    Field("item:ReminderIsSet", lambda v, s: v.content.reminder),
    Field("item:ReminderMinutesBeforeStart", lambda v, s: v.content.reminder_minutes),
    Field("item:DisplayCc", lambda v, s: _names(v.content.optional)),
    Field("item:DisplayTo", lambda v, s: _names(v.content.required)),
    Field("item:HasAttachments", lambda v, s: False, default=True),
    Field("item:Culture", _other("Culture")),
    Field("item:EffectiveRights", draw=_rights, query=False),
    Field("item:LastModifiedName", lambda v, s: s.mailbox.name),
    Field("item:LastModifiedTime", lambda v, s: v.modified),
    Field("item:IsAssociated", lambda v, s: False),
    Field("item:ConversationId", draw=_conversation, query=False),
    Field("item:UniqueBody", draw=_unique, find=False, query=False, listed=False),
    Field("item:TextBody", draw=_text_body, find=False, query=False, listed=False),
    Field("calendar:UID", lambda v, s: v.item.uid, query=False),
    Field("calendar:RecurrenceId", lambda v, s: v.original_start),
    Field("calendar:DateTimeStamp", lambda v, s: v.item.modified),
    Field("calendar:Start", lambda v, s: v.start, default=True),
    Field("calendar:End", lambda v, s: v.end, default=True),
    Field("calendar:OriginalStart", lambda v, s: v.original_start),
    Field("calendar:IsAllDayEvent", lambda v, s: v.content.all_day),
    Field("calendar:LegacyFreeBusyStatus", lambda v, s: v.content.busy, default=True),
    Field("calendar:Location", lambda v, s: v.content.location, default=True),
    Field("calendar:When", _when),
    Field("calendar:IsMeeting", lambda v, s: v.item.is_meeting),
    Field("calendar:IsCancelled", lambda v, s: v.item.cancelled),
    Field("calendar:IsRecurring", _is_recurring),
    Field("calendar:MeetingRequestWasSent", lambda v, s: v.item.request_sent),
    Field(
        "calendar:IsResponseRequested",
        lambda v, s: v.content.other.get("IsResponseRequested", "true") == "true",
        query=False,
    ),
    Field("calendar:CalendarItemType", lambda v, s: v.kind, default=True),
    Field("calendar:MyResponseType", lambda v, s: v.item.response, default=True),
    Field("calendar:Organizer", lambda v, s: (v.item.organizer or (s.mailbox.name, ""))[0], _organizer, default=True),
    Field(
        "calendar:RequiredAttendees",
        draw=lambda v, s: _attendees("RequiredAttendees", v.content.required, s),
        find=False,
        query=False,
        default=True,
    ),
    Field(
        "calendar:OptionalAttendees",
        draw=lambda v, s: _attendees("OptionalAttendees", v.content.optional, s),
        find=False,
        query=False,
        default=True,
    ),
    Field(
        "calendar:Resources",
        draw=lambda v, s: _attendees("Resources", v.content.resources, s),
        find=False,
        query=False,
        default=True,
    ),
    Field("calendar:ConflictingMeetingCount", lambda v, s: 0, find=False, query=False, listed=False),
    Field("calendar:AdjacentMeetingCount", lambda v, s: 0, find=False, query=False, listed=False),
    Field("calendar:ConflictingMeetings", find=False, query=False, listed=False),
    Field("calendar:AdjacentMeetings", find=False, query=False, listed=False),
    Field("calendar:Duration", lambda v, s: span_text(v.end - v.start)),
    Field("calendar:TimeZone", lambda v, s: v.item.start_zone.name),
    Field("calendar:AppointmentReplyTime", lambda v, s: v.item.replied),
    Field("calendar:AppointmentSequenceNumber", lambda v, s: v.item.sequence),
    Field("calendar:AppointmentState", _state),
    Field("calendar:Recurrence", draw=_recurrence, find=False, query=False, default=True),
    Field("calendar:FirstOccurrence", draw=_first, find=False, query=False),
    Field("calendar:LastOccurrence", draw=_last, find=False, query=False),
    Field("calendar:ModifiedOccurrences", draw=_modified, find=False, query=False),
    Field("calendar:DeletedOccurrences", draw=_deleted, find=False, query=False),
    Field("calendar:MeetingTimeZone", draw=_meeting_zone, query=False, listed=False),
    Field(
        "calendar:StartTimeZone",
        draw=lambda v, s: definition(v.item.start_zone, "t:StartTimeZone", v.start.year, full=not s.brief),
        query=False,
    ),
    Field(
        "calendar:EndTimeZone",
        draw=lambda v, s: definition(v.item.end_zone, "t:EndTimeZone", v.start.year, full=not s.brief),
        query=False,
    ),
    Field("calendar:ConferenceType", _other("ConferenceType")),
    Field("calendar:AllowNewTimeProposal", _other("AllowNewTimeProposal"), query=False),
    Field("calendar:IsOnlineMeeting", _other("IsOnlineMeeting")),
    Field("calendar:MeetingWorkspaceUrl", _other("MeetingWorkspaceUrl")),
    Field("calendar:NetShowUrl", _other("NetShowUrl")),
    Field("calendar:EnhancedLocation", draw=_enhanced, find=False, query=False, listed=False),
    Field("calendar:StartTimeZoneId", lambda v, s: v.item.start_zone.id, query=False, listed=False),
    Field("calendar:EndTimeZoneId", lambda v, s: v.item.end_zone.id, query=False, listed=False),
    Field("calendar:IntendedFreeBusyStatus", _other("IntendedFreeBusyStatus"), listed=False),
    Field("calendar:JoinOnlineMeetingUrl", _other("JoinOnlineMeetingUrl"), listed=False),
    Field("calendar:IsOrganizer", lambda v, s: v.item.organizer is None, listed=False),
)
BY_URI = {field.uri: field for field in FIELDS}
ORDER = {field.uri: index for index, field in enumerate(FIELDS)}
EXTENDED_AT = ORDER[BEFORE_EXTENDED] + 1
