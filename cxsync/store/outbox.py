"""Records that a committed transaction owes to Kafka, until Kafka has acknowledged them."""

from collections.abc import Collection, Sequence
from uuid import UUID

import msgspec
from psycopg import sql

from cxsync.store.database import Database, Transaction
from cxsync.store.lease import SECONDS, TAKEN, Lease
from cxsync.store.message import Headers, pack_headers, unpack_headers


class Message(msgspec.Struct, frozen=True):
    """A record to publish. ``id`` is its event id: a repeat of the work gives the same."""

    id: UUID
    connection_id: UUID
    topic: str
    key: bytes
    value: bytes
    headers: Headers


class Leftovers(msgspec.Struct, frozen=True):
    """A connection with records that were committed but not published, and the lease that was taken for it."""

    connection_id: UUID
    lease: Lease


def add(conn: Transaction, messages: Sequence[Message]) -> None:
    """Owe ``messages``, in this order; an id that is owed already is owed once."""
    if not messages:
        return
    conn.execute(
        """
        INSERT INTO outbox (id, connection_id, topic, key, value, headers)
        SELECT id, connection_id, topic, key, value, headers
          FROM unnest(%b::uuid[], %b::uuid[], %b::text[], %b::bytea[], %b::bytea[], %b::bytea[])
               WITH ORDINALITY AS m (id, connection_id, topic, key, value, headers, place)
         ORDER BY place
        ON CONFLICT (id) DO NOTHING
        """,
        [
            [m.id for m in messages],
            [m.connection_id for m in messages],
            [m.topic for m in messages],
            [m.key for m in messages],
            [m.value for m in messages],
            [pack_headers(m.headers) for m in messages],
        ],
    )


def pending(conn: Transaction, connection_id: UUID, limit: int) -> list[Message]:
    """The oldest ``limit`` records owed for the connection, in the order they were added. Publish them under its
    lease, so that order within a connection is kept."""
    rows = conn.execute(
        "SELECT id, connection_id, topic, key, value, headers FROM outbox"
        " WHERE connection_id = %s ORDER BY seq LIMIT %s",
        [connection_id, limit],
    )
    return [Message(**{**row, "headers": unpack_headers(row["headers"])}) for row in rows]


def published(conn: Transaction, ids: Collection[UUID]) -> None:
    """Kafka acknowledged these: no longer owed. Safe to repeat."""
    conn.execute("DELETE FROM outbox WHERE id = ANY(%s)", [list(ids)])


_TAKE_LEFTOVERS = sql.SQL(
    """WITH late AS (
        SELECT connection_id, min(created_at) AS since FROM outbox
         WHERE created_at <= clock_timestamp() - make_interval(secs => %(older_than)s)
         GROUP BY connection_id),
    free AS (
        SELECT resource, late.connection_id, late.since
          FROM late JOIN leases ON resource = 'connection:' || late.connection_id
         WHERE expires_at <= clock_timestamp()
         ORDER BY late.since LIMIT %(limit)s
           FOR UPDATE OF leases SKIP LOCKED),
    {taken}
    SELECT resource, lease_no, connection_id FROM free JOIN taken USING (resource) ORDER BY free.since"""
).format(taken=TAKEN)


def take_leftovers(
    db: Database, holder: str, *, older_than: float, limit: int = 10, seconds: float = SECONDS
) -> list[Leftovers]:
    """Take up to ``limit`` connections, whatever their state, that owe records for longer than ``older_than`` seconds
    (somebody died between commit and publish) and whose lease nobody holds."""
    with db.transaction() as conn:
        rows = conn.execute(
            _TAKE_LEFTOVERS, {"older_than": older_than, "limit": limit, "holder": holder, "seconds": seconds}
        ).fetchall()
    return [Leftovers(row["connection_id"], Lease(row["resource"], holder, row["lease_no"], seconds)) for row in rows]
