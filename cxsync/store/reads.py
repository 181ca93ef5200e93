"""The trace of who opened sealed records (``cxsync audit dump``)."""

from datetime import datetime
from uuid import UUID

import msgspec

from cxsync.store.database import Transaction


class Read(msgspec.Struct, frozen=True):
    """``who`` read ``topic``: one connection's records or all (None), from and to a time (None: open). UTC."""

    at: datetime
    who: str
    topic: str
    connection_id: UUID | None
    from_at: datetime | None
    to_at: datetime | None


def record(
    conn: Transaction,
    *,
    who: str,
    topic: str,
    connection_id: UUID | None = None,
    from_at: datetime | None = None,
    to_at: datetime | None = None,
) -> None:
    """Note a reading; commit it before anything is opened."""
    conn.execute(
        "INSERT INTO reads (who, topic, connection_id, from_at, to_at) VALUES (%s, %s, %s, %s, %s)",
        [who, topic, connection_id, from_at, to_at],
    )


def latest(conn: Transaction, limit: int = 100) -> list[Read]:
    """The newest readings, newest first."""
    rows = conn.execute(
        "SELECT at, who, topic, connection_id, from_at, to_at FROM reads ORDER BY id DESC LIMIT %s", [limit]
    )
    return [Read(**row) for row in rows]
