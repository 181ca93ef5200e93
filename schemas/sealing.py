"""Seals content: Avro, then zlib, then AES-256-GCM, bound to its topic and event id."""

from typing import TypeVar
from uuid import UUID

from schemas.records import Content

C = TypeVar("C", bound=Content)


def seal(
    key: bytes, topic: str, event_id: UUID, content: Content, *, context: bytes = b"", nonce: bytes | None = None
) -> bytes:
    """``key``: 32 bytes, the connection's own. ``context``: further bytes the seal is bound to."""
    raise NotImplementedError


def unseal(
    expected: type[C],
    key: bytes,
    topic: str,
    event_id: UUID,
    sealed: bytes,
    *,
    context: bytes = b"",
    schema_version: int | None = None,
) -> C:
    """Raises SealBroken, Undecodable or NewerSchema."""
    raise NotImplementedError
