"""Changes and notifications from their topics into the inbox."""

from collections.abc import Sequence
from typing import Literal

from consumers.outcome import packed
from cxsync import trace
from cxsync.broker.delivered import Delivered
from cxsync.observe.measures import Stage
from cxsync.observe.metrics import count
from cxsync.role import Role
from cxsync.store import inbox, outbox
from cxsync.store.database import Transaction
from cxsync.store.inbox import Arrival, Superseded
from schemas.errors import Undecodable
from schemas.records import Change, Notification, Outcome, Record

Target = Literal["carerix", "exchange", "google", "email"]


class Inbox:
    """The inbox of ``target``, as what its topic is drained into."""

    def __init__(self, role: Role, target: Target, stage: Stage) -> None:
        self.stage: Stage = stage
        self._role = role
        self._target: Target = target

    def row(self, delivered: Delivered, record: Record) -> Arrival:
        """What the inbox needs to know of a record; its content stays sealed."""
        source: str
        match record:
            case Change():
                native_id, source, observed_at = record.native_id, record.source_system, record.observed_at
            case Notification():
                native_id, source, observed_at = str(record.event_id), "notification", record.at
            case _:
                raise Undecodable(f"it is a {type(record).__name__}, expected is a Change or a Notification")
        return Arrival(
            connection_id=record.connection_id,
            target=self._target,
            native_id=native_id,
            source=source,
            change_id=record.event_id,
            observed_at=observed_at,
            value=delivered.value or b"",
            headers=[(name, value or b"") for name, value in delivered.headers],
            position=delivered.position,
        )

    def put(self, conn: Transaction, rows: Sequence[Arrival]) -> None:
        """Upsert; a change that a newer observation replaces ends as ``superseded`` in the same transaction."""
        duplicates = 0

        def told(number: int) -> None:
            nonlocal duplicates
            duplicates += number

        replaced = inbox.put(conn, rows, duplicates=told)
        outbox.add(conn, [superseded(self._role, entry) for entry in replaced])
        if self._target != "email":
            count("inbox_upserts", len(rows) - duplicates, system=self._target)
            count("inbox_duplicates", duplicates, system=self._target)
            count("inbox_superseded", len(replaced), system=self._target)


def superseded(role: Role, entry: Superseded) -> outbox.Message:
    """The outcome of a change that was replaced before it was dealt with; a repeat gives the same id.

    One that was being dealt with just then has two outcomes: this one, and its own.
    """
    outcome = Outcome(
        event_id=trace.derived("superseded", entry.change_id),
        connection_id=entry.connection_id,
        target=entry.target,  # type: ignore[arg-type]  # the store knows targets as text
        result="superseded",
        at=entry.observed_at,
        change_id=entry.change_id,
        change=entry.position,
    )
    return packed(role, outcome)
