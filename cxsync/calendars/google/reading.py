"""Reading a calendar: lists to their last page, and of whatever changed in a series the series whole."""

from collections.abc import Callable, Collection, Iterator

from msgspec import Struct

from cxsync.calendars.errors import CursorLost, Gone, NotPermitted, Rejected, Unavailable
from cxsync.calendars.google.api import Api
from cxsync.calendars.google.cursor import KINDS, QUERY
from cxsync.calendars.google.refusal import SYSTEM
from cxsync.calendars.google.rows import Page, Row, Sorted, gone, page_of, present, row_of, sort
from cxsync.calendars.port import Found
from schemas.records import Document

MANY = 20
"""Series in one increment from which on listing the whole calendar costs less than fetching each (3 requests)."""

MOST = 2500
"""Largest page (reference of events.list and events.instances, ``maxResults``)."""

REMOVED = "nextPageToken,timeZone,accessRole,defaultReminders,items(id,etag,status,recurringEventId,originalStartTime)"
"""All that there is of a removed occurrence: of endless series hundreds are sent."""


class _Listed(Struct, frozen=True):
    rows: Sorted
    token: str


class Reading:
    """The reading half of one client; remembers what the calendar last said of itself."""

    def __init__(self, api: Api, calendar_id: str) -> None:
        self._api = api
        self._calendar_id = calendar_id
        self._context: Document | None = None

    def since(self, token: str | None) -> tuple[tuple[Found, ...], str]:
        """All appointments, or those that changed since ``token``, each whole; and the next token."""
        listed = self._list(token)
        found = self._everything(listed.rows) if token is None else self._changed(listed.rows)
        return tuple(found), listed.token

    def _list(self, token: str | None) -> _Listed:
        """The whole calendar, or all changes since ``token``."""
        rows: list[Row] = []
        extra = {} if token is None else {"syncToken": token}
        following: str | None = None
        try:
            for page in self._pages(lambda **place: self._api.list(**QUERY, **extra, **place), "list"):
                rows += page.rows
                following = page.next_sync
        except CursorLost as error:
            if token is None:  # nothing was sent that could be lost, and listing anew would go on for ever
                raise Unavailable(SYSTEM, "list", error.why) from None
            raise
        if following is None:
            raise Unavailable(SYSTEM, "list", "the last page has no nextSyncToken")
        return _Listed(sort(rows), following)

    def _pages(self, ask: Callable[..., bytes], operation: str) -> Iterator[Page]:
        """Page after page; an empty or short one is no end, only a missing ``nextPageToken`` is."""
        seen: set[str] = set()
        place: dict[str, str] = {}
        while True:
            try:
                page = page_of(operation, ask(**place), self._calendar_id)
            except Gone as error:
                if operation != "list":
                    raise
                raise NotPermitted(SYSTEM, operation, f"{error.why}: the calendar cannot be reached") from None
            except Rejected as error:
                if not place:
                    raise
                raise Unavailable(SYSTEM, operation, f"{error.why}, in the middle of a list") from None
            self._context = page.context
            yield page
            if page.next_page is None:
                return
            if page.next_page in seen:
                raise Unavailable(SYSTEM, operation, "its pages go round in circles")
            seen.add(page.next_page)
            place = {"pageToken": page.next_page}

    def _everything(self, rows: Sorted) -> Iterator[Found]:
        """All appointments of a complete listing; masters first, then what has none."""
        for row in _by_age(rows):
            yield gone(row) if row.cancelled else present(row, _values(rows, row.id), self._known_context())
        for series in rows.exceptions:
            if series not in rows.masters:
                yield from self._series(series, rows)

    def _changed(self, rows: Sorted) -> Iterator[Found]:
        """What an increment names, each whole; a series of which only a part changed is fetched."""
        series = {row.id for row in rows.masters.values() if row.is_series}
        series |= {name for name in rows.exceptions if name not in rows.masters}
        everything = self._list(None).rows if len(series) > MANY else None
        for row in _by_age(rows):
            if not row.is_series:
                yield gone(row) if row.cancelled else present(row, (), self._known_context())
        for name in sorted(series):
            master = None if everything is None else everything.masters.get(name)
            if everything is not None and master is not None and master.is_series:
                yield present(master, _values(everything, name), self._known_context())
            else:
                yield from self._series(name, rows)

    def _series(self, name: str, rows: Sorted) -> Iterator[Found]:
        """A series by its id; without a master that we may read, its exceptions stand for themselves."""
        try:
            row = row_of("get", self._api.get(name))
        except (Gone, NotPermitted):
            for exception in _values(rows, name):
                yield gone(exception) if exception.cancelled else present(exception, (), self._known_context())
            return
        if row.cancelled or row.event_type in KINDS:
            yield self.whole(row, _values(rows, name))

    def whole(self, row: Row, known: Collection[Row] = ()) -> Found:
        """What ``row`` belongs to, whole; ``known`` exceptions are in it even if the server does not list them."""
        if row.cancelled:
            return gone(row)
        if not row.is_series:
            return present(row, (), self._known_context())
        exceptions = {each.id: each for each in known} | self._exceptions(row)
        return present(row, exceptions.values(), self._known_context())

    def _exceptions(self, series: Row) -> dict[str, Row]:
        """Changed and removed occurrences. All have the UID of their series; but that a list by UID has the removed
        ones too is documented nowhere, while it is of events.instances."""
        by_uid = self._of_uid(series.uid)
        blind = all(row.id != series.id for row in by_uid)  # then those that differ have an etag of their own
        found = [
            row
            for row in self._occurrences(series.id, None if blind else REMOVED)
            if row.cancelled or (blind and row.etag != series.etag)
        ]
        return {row.id: row for row in [*found, *by_uid] if row.recurring_event_id == series.id}

    def _of_uid(self, uid: object) -> list[Row]:
        if not isinstance(uid, str):
            return []
        query = {"iCalUID": uid, "showDeleted": True, "singleEvents": False, "maxResults": MOST}
        pages = self._pages(lambda **place: self._api.list(**query, **place), "list")
        return [row for page in pages for row in page.rows]

    def _occurrences(self, series: str, fields: str | None) -> list[Row]:
        """All occurrences, the removed ones too; none if the series was deleted in this very moment."""
        query = {"showDeleted": True, "maxResults": MOST} | ({} if fields is None else {"fields": fields})
        try:
            pages = list(self._pages(lambda **place: self._api.instances(series, **query, **place), "instances"))
        except Gone:
            return []
        return [row for page in pages for row in page.rows]

    def _known_context(self) -> Document:
        return self.read_context() if self._context is None else self._context

    def read_context(self) -> Document:
        """What the calendar says of itself; NotPermitted if it cannot be reached."""
        page = next(self._pages(lambda **_: self._api.list(maxResults=1), "list"))
        return page.context


def _by_age(rows: Sorted) -> list[Row]:
    """Masters, the oldest change first."""
    return sorted(rows.masters.values(), key=lambda row: str(row.updated))


def _values(rows: Sorted, series: str) -> Collection[Row]:
    return rows.exceptions.get(series, {}).values()
