"""The processor host: a Faust worker that turns each raw record into one message and loses none.

One agent, concurrency 1, raw bytes. An event is acknowledged only after the broker acknowledged what was published for
it, in order; up to ``IN_FLIGHT`` of them wait for that at a time. Faust's own ways lose events: with concurrency above
1 it commits past unfinished ones, and it acknowledges an event whose agent raised.
"""

import asyncio
import gc
import logging
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from time import monotonic
from typing import Any, Final
from uuid import UUID

import faust
from mode.supervisors import CrashingSupervisor

from cxsync.broker import topics
from cxsync.broker.connection import MAX_REQUEST_BYTES, SESSION_TIMEOUT_MS
from cxsync.broker.delivered import Delivered
from cxsync.broker.faust import credentials
from cxsync.killpoints import reached
from cxsync.observe.log import get_logger
from cxsync.observe.metrics import count, timed
from cxsync.role import Role
from cxsync.store.errors import DatabaseUnavailable
from cxsync.store.keys import KeyMissing
from processors.convert import Converter
from processors.judge import Judge
from schemas.errors import Erased, WrapBroken
from schemas.message import Message
from schemas.records import Position
from schemas.words import System

log = get_logger(__name__)

IN_FLIGHT: Final = 200
"""Events that may wait for the broker's acknowledgement; one at a time would halve the throughput."""
LINGER: Final = 0.005
"""Seconds that a record waits for company in its request."""
SETTLE: Final = 2.0
"""Seconds that a stop waits for the acknowledgement of what was sent."""
COMMIT_INTERVAL: Final = 0.5
"""Seconds between commits. A rebalance replays up to one interval, as Faust forgets acknowledged offsets then."""
PATIENCE: Final = 20.0
"""Seconds that one event may wait for a key or the broker; then the worker ends, as it would block the whole group."""


def build(role: Role, judges: Mapping[System, Judge]) -> faust.App:
    """The Faust application of ``role``; nothing runs yet."""
    settings = role.settings
    datadir = settings.data_dir / "faust" / (role.member or "worker")
    datadir.mkdir(parents=True, exist_ok=True)
    app = faust.App(
        settings.topic_prefix + "processor",
        broker=[f"kafka://{server}" for server in settings.kafka_bootstrap_servers.split(",")],
        broker_credentials=credentials(settings),
        broker_session_timeout=SESSION_TIMEOUT_MS / 1000,
        broker_heartbeat_interval=SESSION_TIMEOUT_MS / 3000,
        broker_request_timeout=30.0,  # Faust aborts at the start unless it exceeds the session timeout
        broker_commit_interval=COMMIT_INTERVAL,
        broker_rebalance_timeout=10.0,
        broker_max_poll_interval=300.0,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=role.member or "",
        consumer_max_fetch_size=MAX_REQUEST_BYTES,
        producer_acks=-1,
        producer_linger=LINGER,
        producer_max_request_size=MAX_REQUEST_BYTES,
        producer_request_timeout=PATIENCE,
        store="memory://",
        topic_allow_declare=False,
        topic_disable_leader=True,
        stream_wait_empty=False,
        web_enabled=False,
        datadir=datadir,
    )
    source = app.topic(
        *(topics.name(settings, topic) for topic in topics.RAW),
        key_type=bytes,
        value_type=bytes,
        value_serializer="raw",
    )
    convert = Converter(settings.topic_prefix, judges, role.keyring.key_of)

    @app.agent(source, concurrency=1, supervisor_strategy=CrashingSupervisor)
    async def process(stream: Any) -> None:
        """Convert, send, and leave the acknowledgement to the acker."""
        await Pipeline(app, role, convert).run(stream)

    async def beat() -> None:
        """Tell health that the loop turns, and whether partitions are assigned."""
        role.beat()
        if app.rebalancing:
            role.waiting("the consumer group is rebalancing")
        else:
            role.ready()

    app.timer(1.0)(beat)
    return app


def run(role: Role, judges: Mapping[System, Judge]) -> None:
    """Work until SIGTERM or Ctrl-C, or until something fails that the worker must not survive.

    Raises:
        NewerSchema, UnknownMasterKey: a person has to act; no offset was moved past the record.
    """
    app = build(role, judges)
    gc.collect()
    gc.freeze()  # what is loaded by now stays for good; each record's garbage need not look through it again
    with open(os.devnull, "w") as nowhere:  # Faust plays a progress bar; its log goes the way of ours
        worker = faust.Worker(
            app,
            loglevel=logging.WARNING,
            override_logging=False,
            redirect_stdouts=False,
            stdout=nowhere,
            stderr=nowhere,
        )
        try:
            worker.execute_from_commandline()
        except SystemExit as ending:
            role.raise_fault()
            if ending.code not in (None, 0):
                raise
        finally:
            role.stopping.set()  # Faust has signal handlers of its own; who waits for the database has to end too


