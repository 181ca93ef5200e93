"""Kafka's headers as one column: exactly what came, in order, repeated names and all."""

from collections.abc import Sequence
from typing import TypeAlias

import msgspec

Headers: TypeAlias = Sequence[tuple[str, bytes]]

_decoder = msgspec.msgpack.Decoder(list[tuple[str, bytes]])


def pack_headers(headers: Headers) -> bytes:
    """MessagePack of ``headers``."""
    return msgspec.msgpack.encode(list(headers))


def unpack_headers(packed: bytes) -> list[tuple[str, bytes]]:
    """What ``pack_headers`` was given."""
    return _decoder.decode(packed)
