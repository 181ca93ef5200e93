"""A record with its content as a Kafka message, and back."""

from collections.abc import Callable, Iterable
from uuid import UUID

from msgspec import Struct

from schemas.envelope import Headers, KafkaHeaders
from schemas.records import Content, Record

MAX_RECORD = 4 * 1024 * 1024


class Message(Struct, frozen=True):
    """What is handed to a Kafka producer. ``key``: the connection's id as text."""

    topic: str
    key: bytes
    value: bytes
    headers: KafkaHeaders


class Opened(Struct, frozen=True):
    """A message read. ``content`` is None if it was erased, or never sealed (a DeadLetter without connection)."""

    record: Record
    content: Content | None
    headers: Headers
    erased: bool = False


def pack(topic: str, record: Record, content: Content | None, headers: Headers, key: bytes | None) -> Message:
    """``key``: the connection's; None only for a DeadLetter. Too large: a RawChange goes truncated, else TooLarge."""
    raise NotImplementedError


def unpack(
    topic: str, value: bytes, headers: Iterable[tuple[str, bytes | None]], key_of: Callable[[UUID], bytes]
) -> Opened:
    """``key_of`` gives a connection's key and raises Erased for a destroyed one.

    Raises BadHeader, Undecodable or SealBroken (a dead letter), or NewerSchema (stop).
    """
    raise NotImplementedError
