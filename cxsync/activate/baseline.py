"""The baseline (rule 12): what there was at the moment of activation, so that none of it synchronises until edited."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from msgspec import Struct

from cxsync.activate.pairing import is_over
from cxsync.activate.patience import patiently
from cxsync.appointment.fingerprint import fingerprint
from cxsync.calendars.errors import Unreadable
from cxsync.calendars.port import Calendar, Found, Listing, Read, Reader
from schemas.records import Policy
from schemas.sealing import digest


class Noted(Struct, frozen=True):
    """An item of the baseline; ``fingerprint`` is keyed, None for one that cannot be read."""

    native_id: str
    version: str | None
    fingerprint: bytes | None


class Baseline(Struct):
    """Everything on one side, and the appointments among it that are not over, for pairing."""

    noted: list[Noted] = []
    current: list[Read] = []


class Notes:
    """Makes a baseline of what a side lists; documents are let go page by page, for mailboxes are large."""

    def __init__(self, reader: Reader, policy: Policy, key: bytes, now: datetime) -> None:
        self._reader = reader
        self._policy = policy
        self._key = key
        self._now = now
        self.baseline = Baseline()

    def take(self, found: tuple[Found, ...]) -> None:
        """Add a page."""
        for each in found:
            if each.presence == "present":
                self._note(each)

    def _note(self, found: Found) -> None:
        try:
            read = self._reader(found, self._policy)
        except Unreadable:
            self.baseline.noted.append(Noted(found.native_id, found.version, None))
            return
        self.baseline.noted.append(Noted(found.native_id, found.version, keyed(self._key, read)))
        if not is_over(read.appointment, self._now, self._policy.home_zone):
            self.baseline.current.append(read)


def keyed(key: bytes, read: Read) -> bytes:
    """The fingerprint as it may stand in a column."""
    return digest(key, fingerprint(read.appointment))


def pages(calendar: Calendar, first: Listing | None) -> Iterator[Listing]:
    """A complete listing; the cursor of the last page is the one to go on from."""
    listing = first or patiently(lambda: calendar.changes(None))
    yield listing
    while listing.more:
        listing = patiently(partial(calendar.changes, listing.cursor))
        yield listing
