"""The history projection: makes outcomes and dead letters findable in PostgreSQL."""

import threading
from collections.abc import Sequence
from typing import Final

from consumers.drain import Drain
from cxsync.broker import topics
from cxsync.broker.delivered import Delivered
from cxsync.observe.log import get_logger
from cxsync.observe.measures import Stage
from cxsync.role import Role
from cxsync.store import dead_letters, history, retention
from cxsync.store.database import Transaction
from cxsync.store.dead_letters import Letter
from cxsync.store.errors import DatabaseUnavailable
from cxsync.store.history import Entry
from schemas.errors import Undecodable
from schemas.records import DeadLetter, Outcome, Record

log = get_logger(__name__)
CLEAN_EVERY: Final = 3600.0
"""Seconds between two removals of old rows."""


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
    """Drain outcomes and dead letters until the role stops; once an hour remove what is past its retention."""
    names = [topics.name(role.settings, topic) for topic in (topics.OUTCOMES, topics.DEAD_LETTERS)]
    cleaner = threading.Thread(target=_clean, args=(role,), name="retention", daemon=True)
    cleaner.start()
    Drain(role, names, f"{role.settings.topic_prefix}consumer.history", History()).run()
    cleaner.join()


def _clean(role: Role) -> None:
    while not role.stopping.wait(CLEAN_EVERY):
        try:
            removed = retention.purge(role.database, role.settings.retention_days)
        except DatabaseUnavailable as error:
            log.warning("nothing removed", code=error.code)
        else:
            log.info("removed what is past its retention", records=sum(removed.values()))
