"""The producer host: takes due polls by lease, publishes what they find, moves the cursor behind it.

The cursor moves only after Kafka acknowledged every record of the poll, and only while the lease is still ours: a
crash in between repeats the poll, which gives the same event ids.
"""

import threading
from datetime import datetime, timedelta
from typing import Final

from cxsync import trace
from cxsync.broker import topics
from cxsync.broker.publish import Publisher, PublishFailed
from cxsync.killpoints import reached
from cxsync.observe.log import bound, get_logger
from cxsync.observe.metrics import count, timed
from cxsync.role import Role
from cxsync.store import cursors, schedule
from cxsync.store.errors import DatabaseUnavailable
from cxsync.store.lease import Hand, LeaseLost
from cxsync.store.schedule import DuePoll
from producers.failed import PollFailed
from producers.source import Observation, Polled, Source
from schemas.errors import Erased, UnknownMasterKey
from schemas.message import Message, pack
from schemas.records import RawChange

log = get_logger(__name__)

IDLE: Final = 0.2
"""Seconds between two looks for due polls, when there were none."""
RETRY: Final = 30.0
"""Seconds until a poll that failed for a reason unknown is tried again."""


class ProducerHost:
    """Runs ``source`` in ``workers`` threads until the role stops."""

    def __init__(self, role: Role, source: Source, *, workers: int = 4) -> None:
        self._role = role
        self._source = source
        self._workers = workers
        self._topic = topics.name(role.settings, f"raw.{source.system}")

    def run(self) -> None:
        """Until the role is told to stop; polls in hand are finished."""
        publisher = Publisher(self._role.settings)
        threads = [
            threading.Thread(target=self._work, args=(publisher,), name=f"poll {number}")
            for number in range(self._workers)
        ]
        for thread in threads:
            thread.start()
        self._role.ready()
        while not self._role.stopping.wait(1.0):
            if all(thread.is_alive() for thread in threads):
                self._role.beat()
        for thread in threads:
            thread.join()
        publisher.close()

    def _work(self, publisher: Publisher) -> None:
        stopping = self._role.stopping
        while not stopping.is_set():
            try:
                found = schedule.take_due(self._role.database, self._source.system, self._role.holder, limit=1)
                for due in found:
                    with Hand(self._role.database, due.lease) as hand:
                        self._poll(publisher, hand, due)
            except (DatabaseUnavailable, LeaseLost) as error:
                log.warning("poll given up", code=error.code)
                if isinstance(error, LeaseLost):
                    count("leases_lost", stage="producer")
                stopping.wait(1.0)
                continue
            except Exception as error:
                self._role.fail(error)
                return
            if not found:
                stopping.wait(IDLE)

    def _poll(self, publisher: Publisher, hand: Hand, due: DuePoll) -> None:
        system = self._source.system
        with bound(connection=str(due.connection_id or "")), timed("poll_seconds", system=system):
            try:
                observed_at, polled = self._read(hand, due)
                self._publish(publisher, hand, due, observed_at, polled)
            except (LeaseLost, DatabaseUnavailable, UnknownMasterKey):
                raise
            except (PollFailed, PublishFailed) as error:
                code = error.reason if isinstance(error, PollFailed) else error.code
                self._failed(hand, due, code, error.next_in if isinstance(error, PollFailed) else 1.0)
            except Exception as error:  # one poll's fault must not stop the others (rule 9)
                log.error("poll failed", exc_info=error)
                self._failed(hand, due, "unexpected", RETRY)
            else:
                count("polls", system=system, code="ok")
                count("records_polled", len(polled.observations), system=system)

    def _read(self, hand: Hand, due: DuePoll) -> tuple[datetime, Polled]:
        """What was found, and the time of its observation: one before the reading, so that what is written to the
        calendar meanwhile counts as later (rule 4)."""
        with hand.transaction() as conn:
            cursor = cursors.get(conn, due.resource, due.system)
            observed_at = cursors.next_observed_at(conn, due.resource, due.system)
        return observed_at, self._source.poll(due, cursor.value if cursor else None)

    def _publish(self, publisher: Publisher, hand: Hand, due: DuePoll, first: datetime, polled: Polled) -> None:
        observations = polled.observations
        if len(observations) > 1:
            with hand.transaction() as conn:  # the times that follow the first are handed out with it
                cursors.next_observed_at(conn, due.resource, due.system, len(observations))
        messages = []
        for place, observation in enumerate(observations):
            message = self._message(observation, first + timedelta(microseconds=place))
            if message is not None:
                messages.append(message)
        hand.check()
        publisher.publish(messages)
        reached("poll-published")
        count("records_published", len(messages), stage="producer", topic=self._topic)
        with hand.transaction() as conn:
            cursors.move(conn, due.resource, due.system, polled.cursor)
            schedule.done(
                conn,
                due.resource,
                due.system,
                changed=bool(observations),
                next_in=0.0 if polled.more else polled.next_in,
            )
        reached("cursor-moved")

    def _message(self, found: Observation, observed_at: datetime) -> Message | None:
        try:
            key = self._role.keyring.key_of(found.connection_id)
        except Erased:
            return None  # its user asked to be forgotten: nothing of him is published any more
        raw = RawChange(
            event_id=found.event_id,
            connection_id=found.connection_id,
            system=self._source.system,
            target=found.target,
            origin=found.origin,
            observed_at=observed_at,
            native_id=found.native_id,
            native_version=found.native_version,
            presence=found.presence,
            policy=found.policy,
        )
        headers = trace.headers(raw.event_id, raw.connection_id, raw.system, raw.observed_at)
        return pack(self._topic, raw, found.content, headers, key)

    def _failed(self, hand: Hand, due: DuePoll, code: str, next_in: float) -> None:
        count("polls", system=self._source.system, code=code)
        log.warning("poll failed", code=code, due_in=next_in, failures=due.failures + 1)
        with hand.transaction() as conn:
            schedule.failed(conn, due.resource, due.system, code=code, next_in=next_in)
