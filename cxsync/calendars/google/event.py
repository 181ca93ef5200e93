"""Resource Event of the reference, as far as an appointment is read from it."""

import msgspec

from cxsync.calendars.errors import Unreadable
from cxsync.calendars.google.refusal import SYSTEM
from schemas.records import Document

HIDING = frozenset({"freeBusyReader", "reader", "writerWithoutPrivateAccess"})
"""Access roles that see private events without their details (resource CalendarListEntry, ``accessRole``)."""
HIDDEN_IN = frozenset({"private", "confidential"})


class Time(msgspec.Struct, frozen=True, rename="camel"):
    """A date, or a moment with its zone."""

    date: str | None = None
    date_time: str | None = None
    time_zone: str | None = None


class Person(msgspec.Struct, frozen=True, rename="camel"):
    """Organizer or guest; ``is_self``: the calendar that is being read."""

    email: str = ""
    display_name: str = ""
    is_self: bool = msgspec.field(default=False, name="self")
    organizer: bool = False
    resource: bool = False
    response_status: str = "needsAction"


class Reminder(msgspec.Struct, frozen=True):
    """Minutes before the start."""

    method: str
    minutes: int


class Reminders(msgspec.Struct, frozen=True, rename="camel"):
    """The event's own, or the calendar's."""

    use_default: bool = False
    overrides: tuple[Reminder, ...] = ()


class Properties(msgspec.Struct, frozen=True):
    """Extended properties; the private ones belong to this copy."""

    private: dict[str, str] = {}


class Event(msgspec.Struct, frozen=True, rename="camel"):
    """A single event, a series, or an exception of one."""

    id: str
    status: str = "confirmed"
    html_link: str | None = None
    summary: str = ""
    description: str = ""
    location: str = ""
    start: Time | None = None
    end: Time | None = None
    recurrence: tuple[str, ...] = ()
    original_start_time: Time | None = None
    transparency: str = "opaque"
    visibility: str = "default"
    event_type: str = "default"
    uid: str | None = msgspec.field(default=None, name="iCalUID")
    organizer: Person | None = None
    attendees: tuple[Person, ...] = ()
    private_copy: bool = False
    reminders: Reminders | None = None
    extended_properties: Properties = Properties()

    @property
    def private(self) -> bool:
        """Whether others must not see its details."""
        return self.visibility in HIDDEN_IN


class Context(msgspec.Struct, frozen=True, rename="camel"):
    """What the calendar says of itself beside a list."""

    time_zone: str | None = None
    access_role: str | None = None
    default_reminders: tuple[Reminder, ...] | None = None


def event_in(document: Document) -> Event:
    """The event in a document; Unreadable names the part that has another form."""
    try:
        return msgspec.json.decode(document.body, type=Event)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise unreadable(document.native_id, str(error)) from None


def context_in(documents: tuple[Document, ...]) -> Context:
    """The context among ``documents``; one that knows nothing, if there is none."""
    for document in documents:
        if document.role == "context":
            try:
                return msgspec.json.decode(document.body, type=Context)
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                raise unreadable(document.native_id, str(error)) from None
    return Context()


def unreadable(native_id: str, why: str) -> Unreadable:
    """``why`` names the part and what would be right, never a value."""
    return Unreadable(SYSTEM, "read", f"event {native_id}: {why}")
