"""Calendar clients of a worker's thread: kept while it works on one connection, closed when it goes on to the next."""

import threading
from uuid import UUID

from cxsync.account import Details
from cxsync.calendars.opening import Opener
from cxsync.calendars.port import Calendar, Reader
from cxsync.store.connections import Connection
from cxsync.store.tenants import Tenant
from schemas.words import System


class Openings:
    """Clients are not to be shared by threads, so each thread has its own."""

    def __init__(self, opener: Opener) -> None:
        self._opener = opener
        self._kept = threading.local()

    def open(self, system: System, tenant: Tenant, connection: Connection, details: Details) -> Calendar:
        """The client of one side of ``connection``."""
        mark: tuple[UUID, bytes | None] = (connection.id, connection.credentials)
        if getattr(self._kept, "mark", None) != mark:
            self.close()
            self._kept.mark, self._kept.calendars = mark, {}
        calendars: dict[System, Calendar] = self._kept.calendars
        if system not in calendars:
            calendars[system] = (
                self._opener.carerix(tenant) if system == "carerix" else self._opener.external(connection, details)
            )
        return calendars[system]

    def reader(self, system: System) -> Reader:
        """The pure half of a system."""
        return self._opener.reader(system)

    def close(self) -> None:
        """Close this thread's clients."""
        for calendar in getattr(self._kept, "calendars", {}).values():
            calendar.close()
        self._kept.calendars = {}
