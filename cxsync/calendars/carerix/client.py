"""The Carerix agenda behind the port: one instance serves a whole tenant, in one thread at a time."""

import time
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from cxsync.calendars.carerix import qualifier
from cxsync.calendars.carerix.access import Access, TenantSettings
from cxsync.calendars.carerix.changes import Changes
from cxsync.calendars.carerix.cursor import read_cursor
from cxsync.calendars.carerix.documents import CREATE, DELETE, GET, UPDATE
from cxsync.calendars.carerix.gateway import Gateway, no_budget, utc_now
from cxsync.calendars.carerix.http import READ_TIMEOUT
from cxsync.calendars.carerix.listing import Reader
from cxsync.calendars.carerix.refusals import SYSTEM
from cxsync.calendars.carerix.row import Held, found, held
from cxsync.calendars.carerix.users import User, get_user, list_users
from cxsync.calendars.carerix.write import ATTRIBUTES, changes, creation, restoration
from cxsync.calendars.errors import Gone, Rejected, Unavailable, VersionChanged
from cxsync.calendars.port import Found, Listing
from schemas.appointment import Appointment
from schemas.words import Field, System

_STAMPS: Final = frozenset({"modificationDate", "modifiedBy"})


class CarerixCalendar:
    """A client of one tenant. ``wait(n)`` is called before each request and may block or raise."""

    system: System = "carerix"

    def __init__(
        self,
        access: Access,
        settings: TenantSettings | None = None,
        *,
        wait: Callable[[int], None] = no_budget,
        now: Callable[[], datetime] = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
        read_timeout: float = READ_TIMEOUT,
    ) -> None:
        self.settings = settings or TenantSettings()
        self.gateway = Gateway(access, wait=wait, now=now, monotonic=monotonic, read_timeout=read_timeout)
        self._changes = Changes(self.gateway, self.settings)
        self._reader = Reader(self.gateway, self.settings)
        self._owners: dict[str, str] = {}

    def changes(self, cursor: bytes | None) -> Listing:
        """Changes of all owners since ``cursor``; None: every appointment of the tenant (see the port)."""
        return self._changes.everything() if cursor is None else self._changes.since(read_cursor(cursor))

    def present(self) -> bytes:
        """A cursor from which later changes are seen, without listing what there is."""
        return self._changes.present()

    def agenda(self, owner: str, not_over: datetime) -> tuple[Found, ...]:
        """One owner's appointments that end at ``not_over`` (aware) or later, and all series; deleted ones too."""
        return self._changes.agenda(int(owner), not_over)

    def fetch(self, native_id: str) -> Found:
        """See the port; ``absent`` for an id that Carerix does not know."""
        row = self._get(native_id)
        if row is None:
            return Found(native_id=native_id, version=None, presence="absent")
        return self._found(row)

    def find(self, marker: UUID) -> Found | None:
        """See the port. Of several rows, which copying makes, the oldest.

        None is only said after two answers: it is what a second creation rests on.
        """
        for _ in range(2):
            rows = list(self._reader.by_number(qualifier.marked(marker)))
            if rows:
                return self._found(rows[0])
        return None

    def create(self, appointment: Appointment, marker: UUID, *, owner: str | None = None) -> Found:
        """See the port; ``owner`` is a ``userID`` and has to be given.

        Raises:
            Rejected: Carerix cannot hold it, or there is no such user.
        """
        request = creation(appointment, marker, self._owner(owner), self.settings)
        body = self.gateway.ask(CREATE, {"request": request})
        if body is None:
            raise Unavailable(SYSTEM, CREATE.name, "the answer holds no row")
        return self._found(held(CREATE.name, body))

    def update(self, found: Found, appointment: Appointment, fields: Collection[Field]) -> Found:
        """See the port. Carerix knows no conditions (A18), so: read, compare, write, compare the answer.

        Raises:
            VersionChanged: somebody changed the row since ``found``; or changed other fields in the moment before
                our write, which are safe, but the row is not what was judged: read and merge again.
        """
        request = changes(appointment, fields, self.settings)
        before = self._unchanged(found, UPDATE.name)
        after = self._written(found.native_id, request)
        own = {name for field in fields for name in ATTRIBUTES[field]}
        _compare(before, after, own, UPDATE.name)
        return self._found(after)

    def delete(self, found: Found) -> None:
        """See the port; a soft deletion. An edit in the very moment before it brings the row back: VersionChanged."""
        before = self._get(found.native_id)
        if before is None or before.row.is_deleted:
            return
        if before.version != found.version:
            raise VersionChanged(SYSTEM, DELETE.name, "the row was changed since it was read")
        self.gateway.ask(DELETE, {"id": found.native_id})
        after = self._get(found.native_id)
        if after is None or not after.row.is_deleted:
            return
        try:
            _compare(before, after, {"deleted"}, DELETE.name)
        except VersionChanged:
            self.gateway.ask(UPDATE, {"id": found.native_id, "request": restoration()})
            raise

    def restore(self, found: Found) -> Found:
        """See the port; the same row with all its relations (A21)."""
        present = self._get(found.native_id)
        if present is None:
            raise Gone(SYSTEM, "restore", "Carerix does not know the row any more")
        if not present.row.is_deleted:
            return self._found(present)
        try:
            row = self._written(found.native_id, restoration())
        except Rejected as refused:
            raise Gone(SYSTEM, "restore", f"this tenant restores nothing: {refused.why}") from None
        return self._found(row)

    def users(self) -> tuple[User, ...]:
        """All users that are not deleted."""
        return list_users(self.gateway)

    def user(self, user_id: int) -> User | None:
        """The user with this ``userID``; None if there is none."""
        return get_user(self.gateway, user_id)

    def close(self) -> None:
        """Give back sockets."""
        self.gateway.close()

    def _found(self, row: Held) -> Found:
        return found(row, self.settings.api_zone)

    def _get(self, native_id: str) -> Held | None:
        body = self.gateway.ask(GET, {"id": native_id})
        return None if body is None else held(GET.name, body)

    def _unchanged(self, judged: Found, operation: str) -> Held:
        row = self._get(judged.native_id)
        if row is None or row.row.is_deleted:
            raise Gone(SYSTEM, operation, "the row is deleted")
        if row.version != judged.version:
            raise VersionChanged(SYSTEM, operation, "the row was changed since it was read")
        return row

    def _written(self, native_id: str, request: dict[str, Any]) -> Held:
        body = self.gateway.ask(UPDATE, {"id": native_id, "request": request})
        if body is None:
            raise Gone(SYSTEM, UPDATE.name, "Carerix does not know the row any more")
        row = held(UPDATE.name, body)
        if row.row.is_deleted:
            raise Gone(SYSTEM, UPDATE.name, "the row is deleted")
        return row

    def _owner(self, owner: str | None) -> str:
        """The ``_id`` of the user with this ``userID``."""
        if owner is None or not (owner.isascii() and owner.isdigit()):
            raise Rejected(SYSTEM, CREATE.name, "owner: the userID of a Carerix user is needed")
        if owner not in self._owners:
            user = get_user(self.gateway, int(owner))
            if user is None:
                raise Rejected(SYSTEM, CREATE.name, f"owner: there is no Carerix user with userID {owner}")
            self._owners[owner] = user.id
        return self._owners[owner]


def _compare(before: Held, after: Held, own: set[str], operation: str) -> None:
    """Raises VersionChanged if an attribute differs that we did not write: somebody wrote in the same moment."""
    was, now = before.values(), after.values()
    other = [name for name in was if name not in own | _STAMPS and (was[name] or None) != (now.get(name) or None)]
    if other:
        raise VersionChanged(SYSTEM, operation, f"somebody changed {', '.join(sorted(other))} at the same moment")
