"""A record that could not be processed, as a dead letter: kept whole, with its cause, to be retried."""

from collections.abc import Callable
from uuid import UUID

from cxsync import __version__, trace
from cxsync.broker import topics
from cxsync.broker.delivered import Delivered
from cxsync.store.keys import KeyMissing
from schemas.envelope import Headers
from schemas.errors import BadHeader, ContractError, UnknownMasterKey
from schemas.message import Message, pack
from schemas.records import DeadLetter, DeadLetterContent, Header


def dead_letter(
    prefix: str, record: Delivered, *, code: str, cause: str, key_of: Callable[[UUID], bytes], attempts: int = 1
) -> Message:
    """The message for the dead-letter topic; its id follows from the record's place, so a repeat is the same.

    ``cause`` holds ids, codes and names of fields, never a person's values. The record is sealed if its key names a
    connection whose key is at hand; else it is kept as it came.
    """
    headers = tuple(Header(name=name, value=value) for name, value in record.headers)
    connection, key = _connection(record.key, key_of)
    letter = DeadLetter(
        event_id=trace.derived("dead-letter", record.position.topic, record.position.partition, record.position.offset),
        connection_id=connection,
        position=record.position,
        code=code,
        cause=cause,
        program_version=__version__,
        attempts=attempts,
        at=record.at,
        raw_key=None if key else record.key,
        raw_value=None if key else record.value,
        raw_headers=() if key else headers,
    )
    content = DeadLetterContent(key=record.key, value=record.value, headers=headers) if key else None
    return pack(
        prefix + topics.DEAD_LETTERS,
        letter,
        content,
        trace.headers(letter.event_id, connection, None, record.at, _trace_id(record)),
        key,
    )


def _connection(key: bytes | None, key_of: Callable[[UUID], bytes]) -> tuple[UUID | None, bytes | None]:
    try:
        connection = UUID((key or b"").decode())
    except ValueError:
        return None, None
    try:
        return connection, key_of(connection)
    except UnknownMasterKey:  # a setting to be mended, not a property of the record
        raise
    except (ContractError, KeyMissing):
        return connection, None


def _trace_id(record: Delivered) -> str | None:
    try:
        return Headers.from_kafka(record.headers).trace_id
    except BadHeader:
        return None
