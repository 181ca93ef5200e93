"""Ends a process that hangs, where no supervisor does it.

One worker that never finishes blocks its whole consumer group and ignores SIGTERM, and Docker restarts a container
that ended, not one that is unhealthy. So a process without a supervisor kills itself, with -9, once its heart has not
beaten for a while after ``/healthz`` began to say so; everything it does is made to survive that.
"""

import os
import signal
import threading
from collections.abc import Callable
from typing import Self

from cxsync.observe.health import Heartbeat
from cxsync.observe.log import get_logger

log = get_logger(__name__)


def kill_this_process() -> None:
    """As kill -9 would."""
    os.kill(os.getpid(), signal.SIGKILL)


class Watchdog:
    """Watches ``heartbeat`` inside the block; ``patience`` is the seconds it may be late beyond its limit."""

    def __init__(
        self,
        heartbeat: Heartbeat,
        *,
        patience: float = 30,
        every: float = 1,
        bite: Callable[[], None] = kill_this_process,
    ) -> None:
        self._heartbeat = heartbeat
        self._patience = patience
        self._every = every
        self._bite = bite
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        late = 0.0
        while not self._stop.wait(self._every):
            # Seconds that this thread has seen, not those of the clock: a process that was itself stopped for an hour
            # (SIGSTOP, a sleeping laptop) first gets its chance to beat again.
            late = 0.0 if self._heartbeat.alive else late + self._every
            if late >= self._patience:
                log.error("main loop hangs; the process ends itself", seconds=round(self._heartbeat.age, 1))
                self._bite()
                return
