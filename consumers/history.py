"""The history projection: makes outcomes and dead letters findable in PostgreSQL."""

from collections.abc import Sequence

from consumers.drain import Drain
from cxsync.broker import topics
from cxsync.broker.delivered import Delivered
from cxsync.observe.measures import Stage
from cxsync.role import Role
from cxsync.store import dead_letters, history
from cxsync.store.database import Transaction
from cxsync.store.dead_letters import Letter
from cxsync.store.history import Entry
from schemas.errors import Undecodable
from schemas.records import DeadLetter, Outcome, Record


class History:
    """Outcomes and dead letters, as what their topics are drained into."""

    stage: Stage = "history"

    def row(self, delivered: Delivered, record: Record) -> Entry | Letter:
        """What is kept of a record in clear; its content stays sealed, or on its topic."""
        match record:
            case Outcome():
                return Entry(
                    outcome_id=record.event_id,
                    connection_id=record.connection_id,
                    link_id=record.link_id,
                    carerix_id=record.carerix_id,
                    external_id=record.external_id,
                    result=record.result,
                    at=record.at,
                    position=delivered.position,
                    value=delivered.value or b"",
                )
            case DeadLetter():
                return Letter(
                    id=record.event_id,
                    connection_id=record.connection_id,
                    code=record.code,
                    position=delivered.position,
                    at=record.at,
                )
            case _:
                raise Undecodable(f"it is a {type(record).__name__}, expected is an Outcome or a DeadLetter")

    def put(self, conn: Transaction, rows: Sequence[Entry | Letter]) -> None:
        """Add what is not there yet."""
        history.put(conn, [row for row in rows if isinstance(row, Entry)])
        for row in rows:
            if isinstance(row, Letter):
                dead_letters.put(conn, row)


def run(role: Role) -> None:
    """Drain outcomes and dead letters until the role stops."""
    names = [topics.name(role.settings, topic) for topic in (topics.OUTCOMES, topics.DEAD_LETTERS)]
    Drain(role, names, f"{role.settings.topic_prefix}consumer.history", History()).run()
