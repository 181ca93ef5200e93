"""A change that waits in the inbox."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from cxsync.store.inbox import Arrival
from schemas.records import Position


def arrival(connection_id: UUID, target: str, native_id: str) -> Arrival:
    """Observed now, with nothing in it."""
    return Arrival(
        connection_id=connection_id,
        target=target,
        native_id=native_id,
        source="exchange" if target == "carerix" else "carerix",
        change_id=uuid4(),
        observed_at=datetime.now(UTC),
        value=b"",
        headers=[],
        position=Position(topic="t", partition=0, offset=0),
    )
