"""From a tenant or a connection in the database to the client of its calendar."""

from collections.abc import Mapping
from typing import Final

from cxsync.account import Details
from cxsync.calendars.port import Calendar, Reader
from cxsync.settings import Settings
from cxsync.store.connections import Connection
from cxsync.store.tenants import Tenant
from schemas.keys import MasterKeys
from schemas.words import System


class Opener:
    """Makes clients; each is for one thread at a time and to be closed by who asked for it."""

    def __init__(self, settings: Settings, credential_keys: MasterKeys) -> None:
        self._settings = settings
        self._keys = credential_keys

    def carerix(self, tenant: Tenant) -> Calendar:
        """The client of a tenant's Carerix application."""
        raise NotImplementedError(tenant.name)

    def external(self, connection: Connection, details: Details) -> Calendar:
        """The client of a connection's mailbox."""
        raise NotImplementedError(connection.provider, details.endpoint)

    def reader(self, system: System) -> Reader:
        """The pure half of a system: documents to appointments."""
        return READERS[system]


READERS: Final[Mapping[System, Reader]] = {}
