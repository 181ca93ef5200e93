"""The five records of the topics, and the contents that are sealed inside them.

A record is the *clear* part, which whoever may read a topic may see: ids, codes, times, names of fields. Everything a
person wrote is in its content, compressed and sealed under the connection's key in ``sealed``, which is always the
last field. ``None`` there: the record was made without a key (only a DeadLetter may be).
"""

from typing import TypeAlias
from uuid import UUID

from schemas.appointment import Appointment, Moment, Rule, Wire
from schemas.words import (
    ChangeKind,
    ChangeOrigin,
    DailySeries,
    DocumentRole,
    Field,
    Instant,
    Presence,
    ProposalKind,
    RawOrigin,
    Reason,
    Result,
    ShortMonth,
    Side,
    System,
    Verdict,
    WallClock,
    Weekday,
)


class Position(Wire, frozen=True, kw_only=True):
    """Where a record stands in Kafka."""

    topic: str
    partition: int
    offset: int


class Policy(Wire, frozen=True, kw_only=True):
    """The tenant's and user's rules at the time of observation, so that judging needs nothing but the record."""

    home_zone: str = "Europe/Amsterdam"
    week_start: Weekday = "monday"
    short_month: ShortMonth = "skip"
    daily_series: DailySeries = "refuse"
    user_zone: str = "Europe/Amsterdam"


class RawChange(Wire, frozen=True, kw_only=True):
    """One whole appointment as observed, before any parsing."""

    event_id: UUID
    connection_id: UUID
    system: System
    target: System
    origin: RawOrigin
    observed_at: Instant
    native_id: str
    native_version: str | None = None
    presence: Presence = "present"
    policy: Policy
    truncated: bool = False  # larger than a record may be: the content was left out
    sealed: bytes | None = None


class Change(Wire, frozen=True, kw_only=True):
    """A judged appointment for one target."""

    event_id: UUID
    connection_id: UUID
    origin: ChangeOrigin
    source_side: Side
    source_system: System
    target: System
    kind: ChangeKind
    native_id: str
    uid: str | None = None
    marker: UUID | None = None
    source_version: str | None = None
    observed_at: Instant
    raw: Position
    fingerprint: bytes | None = None
    verdict: Verdict = "accepted"
    reasons: tuple[Reason, ...] = ()
    sealed: bytes | None = None


class Outcome(Wire, frozen=True, kw_only=True):
    """What a sink did with a change."""

    event_id: UUID
    connection_id: UUID
    target: System
    result: Result
    at: Instant
    change_id: UUID | None = None
    change: Position | None = None
    raw: Position | None = None
    link_id: UUID | None = None
    carerix_id: str | None = None
    external_id: str | None = None
    code: str | None = None
    written: tuple[Field, ...] = ()
    lost: tuple[Field, ...] = ()
    attempts: int = 1
    notification_id: UUID | None = None
    sealed: bytes | None = None


class Notification(Wire, frozen=True, kw_only=True):
    """A message owed to a user; ``cause`` is equal for everything that is to be one mail."""

    event_id: UUID
    connection_id: UUID
    reason: Reason
    cause: str
    at: Instant
    link_id: UUID | None = None
    outcome_id: UUID | None = None
    sealed: bytes | None = None


class Header(Wire, frozen=True, kw_only=True):
    """One header of a Kafka record, bytes as they came."""

    name: str
    value: bytes | None


class DeadLetter(Wire, frozen=True, kw_only=True):
    """A record that could not be processed, kept with its cause to be retried.

    The record itself is in the sealed content when its connection's key was at hand. Else it is here as it came, and
    what was sealed in it still is.
    """

    event_id: UUID
    connection_id: UUID | None = None
    position: Position
    code: str
    cause: str  # ids, codes and names of fields; never a person's values
    program_version: str
    attempts: int = 1
    at: Instant
    raw_key: bytes | None = None
    raw_value: bytes | None = None
    raw_headers: tuple[Header, ...] = ()
    truncated: bool = False  # larger than a dead letter may be: the record was left out, it stands at its position
    sealed: bytes | None = None


class Document(Wire, frozen=True, kw_only=True):
    """One document of a system, byte for byte as it was received."""

    role: DocumentRole
    native_id: str
    native_version: str | None = None
    media_type: str = "application/json"
    body: bytes


class RawContent(Wire, frozen=True, kw_only=True):
    """The documents of one appointment; of a series the master and all its exceptions."""

    documents: tuple[Document, ...] = ()


class Part(Wire, frozen=True, kw_only=True):
    """One appointment of a proposal; without a rule a single one."""

    start: Moment
    end: Moment
    rule: Rule | None = None


class Proposal(Wire, frozen=True, kw_only=True):
    """What the user could make instead; ``first_difference`` None says: exactly the same dates."""

    kind: ProposalKind
    parts: tuple[Part, ...]
    first_difference: WallClock | None = None


class Finding(Wire, frozen=True, kw_only=True):
    """Why the target cannot hold the appointment as it is."""

    code: Reason
    reason: str  # detail code of docs/recurrence.md, such as SETPOS
    offending: str = ""  # the part at fault as it was written
    dates: tuple[WallClock, ...] = ()
    proposals: tuple[Proposal, ...] = ()


class ChangeContent(Wire, frozen=True, kw_only=True, rename={"assert_": "assert"}):
    """The appointment (None for a deletion), what was found, and the fields that are to be put back at the source."""

    appointment: Appointment | None = None
    findings: tuple[Finding, ...] = ()
    assert_: tuple[Field, ...] = ()


class WrittenValue(Wire, frozen=True, kw_only=True):
    """A value before and after a write, as text for people."""

    field: Field
    before: str
    after: str


class LostValue(Wire, frozen=True, kw_only=True):
    """Both values of a field that was changed on both sides, as text for people."""

    field: Field
    winner: Side
    kept: str
    lost: str


class OutcomeContent(Wire, frozen=True, kw_only=True):
    """What an outcome says about content: how the appointment is called, what was written, what lost."""

    subject: str = ""
    start: Moment | None = None
    written: tuple[WrittenValue, ...] = ()
    lost: tuple[LostValue, ...] = ()
    detail: str = ""  # the server's own words about a refusal


class Parameter(Wire, frozen=True, kw_only=True):
    """A named text that the mail's template puts in."""

    name: str
    value: str


class NotificationContent(Wire, frozen=True, kw_only=True):
    """What the mail says: the appointment, the findings with their proposals, further texts."""

    subject: str = ""
    start: Moment | None = None
    end: Moment | None = None
    web_link: str | None = None
    findings: tuple[Finding, ...] = ()
    lost: tuple[LostValue, ...] = ()
    parameters: tuple[Parameter, ...] = ()


class DeadLetterContent(Wire, frozen=True, kw_only=True):
    """The record that could not be processed, as it came."""

    key: bytes | None = None
    value: bytes | None = None
    headers: tuple[Header, ...] = ()


Record: TypeAlias = RawChange | Change | Outcome | Notification | DeadLetter
Content: TypeAlias = RawContent | ChangeContent | OutcomeContent | NotificationContent | DeadLetterContent

CONTENT_OF: dict[type[Record], type[Content]] = {
    RawChange: RawContent,
    Change: ChangeContent,
    Outcome: OutcomeContent,
    Notification: NotificationContent,
    DeadLetter: DeadLetterContent,
}
