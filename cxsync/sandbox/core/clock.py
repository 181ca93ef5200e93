"""The sandbox's only source of time, so that a test can set or shift it for all servers at once."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class Clock:
    """A clock that runs on from any moment, or stands still if ``running`` is False."""

    def __init__(
        self, at: datetime | None = None, *, running: bool = True, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._monotonic = monotonic
        self._running = running
        self.set(at if at is not None else datetime.now(UTC))

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        if not self._running:
            return self._origin
        return self._origin + timedelta(seconds=self._monotonic() - self._since)

    def shift(self, seconds: float) -> None:
        """Move the present by ``seconds``, backwards if negative."""
        self.set(self.now() + timedelta(seconds=seconds))

    def set(self, at: datetime) -> None:
        """Make ``at`` (aware) the present; the clock goes on from there."""
        if at.tzinfo is None:
            raise ValueError(f"the clock needs a moment with an offset, not {at.isoformat()}")
        self._origin = at.astimezone(UTC)
        self._since = self._monotonic()
