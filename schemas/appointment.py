"""The canonical appointment as it travels in a sealed part: typed throughout, one form for all three systems.

Only values live here; what they mean for a calendar is the business of ``cxsync``. Fields have their documentation in
the schema files (``schemas/released``), which are the contract.
"""

from datetime import date

from msgspec import Struct

from schemas.words import (
    Busy,
    Field,
    Frequency,
    Instant,
    Nature,
    Response,
    Role,
    ShortMonth,
    WallClock,
    Weekday,
)


class Wire(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of everything that is written to a topic; its fields are exactly those of its newest schema."""


class Moment(Wire, frozen=True, kw_only=True):
    """A point of a calendar: what the wall shows, the zone of that wall, and the instant that both make."""

    wall: WallClock
    zone: str | None = None  # IANA name; None for an all-day date and for floating time
    instant: Instant | None = None  # None for an all-day date and for floating time


class Day(Wire, frozen=True, kw_only=True):
    """A weekday of a rule, alone or as the n-th of its period; -1 is the last."""

    weekday: Weekday
    nth: int | None = None


class Rule(Wire, frozen=True, kw_only=True):
    """One recurrence rule: the rule parts of RFC 5545 section 3.3.10, and the short-month rule of RFC 7529.

    ``short_month`` says what happens in a month without the day: ``skip`` as in RFC 5545, ``clamp`` as in Exchange.
    """

    frequency: Frequency
    interval: int = 1
    days: tuple[Day, ...] = ()
    month_days: tuple[int, ...] = ()
    months: tuple[int, ...] = ()
    year_days: tuple[int, ...] = ()
    weeks: tuple[int, ...] = ()
    hours: tuple[int, ...] = ()
    minutes: tuple[int, ...] = ()
    seconds: tuple[int, ...] = ()
    positions: tuple[int, ...] = ()
    week_start: Weekday = "monday"
    short_month: ShortMonth = "skip"
    count: int | None = None  # excluded occurrences count, as in RFC 5545 and Exchange
    until: date | None = None  # last day, in the series' zone, on which an occurrence may start


class Override(Wire, frozen=True, kw_only=True):
    """One changed or cancelled occurrence; ``changed`` names the fields whose values here replace the series' own."""

    original: WallClock
    cancelled: bool = False
    changed: tuple[Field, ...] = ()
    native_id: str | None = None
    start: Moment | None = None
    end: Moment | None = None
    all_day: bool | None = None
    subject: str | None = None
    location: str | None = None
    notes: str | None = None
    busy: Busy | None = None
    private: bool | None = None
    reminder_minutes: int | None = None
    attendees: str | None = None


class Recurrence(Wire, frozen=True, kw_only=True):
    """A set of starts in the zone of the appointment's start: rules and extra dates, less what is excluded."""

    rules: tuple[Rule, ...] = ()  # empty with ``extra`` also empty: the pattern could not be read (see the findings)
    excluded_rules: tuple[Rule, ...] = ()
    excluded: tuple[WallClock, ...] = ()
    extra: tuple[WallClock, ...] = ()
    overrides: tuple[Override, ...] = ()


class Meeting(Wire, frozen=True, kw_only=True):
    """What makes an appointment a meeting: who called it, whether our user goes, how many others know of it."""

    role: Role
    response: Response = "none"
    organizer: str = ""
    guests: int = 0
    cancelled: bool = False


class Appointment(Wire, frozen=True, kw_only=True):
    """A single appointment, or a series with all its exceptions."""

    subject: str
    start: Moment
    end: Moment
    all_day: bool = False
    location: str = ""
    notes: str = ""
    notes_plain: bool = True  # False: the body has layout that plain text cannot give back
    busy: Busy = "busy"
    private: bool = False
    reminder_minutes: int | None = None
    attendees: str = ""
    meeting: Meeting | None = None
    nature: Nature = "ordinary"
    categories: tuple[str, ...] = ()
    no_sync: bool = False
    web_link: str | None = None
    recurrence: Recurrence | None = None
