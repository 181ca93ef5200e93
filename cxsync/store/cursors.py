"""How far a poller has read each system, and the observation times that it hands out."""

from datetime import datetime
from typing import ClassVar

import msgspec

from cxsync.errors import CxSyncError
from cxsync.store.database import Transaction
from cxsync.store.lease import Fenced


class Cursor(msgspec.Struct, frozen=True):
    """``value``: the system's sync state or token, opaque, None before the first poll. ``observed_at``: the newest
    observation time handed out, UTC. ``moved_at``: when ``value`` was set."""

    resource: str
    system: str
    value: bytes | None
    observed_at: datetime
    moved_at: datetime | None


class CursorMissing(CxSyncError):
    """A cursor is moved for which no observation time was ever handed out: nothing can have been published."""

    code: ClassVar[str] = "cursor-missing"

    def __init__(self, resource: str, system: str) -> None:
        self.resource = resource
        self.system = system
        super().__init__(f"{resource} has no cursor for {system}; call next_observed_at before moving it")


def get(conn: Transaction, resource: str, system: str) -> Cursor | None:
    """The cursor, or None if this resource was never polled."""
    row = conn.execute(
        "SELECT resource, system, value, observed_at, moved_at FROM cursors WHERE resource = %s AND system = %s",
        [resource, system],
    ).fetchone()
    return None if row is None else Cursor(**row)


def next_observed_at(conn: Fenced, resource: str, system: str, count: int = 1) -> datetime:
    """The first of ``count`` observation times, one microsecond apart, all later than any handed out before.

    By the database's clock, even if that was set back. Order within a connection is by these times, everywhere. Take
    one *before* reading the appointment it is for.
    """
    row = conn.execute(
        """
        INSERT INTO cursors AS c (resource, system, observed_at)
        VALUES (%(resource)s, %(system)s, clock_timestamp() + make_interval(secs => %(more)s / 1e6))
        ON CONFLICT (resource, system) DO UPDATE SET observed_at =
            greatest(clock_timestamp(), c.observed_at + interval '1 microsecond')
            + make_interval(secs => %(more)s / 1e6)
        RETURNING observed_at - make_interval(secs => %(more)s / 1e6) AS first
        """,
        {"resource": resource, "system": system, "more": count - 1},
    ).fetchall()[0]
    first: datetime = row["first"]
    return first


def move(conn: Fenced, resource: str, system: str, value: bytes) -> None:
    """Set the cursor, once Kafka has acknowledged every record of that poll (rule 1).

    Raises:
        CursorMissing: no observation time was ever handed out for it.
    """
    moved = conn.execute(
        "UPDATE cursors SET value = %s, moved_at = clock_timestamp() WHERE resource = %s AND system = %s",
        [value, resource, system],
    ).rowcount
    if moved == 0:
        raise CursorMissing(resource, system)


def forget(conn: Fenced, resource: str, system: str) -> None:
    """Drop a value that the system no longer accepts: the next poll lists everything (rule 12). Times stay rising."""
    conn.execute("UPDATE cursors SET value = NULL WHERE resource = %s AND system = %s", [resource, system])
