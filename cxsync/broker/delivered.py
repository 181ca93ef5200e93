"""A record as Kafka delivered it, whichever client library read it."""

from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from schemas.records import Position


class Delivered(Struct, frozen=True):
    """``at`` is the broker's time (LogAppendTime), UTC; ``headers`` are in order, repeats kept."""

    position: Position
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    at: datetime


def from_kafka_python(record: Any) -> Delivered:
    """From a ``ConsumerRecord`` of kafka-python."""
    return Delivered(
        Position(topic=record.topic, partition=record.partition, offset=record.offset),
        record.key,
        record.value,
        tuple(record.headers or ()),
        datetime.fromtimestamp(record.timestamp / 1000, UTC),
    )
