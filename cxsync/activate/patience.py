"""A server that asks to come back later is asked again: an activation is many requests, and a person waits for it."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from cxsync.calendars.carerix.changes import Changes
from cxsync.calendars.carerix.client import CarerixCalendar
from cxsync.calendars.carerix.documents import Operation
from cxsync.calendars.carerix.gateway import Gateway
from cxsync.calendars.carerix.listing import Reader
from cxsync.calendars.errors import Busy

T = TypeVar("T")

LONGEST: Final = 120.0
"""Seconds that a server is waited for in all, for one answer."""
UNTOLD: Final = 2.0
"""Seconds to wait where the server does not say how long."""


def patiently(read: Callable[[], T], *, longest: float = LONGEST, sleep: Callable[[float], None] = time.sleep) -> T:
    """What ``read`` gives, which may be repeated. Raises Busy once the server has been waited for too long."""
    waited = 0.0
    while True:
        try:
            return read()
        except Busy as error:
            pause = error.retry_after if error.retry_after is not None else UNTOLD
            waited += max(pause, 0.1)
            if waited > longest:
                raise
            sleep(max(pause, 0.1))


class PatientGateway(Gateway):
    """The requests of ``inner``, each waited for: one that Carerix answers with 429 had no effect (wire contract,
    Errors), so that a write too may be sent again."""

    def __init__(self, inner: Gateway) -> None:
        self._inner = inner
        self.now = inner.now

    def ask(self, operation: Operation, variables: Mapping[str, Any]) -> bytes | None:
        """See ``Gateway.ask``."""
        return patiently(lambda: self._inner.ask(operation, variables))

    def close(self) -> None:
        """See ``Gateway.close``."""
        self._inner.close()


class PatientCarerix(CarerixCalendar):
    """The client ``inner``, each request waited for by itself: an agenda of many pages that began anew whenever one of
    them had to wait would never come to its end."""

    def __init__(self, inner: CarerixCalendar) -> None:
        self.settings = inner.settings
        self.gateway = PatientGateway(inner.gateway)
        self._changes = Changes(self.gateway, self.settings)
        self._reader = Reader(self.gateway, self.settings)
        self._owners = {}
