"""The cursor: a sync token with the query that it belongs to (reference of events.list, ``syncToken``)."""

from hashlib import blake2b
from typing import Any

import msgspec

from cxsync.calendars.errors import CursorLost
from cxsync.calendars.google.refusal import SYSTEM

KINDS = ("default", "outOfOffice", "focusTime")
"""Event types that are synchronised: default both ways, the others inward only (product contract, "Kinds of item")."""

QUERY: dict[str, Any] = {"singleEvents": False, "eventTypes": list(KINDS), "maxResults": 2500}
"""The one query: series and their exceptions, never instances."""


class _Cursor(msgspec.Struct, frozen=True, array_like=True):
    token: str
    query: str


def cursor_of(token: str, calendar_id: str) -> bytes:
    """The cursor for a sync token that ``QUERY`` gave."""
    return msgspec.json.encode(_Cursor(token, _fingerprint(calendar_id)))


def token_in(cursor: bytes, calendar_id: str) -> str:
    """The sync token.

    Raises:
        CursorLost: it is no cursor of ours, or was made by another query, with which Google promises nothing.
    """
    try:
        read = msgspec.json.decode(cursor, type=_Cursor)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise CursorLost(SYSTEM, "list", "the cursor is not one of this program") from None
    if read.query != _fingerprint(calendar_id):
        raise CursorLost(SYSTEM, "list", "the cursor belongs to another query or calendar")
    return read.token


def _fingerprint(calendar_id: str) -> str:
    return blake2b(msgspec.json.encode((calendar_id, sorted(QUERY.items()))), digest_size=8).hexdigest()
