"""Sync and page tokens: opaque to clients, bound to the calendar, the counter and the query they came from."""

import base64
import binascii
import hashlib
import hmac
from functools import lru_cache

import msgspec

_TAG = 8


class SyncToken(msgspec.Struct, frozen=True, array_like=True):
    """Everything up to ``counter`` is known to whoever holds it."""

    resource: str
    counter: int
    query: str
    """Fingerprint of the parameters that have to stay the same."""
    generation: int
    at: float
    window: tuple[str | None, str | None] = (None, None)
    show_deleted: bool = False
    access: int = 0
    """How often the calendar's access rules had changed."""


class PageToken(msgspec.Struct, frozen=True, array_like=True):
    """The rows behind ``after``; ``counter`` is what the list's sync token will say."""

    resource: str
    counter: int
    query: str
    """Fingerprint of the whole query, sync token included."""
    after: tuple[str, ...] = ()
    finished: bool = False


class Tokens:
    """Writes and reads tokens with a key of its own, so that an invented one is recognised."""

    def __init__(self, seed: int) -> None:
        self._key = hashlib.sha256(f"tokens of {seed}".encode()).digest()
        self._encoder = msgspec.json.Encoder()
        self._read = lru_cache(maxsize=20_000)(self._decode)

    def write(self, token: SyncToken | PageToken) -> str:
        """The text that stands for ``token``."""
        body = self._encoder.encode(token)
        return base64.urlsafe_b64encode(self._tag(body) + body).decode().rstrip("=")

    def sync(self, text: str) -> SyncToken | None:
        """The sync token that was written as ``text``; None if none was."""
        token = self._read(text, SyncToken)
        return token if isinstance(token, SyncToken) else None

    def page(self, text: str) -> PageToken | None:
        """The page token that was written as ``text``; None if none was."""
        token = self._read(text, PageToken)
        return token if isinstance(token, PageToken) else None

    def _tag(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, "sha256")[:_TAG]

    def _decode(self, text: str, kind: type[SyncToken] | type[PageToken]) -> SyncToken | PageToken | None:
        try:
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except (binascii.Error, ValueError):
            return None
        if not hmac.compare_digest(raw[:_TAG], self._tag(raw[_TAG:])):
            return None
        try:
            return msgspec.json.decode(raw[_TAG:], type=kind)
        except msgspec.MsgspecError:
            return None
