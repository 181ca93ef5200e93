"""Where the next reading begins, and what was read already within the overlap: the bytes of a cursor.

There is no change token and rows may be stored late, so each reading begins ``OVERLAP`` before the newest row seen and
leaves out what it knows. A row is known by eight bytes over its whole JSON, so by _id, modificationDate and content.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from struct import Struct as Packing
from typing import Final, Literal

import msgspec

from cxsync.calendars.carerix.assumptions import OVERLAP
from cxsync.calendars.carerix.refusals import SYSTEM
from cxsync.calendars.errors import CursorLost

VERSION: Final = 1
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
KNOWN_LIMIT: Final = 20_000
"""Rows remembered a window; of more the oldest are forgotten and reported again, which ends as unchanged."""
_ENTRY: Final = Packing(">8sI")
_LAST_SECOND: Final = 2**32 - 1


class Window(msgspec.Struct, frozen=True, array_like=True):
    """One sorted list of rows. ``mark``: the newest date seen; ``whole``: everything up to it was read, so the next
    reading begins before it by the overlap; else it goes on exactly there. ``known``: packed digests with dates."""

    mark: datetime = EPOCH
    whole: bool = False
    known: bytes = b""

    @property
    def begin(self) -> datetime:
        """Where the next reading begins."""
        return max(EPOCH, self.mark - OVERLAP) if self.whole else self.mark

    def digests(self) -> frozenset[bytes]:
        """What was read already."""
        return frozenset(digest for digest, _ in _ENTRY.iter_unpack(self.known))

    def after(self, seen: Mapping[bytes, datetime], reached: datetime | None, now: datetime) -> "Window":
        """The window once the rows ``seen`` were read up to ``reached``; None: up to the end.

        The mark never passes ``now``: a row dated in the future would hide all changes until then.
        """
        mark = min(max([self.mark, *seen.values()]), now) if reached is None else reached
        return Window(mark, reached is None, self.known).knowing(seen)

    def knowing(self, seen: Mapping[bytes, datetime]) -> "Window":
        """The same place, with those of the rows ``seen`` known that the next reading meets again."""
        oldest = _second(self.mark - OVERLAP)
        known = {digest: second for digest, second in _ENTRY.iter_unpack(self.known) if second >= oldest}
        known |= {digest: _second(at) for digest, at in seen.items() if _second(at) >= oldest}
        newest = sorted(known.items(), key=lambda entry: entry[1])[-KNOWN_LIMIT:]
        return Window(self.mark, self.whole, _packed(newest))


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """Two windows: of rows changed after they were made, and of rows never changed (their date is the creation's)."""

    modified: Window = Window()
    created: Window = Window()
    version: Literal[1] = 1

    def encoded(self) -> bytes:
        """As bytes to be kept."""
        return msgspec.msgpack.encode(self)


def read_cursor(kept: bytes) -> Cursor:
    """The cursor in these bytes; raises CursorLost for any others."""
    try:
        cursor = msgspec.msgpack.decode(kept, type=Cursor)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CursorLost(SYSTEM, "changes", f"not a cursor of this version ({type(error).__name__})") from None
    for window in (cursor.modified, cursor.created):
        if len(window.known) % _ENTRY.size or window.mark.tzinfo is None:
            raise CursorLost(SYSTEM, "changes", "not a cursor of this version")
    return cursor


def _second(at: datetime) -> int:
    return min(max(int((at - EPOCH).total_seconds()), 0), _LAST_SECOND)


def _packed(entries: Iterable[tuple[bytes, int]]) -> bytes:
    return b"".join(_ENTRY.pack(digest, second) for digest, second in entries)
