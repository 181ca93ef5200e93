"""Seals content: Avro single-object encoding, then zlib, then AES-256-GCM under the connection's key.

A seal is one version byte, a nonce of 12 bytes, the ciphertext, a tag of 16 bytes. It is bound to its topic, its event
id and a *context* (in a message: the whole clear part of the record), so that it cannot be moved to another record and
nothing beside it can be changed unnoticed.
"""

import os
import zlib
from hashlib import blake2b
from typing import TypeVar
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from schemas.codec import decode_as, encode
from schemas.errors import NewerSchema, SealBroken, TooLarge
from schemas.records import Content
from schemas.registry import RELEASE

C = TypeVar("C", bound=Content)

MAX_CONTENT = 64 * 1024 * 1024
"""Bytes that content may have before compression, on both ways: a small record cannot blow up a worker's memory."""

_VERSION = b"\x01"
_NONCE_SIZE = 12  # NIST SP 800-38D: 96 random bits, good for 2**32 seals of one key
_LEVEL = 1  # of zlib: on a long series level 6 costs three times as much and saves a tenth (bench_contracts.py)


def seal(
    key: bytes, topic: str, event_id: UUID, content: Content, *, context: bytes = b"", nonce: bytes | None = None
) -> bytes:
    """``key``: 32 bytes, the connection's own. ``nonce``: 12 bytes, random unless a test needs them fixed.

    Raises Unencodable, or TooLarge for content above MAX_CONTENT.
    """
    encoded = encode(content)
    if len(encoded) > MAX_CONTENT:
        raise TooLarge(type(content).__name__, len(encoded), MAX_CONTENT)
    nonce = nonce or os.urandom(_NONCE_SIZE)
    cipher = AESGCM(key).encrypt(nonce, zlib.compress(encoded, _LEVEL), _bound(topic, event_id, context))
    return _VERSION + nonce + cipher


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
    """The content. Raises SealBroken (damaged, moved, another key), Undecodable or NewerSchema."""
    if sealed[:1] != _VERSION:
        if schema_version is not None and schema_version > RELEASE:
            raise NewerSchema(schema_version, RELEASE)
        raise SealBroken("this program does not know its form")
    nonce, cipher = sealed[1 : 1 + _NONCE_SIZE], sealed[1 + _NONCE_SIZE :]
    try:
        compressed = AESGCM(key).decrypt(nonce, cipher, _bound(topic, event_id, context))
    except (InvalidTag, ValueError):
        raise SealBroken("it is damaged, belongs to another record, or was sealed under another key") from None
    return decode_as(expected, _decompress(compressed), schema_version)


def digest(key: bytes, data: bytes) -> bytes:
    """Fingerprint of content that may stand in clear: without the connection's key nobody can test a guess with it."""
    return blake2b(data, key=key, digest_size=16, person=b"cx-fingerprint").digest()


def _bound(topic: str, event_id: UUID, context: bytes) -> bytes:
    name = topic.encode()
    return b"".join((_VERSION, len(name).to_bytes(2, "big"), name, event_id.bytes, context))


def _decompress(compressed: bytes) -> bytes:
    inflater = zlib.decompressobj()
    try:
        encoded = inflater.decompress(compressed, MAX_CONTENT + 1)
    except zlib.error:
        raise SealBroken("its compressed part is damaged") from None
    if len(encoded) > MAX_CONTENT:
        raise SealBroken(f"it holds more than {MAX_CONTENT} bytes")
    if not inflater.eof or inflater.unused_data:
        raise SealBroken("its compressed part is cut or has a tail")
    return encoded
