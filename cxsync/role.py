"""What every role has in common: settings, database, keys, health port, stopping on a signal.

with serving("producer carerix", settings) as role:
    while not role.stopping.is_set():
        role.beat()
        ...
"""

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from cxsync.keyring import Keyring, encryption_keys
from cxsync.observe.health import HealthServer, Heartbeat, Readiness
from cxsync.observe.log import configure, get_logger
from cxsync.observe.watchdog import Watchdog
from cxsync.settings import Settings
from cxsync.store.database import Database

MEMBER_VARIABLE: Final = "CXSYNC_MEMBER_ID"
log = get_logger(__name__)


class Role:
    """One running role. ``stopping`` is set by SIGTERM, Ctrl-C or a fault: work in hand is finished, no new begun."""

    def __init__(self, name: str, settings: Settings, database: Database, keyring: Keyring, patience: float) -> None:
        self.name = name
        self.settings = settings
        self.database = database
        self.keyring = keyring
        self.member = os.environ.get(MEMBER_VARIABLE)
        """The static id of this process within its consumer group; None outside a supervisor."""
        self.holder = f"{name} {socket.gethostname()}:{os.getpid()}"
        """Who holds the leases that this process takes."""
        self.stopping = threading.Event()
        self.heartbeat = Heartbeat(limit=patience)
        self._readiness = Readiness(False, "starting")
        self._fault: BaseException | None = None

    def beat(self) -> None:
        """The main loop has come round."""
        self.heartbeat.beat()

    def ready(self) -> None:
        """From now on the role works."""
        self._readiness = Readiness(True)

    def waiting(self, reason: str) -> None:
        """The role does not work at the moment, because of ``reason``."""
        self._readiness = Readiness(False, reason)

    def readiness(self) -> Readiness:
        """What ``/readyz`` says."""
        return self._readiness

    def fail(self, error: BaseException) -> None:
        """A thread of the role met a fault that the process must not survive: stop, and end with that error."""
        if self._fault is None:
            self._fault = error
        self.stopping.set()

    def raise_fault(self) -> None:
        """End with the fault that stopped the role, if one did."""
        if self._fault is not None:
            raise self._fault


@contextmanager
def serving(name: str, settings: Settings, *, pool: int = 8, patience: float = 30.0) -> Iterator[Role]:
    """Open what a role needs, serve its health port, stop on SIGTERM and Ctrl-C.

    ``pool`` is the most database connections, ``patience`` the seconds without a beat after which ``/healthz`` says
    stuck.

    Raises:
        DatabaseUnreachable, DatabaseNewer, PortTakenError, SettingError: at the start.
    """
    configure(settings.log_level, settings.log_format, name)
    with Database.open(settings.database_url, name=name, max_size=pool) as database:
        keyring = Keyring(database, encryption_keys(settings))
        role = Role(name, settings, database, keyring, patience)

        def stop(number: int, _frame: FrameType | None) -> None:
            role.stopping.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        health = HealthServer(
            settings.metrics_port, host=settings.metrics_host, ready=role.readiness, heartbeat=role.heartbeat
        )
        with health, Watchdog(role.heartbeat):
            yield role
        role.raise_fault()
        log.info("stopped")
