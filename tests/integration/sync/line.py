"""The whole line in one thread: pollers, processor, sinks; real servers, clients, store; topics are lists in memory.

Nothing waits: what is not due yet is made due, but for a mail's quiet time, which tests let pass themselves.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from consumers.handler import Effect, HoldItem, TryAgain, Work
from consumers.ingest import Inbox
from consumers.sink.handler import QUIET, Sink
from consumers.worker import Worker
from cxsync.account import Details
from cxsync.activate.ground import Ground
from cxsync.broker.delivered import Delivered
from cxsync.broker.publish import Publisher
from cxsync.calendars.opening import READERS, Opener, Openings
from cxsync.calendars.port import Calendar
from cxsync.keyring import Keyring
from cxsync.role import Role
from cxsync.sandbox.core.journal import Entry
from cxsync.sandbox.core.run import Sandbox
from cxsync.store import schedule
from cxsync.store.connections import Connection
from cxsync.store.lease import Fenced, Hand, LeaseLost
from cxsync.store.tenants import Tenant
from processors.convert import Converter
from processors.judgement import judgements
from producers.carerix import CarerixSource
from producers.external import ExternalSource
from producers.host import ProducerHost
from producers.source import Source
from schemas.codec import decode
from schemas.envelope import Headers
from schemas.message import Message, unpack
from schemas.records import (
    Content,
    DeadLetter,
    Notification,
    NotificationContent,
    Outcome,
    OutcomeContent,
    Position,
    RawChange,
    Record,
)
from schemas.words import System

SYSTEMS: Final[tuple[System, ...]] = ("carerix", "exchange", "google")
MOST_ITEMS: Final = 400
"""Items that one call of ``work`` may deal with; more never end."""
ROUNDS: Final = 25


class Crash(BaseException):
    """The process died here. No ``except Exception`` of the program may catch it."""


class Steps:
    """Counts what the program does to the outside world and dies at the step that was asked for."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.taken: list[str] = []

    def step(self, name: str) -> None:
        """Between two steps: ``name`` was just done, or is about to be."""
        self.taken.append(name)
        if self.left is not None:
            self.left -= 1
            if self.left == 0:
                self.left = None
                raise Crash(name)

    @contextmanager
    def around(self, name: str) -> Iterator[None]:
        """Before and after what the block does."""
        self.step(f"before {name}")
        yield
        self.step(f"after {name}")


class Topics(Publisher):
    """A broker in memory: one partition a topic, every record acknowledged."""

    def __init__(self) -> None:
        self.records: dict[str, list[Delivered]] = defaultdict(list)
        self._read: dict[str, int] = defaultdict(int)

    def publish(self, messages: Sequence[Message]) -> list[Position]:
        """Append."""
        positions = []
        for message in messages:
            log = self.records[message.topic]
            position = Position(topic=message.topic, partition=0, offset=len(log))
            log.append(
                Delivered(position, message.key, message.value, tuple(message.headers), datetime.now(UTC)),
            )
            positions.append(position)
        return positions

    def close(self) -> None:
        """Nothing to give back."""

    def fresh(self, topic: str) -> list[Delivered]:
        """What was not read yet; from now on it is."""
        found = self.records[topic][self._read[topic] :]
        self._read[topic] = len(self.records[topic])
        return found

    def rewind(self, topic: str) -> None:
        """Everything comes again, as after a crash before an offset was committed."""
        self._read[topic] = 0


class Once(threading.Event):
    """Stops whoever has nothing to do, instead of letting it wait."""

    def wait(self, timeout: float | None = None) -> bool:
        """There is nothing more to do."""
        self.set()
        return True


class _Stepping:
    """A hand whose transactions are steps."""

    def __init__(self, hand: Hand, steps: Steps) -> None:
        self._hand = hand
        self._steps = steps
        self.lease = hand.lease
        self.check = hand.check

    @contextmanager
    def transaction(self) -> Iterator[Fenced]:
        """As the hand's, and a step before its start and after its commit."""
        with self._steps.around("transaction"), self._hand.transaction() as conn:
            yield conn


class _Calendar:
    """A calendar whose calls are steps."""

    def __init__(self, calendar: Calendar, steps: Steps) -> None:
        self._calendar = calendar
        self._steps = steps

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._calendar, name)
        if not callable(found):
            return found

        def called(*arguments: Any, **named: Any) -> Any:
            with self._steps.around(name):
                return found(*arguments, **named)

        return called


