"""Outcomes made findable by link and native id: a projection of the outcomes topic."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from cxsync.store.database import Transaction
from schemas.records import Position


class Entry(msgspec.Struct, frozen=True):
    """One outcome; ``value`` is its record as it came from the topic, the content sealed. ``at`` in UTC."""

    outcome_id: UUID
    connection_id: UUID
    link_id: UUID | None
    carerix_id: str | None
    external_id: str | None
    result: str
    at: datetime
    position: Position
    value: bytes


def put(conn: Transaction, entries: Sequence[Entry]) -> int:
    """Add outcomes in one round trip; one that is there already, by its id, stays as it is. How many were new."""
    if not entries:
        return 0
    return conn.execute(
        """
        INSERT INTO history (outcome_id, connection_id, link_id, carerix_id, external_id, result, at,
                             topic, partition, "offset", value)
        SELECT * FROM unnest(%b::uuid[], %b::uuid[], %b::uuid[], %b::text[], %b::text[], %b::text[],
                             %b::timestamptz[], %b::text[], %b::int[], %b::bigint[], %b::bytea[])
        ON CONFLICT (outcome_id) DO NOTHING
        """,
        [
            [entry.outcome_id for entry in entries],
            [entry.connection_id for entry in entries],
            [entry.link_id for entry in entries],
            [entry.carerix_id for entry in entries],
            [entry.external_id for entry in entries],
            [entry.result for entry in entries],
            [entry.at for entry in entries],
            [entry.position.topic for entry in entries],
            [entry.position.partition for entry in entries],
            [entry.position.offset for entry in entries],
            [entry.value for entry in entries],
        ],
    ).rowcount


def of_link(conn: Transaction, link_id: UUID) -> list[Entry]:
    """Everything that happened to a link, oldest first."""
    rows = conn.execute("SELECT * FROM history WHERE link_id = %s ORDER BY at, outcome_id", [link_id])
    return _entries(rows)


def of_item(conn: Transaction, connection_id: UUID, native_id: str) -> list[Entry]:
    """Everything that happened to an item, by its native id on either side, oldest first."""
    rows = conn.execute(
        "SELECT * FROM history WHERE connection_id = %(connection)s"
        " AND (carerix_id = %(id)s OR external_id = %(id)s) ORDER BY at, outcome_id",
        {"connection": connection_id, "id": native_id},
    )
    return _entries(rows)


def _entries(rows: Iterable[dict[str, object]]) -> list[Entry]:
    found = []
    for row in rows:
        position = msgspec.convert({name: row.pop(name) for name in ("topic", "partition", "offset")}, Position)
        found.append(msgspec.convert({**row, "position": position}, Entry))
    return found
