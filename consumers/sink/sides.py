"""The two sides of one connection as a sink sees them: who is written, who was observed, and how each is reached."""

from collections.abc import Callable
from uuid import UUID

from msgspec import Struct

from cxsync.account import Details
from cxsync.activate.pairing import creation_key
from cxsync.appointment.fingerprint import fingerprint
from cxsync.calendars.port import Calendar, Found, Read, Reader
from cxsync.merge import base as bases
from cxsync.merge.base import Base
from cxsync.sealed import open_value, seal_value
from cxsync.store.connections import Connection
from cxsync.store.links import Link, Observed
from cxsync.store.tenants import Tenant
from schemas.appointment import Appointment
from schemas.records import Policy
from schemas.sealing import digest
from schemas.words import Side, System

BASE = "base"


class Sides(Struct, frozen=True):
    """``source`` is the side that was observed. Calendars are opened when they are asked for."""

    connection: Connection
    tenant: Tenant
    details: Details
    policy: Policy
    key: bytes
    source_side: Side
    source_system: System
    target_system: System
    open_calendar: Callable[[System], Calendar]
    reader: Callable[[System], Reader]

    @property
    def target_side(self) -> Side:
        """The side that is written."""
        return "external" if self.source_side == "carerix" else "carerix"

    @property
    def systems(self) -> tuple[System, System]:
        """Source and target."""
        return self.source_system, self.target_system

    @property
    def owner(self) -> str | None:
        """Whose agenda a new Carerix appointment stands in."""
        return self.connection.carerix_user if self.target_system == "carerix" else None

    def target(self) -> Calendar:
        """The calendar that is written."""
        return self.open_calendar(self.target_system)

    def source(self) -> Calendar:
        """The calendar that was observed."""
        return self.open_calendar(self.source_system)

    def read(self, found: Found, system: System) -> Read:
        """``found`` understood. Raises Unreadable."""
        return self.reader(system)(found, self.policy)

    def keyed(self, appointment: Appointment) -> bytes:
        """The fingerprint as it may stand in a column: nobody can test a guess without the connection's key."""
        return digest(self.key, fingerprint(appointment))

    def observed(self, read: Read, *, written: bool = False) -> Observed:
        """What a link notes of an item that was just read or written."""
        return Observed(read.version, self.keyed(read.appointment), read=not written, written=written)

    def base_of(self, link: Link) -> Base | None:
        """The base of a link, None if it has none."""
        return None if link.base is None else bases.unpack(open_value(self.key, link.id, BASE, link.base))

    def sealed(self, link_id: UUID, base: Base) -> bytes:
        """``base`` for the link's row."""
        return seal_value(self.key, link_id, BASE, bases.pack(base))

    def creation_key(self, native_id: str, generation: int) -> UUID:
        """The marker of the copy of a source item: recomputable without a database (rule 2)."""
        return creation_key(self.connection.id, self.source_side, native_id, generation)


def native_id(link: Link, side: Side) -> str | None:
    """The item's id on one side of a link."""
    return link.carerix_id if side == "carerix" else link.external_id


def version_of(link: Link, side: Side) -> str | None:
    """The version last seen on one side."""
    return link.carerix_version if side == "carerix" else link.external_version


def fingerprint_of(link: Link, side: Side) -> bytes | None:
    """The keyed fingerprint last seen on one side."""
    return link.carerix_fingerprint if side == "carerix" else link.external_fingerprint
