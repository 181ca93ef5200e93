"""From topics into the database: a batch in one transaction, then its offsets.

A record whose offset was committed is in the database. One that is delivered twice is put twice, so putting has to be
idempotent. A record that cannot be read becomes a dead letter; one of a newer program stops the role instead, with its
offset untouched.
"""

import time
from collections.abc import Sequence
from typing import Final, Generic, Protocol, TypeVar

from kafka.errors import (
    CommitFailedError,
    IllegalGenerationError,
    KafkaError,
    KafkaTimeoutError,
    RebalanceInProgressError,
    UnknownMemberIdError,
)
from psycopg import DataError

from cxsync.broker import connection
from cxsync.broker.dead_letter import dead_letter
from cxsync.broker.delivered import Delivered, from_kafka_python
from cxsync.broker.publish import Publisher, PublishFailed
from cxsync.killpoints import reached
from cxsync.observe.log import get_logger
from cxsync.observe.measures import Stage
from cxsync.observe.metrics import count, set_gauge
from cxsync.role import Role
from cxsync.store.database import Transaction
from cxsync.store.errors import DatabaseUnavailable
from cxsync.store.keys import KeyMissing
from schemas.codec import decode
from schemas.envelope import Headers
from schemas.errors import ContractError, NewerSchema, Undecodable
from schemas.message import Message
from schemas.records import Record

log = get_logger(__name__)
Row = TypeVar("Row")

BATCH: Final = 500
"""Most records that one transaction takes up."""
REDELIVERED: Final = (
    CommitFailedError,
    IllegalGenerationError,
    KafkaTimeoutError,
    RebalanceInProgressError,
    UnknownMemberIdError,
)
"""What a commit meets during a rebalance: the records may come again, and are duplicates then. In an outage it meets
any of the retriable errors. Either way it is tried again, also if no further record comes."""
COMMIT_WITHIN_MS: Final = 5_000
"""Well within what a supervisor allows: without it a commit, or the end, waits for a broker as long as that hangs."""


class Projection(Protocol[Row]):
    """Where records go."""

    stage: Stage

    def row(self, delivered: Delivered, record: Record) -> Row:
        """What is to be put for a record. Raises ContractError for one that has no place here."""
        ...

    def put(self, conn: Transaction, rows: Sequence[Row]) -> None:
        """Put a batch; what is there already stays."""
        ...


class Drain(Generic[Row]):
    """Reads ``topics`` as a member of ``group`` into ``projection``."""

    def __init__(self, role: Role, topics: Sequence[str], group: str, projection: Projection[Row]) -> None:
        self._role = role
        self._projection = projection
        self._consumer = connection.consumer(role.settings, *topics, group=group, member=role.member)
        self._publisher = Publisher(role.settings)
        self._uncommitted: set[str] = set()

    def run(self) -> None:
        """Until the role stops; a fault stops the role."""
        try:
            while not self._role.stopping.is_set():
                polled = self._consumer.poll(timeout_ms=500, max_records=BATCH)
                self._role.beat()
                self._role.ready()
                records = [from_kafka_python(record) for batch in polled.values() for record in batch]
                if records and not self._take(records):
                    break
                # Only here is everything that was polled also in the database.
                self._uncommitted |= {record.position.topic for record in records}
                if self._uncommitted:
                    self._commit()
        except Exception as error:
            self._role.fail(error)
        finally:
            self._consumer.close(autocommit=False, timeout_ms=COMMIT_WITHIN_MS)
            self._publisher.close()

    def _take(self, records: Sequence[Delivered]) -> bool:
        """False if the role stops before the records are safe; they come again."""
        rows, letters = self._sort(records)
        while not self._role.stopping.is_set():
            try:
                letters += self._put(rows)
                rows = []
                self._publisher.publish(letters)
                reached("inbox-committed")
            except (DatabaseUnavailable, PublishFailed) as error:
                self._role.beat()
                self._role.waiting(str(error))
                log.warning("records wait", code=error.code, records=len(records))
                self._role.stopping.wait(1.0)
            else:
                for record in records:
                    count("records_processed", stage=self._projection.stage, topic=record.position.topic)
                return True
        return False

    def _put(self, rows: Sequence[tuple[Delivered, Row]]) -> list[Message]:
        """Dead letters of those that the database cannot hold, found by halving; the others are put."""
        try:
            with self._role.database.transaction() as conn:
                self._projection.put(conn, [row for _, row in rows])
        except (DataError, KeyMissing) as error:
            if len(rows) > 1:
                half = len(rows) // 2
                return self._put(rows[:half]) + self._put(rows[half:])
            code, cause = (error.code, str(error)) if isinstance(error, KeyMissing) else _unstorable(error)
            return [self._letter(record, code, cause) for record, _ in rows]
        return []

    def _sort(self, records: Sequence[Delivered]) -> tuple[list[tuple[Delivered, Row]], list[Message]]:
        rows, letters = [], []
        for record in records:
            try:
                rows.append((record, self._projection.row(record, _read(record))))
            except NewerSchema:
                raise
            except ContractError as error:
                letters.append(self._letter(record, error.code, str(error)))
        return rows, letters

    def _letter(self, record: Delivered, code: str, cause: str) -> Message:
        count("dead_letters", stage=self._projection.stage, code=code)
        return dead_letter(
            self._role.settings.topic_prefix, record, code=code, cause=cause, key_of=self._role.keyring.key_of
        )

    def _commit(self) -> None:
        try:
            self._consumer.commit(timeout_ms=COMMIT_WITHIN_MS)
        except KafkaError as error:
            if not (error.retriable or isinstance(error, REDELIVERED)):
                raise
            log.warning("offsets not committed yet", exc_info=error)
            return
        topics, self._uncommitted = self._uncommitted, set()
        for topic in topics:
            set_gauge("last_commit_timestamp_seconds", time.time(), stage=self._projection.stage, topic=topic)


def _unstorable(error: DataError) -> tuple[str, str]:
    # The database's own text may quote the value.
    return "unstorable", f"the database cannot hold one of its fields ({type(error).__name__})"


def _read(record: Delivered) -> Record:
    headers = Headers.from_kafka(record.headers)
    if record.value is None:
        raise Undecodable("it has no value")
    return decode(record.value, headers.schema_version)
