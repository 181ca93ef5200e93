"""Topics seen from outside: what was published, what was committed; and records made to be put on them."""

from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic, sleep
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from kafka import TopicPartition
from kafka.errors import KafkaError

from cxsync import trace
from cxsync.broker import connection, topics
from cxsync.broker.delivered import Delivered, from_kafka_python
from cxsync.broker.publish import publish
from cxsync.settings import Settings
from schemas.message import Message, pack
from schemas.records import (
    Change,
    ChangeContent,
    Document,
    Notification,
    NotificationContent,
    Policy,
    Position,
    RawChange,
    RawContent,
)
from schemas.words import System
from tests.audit.payload import Edit, appointment

T = TypeVar("T")
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
NOWHERE = Position(topic="raw", partition=0, offset=0)


def eventually(read: Callable[[], T], seconds: float = 60.0) -> T:
    """What ``read`` gives as soon as that is true."""
    end = monotonic() + seconds
    while not (found := read()):
        assert monotonic() < end, f"not within {seconds} s"
        sleep(0.05)
    return found


def raw(
    settings: Settings, owner: UUID, key: bytes, item: str, body: bytes | None = None, system: System = "exchange"
) -> Message:
    """A raw change of ``item``; its document is an edit that the audit's judge accepts, or ``body``."""
    record = RawChange(
        event_id=trace.derived("raw", owner, item, system),
        connection_id=owner,
        system=system,
        target="carerix",
        origin="poll",
        observed_at=AT,
        native_id=item,
        policy=Policy(),
    )
    edit = msgspec.json.encode(Edit(1, item, 1))
    content = RawContent(documents=(Document(role="single", native_id=item, body=edit if body is None else body),))
    headers = trace.headers(record.event_id, owner, system, AT)
    return pack(topics.name(settings, f"raw.{system}"), record, content, headers, key)


def change(
    settings: Settings, owner: UUID, key: bytes, item: str, version: int = 1, observed_at: datetime = AT
) -> Message:
    """A change of ``item`` for Carerix that carries an edit."""
    record = Change(
        event_id=trace.derived("change", owner, item, version),
        connection_id=owner,
        origin="processor",
        source_side="external",
        source_system="exchange",
        target="carerix",
        kind="upsert",
        native_id=item,
        source_version=str(version),
        observed_at=observed_at,
        raw=NOWHERE,
    )
    content = ChangeContent(appointment=appointment(Edit(version, item, version)))
    headers = trace.headers(record.event_id, owner, "exchange", observed_at)
    return pack(topics.name(settings, "changes.carerix"), record, content, headers, key)


def notification(settings: Settings, owner: UUID, key: bytes, number: int) -> Message:
    """A notification about an appointment called ``Lunch <number>``."""
    record = Notification(
        event_id=trace.derived("notification", owner, number),
        connection_id=owner,
        reason="invitees-not-told",
        cause=f"cause {number}",
        at=AT.replace(microsecond=number),
    )
    headers = trace.headers(record.event_id, owner, None, AT)
    content = NotificationContent(subject=f"Lunch {number}")
    return pack(topics.name(settings, topics.NOTIFICATIONS), record, content, headers, key)


def put(settings: Settings, *messages: Message) -> list[Position]:
    """Publish; where each lies."""
    producer = connection.producer(settings)
    try:
        return publish(producer, messages)
    finally:
        producer.close(timeout=5)


def records(settings: Settings, topic: str) -> list[Delivered]:
    """Everything on the topic, partition by partition."""
    consumer = connection.consumer(settings, group=None)
    try:
        places = _places(settings, topic)
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        ends = consumer.end_offsets(places)
        found: list[Any] = []
        while any(consumer.position(place) < ends[place] for place in places):
            for batch in consumer.poll(timeout_ms=500).values():
                found += batch
        return [from_kafka_python(record) for record in found]
    finally:
        consumer.close()


def committed(settings: Settings, group: str, *names: str) -> dict[str, tuple[int, int]]:
    """For each of the topics: how many offsets the group has committed, and how many there are."""
    admin = connection.admin(settings)
    consumer = connection.consumer(settings, group=None)
    full = settings.topic_prefix + group
    try:
        try:
            known = admin.list_group_offsets(full).get(full, {})
        except KafkaError:  # the first group of a broker: the topic of offsets is being made
            known = {}
        found = {}
        for name in names:
            places = _places(settings, name)
            ends = consumer.end_offsets(places)
            done = sum(known[place].offset for place in places if place in known and known[place].offset > 0)
            found[name] = (done, sum(ends[place] for place in places))
        return found
    finally:
        admin.close()
        consumer.close()


def drained(settings: Settings, group: str, *names: str) -> bool:
    """Whether the group has committed all there is."""
    return all(done == end for done, end in committed(settings, group, *names).values())


def _places(settings: Settings, topic: str) -> list[TopicPartition]:
    return [TopicPartition(topics.name(settings, topic), number) for number in range(settings.topic_partitions)]