class Pipeline:
    """One stream: events in order through ``convert`` and ``send``; acknowledged in the same order behind them."""

    def __init__(self, app: faust.App, role: Role, convert: Callable[[Delivered], Message | None]) -> None:
        self._app = app
        self._role = role
        self._convert = convert
        self._queue: asyncio.Queue[tuple[Any, asyncio.Future[Any] | None]] = asyncio.Queue(maxsize=IN_FLIGHT)
        self._targets: dict[str, Any] = {}
        self._waiting_since: float | None = None

    async def run(self, stream: Any) -> None:
        """Until the stream ends or something fails; a failure ends the worker, nothing behind it is acknowledged."""
        acker = asyncio.ensure_future(self._acknowledge())
        watcher = asyncio.ensure_future(self._watch())
        for task in (acker, watcher):
            task.add_done_callback(self._crash)
        try:
            async for event in stream.noack().events():
                message = await self._message(event)
                future = await self._send(message) if message else None
                await self._put(event, future, acker)
        except Exception as error:
            self._role.fail(error)
            raise
        finally:
            await self._settle(acker)
            for task in (acker, watcher):
                task.remove_done_callback(self._crash)
                task.cancel()

    async def _message(self, event: Any) -> Message | None:
        record = delivered(event.message)
        await self._have_key(record)
        with timed("process_seconds"):
            return self._convert(record)

    async def _have_key(self, record: Delivered) -> None:
        # Asking the database takes a thread, so that the loop turns meanwhile: heartbeats depend on it.
        try:
            connection = UUID((record.key or b"").decode())
        except ValueError:
            return
        if not self._role.keyring.has(connection):
            try:
                await asyncio.wait_for(asyncio.to_thread(self._ask, connection), PATIENCE)
            except TimeoutError:
                raise DatabaseUnavailable(self._role.database.where, f"no key within {PATIENCE:.0f} s") from None

    def _ask(self, connection: UUID) -> None:
        while True:
            try:
                self._role.keyring.key_of(connection)
                return
            except (Erased, KeyMissing, WrapBroken):
                return  # converting meets the same, and decides
            except DatabaseUnavailable:
                if self._role.stopping.wait(0.5):
                    raise

    async def _send(self, message: Message) -> asyncio.Future[Any]:
        target = self._targets.get(message.topic)
        if target is None:
            target = self._app.topic(message.topic, key_type=bytes, value_type=bytes, value_serializer="raw")
            self._targets[message.topic] = target
        sent = await target.send(key=message.key, value=message.value, headers=message.headers)
        reached("change-sent")
        return asyncio.ensure_future(sent)

    async def _put(self, event: Any, future: asyncio.Future[Any] | None, acker: asyncio.Future[None]) -> None:
        if acker.done():
            acker.result()
        await self._queue.put((event, future))  # were the acker to die now, ``_crash`` ends the worker

    async def _acknowledge(self) -> None:
        while True:
            event, future = await self._queue.get()
            if future is not None:
                # A timer for each would cost a third of the throughput; ``_watch`` looks at this one.
                self._waiting_since = monotonic()
                await future
                self._waiting_since = None
            event.ack()
            count("records_processed", stage="processor", topic=event.message.topic)

    async def _settle(self, acker: asyncio.Future[None]) -> None:
        """Let what was sent be acknowledged before the worker stops, so that a clean stop repeats little."""
        deadline = monotonic() + SETTLE
        while monotonic() < deadline and not acker.done():
            if self._queue.empty() and self._waiting_since is None:
                return
            await asyncio.sleep(0.01)

    async def _watch(self) -> None:
        """End the worker if the broker leaves it waiting too long."""
        while True:
            await asyncio.sleep(1.0)
            since = self._waiting_since
            if since is not None and monotonic() - since > PATIENCE:
                raise TimeoutError(f"the broker acknowledged nothing for {PATIENCE:.0f} s")

    def _crash(self, task: asyncio.Future[None]) -> None:
        # Without this a failed send would be noticed only when the next event arrives.
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("publishing failed, the worker ends", exc_info=error)
            self._role.fail(error)
            asyncio.ensure_future(self._app.crash(error))  # noqa: RUF006  # the worker ends with it


def delivered(message: Any) -> Delivered:
    """From Faust's own message; its ``headers`` on the event would lose repeats."""
    return Delivered(
        Position(topic=message.topic, partition=message.partition, offset=message.offset),
        message.key,
        message.value,
        tuple(message.headers or ()),
        datetime.fromtimestamp(message.timestamp, UTC),
    )
