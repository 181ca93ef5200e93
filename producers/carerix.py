"""The Carerix poller: one query a tenant for all its users; each row goes to the connection of its owner."""

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from msgspec.structs import replace

from cxsync.account import details_of
from cxsync.calendars import errors
from cxsync.calendars.port import Calendar, Found, Listing
from cxsync.policy import policy_of
from cxsync.role import Role
from cxsync.store import connections, links, tenants
from cxsync.store.connections import Connection
from cxsync.store.schedule import DuePoll
from cxsync.store.tenants import Tenant
from producers.failed import PollFailed, failed
from producers.observed import observation
from producers.source import Observation, Polled
from schemas.errors import Erased
from schemas.records import Policy
from schemas.words import RawOrigin, System

Open = Callable[[Tenant], Calendar]


class CarerixSource:
    """Polls tenants; ``open_calendar`` gives this thread's client of one, kept for its access token."""

    system: System = "carerix"

    def __init__(self, role: Role, open_calendar: Open) -> None:
        self._role = role
        self._open = open_calendar

    def poll(self, due: DuePoll, cursor: bytes | None) -> Polled:
        """What changed in the tenant; rows of owners without a connection are dropped."""
        with self._role.database.transaction() as conn:
            tenant = tenants.by_id(conn, due.tenant_id) if due.tenant_id else None
            by_user = connections.by_user(conn, tenant.id) if tenant else {}
            known = {id_: connections.get(conn, id_) for id_ in by_user.values()}
        if tenant is None:
            raise PollFailed("no-tenant", f"{due.resource} is no tenant", 300.0)
        try:
            listing, origin = self._changes(self._open(tenant), cursor)
        except errors.CalendarError as error:
            raise failed(error, due, self._role.settings) from error
        observations = self._observations(listing.found, tenant, by_user, known, origin)
        return Polled(
            observations=tuple(observations),
            cursor=listing.cursor,
            next_in=float(self._role.settings.carerix_poll_interval),
            more=listing.more,
        )

    def _changes(self, calendar: Calendar, cursor: bytes | None) -> tuple[Listing, RawOrigin]:
        if cursor is not None:
            try:
                return calendar.changes(cursor), "poll"
            except errors.CursorLost:
                pass
        return calendar.changes(None), "resync"

    def _observations(
        self,
        rows: Sequence[Found],
        tenant: Tenant,
        by_user: Mapping[str, UUID],
        known: Mapping[UUID, Connection],
        origin: RawOrigin,
    ) -> list[Observation]:
        with self._role.database.transaction() as conn:
            holders = links.holders(conn, tenant.id, [row.native_id for row in rows])
        observations = []
        for row in rows:
            owner = by_user.get(row.owner or "")
            for holder in holders.get(row.native_id, ()):
                if holder != owner and holder in known:  # handed to another owner: it leaves the first one's calendar
                    left = replace(row, presence="left", documents=())
                    observations += self._observation(left, tenant, known[holder], origin)
            if owner is not None:
                observations += self._observation(row, tenant, known[owner], origin)
        return observations

    def _observation(self, row: Found, tenant: Tenant, connection: Connection, origin: RawOrigin) -> list[Observation]:
        policy = self._policy(tenant, connection)
        if policy is None:
            return []
        return [observation(row, "carerix", connection.provider, connection.id, policy, origin)]

    def _policy(self, tenant: Tenant, connection: Connection) -> Policy | None:
        try:
            details = details_of(self._role.keyring.key_of(connection.id), connection)
        except Erased:
            return None
        return policy_of(tenant, details, self._role.settings.daily_series)
