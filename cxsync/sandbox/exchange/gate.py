"""Throttling (the page "EWS throttling in Exchange"): how much one account may ask at a time and in a minute."""

from collections.abc import Iterator
from contextlib import contextmanager

from cxsync.sandbox.core.clock import Clock
from cxsync.sandbox.exchange.options import Options
from cxsync.sandbox.exchange.soap import SoapFault, busy_fault


class Gate:
    """Counts by account."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: dict[str, int] = {}
        self._minutes: dict[str, tuple[int, int]] = {}

    def clear(self) -> None:
        """Nobody has asked anything."""
        self._minutes.clear()

    @contextmanager
    def passing(self, owner: str, options: Options) -> Iterator[None]:
        """While one request of ``owner`` is served. Raises SoapFault when it is one too many."""
        count = self._open.get(owner, 0) + 1
        self._open[owner] = count
        try:
            if options.max_concurrency and count > options.max_concurrency:
                if options.concurrency_code == "ErrorServerBusy":
                    raise busy_fault(options.back_off_milliseconds)
                raise SoapFault(
                    "ErrorExceededConnectionCount",
                    "You have exceeded the available concurrent connections for your account. "
                    "Try again once your other requests have completed.",
                )
            if options.budget_per_minute:
                minute = int(self._clock.now().timestamp() // 60)
                known, used = self._minutes.get(owner, (minute, 0))
                used = used + 1 if known == minute else 1
                self._minutes[owner] = (minute, used)
                if used > options.budget_per_minute:
                    raise busy_fault(options.back_off_milliseconds)
            yield
        finally:
            self._open[owner] -= 1
