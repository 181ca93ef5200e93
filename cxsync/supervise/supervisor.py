"""``cxsync up``: all roles below one process.

    Supervisor(roles, port=settings.metrics_port, before_start=check_topics).run()

Signals: SIGTERM, SIGINT (Ctrl-C) and SIGHUP stop all roles with SIGTERM, and with kill -9 those that take longer than
the grace; the same signal again kills at once. The supervisor killed with -9 takes its roles with it.
"""

import asyncio
import signal
from collections.abc import Callable, Sequence

import aiohttp

from cxsync.observe.health import LOOPBACK
from cxsync.observe.log import get_logger
from cxsync.observe.report import announce
from cxsync.supervise.keeper import Keeper, Stop, Timing
from cxsync.supervise.page import serve
from cxsync.supervise.role import RoleSpec

log = get_logger(__name__)


def _nothing() -> None:
    """The hook of who has nothing to check."""


class Supervisor:
    """Keeps ``roles`` alive from :meth:`run` until a signal."""

    def __init__(
        self,
        roles: Sequence[RoleSpec],
        *,
        port: int = 0,
        host: str = LOOPBACK,
        before_start: Callable[[], None] = _nothing,
        timing: Timing | None = None,
    ) -> None:
        """``before_start`` runs before any role does; what it raises, :meth:`run` raises. Port 0: any free one.

        Raises:
            ValueError: two roles have the same name or the same member id.
        """
        for values in ([role.name for role in roles], [role.member_id for role in roles]):
            if len(set(values)) != len(values):
                raise ValueError(f"each role needs a name and a member id of its own, not {sorted(values)}")
        self.roles = tuple(roles)
        self.port = port
        self.host = host
        self._before_start = before_start
        self._timing = timing or Timing()

    def run(self) -> None:
        """Start all roles and keep them until told to stop; in the main thread.

        Raises:
            PortTakenError: nothing was started.
            CxSyncError: ``before_start`` found something; nothing was started.
        """
        self._before_start()
        asyncio.run(self._run())

    async def _run(self) -> None:
        stop = Stop()
        self._listen(stop)
        limit = aiohttp.ClientTimeout(total=self._timing.probe_timeout)
        # A connection for each question: a role that was killed leaves none behind that looks alive.
        connector = aiohttp.TCPConnector(force_close=True, limit=0)
        async with aiohttp.ClientSession(timeout=limit, connector=connector) as session:
            keepers = [Keeper(role, session, self._timing, stop) for role in self.roles]
            async with serve(self.host, self.port, keepers, session) as self.port:
                log.info("supervisor serves health", host=self.host, port=self.port, count=len(keepers))
                announce(self.port)
                async with asyncio.TaskGroup() as group:
                    for keeper in keepers:
                        group.create_task(keeper.keep(), name=keeper.role.name)
                    await stop.asked.wait()
        log.info("all roles stopped")

    @staticmethod
    def _listen(stop: Stop) -> None:
        loop = asyncio.get_running_loop()

        def received(number: signal.Signals) -> None:
            log.info("stopping", signal=number.name)
            stop.ask()

        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            # `nohup` had it ignored, and means it.
            if signal.getsignal(number) is not signal.SIG_IGN:
                loop.add_signal_handler(number, received, number)
