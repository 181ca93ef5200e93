"""Records to bytes and back: Avro single-object encoding (Avro 1.12, "Single-object encoding").

C3 01, eight bytes CRC-64-AVRO fingerprint of the writer's schema, then the body. Neither library has this framing.
``encode`` checks the whole value against its type first: what could not be read back is never written.
"""

from datetime import date, datetime
from io import BytesIO
from typing import Any, TypeVar
from uuid import UUID

import fastavro
from msgspec import ValidationError, convert, to_builtins

from schemas.errors import NewerSchema, Undecodable, Unencodable
from schemas.records import CONTENT_OF, Content, Record
from schemas.registry import BY_FINGERPRINT, NEWEST, RELEASE, TYPES, Released

T = TypeVar("T", bound=Record | Content)

MARKER = b"\xc3\x01"
HEADER_SIZE = len(MARKER) + 8

_NATIVE = (datetime, date, UUID, bytes)  # types that fastavro takes as they are
_HEADS = {TYPES[name]: (newest.parsed, MARKER + newest.fingerprint) for name, newest in NEWEST.items()}
_RECORDS = frozenset(CONTENT_OF)


def encode(record: Record | Content) -> bytes:
    """The record in its newest schema. Raises Unencodable, naming the field (a naive time, say)."""
    cls = type(record)
    schema, head = _HEADS[cls]
    values = to_builtins(record, builtin_types=_NATIVE)
    body = BytesIO()
    body.write(head)
    try:
        convert(values, cls)
        fastavro.schemaless_writer(body, schema, values, strict=True)
    except ValidationError as error:
        raise Unencodable(cls.__name__, str(error)) from None
    except (ValueError, TypeError, OverflowError) as error:
        # A number beyond 64 bits, half a surrogate pair; the library's text may hold the value.
        raise Unencodable(cls.__name__, f"{type(error).__name__} in a field") from None
    return body.getvalue()


def decode(value: bytes, schema_version: int | None) -> Record:
    """One of the five records, older versions included; ``schema_version`` as the header says, None if it is missing.

    Raises Undecodable for what no released schema gives, NewerSchema for an unknown one of a later release.
    """
    released = _released(value, schema_version)
    cls = TYPES[released.record]
    if cls not in _RECORDS:
        raise Undecodable(f"expected a record, found {released.record}")
    return _read(cls, released, value)


def decode_as(expected: type[T], value: bytes, schema_version: int | None) -> T:
    """As ``decode``, of one given type of record or content."""
    released = _released(value, schema_version)
    if released.record != expected.__name__:
        raise Undecodable(f"expected {expected.__name__}, found {released.record}")
    return _read(expected, released, value)


def _released(value: bytes, schema_version: int | None) -> Released:
    if value[:2] != MARKER or len(value) < HEADER_SIZE:
        raise Undecodable("it does not start as a single-object encoding does")
    released = BY_FINGERPRINT.get(value[2:HEADER_SIZE])
    if released is None:
        if schema_version is not None and schema_version > RELEASE:
            raise NewerSchema(schema_version, RELEASE)
        raise Undecodable(f"no released schema has the fingerprint {value[2:HEADER_SIZE].hex()}")
    return released


def _read(cls: type[T], released: Released, value: bytes) -> T:
    newest = NEWEST[released.record]
    body = BytesIO(value)
    body.seek(HEADER_SIZE)
    try:
        values: Any = fastavro.schemaless_reader(body, released.parsed, None if released is newest else newest.parsed)
        record = convert(values, cls)
    except Exception as error:
        # Damaged bytes meet the library anywhere (EOFError, IndexError, OverflowError, UnicodeDecodeError …), and its
        # texts may hold values: only the kind of the error is kept.
        raise Undecodable(f"{released.file}: {type(error).__name__}") from None
    if body.tell() != len(value):
        raise Undecodable(f"{released.file}: {len(value) - body.tell()} bytes too many")
    return record
