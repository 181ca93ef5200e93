"""Identifiers and change keys: opaque, case-sensitive, bound to their mailbox (MS-OXWSCORE 2.2.4.25 ItemIdType)."""

import base64
import binascii
import hashlib
import struct
from datetime import date
from typing import NamedTuple

from cxsync.sandbox.exchange.soap import ResponseError

_PREFIX = b"\x00\x0c\x92\x03"
_FORM = struct.Struct(">4s16sBQI8s")
_KEY = struct.Struct("<I16sQ4s")
ITEM, OCCURRENCE, FOLDER = 1, 2, 3


class Id(NamedTuple):
    """What an identifier says: whose mailbox, which kind, which number; of an occurrence its date too."""

    mailbox: bytes
    kind: int
    number: int
    day: date | None = None


def _mark(secret: bytes, *parts: bytes) -> bytes:
    return hashlib.blake2s(b"".join(parts), key=secret, digest_size=8).digest()


def encode(secret: bytes, mailbox: bytes, kind: int, number: int, day: date | None = None) -> str:
    """The identifier as clients see it."""
    ordinal = 0 if day is None else day.toordinal()
    mark = _mark(secret, mailbox, bytes([kind]), number.to_bytes(8, "big"), ordinal.to_bytes(4, "big"))
    packed = _FORM.pack(_PREFIX, mailbox, kind, number, ordinal, mark)
    return base64.b64encode(packed + mark + packed[4:20] + mark).decode()


def decode(secret: bytes, text: str) -> Id:
    """The identifier's parts; raises ResponseError if this server never gave it out."""
    try:
        packed = base64.b64decode(text, validate=True)
        prefix, mailbox, kind, number, ordinal, _ = _FORM.unpack(packed[: _FORM.size])
    except (binascii.Error, ValueError, struct.error):
        raise malformed() from None
    day = date.fromordinal(ordinal) if 0 < ordinal <= date.max.toordinal() else None
    if prefix != _PREFIX or encode(secret, mailbox, kind, number, day) != text:
        raise malformed()
    return Id(mailbox, kind, number, day)


def malformed() -> ResponseError:
    """ErrorInvalidIdMalformed."""
    return ResponseError("ErrorInvalidIdMalformed", "Id is malformed.")


def change_key(mailbox: bytes, version: int) -> str:
    """The change key of ``version``."""
    return base64.b64encode(_KEY.pack(0x16, mailbox, version, b"\x00\x00\x0f\x01")).decode()


def version_of(mailbox: bytes, key: str) -> int:
    """The version that a change key names; raises ResponseError ErrorInvalidChangeKey."""
    try:
        kind, owner, version, end = _KEY.unpack(base64.b64decode(key, validate=True))
    except (binascii.Error, ValueError, struct.error):
        raise ResponseError("ErrorInvalidChangeKey", "The change key is invalid.") from None
    if kind != 0x16 or owner != mailbox or end != b"\x00\x00\x0f\x01":
        raise ResponseError("ErrorInvalidChangeKey", "The change key is invalid.")
    number: int = version
    return number
