"""The worker: takes connections with due items, has each item dealt with, and publishes what that has to tell."""

import time
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from consumers.handler import Effect, Handler, HoldItem, TryAgain, Work
from consumers.ingest import Target
from cxsync import trace
from cxsync.broker.dead_letter import dead_letter
from cxsync.broker.delivered import Delivered
from cxsync.broker.publish import Publisher, PublishFailed
from cxsync.killpoints import reached
from cxsync.observe.log import bound, get_logger
from cxsync.observe.metrics import count
from cxsync.role import Role
from cxsync.store import outbox, work
from cxsync.store.errors import DatabaseUnavailable
from cxsync.store.keys import KeyMissing
from cxsync.store.lease import Hand, LeaseLost
from cxsync.store.outbox import Message as Owed
from cxsync.store.work import Item
from schemas.envelope import Headers
from schemas.errors import BadHeader, ContractError, NewerSchema, UnknownMasterKey
from schemas.message import Message, unpack
from schemas.records import Change, Notification

log = get_logger(__name__)

IDLE: Final = 0.1
"""Seconds between two looks for due items, when there were none."""
ITEMS: Final = 50
"""Items of one connection that are dealt with before what they have to tell is published."""
ROUNDS: Final = 20
"""Rounds of that many items before another connection gets its turn."""
LEFTOVERS: Final = 5.0
"""Seconds that a committed message may lie in the outbox before somebody else publishes it."""
ATTEMPTS: Final = 8
"""Attempts at an item whose fault is unknown; then it becomes a dead letter."""
LONGEST_DELAY: Final = 300.0
"""Seconds; the delay doubles from 1 second up to this."""
NEVER: Final = datetime.fromtimestamp(0, UTC)
"""Older than any observation."""


class Worker:
    """One of the threads that work off the inbox of ``target``."""

    def __init__(self, role: Role, target: Target, handler: Handler) -> None:
        self._role = role
        self._target: Target = target
        self._handler = handler
        self._looked_for_leftovers = 0.0

    def run(self, publisher: Publisher) -> None:
        """Until the role stops; a fault that is no item's own stops the role."""
        while not self._role.stopping.is_set():
            try:
                if not self._take(publisher):
                    self._role.stopping.wait(IDLE)
            except LeaseLost as error:
                count("leases_lost", stage="consumer")
                log.warning("connection given up", code=error.code, resource=error.lease.resource)
            except (DatabaseUnavailable, PublishFailed) as error:
                log.warning("work waits", code=error.code)
                self._role.stopping.wait(1.0)
            except Exception as error:
                self._role.fail(error)

    def _take(self, publisher: Publisher) -> bool:
        database, holder = self._role.database, self._role.holder
        taken = work.take_due(database, self._target, holder, limit=1)
        for found in taken:
            with Hand(database, found.lease) as hand, bound(connection=str(found.connection_id)):
                self._work_off(publisher, hand, found.connection_id)
        if time.monotonic() - self._looked_for_leftovers >= LEFTOVERS:
            self._looked_for_leftovers = time.monotonic()
            for left in outbox.take_leftovers(database, holder, older_than=LEFTOVERS):
                with Hand(database, left.lease) as hand:
                    late = self._publish(publisher, hand, left.connection_id)
                    log.warning("published late", connection=str(left.connection_id), records=late)
                    if self._target != "email":
                        count("outbox_leftovers", late, system=self._target)
        return bool(taken)

    def _work_off(self, publisher: Publisher, hand: Hand, connection_id: UUID) -> None:
        for _ in range(ROUNDS):
            with hand.transaction() as conn:
                items = work.due(conn, connection_id, self._target, ITEMS)
            if not items or self._role.stopping.is_set():
                break
            for item in items:
                if self._role.stopping.is_set():
                    break
                self._deal_with(hand, item)
            if self._target != "email":  # a mail's lease is not the connection's, and a mail has nothing to tell
                self._publish(publisher, hand, connection_id)
        with hand.transaction() as conn:
            work.settle(conn, connection_id, self._target)

    def _deal_with(self, hand: Hand, item: Item) -> None:
        with bound(trace_id=_trace_id(item), event_id=str(item.change_id)):
            self._attempt(hand, item)

    def _attempt(self, hand: Hand, item: Item) -> None:
        try:
            self._finish(hand, item, self._handler.handle(self._open(item), hand))
        except (LeaseLost, DatabaseUnavailable, NewerSchema, UnknownMasterKey):
            raise
        except TryAgain as error:
            self._put_off(hand, item, error.reason, error.due_in)
        except HoldItem as error:
            with hand.transaction() as conn:
                work.hold(conn, item, error.reason)
                outbox.add(conn, error.messages)
        except (ContractError, KeyMissing) as error:
            self._bury(hand, item, error.code, str(error))
        except Exception as error:  # one item's fault must not stop the others (rule 9)
            log.error("item failed", attempt=item.attempts + 1, exc_info=error)
            if item.attempts + 1 >= ATTEMPTS:
                self._bury(hand, item, "handler-failed", type(error).__name__)
            else:
                self._put_off(hand, item, "unexpected", min(2.0**item.attempts, LONGEST_DELAY))

    def _open(self, item: Item) -> Work:
        opened = unpack(item.position.topic, item.value, item.headers, self._role.keyring.key_of)
        if not isinstance(opened.record, Change | Notification):
            raise TypeError(type(opened.record).__name__)
        return Work(item, opened.record, opened.content, opened.headers.trace_id, opened.erased)

    def _finish(self, hand: Hand, item: Item, effect: Effect) -> None:
        with hand.transaction() as conn:
            effect.write(conn)
            if effect.again is None:
                work.finish(conn, item)
            else:
                work.retry(conn, item, effect.again.code, effect.again.due_in)
            outbox.add(conn, effect.messages)
        reached("reconciled")

    def _put_off(self, hand: Hand, item: Item, reason: str, due_in: float) -> None:
        if self._target != "email":
            count("retries", system=self._target, code=reason)
        with hand.transaction() as conn:
            work.retry(conn, item, reason, due_in)

    def _bury(self, hand: Hand, item: Item, code: str, cause: str) -> None:
        record = _delivered(item)
        letter = dead_letter(
            self._role.settings.topic_prefix,
            record,
            code=code,
            cause=cause,
            key_of=self._role.keyring.key_of,
            attempts=item.attempts + 1,
        )
        count("dead_letters", stage="consumer", code=code)
        position = record.position
        letter_id = trace.derived("dead-letter", position.topic, position.partition, position.offset)
        owed = Owed(letter_id, item.connection_id, letter.topic, letter.key, letter.value, letter.headers)
        # Not remembered as dealt with: the same observation, retried from the dead letters, has to count as new.
        self._finish(hand, replace(item, observed_at=NEVER), Effect((owed,)))

    def _publish(self, publisher: Publisher, hand: Hand, connection_id: UUID) -> int:
        published = 0
        while True:
            with hand.transaction() as conn:
                pending = outbox.pending(conn, connection_id, 500)
            if not pending:
                return published
            hand.check()
            publisher.publish([Message(m.topic, m.key, m.value, list(m.headers)) for m in pending])
            reached("outbox-published")
            with hand.transaction() as conn:
                outbox.published(conn, [message.id for message in pending])
            published += len(pending)


def _delivered(item: Item) -> Delivered:
    return Delivered(
        item.position,
        str(item.connection_id).encode(),
        item.value,
        tuple(item.headers),
        item.observed_at,
    )


def _trace_id(item: Item) -> str:
    try:
        return Headers.from_kafka(item.headers).trace_id
    except BadHeader:
        return ""
