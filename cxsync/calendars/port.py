"""What a calendar is to the rest of the program: read what changed, read one whole, and write only what is meant.

One instance serves one mailbox (or, for Carerix, one tenant) in one thread at a time. Everything it raises is of
``cxsync.calendars.errors``. Reading gives documents as they came; making an ``Appointment`` of them is a pure function
beside each client, so that the processor judges from the record alone.
"""

from collections.abc import Collection
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from schemas.appointment import Appointment
from schemas.records import Document, Policy
from schemas.words import Field, Presence, System


class Found(Struct, frozen=True, kw_only=True):
    """One whole appointment as a server gave it: of a series the master and all its exceptions.

    ``owner`` is the Carerix user whose agenda it stands in, None outside Carerix. ``presence``: ``present``;
    ``tombstone`` (the server says it was deleted); ``absent`` (asked for by id, not there); ``left`` (moved out of the
    calendar). Only ``present`` has documents that can be read as an appointment.
    """

    native_id: str
    version: str | None
    presence: Presence
    documents: tuple[Document, ...] = ()
    owner: str | None = None


class Listing(Struct, frozen=True, kw_only=True):
    """What changed since a cursor. ``full``: a complete listing of the calendar, so that what is missing in it is gone
    (to be confirmed by id before anything is deleted). ``more``: call again at once with the new cursor."""

    found: tuple[Found, ...]
    cursor: bytes
    full: bool = False
    more: bool = False


class Read(Struct, frozen=True, kw_only=True):
    """A ``Found`` understood. ``fingerprint`` is canonical: it ignores what servers rewrite. ``marker`` is the creation
    key that the item carries, ``uid`` what joins an invitation's copies."""

    native_id: str
    version: str | None
    appointment: Appointment
    fingerprint: bytes
    marker: UUID | None = None
    uid: str | None = None


class Calendar(Protocol):
    """A client of one calendar system."""

    system: System

    def changes(self, cursor: bytes | None) -> Listing:
        """What changed since ``cursor``; None: everything there is, and a cursor from which changes are seen later.

        Raises:
            CursorLost: the server no longer accepts it; call again with None.
        """
        ...

    def fetch(self, native_id: str) -> Found:
        """The appointment as it is now, with presence ``absent`` or ``tombstone`` if it is not there."""
        ...

    def find(self, marker: UUID) -> Found | None:
        """The item that carries this creation key, deleted ones too; None if there is none."""
        ...

    def create(self, appointment: Appointment, marker: UUID, *, owner: str | None = None) -> Found:
        """Create it with its marker, without telling anybody. Not to be repeated before ``find`` was asked."""
        ...

    def update(self, found: Found, appointment: Appointment, fields: Collection[Field]) -> Found:
        """Give ``fields`` the values they have in ``appointment``; everything else in the item stays as it is.

        Raises:
            VersionChanged: somebody has changed the item since ``found``; nothing was written.
            Gone: it is no longer there.
        """
        ...

    def delete(self, found: Found) -> None:
        """Delete it (Exchange: to Deleted Items), without telling anybody; one that is gone already is no error.

        Raises:
            VersionChanged: somebody has changed it since ``found``; nothing was deleted.
        """
        ...

    def restore(self, found: Found) -> Found:
        """Bring a deleted item back, with everything that hangs on it.

        Raises:
            Gone: the server cannot; a new one has to be made, with the next generation.
        """
        ...

    def close(self) -> None:
        """Give back sockets."""
        ...


class Reader(Protocol):
    """The pure half of a system: from documents to what they mean."""

    def __call__(self, found: Found, policy: Policy) -> Read:
        """Raises Unreadable, naming what and where, for documents that are no appointment."""
        ...
