"""The closed word lists and value types that the contracts are made of.

In the schema files an enum's symbols have ``_`` where a word has ``-``, because Avro names know no dash (Avro 1.12,
"Names"); records, headers and programs always use the word as it stands here. Every enum of the schema files also has
``unknown`` as its default, for foreign readers of an older version; this program never writes it.
"""

from datetime import datetime
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta

System: TypeAlias = Literal["carerix", "exchange", "google"]
Side: TypeAlias = Literal["carerix", "external"]

RawOrigin: TypeAlias = Literal["poll", "resync", "import"]
Presence: TypeAlias = Literal["present", "tombstone", "absent", "left"]
DocumentRole: TypeAlias = Literal["single", "series", "exception", "context"]

ChangeOrigin: TypeAlias = Literal["processor", "sink", "import"]
ChangeKind: TypeAlias = Literal["upsert", "delete", "left"]
Verdict: TypeAlias = Literal["accepted", "refused"]

Result: TypeAlias = Literal[
    "created",
    "updated",
    "deleted",
    "echo",
    "unchanged",
    "merged",
    "refused",
    "deferred",
    "superseded",
    "kept-history",
    "held",
    "erased",
    "failed",
]

Reason: TypeAlias = Literal[
    "exception-in-series",
    "daily-series",
    "unsupported-recurrence",
    "credentials-refused",
    "password-expires-soon",
    "write-refused",
    "invitees-not-told",
    "deletions-held",
    "conflict",
]

Field: TypeAlias = Literal[
    "subject", "location", "notes", "time", "busy", "private", "reminder", "attendees", "recurrence"
]

Weekday: TypeAlias = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
ShortMonth: TypeAlias = Literal["skip", "clamp"]
DailySeries: TypeAlias = Literal["refuse", "convert"]
Frequency: TypeAlias = Literal["yearly", "monthly", "weekly", "daily", "hourly", "minutely", "secondly"]
ProposalKind: TypeAlias = Literal["split", "alternative", "carried"]

Busy: TypeAlias = Literal["free", "tentative", "busy", "out-of-office", "working-elsewhere"]
Nature: TypeAlias = Literal["ordinary", "out-of-office", "focus-time", "working-location", "birthday", "from-mail"]
Role: TypeAlias = Literal["organizer", "attendee"]
Response: TypeAlias = Literal["none", "tentative", "accepted", "declined"]

Instant: TypeAlias = Annotated[datetime, Meta(tz=True)]
"""An aware datetime; on the wire microseconds of UTC. A naive one is refused by encode, with the field's name."""

WallClock: TypeAlias = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d)?$")]
"""What a clock or calendar on the wall shows, ``2026-03-29T09:30:00``; a date alone for what is all-day."""
