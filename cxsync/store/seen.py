"""What a source item looked like when a sink, or the baseline, last dealt with it (rules 3 and 12).

Pollers never write here: ``inbox.put`` drops what is not newer than ``observed_at``.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from cxsync.store.database import Transaction
from cxsync.store.lease import Fenced


class Seen(msgspec.Struct, frozen=True):
    """``fingerprint`` and ``version`` are None while an item was dealt with but never described. Times in UTC."""

    connection_id: UUID
    system: str
    native_id: str
    fingerprint: bytes | None
    version: str | None
    observed_at: datetime


def get(conn: Transaction, connection_id: UUID, system: str, native_id: str) -> Seen | None:
    """What is remembered of one item."""
    row = conn.execute(
        "SELECT connection_id, system, native_id, fingerprint, version, observed_at FROM seen"
        " WHERE connection_id = %s AND system = %s AND native_id = %s",
        [connection_id, system, native_id],
    ).fetchone()
    return None if row is None else Seen(**row)


def record(conn: Fenced, rows: Sequence[Seen]) -> None:
    """Remember items; what is remembered from a newer observation stays. At most one row an item."""
    if not rows:
        return
    conn.execute(
        """
        INSERT INTO seen (connection_id, system, native_id, fingerprint, version, observed_at)
        SELECT * FROM unnest(%b::uuid[], %b::text[], %b::text[], %b::bytea[], %b::text[], %b::timestamptz[])
        ON CONFLICT (connection_id, system, native_id) DO UPDATE SET
            fingerprint = excluded.fingerprint, version = excluded.version, observed_at = excluded.observed_at
        WHERE seen.observed_at <= excluded.observed_at
        """,
        [
            [row.connection_id for row in rows],
            [row.system for row in rows],
            [row.native_id for row in rows],
            [row.fingerprint for row in rows],
            [row.version for row in rows],
            [row.observed_at for row in rows],
        ],
    )


def everything(conn: Transaction, connection_id: UUID, system: str, batch: int = 1000) -> Iterator[Seen]:
    """All that is remembered of a system, by native id: what a full listing is compared with. Read in batches."""
    after = ""
    while True:
        rows = conn.execute(
            "SELECT connection_id, system, native_id, fingerprint, version, observed_at FROM seen"
            " WHERE connection_id = %s AND system = %s AND native_id > %s ORDER BY native_id LIMIT %s",
            [connection_id, system, after, batch],
        ).fetchall()
        for row in rows:
            yield Seen(**row)
        if len(rows) < batch:
            return
        after = rows[-1]["native_id"]


def forget(conn: Fenced, connection_id: UUID, system: str) -> int:
    """Remember nothing of a system any more (it was replaced by another); how many items."""
    return conn.execute("DELETE FROM seen WHERE connection_id = %s AND system = %s", [connection_id, system]).rowcount
