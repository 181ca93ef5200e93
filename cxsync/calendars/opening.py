"""From a tenant or a connection in the database to the client of its calendar.

What a client learns and may keep between polls is kept here by process: Google's access tokens, and what an Exchange
server speaks. Clients themselves are for one thread at a time; ``Openings`` keeps a thread's own.
"""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Final
from uuid import UUID

from google.oauth2.credentials import Credentials

from cxsync.account import Details, secret_of
from cxsync.calendars.carerix.access import Access, TenantSettings
from cxsync.calendars.carerix.client import CarerixCalendar
from cxsync.calendars.carerix.read import read as read_carerix
from cxsync.calendars.exchange.client import ExchangeCalendar
from cxsync.calendars.exchange.endpoint import read_allowlist, read_endpoint
from cxsync.calendars.exchange.protocol import Spoken
from cxsync.calendars.exchange.read import read as read_exchange
from cxsync.calendars.exchange.transport import Route, route
from cxsync.calendars.google.access import OAuthClient, credentials
from cxsync.calendars.google.client import GoogleCalendar
from cxsync.calendars.google.read import read as read_google
from cxsync.calendars.port import Calendar, Reader
from cxsync.observe.metrics import count, observe
from cxsync.settings import Settings
from cxsync.store import budgets
from cxsync.store.connections import Connection
from cxsync.store.database import Database
from cxsync.store.tenants import Tenant
from schemas.keys import MasterKeys
from schemas.words import System

READERS: Final[Mapping[System, Reader]] = {
    "carerix": read_carerix,
    "exchange": read_exchange,
    "google": read_google,
}
AT_ONCE: Final = 2.0
"""Requests that a budget allows at once: with it, no second ever sees more than the server's own limit."""
CARERIX_PER_SECOND: Final = 8.0
"""Requests a second of a tenant, which allows 10 (wire contract, Transport)."""
GOOGLE_PER_SECOND: Final = 8.0
"""Requests a second of one user, who may make 600 a minute (Google, Manage quotas)."""
_Mark = tuple[UUID, bytes | None]


class Opener:
    """Makes clients; each is for one thread at a time and to be closed by who asked for it."""

    def __init__(self, settings: Settings, database: Database, credential_keys: MasterKeys) -> None:
        self._settings = settings
        self._database = database
        self._keys = credential_keys
        self._spoken: dict[_Mark, Spoken] = {}
        self._granted: dict[_Mark, Credentials] = {}
        self._declared: set[str] = set()

    def carerix(self, tenant: Tenant) -> CarerixCalendar:
        """The client of a tenant's Carerix application."""
        secret = b"" if tenant.client_secret is None else self._keys.unwrap(tenant.id, tenant.client_secret)
        access = Access(
            graphql_url=tenant.graphql_url,
            token_url=tenant.token_url,
            client_id=tenant.client_id,
            client_secret=secret.decode(),
        )
        settings = TenantSettings(
            api_zone=tenant.api_timezone,
            system_zone=tenant.system_timezone,
            week_start="monday" if tenant.week_start == 1 else "sunday",
            short_month=tenant.short_month,
        )
        return CarerixCalendar(
            access, settings, wait=self._budget("carerix", f"carerix:{tenant.id}", CARERIX_PER_SECOND)
        )

    def external(self, connection: Connection, details: Details) -> Calendar:
        """The client of a connection's mailbox.

        Raises:
            EndpointUnreadable, EndpointRefused, Unavailable: an Exchange server cannot be reached as it is named.
        """
        secret = secret_of(self._keys, connection)
        mark = (connection.id, connection.credentials)
        if connection.provider == "google":
            return self.google(secret, connection.id, mark)
        return _Remembering(self.way(details.endpoint), details, secret, self._spoken, mark)

    def exchange(self, details: Details, password: str) -> ExchangeCalendar:
        """A client of one mailbox on premises that nothing is known of yet."""
        return ExchangeCalendar(self.way(details.endpoint), details.username, password, zone=details.zone)

    def way(self, endpoint: str) -> Route:
        """The checked way to an Endpoint."""
        settings = self._settings
        allowed = read_allowlist(filter(None, map(str.strip, settings.endpoint_allowlist.split(","))))
        return route(
            read_endpoint(endpoint),
            allowed,
            ca_file=settings.endpoint_ca_file or None,
            proxy=settings.endpoint_proxy or None,
        )

    def google(self, refresh_token: str, connection_id: UUID, mark: _Mark | None = None) -> GoogleCalendar:
        """A client of one Google calendar."""
        settings = self._settings
        client = OAuthClient(settings.google_client_id, settings.google_client_secret, settings.google_token_url)
        granted = self._granted.get(mark) if mark else None
        if granted is None:
            granted = credentials(refresh_token, client)
            if mark:
                self._granted[mark] = granted
        wait = self._budget("google", f"google:{connection_id}", GOOGLE_PER_SECOND)
        return GoogleCalendar(granted, api_endpoint=settings.google_api_endpoint, wait=wait)

    def reader(self, system: System) -> Reader:
        """The pure half of a system: documents to appointments."""
        return READERS[system]

    def _budget(self, system: System, resource: str, per_second: float) -> Callable[[int], None]:
        def wait(requests: int) -> None:
            if resource not in self._declared:
                with self._database.transaction() as conn:
                    budgets.declare(conn, resource, capacity=AT_ONCE, per_second=per_second)
                self._declared.add(resource)
            seconds = budgets.take(self._database, resource, requests)
            if seconds > 0:
                count("budget_waits", system=system)
                observe("budget_wait_seconds", seconds, system=system)
                time.sleep(min(seconds, 30.0))

        return wait


class _Remembering(ExchangeCalendar):
    """Leaves what it learnt of its server to the next client of the same account."""

    def __init__(self, way: Route, details: Details, password: str, memory: dict[_Mark, Spoken], mark: _Mark) -> None:
        super().__init__(way, details.username, password, zone=details.zone, spoken=memory.get(mark))
        self._memory = memory
        self._mark = mark

    def close(self) -> None:
        """Close, and remember."""
        super().close()
        if self.spoken is not None:
            self._memory[self._mark] = self.spoken


class Openings:
    """A thread's clients: those of the connection that it works on now, closed when it goes on to the next."""

    def __init__(self, opener: Opener) -> None:
        self._opener = opener
        self._kept = threading.local()

    def open(self, system: System, tenant: Tenant, connection: Connection, details: Details) -> Calendar:
        """The client of one side of ``connection``."""
        if system == "carerix":
            return self.carerix(tenant)
        mark: _Mark = (connection.id, connection.credentials)
        if getattr(self._kept, "mark", None) != mark:
            if getattr(self._kept, "external", None) is not None:
                self._kept.external.close()
            self._kept.external = self._opener.external(connection, details)
            self._kept.mark = mark
        found: Calendar = self._kept.external
        return found

    def carerix(self, tenant: Tenant) -> CarerixCalendar:
        """This thread's client of a tenant; kept, so that its access token is."""
        kept: dict[_Mark, CarerixCalendar] = self._kept.__dict__.setdefault("tenants", {})
        mark: _Mark = (tenant.id, tenant.client_secret)
        if mark not in kept:
            kept[mark] = self._opener.carerix(tenant)
        return kept[mark]

    def reader(self, system: System) -> Reader:
        """The pure half of a system."""
        return self._opener.reader(system)
