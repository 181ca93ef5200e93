"""What activation works with, and waiting for one's turn at a connection or a tenant."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from msgspec import Struct

from cxsync.activate.errors import Occupied
from cxsync.calendars.opening import Opener
from cxsync.settings import Settings
from cxsync.store import lease
from cxsync.store.database import Database
from cxsync.store.lease import Hand
from schemas.keys import MasterKeys

PATIENCE: Final = 90.0
"""Seconds that a turn is waited for: longer than a lease lasts whose holder died."""
_LOOK: Final = 0.2


class Ground(Struct, frozen=True):
    """``holder`` names this process in the leases that it takes."""

    settings: Settings
    database: Database
    opener: Opener
    encryption_keys: MasterKeys
    credential_keys: MasterKeys
    holder: str


@contextmanager
def turn(ground: Ground, resource: str, patience: float = PATIENCE) -> Iterator[Hand]:
    """The lease of ``resource``, waited for.

    Raises:
        Occupied: somebody else held it all the time.
    """
    until = time.monotonic() + patience
    taken = lease.acquire(ground.database, resource, ground.holder)
    while taken is None:
        if time.monotonic() >= until:
            raise Occupied(resource, patience)
        time.sleep(_LOOK)
        taken = lease.acquire(ground.database, resource, ground.holder)
    with Hand(ground.database, taken) as hand:
        yield hand
