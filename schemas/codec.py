"""Records to bytes and back: Avro single-object encoding (Avro 1.12, "Single-object encoding")."""

from typing import TypeVar

from schemas.records import Content, Record

T = TypeVar("T", bound=Record | Content)


def encode(record: Record | Content) -> bytes:
    """The record as C3 01, fingerprint and body. Raises Unencodable, naming the field (a naive time, say)."""
    raise NotImplementedError


def decode(value: bytes, schema_version: int | None) -> Record:
    """One of the five records, an older version of it included. Raises Undecodable or NewerSchema."""
    raise NotImplementedError


def decode_as(expected: type[T], value: bytes, schema_version: int | None) -> T:
    """As ``decode``, of one given type."""
    raise NotImplementedError
