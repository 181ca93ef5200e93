"""Master keys, and what is wrapped under them: connections' keys and, with another purpose, credentials.

A wrapped secret is one version byte, four bytes id of the master key, a nonce of 12 bytes, the ciphertext with its tag
(AES-256-GCM). It is bound to its owner and its purpose: a connection's key does not open as a credential, nor one
connection's as another's.
"""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Literal, TypeAlias
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from schemas.errors import BadMasterKey, UnknownMasterKey, WrapBroken

Purpose: TypeAlias = Literal["connection-key", "credential"]

KEY_SIZE = 32

_VERSION = b"\x01"
_ID_SIZE = 4
_NONCE_SIZE = 12


def new_key() -> bytes:
    """32 random bytes."""
    return os.urandom(KEY_SIZE)


def as_text(key: bytes) -> str:
    """A key as the settings take it: URL-safe base64 without padding."""
    return urlsafe_b64encode(key).rstrip(b"=").decode()


def key_id(wrapped: bytes) -> str:
    """The 8 hex digits of the master key that ``wrapped`` is under: a column to count rows by, no secret."""
    return wrapped[1 : 1 + _ID_SIZE].hex()


class MasterKeys:
    """The keys of one setting: the first encrypts, all decrypt."""

    def __init__(self, keys: tuple[bytes, ...], *, setting: str, purpose: Purpose) -> None:
        """``keys``: at least one, 32 bytes each; ``setting`` is named in messages."""
        self._setting = setting
        self._purpose: Purpose = purpose
        self._ciphers: Mapping[str, AESGCM] = {_id_of(key): AESGCM(key) for key in keys}
        self._first = _id_of(keys[0])

    @classmethod
    def parse(cls, text: str, *, setting: str, purpose: Purpose) -> "MasterKeys":
        """``text``: the setting's value, keys separated by commas. Raises BadMasterKey, which never shows a value."""
        keys: list[bytes] = []
        for place, part in enumerate(text.split(","), start=1):
            key = _read(part.strip(), setting, place)
            if key in keys:
                raise BadMasterKey(setting, place, "stands there twice")
            keys.append(key)
        return cls(tuple(keys), setting=setting, purpose=purpose)

    @property
    def first_id(self) -> str:
        """The id of the key that encrypts."""
        return self._first

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all keys, the first one first."""
        return tuple(self._ciphers)

    def wrap(self, owner: UUID, secret: bytes, *, nonce: bytes | None = None) -> bytes:
        """``secret`` under the first key, bound to its owner (a connection, a tenant) and to the purpose."""
        nonce = nonce or os.urandom(_NONCE_SIZE)
        cipher = self._ciphers[self._first].encrypt(nonce, secret, self._bound(owner, self._first))
        return _VERSION + bytes.fromhex(self._first) + nonce + cipher

    def unwrap(self, owner: UUID, wrapped: bytes) -> bytes:
        """The secret. Raises UnknownMasterKey, which names the key that is missing, or WrapBroken."""
        name = key_id(wrapped)
        if wrapped[:1] != _VERSION or len(name) != 2 * _ID_SIZE:
            raise WrapBroken(owner, self._purpose)
        if name not in self._ciphers:
            raise UnknownMasterKey(name, self._setting, self.ids)
        body = 1 + _ID_SIZE + _NONCE_SIZE
        try:
            return self._ciphers[name].decrypt(wrapped[1 + _ID_SIZE : body], wrapped[body:], self._bound(owner, name))
        except (InvalidTag, ValueError):
            raise WrapBroken(owner, self._purpose) from None

    def rewrap(self, owner: UUID, wrapped: bytes) -> bytes:
        """The same secret under the first key; ``wrapped`` itself if it already is. Raises as ``unwrap``."""
        secret = self.unwrap(owner, wrapped)
        return wrapped if key_id(wrapped) == self._first else self.wrap(owner, secret)

    def _bound(self, owner: UUID, name: str) -> bytes:
        return b"".join((_VERSION, bytes.fromhex(name), owner.bytes, self._purpose.encode()))


def _id_of(key: bytes) -> str:
    return sha256(b"cx master key id" + key).digest()[:_ID_SIZE].hex()


def _read(text: str, setting: str, place: int) -> bytes:
    if not text:
        raise BadMasterKey(setting, place, "is empty")
    try:
        key = urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    except ValueError:
        raise BadMasterKey(setting, place, "is no base64") from None
    # The decoder skips what is not of its alphabet; only what it would write itself is a key.
    if as_text(key) != text.rstrip("="):
        raise BadMasterKey(setting, place, "is no URL-safe base64")
    if len(key) != KEY_SIZE:
        raise BadMasterKey(setting, place, f"has {len(key)} bytes")
    return key
