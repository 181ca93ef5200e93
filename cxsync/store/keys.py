"""The connections' keys, wrapped under a master key (rule 10). Destroying one erases the connection's history."""

from collections.abc import Callable
from typing import ClassVar
from uuid import UUID

from cxsync.errors import CxSyncError
from cxsync.store.database import Database, Transaction


class KeyDestroyed(CxSyncError):
    """The key was destroyed on purpose: what it sealed is erased. It is never made anew."""

    code: ClassVar[str] = "key-destroyed"

    def __init__(self, connection_id: UUID) -> None:
        self.connection_id = connection_id
        super().__init__(f"the key of connection {connection_id} was destroyed; what it sealed is erased for good")


class KeyMissing(CxSyncError):
    """The database has never had a key for that connection."""

    code: ClassVar[str] = "key-missing"

    def __init__(self, connection_id: UUID) -> None:
        self.connection_id = connection_id
        super().__init__(
            f"there is no key for connection {connection_id}; restore the database that the connection was made in"
        )


def put(conn: Transaction, connection_id: UUID, wrapped: bytes, key_id: str) -> None:
    """Keep the key of a new connection; ``key_id`` names the master key that wrapped it.

    Raises:
        KeyDestroyed: it had one, which was destroyed.
        psycopg.errors.UniqueViolation: it has one.
    """
    row = conn.execute("SELECT destroyed_at FROM connection_keys WHERE connection_id = %s", [connection_id]).fetchone()
    if row is not None and row["destroyed_at"] is not None:
        raise KeyDestroyed(connection_id)
    conn.execute(
        "INSERT INTO connection_keys (connection_id, wrapped, key_id) VALUES (%s, %s, %s)",
        [connection_id, wrapped, key_id],
    )


def get(conn: Transaction, connection_id: UUID) -> bytes:
    """The wrapped key.

    Raises:
        KeyDestroyed: it was destroyed.
        KeyMissing: there never was one.
    """
    row = conn.execute("SELECT wrapped FROM connection_keys WHERE connection_id = %s", [connection_id]).fetchone()
    if row is None:
        raise KeyMissing(connection_id)
    if row["wrapped"] is None:
        raise KeyDestroyed(connection_id)
    return bytes(row["wrapped"])


def destroy(conn: Transaction, connection_id: UUID) -> None:
    """Erase: forget the key for good. A connection without one gets the mark too. Safe to repeat."""
    conn.execute(
        "INSERT INTO connection_keys (connection_id, destroyed_at) VALUES (%s, clock_timestamp())"
        " ON CONFLICT (connection_id) DO UPDATE SET wrapped = NULL, key_id = NULL, destroyed_at = clock_timestamp()"
        " WHERE connection_keys.destroyed_at IS NULL",
        [connection_id],
    )


def counts(conn: Transaction) -> dict[str, int]:
    """How many keys each master key wraps."""
    rows = conn.execute(
        "SELECT key_id, count(*) AS keys FROM connection_keys WHERE wrapped IS NOT NULL GROUP BY key_id"
    )
    return {row["key_id"]: row["keys"] for row in rows}


def rewrap(db: Database, key_id: str, rewrap_one: Callable[[UUID, bytes], bytes]) -> int:
    """Wrap every key that is not under master key ``key_id`` by ``rewrap_one``, each in its own transaction.

    May be cut off at any point and run again, also beside another run. How many were re-wrapped.
    """
    done = 0
    while True:
        with db.transaction() as conn:
            row = conn.execute(
                "SELECT connection_id, wrapped FROM connection_keys WHERE wrapped IS NOT NULL AND key_id <> %s"
                " ORDER BY connection_id LIMIT 1 FOR UPDATE",
                [key_id],
            ).fetchone()
            if row is None:
                return done
            conn.execute(
                "UPDATE connection_keys SET wrapped = %s, key_id = %s WHERE connection_id = %s",
                [rewrap_one(row["connection_id"], bytes(row["wrapped"])), key_id, row["connection_id"]],
            )
        done += 1
