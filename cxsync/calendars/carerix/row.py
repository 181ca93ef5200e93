"""A row of an answer: its bytes as they came, and what the client itself has to know of it."""

from datetime import datetime
from hashlib import blake2b
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from cxsync.calendars.carerix.assumptions import APPOINTMENT, DELETED
from cxsync.calendars.carerix.refusals import SYSTEM
from cxsync.calendars.carerix.times import read_instant
from cxsync.calendars.errors import Unavailable
from cxsync.calendars.port import Found
from schemas.records import Document
from schemas.words import Presence

CONTEXT: Final = "interface"
"""``native_id`` of the document that says in which zone the dates of the row are."""


class Person(msgspec.Struct, frozen=True):
    """A reference to a CRUser."""

    id: str | None = msgspec.field(default=None, name="_id")
    user_id: int | None = msgspec.field(default=None, name="userID")


class Row(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The attributes by which a row is found, told apart and given to its owner."""

    id: str = msgspec.field(name="_id")
    number: int | None = msgspec.field(default=None, name="toDoID")
    to_do_type_key: int | None = None
    deleted: int | bool | None = None
    creation_date: str | None = None
    modification_date: str | None = None
    recurrence: int | bool | None = None
    owner: Person | None = None

    @property
    def is_deleted(self) -> bool:
        """Soft-deleted (A4)."""
        return self.deleted == DELETED


class Held(msgspec.Struct, frozen=True):
    """A row with its JSON, byte for byte."""

    row: Row
    body: bytes

    @property
    def digest(self) -> bytes:
        """Eight bytes over everything in it, ``_id`` and ``modificationDate`` included."""
        return blake2b(self.body, digest_size=8).digest()

    @property
    def version(self) -> str:
        """Date and content: two edits within one second have the same date."""
        return f"{self.row.modification_date or self.row.creation_date or ''}/{self.digest.hex()}"

    def values(self) -> dict[str, Any]:
        """All attributes by their names."""
        values: dict[str, Any] = msgspec.json.decode(self.body)
        return values


_DECODER: Final = msgspec.json.Decoder(Row)


def held(operation: str, body: bytes) -> Held:
    """The row that ``body`` is; raises Unavailable if it is none."""
    try:
        return Held(_DECODER.decode(body), body)
    except msgspec.DecodeError as error:
        raise Unavailable(SYSTEM, operation, f"a row is no CRToDo: {error}") from None


def dated(at: Held, key: str, zone: ZoneInfo, not_before: datetime | None = None) -> datetime | None:
    """The row's ``modificationDate`` or ``creationDate``; None if it is missing or unreadable."""
    text = at.row.modification_date if key == "modificationDate" else at.row.creation_date
    if text is None:
        return None
    try:
        return read_instant(text, zone, not_before=not_before)
    except ValueError:
        return None


class Interface(msgspec.Struct, frozen=True, rename="camel"):
    """The context document."""

    api_zone: str


def found(at: Held, api_zone: str) -> Found:
    """The row as the rest of the program knows it; the document ``context`` makes it readable without the tenant."""
    row = at.row
    presence: Presence = "tombstone" if row.is_deleted else "present"
    if row.to_do_type_key not in (APPOINTMENT, None):
        presence = "left"
    role = Document(
        role="series" if row.recurrence else "single", native_id=row.id, native_version=at.version, body=at.body
    )
    context = Document(role="context", native_id=CONTEXT, body=msgspec.json.encode(Interface(api_zone)))
    owner = None if row.owner is None or row.owner.user_id is None else str(row.owner.user_id)
    return Found(native_id=row.id, version=at.version, presence=presence, documents=(role, context), owner=owner)
