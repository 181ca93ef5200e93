"""A record with its content as a Kafka message, and back.

``sealed`` is the last field of every record, so the bytes before it are the whole clear part as it was written. They
are what the content's seal is bound to: whoever changes a byte of a record breaks its seal.
"""

from collections.abc import Callable, Iterable
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from schemas import envelope
from schemas.codec import decode, encode
from schemas.envelope import Headers, KafkaHeaders
from schemas.errors import BadHeader, Erased, SealBroken, TooLarge, Unencodable
from schemas.records import CONTENT_OF, Content, DeadLetter, Outcome, RawChange, Record
from schemas.registry import RELEASE
from schemas.sealing import seal, unseal

MAX_RECORD = 4 * 1024 * 1024
"""Bytes of a value; brokers are set up for this and 64 KiB of overhead."""

MAX_DEAD_LETTER = MAX_RECORD + 32 * 1024
"""The same for a DeadLetter, so that it can hold the largest of all other records."""

_NULL = b"\x00"  # the union of null and bytes, as Avro writes it: branch 0, or branch 1 with a length
_BYTES = b"\x02"


class Message(Struct, frozen=True):
    """What is handed to a Kafka producer. ``key``: the connection's id as text, so that it decides the partition."""

    topic: str
    key: bytes
    value: bytes
    headers: KafkaHeaders


class Opened(Struct, frozen=True):
    """A message read. ``content`` is None if ``erased``, or if the record was made without a key."""

    record: Record
    content: Content | None
    headers: Headers
    erased: bool = False


def pack(topic: str, record: Record, content: Content | None, headers: Headers, key: bytes | None) -> Message:
    """The message; no content is sealed as an empty one.

    ``key``: the connection's, 32 bytes. None, then without content, only for a DeadLetter, and for the Outcome
    ``erased`` whose key is no more. What is too large goes without its content and says ``truncated`` if it
    is a RawChange or a DeadLetter (whose record still stands at its position).
    Raises TooLarge, Unencodable, or BadHeader if the headers contradict the record.
    """
    _same(record, headers)
    if headers.schema_version != RELEASE:
        raise BadHeader(envelope.SCHEMA_VERSION, f"is {headers.schema_version}; this program writes release {RELEASE}")
    return Message(
        topic=topic,
        key=str(record.connection_id or record.event_id).encode(),
        value=_value(topic, record, content, key),
        headers=headers.to_kafka(),
    )


def unpack(
    topic: str, value: bytes, headers: Iterable[tuple[str, bytes | None]], key_of: Callable[[UUID], bytes]
) -> Opened:
    """``topic``: where it was read. ``key_of`` gives a connection's key and raises Erased for a destroyed one.

    Raises Undecodable, BadHeader or SealBroken (a dead letter), or NewerSchema (stop the worker).
    """
    pairs = list(headers)
    version = envelope.schema_version(pairs)
    record = decode(value, version)
    opened = Headers.from_kafka(pairs)
    _same(record, opened)
    if record.sealed is None:
        if not _may_lack_seal(record):
            raise SealBroken("it is missing")
        return Opened(record, None, opened)
    if record.connection_id is None:
        raise SealBroken("the record names no connection")
    tail = _tail(record.sealed)
    if not value.endswith(tail):
        raise SealBroken("it is not written as this program writes it")
    try:
        key = key_of(record.connection_id)
    except Erased:
        return Opened(record, None, opened, erased=True)
    content = unseal(
        CONTENT_OF[type(record)],
        key,
        topic,
        record.event_id,
        record.sealed,
        context=value[: -len(tail)],
        schema_version=version,
    )
    return Opened(record, content, opened)


def _value(topic: str, record: Record, content: Content | None, key: bytes | None) -> bytes:
    try:
        return _whole(topic, record, content, key)
    except TooLarge:
        match record:
            case RawChange(truncated=False):
                cut: Record = replace(record, truncated=True)
            case DeadLetter(truncated=False):
                cut = replace(record, truncated=True, raw_key=None, raw_value=None, raw_headers=())
            case _:
                raise
        return _whole(topic, cut, None, key)


def _whole(topic: str, record: Record, content: Content | None, key: bytes | None) -> bytes:
    name = type(record).__name__
    clear = encode(replace(record, sealed=None))
    if key is None:
        if content is not None or not _may_lack_seal(record):
            raise Unencodable(name, "there is no key to seal it with")
        value = clear
    else:
        expected = CONTENT_OF[type(record)]
        content = expected() if content is None else content
        if type(content) is not expected:
            raise Unencodable(name, f"its content is {expected.__name__}, not {type(content).__name__}")
        clear = clear.removesuffix(_NULL)
        value = clear + _tail(seal(key, topic, record.event_id, content, context=clear))
    limit = MAX_DEAD_LETTER if isinstance(record, DeadLetter) else MAX_RECORD
    if len(value) > limit:
        raise TooLarge(name, len(value), limit)
    return value


def _may_lack_seal(record: Record) -> bool:
    return isinstance(record, DeadLetter) or (isinstance(record, Outcome) and record.result == "erased")


def _same(record: Record, headers: Headers) -> None:
    if headers.event_id != record.event_id:
        raise BadHeader(envelope.EVENT_ID, "is not the record's")
    if headers.connection != record.connection_id:
        raise BadHeader(envelope.CONNECTION, "is not the record's")


def _tail(sealed: bytes) -> bytes:
    """The last field as Avro writes it: branch, length (zigzag, 7 bits a byte, lowest first), bytes."""
    length = len(sealed) << 1
    written = bytearray(_BYTES)
    while length > 0x7F:
        written.append(length & 0x7F | 0x80)
        length >>= 7
    written.append(length)
    return bytes(written) + sealed
