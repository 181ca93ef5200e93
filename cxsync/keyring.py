"""The connections' keys, unwrapped and at hand: what sealing and unsealing ask for."""

import threading
import time
from collections.abc import Callable
from typing import Final
from uuid import UUID

from cxsync.settings import PREFIX, Settings
from cxsync.store import keys as table
from cxsync.store.database import Database
from schemas.errors import Erased
from schemas.keys import MasterKeys, new_key

KEEP: Final = 60.0
"""Seconds that an unwrapped key is used without asking again: erasing takes effect everywhere within that time."""


def encryption_keys(settings: Settings) -> MasterKeys:
    """The keys that wrap the connections' keys. Raises BadMasterKey."""
    return MasterKeys.parse(settings.encryption_keys, setting=PREFIX + "ENCRYPTION_KEYS", purpose="connection-key")


def credential_keys(settings: Settings) -> MasterKeys:
    """The keys that seal passwords and tokens. Raises BadMasterKey."""
    return MasterKeys.parse(settings.credential_keys, setting=PREFIX + "CREDENTIAL_KEYS", purpose="credential")


class Keyring:
    """Asks the database once a minute and connection. Safe to use from several threads."""

    def __init__(self, database: Database, masters: MasterKeys, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._masters = masters
        self._clock = clock
        self._kept: dict[UUID, tuple[float, bytes | None]] = {}
        self._lock = threading.Lock()

    def has(self, connection_id: UUID) -> bool:
        """Whether ``key_of`` would answer without asking the database."""
        kept = self._kept.get(connection_id)
        return kept is not None and self._clock() - kept[0] < KEEP

    def key_of(self, connection_id: UUID) -> bytes:
        """The 32 bytes that seal this connection's records.

        Raises:
            Erased: the key was destroyed.
            KeyMissing: there never was one, here.
            UnknownMasterKey, WrapBroken: it does not open under the keys that are configured.
            DatabaseUnavailable: it could not be asked for.
        """
        key = self._kept[connection_id][1] if self.has(connection_id) else self._load(connection_id)
        if key is None:
            raise Erased(connection_id)
        return key

    def make(self, connection_id: UUID) -> bytes:
        """A new random key wrapped for ``connection_id``, to be stored with the connection."""
        return self._masters.wrap(connection_id, new_key())

    def _load(self, connection_id: UUID) -> bytes | None:
        with self._database.transaction() as conn:
            try:
                wrapped = table.get(conn, connection_id)
            except table.KeyDestroyed:
                key = None
            else:
                key = self._masters.unwrap(connection_id, wrapped)
        with self._lock:
            self._kept[connection_id] = (self._clock(), key)
        return key