class _Openings(Openings):
    def __init__(self, opener: Opener, steps: Steps) -> None:
        super().__init__(opener)
        self._steps = steps

    def open(self, system: System, tenant: Tenant, connection: Connection, details: Details) -> Calendar:
        """A calendar of steps."""
        found = super().open(system, tenant, connection, details)
        return _Calendar(found, self._steps)


class _Checked:
    """A sink whose unexpected errors are kept for the test instead of being lived with."""

    def __init__(self, sink: Sink, faults: list[BaseException], steps: Steps) -> None:
        self._sink = sink
        self._faults = faults
        self._steps = steps
        self._handled = 0

    def handle(self, work: Work, hand: Hand) -> Effect:
        """As the sink does."""
        self._handled += 1
        if self._handled > MOST_ITEMS:
            raise AssertionError(f"more than {MOST_ITEMS} items dealt with: something comes again for ever")
        try:
            return self._sink.handle(work, _Stepping(hand, self._steps))  # type: ignore[arg-type]  # as the sinks use it
        except (TryAgain, HoldItem, LeaseLost):
            raise
        except Exception as error:
            self._faults.append(error)
            raise


class Line:
    """Everything between the calendars of one sandbox, in one process."""

    def __init__(self, ground: Ground, sandbox: Sandbox) -> None:
        self.ground = ground
        self.sandbox = sandbox
        self.topics = Topics()
        self.steps = Steps()
        self.faults: list[BaseException] = []
        """What the program did not expect."""
        self.restart()

    def restart(self) -> None:
        """A new process: whatever the old one knew but had not written is gone."""
        settings, database = self.ground.settings, self.ground.database
        self._keyring = Keyring(database, self.ground.encryption_keys)
        self._role = Role("line", settings, database, self._keyring, 30.0)
        self._role.stopping = Once()
        self._openings = _Openings(self.ground.opener, self.steps)
        self._convert = Converter(settings.topic_prefix, judgements(READERS), self._keyring.key_of)
        sources: dict[System, Source] = {
            "carerix": CarerixSource(self._role, self._openings.carerix),
            "exchange": ExternalSource(self._role, "exchange", self.ground.opener.external),
            "google": ExternalSource(self._role, "google", self.ground.opener.external),
        }
        self._sources = sources
        self._sinks = {target: Sink(self._role, target, self._openings) for target in SYSTEMS}

    # Stages ------------------------------------------------------------------------------------------------------

    def poll(self, *systems: System) -> None:
        """One poll of everything that is polled in ``systems`` (all of them if none is named), and the processor."""
        for system in systems or SYSTEMS:
            self.sql("UPDATE polls SET due_at = clock_timestamp() WHERE system = %s", system)
            host = ProducerHost(self._role, self._sources[system])
            for _ in range(20):  # one that has more is due again at once
                due = schedule.take_due(self.ground.database, system, "line", limit=10)
                if not due:
                    break
                for poll in due:
                    with Hand(self.ground.database, poll.lease) as hand, self.steps.around("poll"):
                        host._poll(self.topics, hand, poll)  # noqa: SLF001 - its loop needs a broker
        self.flow()

    def flow(self) -> None:
        """What was published goes through the processor and into the inboxes."""
        prefix = self.ground.settings.topic_prefix
        for system in SYSTEMS:
            made = [self._convert(record) for record in self.topics.fresh(f"{prefix}raw.{system}")]
            self.topics.publish([message for message in made if message is not None])
        for target in SYSTEMS:
            inbox = Inbox(self._role, target, "consumer")
            fresh = self.topics.fresh(f"{prefix}changes.{target}")
            rows = [inbox.row(record, _read(record)) for record in fresh]
            if rows:
                with self.ground.database.transaction() as conn:
                    inbox.put(conn, rows)

    def work(self, *targets: System) -> None:
        """Deal with everything that waits for ``targets`` (all of them if none is named), due or not."""
        for target in targets or SYSTEMS:
            self.sql(
                "UPDATE inbox SET due_at = clock_timestamp() WHERE target = %s AND held IS NULL"
                " AND last_code IS DISTINCT FROM %s",
                target,
                QUIET,
            )
            self.sql("UPDATE work SET due_at = clock_timestamp() WHERE target = %s", target)
            self.sql("UPDATE outbox SET created_at = created_at - interval '1 minute'")
            self._role.stopping.clear()
            Worker(self._role, target, _Checked(self._sinks[target], self.faults, self.steps)).run(self.topics)
            self._role.raise_fault()
        self.flow()

    def settle(self, *, faults: bool = False) -> None:
        """Until nothing moves any more. ``faults``: errors on the way are expected."""
        for _ in range(ROUNDS):
            before = self.last
            self.poll()
            self.work()
            if self.last == before and not self.waiting():
                break
        else:
            raise AssertionError(f"it does not come to rest: {self.waiting()}; {self.faults}")
        if not faults:
            assert not self.faults, self.faults
            assert not self.dead_letters(), self.dead_letters()

    def quiet(self) -> None:
        """The quiet time of every series with exceptions passes."""
        self.sql("UPDATE inbox SET due_at = clock_timestamp() WHERE last_code = %s", QUIET)
        self.work()

    def crash(self, at: int, doing: Callable[[], None]) -> str | None:
        """``doing``, and death at its step ``at``; the name of the step, None if it took fewer."""
        self.steps.left = at
        try:
            doing()
        except Crash as crash:
            return str(crash)
        finally:
            self.steps.left = None
            self.restart()
        return None

    # What there is -----------------------------------------------------------------------------------------------

    @property
    def last(self) -> int:
        """The number of versions that any item of the sandbox ever had."""
        return self.sandbox.call(lambda: self.sandbox.world.journal.last)

    def written(self, since: int = 0) -> list[Entry]:
        """What a program wrote into calendars since then."""
        entries = self.sandbox.call(lambda: list(self.sandbox.world.journal.entries(since=since)))
        return [entry for entry in entries if entry.channel == "api"]

    def waiting(self) -> list[dict[str, Any]]:
        """What is still to be dealt with, but for what a person or a quiet time holds."""
        return self.sql(
            "SELECT target, native_id, attempts, last_code FROM inbox"
            " WHERE held IS NULL AND last_code IS DISTINCT FROM %s",
            QUIET,
        )

    def outcomes(self) -> list[tuple[Outcome, OutcomeContent]]:
        """All outcomes, in order."""
        return [
            (record, content)
            for record, content in self._told("outcomes")
            if isinstance(record, Outcome) and isinstance(content, OutcomeContent)
        ]

    def results(self) -> list[str]:
        """The result of each outcome, in order."""
        return [outcome.result for outcome, _ in self.outcomes()]

    def mails(self, reason: str | None = None) -> list[tuple[Notification, NotificationContent]]:
        """The mails that users get: what is told twice under one id is one mail."""
        found = {
            record.event_id: (record, content)
            for record, content in self._told("notifications")
            if isinstance(record, Notification) and isinstance(content, NotificationContent)
        }
        return [(record, content) for record, content in found.values() if reason in (None, record.reason)]

    def origins(self, system: System) -> set[str]:
        """What made the pollers of a system publish."""
        return {record.origin for record, _ in self._told(f"raw.{system}") if isinstance(record, RawChange)}

    def dead_letters(self) -> list[tuple[str, str]]:
        """Code and cause of each."""
        return [
            (record.code, record.cause) for record, _ in self._told("dead-letters") if isinstance(record, DeadLetter)
        ]

    def strangers(self) -> list[str]:
        """Invitations, updates and cancellations that a program had sent."""
        return [f"{mail.kind} to {mail.to}" for mail in self.sandbox.world.witness.mails if mail.channel == "api"]

    def sql(self, statement: str, *parameters: Any) -> list[dict[str, Any]]:
        """Straight to the database."""
        with self.ground.database.transaction() as conn:
            cursor = conn.execute(statement.encode(), list(parameters) or None)
            return [dict(row) for row in cursor.fetchall()] if cursor.description else []

    def key_of(self, connection_id: UUID) -> bytes:
        """A connection's key."""
        return self._keyring.key_of(connection_id)

    def _told(self, topic: str) -> list[tuple[Record, Content | None]]:
        found = []
        for record in self.topics.records[self.ground.settings.topic_prefix + topic]:
            opened = unpack(record.position.topic, record.value or b"", record.headers, self._keyring.key_of)
            found.append((opened.record, opened.content))
        return found


def _read(record: Delivered) -> Record:
    return decode(record.value or b"", Headers.from_kafka(record.headers).schema_version)
