"""Reading topics from one time to another, as auditors do: no group, no commit, an end that is fixed at the start."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kafka import TopicPartition

from cxsync.broker import connection
from cxsync.broker.delivered import Delivered, from_kafka_python
from cxsync.broker.topics import Drift, TopicDrift
from cxsync.settings import Settings


def scan(
    settings: Settings, topic: str, *, since: datetime | None = None, until: datetime | None = None
) -> Iterator[Delivered]:
    """Records of ``topic`` (its full name) whose broker time is in [since, until), partition by partition, in order.

    Ends at what was the end of the topic when the reading began.

    Raises:
        TopicDrift: there is no such topic.
    """
    consumer = connection.consumer(settings, group=None)
    try:
        numbers = sorted(consumer.partitions_for_topic(topic) or ())
        if not numbers:
            raise TopicDrift([Drift(topic, "missing", "", "")])
        for number in numbers:
            yield from _partition(consumer, TopicPartition(topic, number), since, until)
    finally:
        consumer.close()


def fetch(settings: Settings, topic: str, partition: int, offset: int) -> Delivered | None:
    """The one record at that place; None if it is no longer, or not yet, there."""
    consumer = connection.consumer(settings, group=None)
    try:
        place = TopicPartition(topic, partition)
        if not consumer.beginning_offsets([place])[place] <= offset < consumer.end_offsets([place])[place]:
            return None
        consumer.assign([place])
        consumer.seek(place, offset)
        while True:
            for record in consumer.poll(timeout_ms=1000, max_records=1).get(place, ()):
                return from_kafka_python(record) if record.offset == offset else None
    finally:
        consumer.close()


def _partition(
    consumer: Any, place: TopicPartition, since: datetime | None, until: datetime | None
) -> Iterator[Delivered]:
    end = _offset_at(consumer, place, until)
    if end is None:
        end = consumer.end_offsets([place])[place]
    start = consumer.beginning_offsets([place])[place] if since is None else _offset_at(consumer, place, since)
    if start is None or start >= end:
        return
    consumer.assign([place])
    consumer.seek(place, start)
    while consumer.position(place) < end:
        for record in consumer.poll(timeout_ms=500).get(place, ()):
            if record.offset < end:
                yield from_kafka_python(record)


def _offset_at(consumer: Any, place: TopicPartition, at: datetime | None) -> int | None:
    """The first offset whose time is not before ``at``; None if there is none."""
    if at is None:
        return None
    found = consumer.offsets_for_times({place: int(at.timestamp() * 1000)})[place]
    return None if found is None else int(found.offset)
