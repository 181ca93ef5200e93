"""The rate limit of a tenant's interface."""

from collections import deque
from datetime import datetime, timedelta
from typing import Final

SECOND: Final = timedelta(seconds=1)


class Limiter:
    """At most so many requests in any second; refused ones do not count."""

    def __init__(self) -> None:
        self._passed: deque[datetime] = deque()

    def admits(self, now: datetime, limit: int) -> bool:
        """Whether one more request fits at ``now``; if so it counts. A clock set back starts afresh."""
        if limit == 0:
            return True
        while self._passed and not timedelta() <= now - self._passed[0] < SECOND:
            self._passed.popleft()
        if len(self._passed) >= limit:
            return False
        self._passed.append(now)
        return True
