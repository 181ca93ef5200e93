"""The Google half of the port: one user's primary calendar, read by sync tokens, written by conditional requests."""

from collections.abc import Callable, Collection
from uuid import UUID

from google.oauth2.credentials import Credentials

from cxsync.calendars.errors import Gone, Rejected, VersionChanged
from cxsync.calendars.google.api import API_ENDPOINT, Api, no_budget
from cxsync.calendars.google.cursor import cursor_of, token_in
from cxsync.calendars.google.marker import id_of, marker_in
from cxsync.calendars.google.reading import Reading
from cxsync.calendars.google.refusal import SYSTEM, IdTaken
from cxsync.calendars.google.rows import row_of
from cxsync.calendars.google.write import changed_event, check_ours, new_event
from cxsync.calendars.port import Found, Listing
from schemas.appointment import Appointment
from schemas.records import Document
from schemas.words import Field, System

PRIMARY = "primary"


class GoogleCalendar:
    """See ``Calendar``. ``wait(n)`` is called before ``n`` requests and blocks until the shared budget allows them."""

    system: System = SYSTEM

    def __init__(
        self,
        granted: Credentials,
        *,
        api_endpoint: str = API_ENDPOINT,
        calendar_id: str = PRIMARY,
        wait: Callable[[int], None] = no_budget,
    ) -> None:
        self._api = Api(granted, calendar_id, api_endpoint, wait)
        self._calendar_id = calendar_id
        self._reading = Reading(self._api, calendar_id)

    def changes(self, cursor: bytes | None) -> Listing:
        """See ``Calendar.changes``. A list is read to its last page, for only that one has the next token."""
        token = None if cursor is None else token_in(cursor, self._calendar_id)
        found, following = self._reading.since(token)
        return Listing(found=found, cursor=cursor_of(following, self._calendar_id), full=token is None)

    def fetch(self, native_id: str) -> Found:
        """See ``Calendar.fetch``."""
        try:
            row = row_of("get", self._api.get(native_id))
        except Gone:
            self._reading.read_context()  # a calendar that vanished answers like an event that did
            return Found(native_id=native_id, version=None, presence="absent")
        return self._reading.whole(row)

    def find(self, marker: UUID) -> Found | None:
        """See ``Calendar.find``: the key is the id, so that it can be asked for without any index."""
        try:
            row = row_of("get", self._api.get(id_of(marker)))
        except Gone:
            return None
        return self._reading.whole(row)

    def create(self, appointment: Appointment, marker: UUID, *, owner: str | None = None) -> Found:
        """See ``Calendar.create``. If the id is in use by an event with this very marker, an earlier request had its
        effect and that event is the answer.

        Raises:
            Rejected: the content, or the id, which a deleted event keeps: restore it or take the next generation.
        """
        try:
            row = row_of("insert", self._api.insert(new_event(appointment, marker)))
        except IdTaken:
            row = row_of("get", self._api.get(id_of(marker)))
            if row.cancelled or marker_in(row.body) != marker:
                raise
        return self._reading.whole(row)

    def update(self, found: Found, appointment: Appointment, fields: Collection[Field]) -> Found:
        """See ``Calendar.update``; a write that would change nothing is not sent.

        Raises:
            NotPermitted: a kind of event that is read only, or one whose details are hidden from us.
        """
        master = _master(found, "update")
        body = changed_event(found, appointment, fields)
        if not body:
            return found
        if master.role == "series" and {"start", "recurrence"} & body.keys():
            self._check_unchanged(found, "patch")
        try:
            row = row_of("patch", self._api.patch(found.native_id, body, _etag(master)))
        except VersionChanged:
            self._check_there(found.native_id)
            raise
        return self._reading.whole(row)

    def delete(self, found: Found) -> None:
        """See ``Calendar.delete``."""
        if found.presence != "present":
            return
        master = _master(found, "delete")
        check_ours(found, "delete")
        try:
            if master.role == "series":
                self._check_unchanged(found, "delete")
            self._api.delete(found.native_id, _etag(master))
        except Gone:
            return
        except VersionChanged:
            if not self._is_there(found.native_id):
                return
            raise

    def restore(self, found: Found) -> Found:
        """See ``Calendar.restore``: Google keeps the details of deleted events on the organizer's calendar."""
        row = row_of("get", self._api.get(found.native_id))
        if not row.cancelled:
            return self._reading.whole(row)
        try:
            row = row_of("patch", self._api.patch(row.id, {"status": "confirmed"}, row.etag or "*"))
        except Rejected as error:
            raise Gone(SYSTEM, "restore", f"{error.why}: its details are lost") from None
        if row.cancelled:
            raise Gone(SYSTEM, "restore", "it stays deleted")
        return self._reading.whole(row)

    def address(self) -> str:
        """The mailbox that the consent was given for: the id of a primary calendar is its user's address.

        Raises:
            NotPermitted: the scope ``calendar.calendarlist.readonly`` was not granted.
        """
        return row_of("calendarList.get", self._api.about()).id

    def close(self) -> None:
        """See ``Calendar.close``."""
        self._api.close()

    # Before a write, and after one that was refused.

    def _check_unchanged(self, found: Found, operation: str) -> None:
        """An edit of an occurrence does not move its master's etag, so that a series is compared as a whole."""
        now = self.fetch(found.native_id)
        if now.presence != "present":
            raise Gone(SYSTEM, operation, "it was deleted in between")
        if now.version != found.version:
            raise VersionChanged(SYSTEM, operation, "the series or one of its occurrences was changed in between")

    def _check_there(self, native_id: str) -> None:
        if not self._is_there(native_id):
            raise Gone(SYSTEM, "patch", "it was deleted in between")

    def _is_there(self, native_id: str) -> bool:
        try:
            return not row_of("get", self._api.get(native_id)).cancelled
        except Gone:
            return False


def _master(found: Found, operation: str) -> Document:
    if found.presence != "present" or not found.documents:
        raise Gone(SYSTEM, operation, f"it is {found.presence}")
    return found.documents[0]


def _etag(document: Document) -> str:
    if document.native_version is None:
        raise VersionChanged(SYSTEM, "write", "the event as it was read has no etag")
    return document.native_version
