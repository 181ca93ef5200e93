"""A server that asks to come back later is asked again: an activation is many requests, and a person waits for it."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

from cxsync.calendars.errors import Busy

T = TypeVar("T")

LONGEST: Final = 120.0
"""Seconds that a server is waited for in all, in one reading."""
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
