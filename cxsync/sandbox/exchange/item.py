"""A calendar item as the store holds it: content, time, recurrence and what deviates from it."""

from datetime import date, datetime, time, timedelta
from typing import Any, Literal

import msgspec

from cxsync.sandbox.exchange.rule import Rule
from cxsync.sandbox.exchange.zones import Zone

Response = Literal["Unknown", "Organizer", "Tentative", "Accept", "Decline", "NoResponseReceived"]


class Body(msgspec.Struct, frozen=True):
    """The text below an appointment, as HTML or plain."""

    text: str
    html: bool


class Attendee(msgspec.Struct, frozen=True):
    """Somebody invited, with the answer that the organiser knows of."""

    name: str
    address: str
    response: Response = "Unknown"
    responded: datetime | None = None


class PropertyKey(msgspec.Struct, frozen=True):
    """Names an extended property: a set and a name or number, or a tag; and its type (MS-OXWSXPROP)."""

    space: str
    name: str
    type: str


Value = str | tuple[str, ...]


class Content(msgspec.Struct, frozen=True):
    """Everything an occurrence may have of its own. ``other``: fields kept as their text, by element name."""

    subject: str | None = None
    item_class: str = "IPM.Appointment"
    sensitivity: str = "Normal"
    body: Body | None = None
    categories: tuple[str, ...] = ()
    importance: str = "Normal"
    reminder: bool = True
    reminder_minutes: int = 15
    extended: dict[PropertyKey, Value] = {}
    all_day: bool = False
    busy: str = "Busy"
    location: str | None = None
    required: tuple[Attendee, ...] = ()
    optional: tuple[Attendee, ...] = ()
    resources: tuple[Attendee, ...] = ()
    other: dict[str, str] = {}

    @property
    def attendees(self) -> tuple[Attendee, ...]:
        """Everybody invited."""
        return self.required + self.optional + self.resources


class Deviation(msgspec.Struct, frozen=True):
    """How one occurrence differs: deleted, moved (``start``, ``end`` in UTC), or with ``fields`` of its own."""

    deleted: bool = False
    start: datetime | None = None
    end: datetime | None = None
    fields: dict[str, Any] = {}
    modified: datetime | None = None


class Item:
    """One appointment or one series.

    ``start`` and ``end`` are instants; of a series those of the first date of its rule, deleted or not. ``deviations``
    are kept by the date, in ``start_zone``, that the rule gives. ``clock``: of a series, the time of day and the length
    by the wall clock, which the first occurrence alone would not tell if its clocks change that night. ``version``
    rises with every change (ChangeKey). ``touched``: field to the version that last changed it. ``organizer`` None:
    the mailbox's owner.
    """

    def __init__(
        self, number: int, uid: str, content: Content, start: datetime, end: datetime, zone: Zone, created: datetime
    ) -> None:
        self.number = number
        self.uid = uid
        self.content = content
        self.start = start
        self.end = end
        self.start_zone = zone
        self.end_zone = zone
        self.created = created
        self.modified = created
        self.version = 0
        self.folder = 0
        self.rule: Rule | None = None
        self.clock: tuple[time, timedelta] | None = None
        self.deviations: dict[date, Deviation] = {}
        self.touched: dict[str, int] = {}
        self.organizer: tuple[str, str] | None = None
        self.response: Response = "Organizer"
        self.replied: datetime | None = None
        self.request_sent = False
        self.cancelled = False
        self.sequence = 0
        self.soft_deleted = False

    @property
    def is_series(self) -> bool:
        """Whether this is a RecurringMaster."""
        return self.rule is not None

    @property
    def is_meeting(self) -> bool:
        """Whether others are invited, or the owner is."""
        return self.organizer is not None or bool(self.content.attendees)

    @property
    def length(self) -> timedelta:
        """From start to end as instants."""
        return self.end - self.start
