"""Where a poll left off: the server's sync state, and whether the first, complete listing is still under way."""

import msgspec

from cxsync.calendars.errors import CursorLost


class Cursor(msgspec.Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """``full``: the pages so far were a complete listing's, more of them are to come."""

    state: str
    full: bool = False


_VERSION = b"1"


def dump(cursor: Cursor) -> bytes:
    """For keeping."""
    return _VERSION + msgspec.msgpack.encode(cursor)


def load(kept: bytes) -> Cursor:
    """Raises CursorLost for what no version of this program that is still understood has written."""
    if kept[:1] != _VERSION:
        raise CursorLost("exchange", "cursor", "it was written by another version")
    try:
        return msgspec.msgpack.decode(kept[1:], type=Cursor)
    except msgspec.MsgspecError:
        raise CursorLost("exchange", "cursor", "it cannot be read") from None
