"""Which notifications were mailed: a repeat of one is not mailed again."""

from datetime import datetime
from uuid import UUID

import msgspec

from cxsync.store.database import Transaction


class Sent(msgspec.Struct, frozen=True):
    """``to_hash`` is a keyed hash of the recipient's address, to answer "did it go to this address"; UTC."""

    notification_id: UUID
    connection_id: UUID | None
    message_id: str
    to_hash: bytes
    sent_at: datetime


def get(conn: Transaction, notification_id: UUID) -> Sent | None:
    """The mail, or None if it was not sent."""
    row = conn.execute(
        "SELECT notification_id, connection_id, message_id, to_hash, sent_at FROM sent WHERE notification_id = %s",
        [notification_id],
    ).fetchone()
    return None if row is None else Sent(**row)


def record(
    conn: Transaction, notification_id: UUID, *, connection_id: UUID | None, message_id: str, to_hash: bytes
) -> bool:
    """The mail server took it. False if that was recorded before; then the first record stays."""
    return (
        conn.execute(
            "INSERT INTO sent (notification_id, connection_id, message_id, to_hash) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            [notification_id, connection_id, message_id, to_hash],
        ).rowcount
        == 1
    )
