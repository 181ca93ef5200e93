"""What changed in a tenant since a cursor, for all owners at once.

A quiet poll is one request. If its answer does not fit one page, the rows never changed are read first and those
changed after them: a row that is changed meanwhile leaves the first list for the end of the second.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

import msgspec

from cxsync.calendars.carerix import qualifier
from cxsync.calendars.carerix.access import TenantSettings
from cxsync.calendars.carerix.cursor import EPOCH, Cursor, Window, read_cursor
from cxsync.calendars.carerix.gateway import Gateway
from cxsync.calendars.carerix.listing import Dated, Reader
from cxsync.calendars.carerix.row import Held, dated, found
from cxsync.calendars.port import Found, Listing

PORTION: Final = 2_000
"""Rows after which an incremental reading hands over what it has, to be called again at once."""


class _Reading(msgspec.Struct):
    """Rows read from one window. ``reached``: where the reading stopped before the end; None: it came to the end."""

    rows: dict[str, Held] = {}
    seen: dict[bytes, datetime] = {}
    reached: datetime | None = None


class Changes:
    """Reads a tenant's changes."""

    def __init__(self, gateway: Gateway, settings: TenantSettings) -> None:
        self._gateway = gateway
        self._settings = settings
        self._reader = Reader(gateway, settings)

    def since(self, cursor: Cursor) -> Listing:
        """The rows changed since ``cursor``, each in its newest state; ``more`` if there are further ones."""
        rows, complete = self._reader.page(qualifier.changed_since(cursor.modified.begin, cursor.created.begin))
        if complete:
            zone = self._settings.wire
            changed = ((row, dated(row, "modificationDate", zone)) for row in rows if row.row.modification_date)
            fresh = ((row, dated(row, "creationDate", zone)) for row in rows if not row.row.modification_date)
            created = self._read(cursor.created, fresh)
            return self._listing(cursor, created, self._read(cursor.modified, changed))
        created = self._read(cursor.created, self._created(cursor.created.begin))
        if created.reached is not None:
            return self._listing(cursor, created, None)
        modified = self._read(cursor.modified, self._modified(cursor.modified.begin))
        return self._listing(cursor, created, modified)

    def everything(self) -> Listing:
        """All rows there are, by number and proved by the server's own count; and a cursor of the moment before.

        Raises:
            Unavailable: the server counts more than it lists.
        """
        before = self._newest()
        rows = self._reader.proved(qualifier.APPOINTMENTS)
        zone = self._settings.wire
        changed = {row.digest: at for row in rows.values() if (at := dated(row, "modificationDate", zone))}
        fresh = {
            row.digest: at
            for row in rows.values()
            if not row.row.modification_date and (at := dated(row, "creationDate", zone))
        }
        cursor = Cursor(modified=before.modified.knowing(changed), created=before.created.knowing(fresh))
        return Listing(found=self._found(rows), cursor=cursor.encoded(), full=True)

    def present(self) -> bytes:
        """A cursor from which later changes are seen, without listing what there is."""
        cursor = self._newest()
        while True:
            listing = self.since(cursor)
            if not listing.more:
                return listing.cursor
            cursor = read_cursor(listing.cursor)

    def agenda(self, user_id: int, not_over: datetime) -> tuple[Found, ...]:
        """A user's appointments that end at ``not_over`` or later, and all series; deleted ones too.

        Raises:
            Unavailable: the server counts more than it lists.
        """
        return self._found(self._reader.proved(qualifier.agenda(user_id, not_over)))

    def _newest(self) -> Cursor:
        now = self._gateway.now()
        modified = self._reader.newest("modificationDate", qualifier.modified_since(EPOCH))
        created = self._reader.newest("creationDate", qualifier.created_since(EPOCH))
        return Cursor(
            modified=Window(min(modified or EPOCH, now), whole=True),
            created=Window(min(created or EPOCH, now), whole=True),
        )

    def _modified(self, begin: datetime) -> Iterator[Dated]:
        return self._reader.by_date("modificationDate", qualifier.modified_since, begin)

    def _created(self, begin: datetime) -> Iterator[Dated]:
        return self._reader.by_date("creationDate", qualifier.created_since, begin)

    def _read(self, window: Window, rows: Iterable[Dated]) -> _Reading:
        known = window.digests()
        begin = window.begin
        reading = _Reading()
        for row, at in rows:
            digest = row.digest
            if digest not in known:
                reading.rows.pop(row.row.id, None)
                reading.rows[row.row.id] = row
            if at is None:
                continue
            reading.seen[digest] = at
            position = at.replace(microsecond=0)
            if len(reading.seen) >= PORTION and position > begin:
                reading.reached = position
                break
        return reading

    def _listing(self, cursor: Cursor, created: _Reading, modified: _Reading | None) -> Listing:
        now = self._gateway.now()
        later = modified or _Reading()
        further = Cursor(
            modified=cursor.modified if modified is None else cursor.modified.after(later.seen, later.reached, now),
            created=cursor.created.after(created.seen, created.reached, now),
        )
        more = modified is None or modified.reached is not None
        return Listing(found=self._found(created.rows | later.rows), cursor=further.encoded(), more=more)

    def _found(self, rows: dict[str, Held]) -> tuple[Found, ...]:
        return tuple(found(row, self._settings.api_zone) for row in rows.values())
