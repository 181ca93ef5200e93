"""The pollers of Exchange and Google: one connection at a time, whole appointments, no window of dates."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal

from cxsync.account import Details, details_of
from cxsync.calendars import errors
from cxsync.calendars.port import Calendar, Found, Listing
from cxsync.policy import policy_of
from cxsync.role import Role
from cxsync.store import connections, links, seen, tenants
from cxsync.store.connections import Connection
from cxsync.store.schedule import DuePoll
from cxsync.store.tenants import Tenant
from producers.failed import PollFailed, failed
from producers.observed import observation
from producers.pace import next_in
from producers.refused import accepted, refused
from producers.source import Polled
from schemas.words import RawOrigin, System

Open = Callable[[Connection, Details], Calendar]


class ExternalSource:
    """Polls the external calendars of one provider; ``open_calendar`` gives the client of a connection."""

    def __init__(self, role: Role, system: Literal["exchange", "google"], open_calendar: Open) -> None:
        self.system: System = system
        self._role = role
        self._open = open_calendar

    def poll(self, due: DuePoll, cursor: bytes | None) -> Polled:
        """What changed since ``cursor``; after a lost one everything, compared with what is known."""
        connection, tenant = self._known(due)
        details = details_of(self._role.keyring.key_of(connection.id), connection)
        policy = policy_of(tenant, details, self._role.settings.daily_series)
        try:
            calendar = self._open(connection, details)
            try:
                listing, origin = self._changes(calendar, cursor, connection)
                vanished = self._vanished(calendar, listing, connection, due.last_success_at)
            finally:
                calendar.close()
        except errors.CalendarError as error:
            if isinstance(error, errors.CredentialsRefused):
                refused(self._role, connection, due)
            raise failed(error, due, self._role.settings) from error
        accepted(self._role, connection)
        observations = tuple(
            observation(found, self.system, "carerix", connection.id, policy, origin)
            for found in (*listing.found, *vanished)
        )
        changed_at = datetime.now(UTC) if observations else (due.last_change_at or connection.activated_at)
        pause = next_in(self._role.settings, datetime.now(UTC), changed_at, policy.user_zone)
        return Polled(observations=observations, cursor=listing.cursor, next_in=pause, more=listing.more)

    def _known(self, due: DuePoll) -> tuple[Connection, Tenant]:
        if due.connection_id is None:
            raise PollFailed("no-connection", f"{due.resource} is no connection", 300.0)
        with self._role.database.transaction() as conn:
            connection = connections.get(conn, due.connection_id)
            tenant = tenants.by_id(conn, connection.tenant_id)
        if tenant is None:
            raise PollFailed("no-tenant", f"{due.resource} has no tenant", 300.0)
        return connection, tenant

    def _changes(self, calendar: Calendar, cursor: bytes | None, connection: Connection) -> tuple[Listing, RawOrigin]:
        if cursor is not None:
            try:
                return calendar.changes(cursor), "poll"
            except errors.CursorLost:
                pass
        return self._resync(calendar, connection), "resync"

    def _vanished(
        self, calendar: Calendar, listing: Listing, connection: Connection, since: datetime | None
    ) -> list[Found]:
        """What this program wrote since the last poll and is not listed, if it is gone. An item that was made and
        deleted between two polls is no change to Exchange (MS-OXWSSYNC, SyncFolderItems), but one to its partner."""
        since = since or connection.activated_at
        if since is None:
            return []
        with self._role.database.transaction() as conn:
            written = links.written_outside(conn, connection.id, since)
        asked = [calendar.fetch(id_) for id_ in sorted(written - {found.native_id for found in listing.found})]
        return [found for found in asked if found.presence != "present"]

    def _resync(self, calendar: Calendar, connection: Connection) -> Listing:
        """A full listing, and each known item that is not in it asked for by id: only that proves a deletion."""
        pages: list[Found] = []
        listing = calendar.changes(None)
        pages += listing.found
        while listing.more:
            listing = calendar.changes(listing.cursor)
            pages += listing.found
        listed = {found.native_id for found in pages}
        with self._role.database.transaction() as conn:
            known = {item.native_id for item in seen.everything(conn, connection.id, self.system)}
            known |= links.external_ids(conn, connection.id)
        missing = [calendar.fetch(native_id) for native_id in sorted(known - listed)]
        return Listing(found=(*pages, *missing), cursor=listing.cursor, full=True)
