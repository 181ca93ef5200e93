"""Keeps one role alive: starts it, watches it, starts it again, ends it."""

import asyncio
import random
import signal
from collections.abc import Callable
from typing import Literal

import aiohttp
import msgspec

from cxsync.observe.log import get_logger
from cxsync.observe.metrics import count, set_gauge
from cxsync.supervise.child import Child
from cxsync.supervise.probe import probe
from cxsync.supervise.restarts import Deaths, Ending
from cxsync.supervise.role import RoleSpec

log = get_logger(__name__)

NO_PROCESS = 71  # EX_OSERR of sysexits.h: the system could not make one
State = Literal["starting", "ready", "not ready", "restarting", "cannot start", "stopped"]


class Timing(msgspec.Struct, frozen=True):
    """Seconds; the defaults are the product's, tests take shorter ones."""

    grace: float = 10
    """From SIGTERM to kill -9. Longer than a host needs to finish what it has in hand."""
    hung_after: float = 30
    """How long ``/healthz`` may fail before kill -9: a worker that hangs blocks its whole consumer group."""
    report_within: float = 120
    """How long a start may take until the role's health page answers at all."""
    probe_every: float = 1
    probe_timeout: float = 5


class Stop:
    """The order to stop, given once, and the order to hurry, given by a second signal."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.hurry = asyncio.Event()

    def ask(self) -> None:
        """Stop; asked again, stop now."""
        if self.asked.is_set():
            self.hurry.set()
        self.asked.set()


class Keeper:
    """One role and all its lives. ``state``, ``reason``, ``port`` say how it stands now."""

    def __init__(
        self,
        role: RoleSpec,
        session: aiohttp.ClientSession,
        timing: Timing,
        stop: Stop,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.role = role
        self.state: State = "starting"
        self.reason: str | None = None
        self.port: int | None = None
        self.pid: int | None = None
        self.restarts = 0
        self._session = session
        self._timing = timing
        self._stop = stop
        self._jitter = jitter
        self._deaths = Deaths()
        self._was_ready = False

    async def keep(self) -> None:
        """Until the order to stop has been carried out."""
        while not self._stop.asked.is_set():
            try:
                child = await Child.start(self.role)
            except OSError as error:
                # The system has no process or file left for it; the other roles go on, and this one tries again.
                log.error("role cannot be started", role=self.role.name, exc_info=error)
                ending, hung = Ending(NO_PROCESS, 0.0, was_ready=False), False
            else:
                self._born(child)
                ending, hung = await self._live(child)
            self.pid = self.port = None
            if not self._stop.asked.is_set():
                await self._wait_to_restart(ending, hung)
        self._become("stopped")

    def _born(self, child: Child) -> None:
        self.pid = child.pid
        self._was_ready = False
        if self.state != "cannot start":
            self._become("starting")
        log.info("role started", role=self.role.name, pid=child.pid, member_id=self.role.member_id)

    async def _live(self, child: Child) -> tuple[Ending, bool]:
        exited = asyncio.create_task(child.wait())
        hung = asyncio.create_task(self._watch(child))
        stop = asyncio.create_task(self._stop.asked.wait())
        try:
            await asyncio.wait({exited, hung, stop}, return_when=asyncio.FIRST_COMPLETED)
            was_hung = False
            if self._stop.asked.is_set():
                hung.cancel()  # from here on its page going away is no news
                await self._end(child, exited)
            elif hung.done() and not exited.done():
                was_hung = True
                log.error("role hangs and is killed", role=self.role.name, pid=child.pid, reason=hung.result())
                child.kill()
            return Ending(await exited, child.lived, self._was_ready), was_hung
        finally:
            if not exited.done():
                child.kill()
            for task in (exited, hung, stop):
                task.cancel()

    async def _end(self, child: Child, exited: asyncio.Task[int]) -> None:
        child.terminate()
        hurry = asyncio.create_task(self._stop.hurry.wait())
        await asyncio.wait({exited, hurry}, timeout=self._timing.grace, return_when=asyncio.FIRST_COMPLETED)
        hurry.cancel()
        if not exited.done():
            log.warning("role does not stop and is killed", role=self.role.name, pid=child.pid)
            child.kill()

    async def _watch(self, child: Child) -> str:
        """Follow the role's health; returns, with the reason, only if it has to be killed."""
        give_up = child.lived + self._timing.report_within
        try:
            async with asyncio.timeout(self._timing.report_within):
                port = await child.reported_port()
        except TimeoutError:
            port = None
        if port is None:
            await asyncio.sleep(max(0.0, give_up - child.lived))
            return f"no health page within {self._timing.report_within:.0f} s of its start"
        self.port = port
        failures, failing_since = 0, 0.0
        while True:
            asked_at = child.lived
            answer = await probe(self._session, port)
            if answer.alive:
                failures = 0
                self._was_ready = self._was_ready or answer.ready
                self._become("ready" if answer.ready else "not ready", answer.reason)
            else:
                failing_since = failing_since if failures else asked_at
                failures += 1
                self._become("not ready", answer.reason)
                # Three probes: a supervisor that itself stood still has seen no more than one fail.
                if failures >= 3 and child.lived - failing_since >= self._timing.hung_after:
                    return answer.reason or "its health page says so"
            await asyncio.sleep(self._timing.probe_every * (1 if self._was_ready else 0.25))

    async def _wait_to_restart(self, ending: Ending, hung: bool) -> None:
        was_reported = self._deaths.cannot_start
        self._deaths = self._deaths.after(ending)
        delay = self._deaths.delay(self._jitter())
        how = _describe(ending)
        self.restarts += 1
        count("role_restarts", role=self.role.name, reason="hung" if hung else "died")
        log.warning(
            "role died and is started again",
            role=self.role.name,
            reason=how,
            seconds=round(ending.lived, 1),
            wait=delay,
        )
        if self._deaths.cannot_start:
            self._become("cannot start", f"{how} at each start; its own messages say what is wrong")
            if not was_reported:
                log.error("role cannot start; see its own messages above", role=self.role.name, reason=how)
        else:
            self._become("restarting", how)
        if delay:
            try:
                async with asyncio.timeout(delay):
                    await self._stop.asked.wait()
            except TimeoutError:
                pass

    def _become(self, state: State, reason: str | None = None) -> None:
        if state != self.state and state in ("ready", "not ready"):
            log.info("role's readiness changed", role=self.role.name, state=state)
        self.state, self.reason = state, reason
        set_gauge("role_ready", state == "ready", role=self.role.name)


def _describe(ending: Ending) -> str:
    if ending.exit_code >= 0:
        return f"exit {ending.exit_code}"
    try:
        return f"killed by {signal.Signals(-ending.exit_code).name}"
    except ValueError:
        return f"killed by signal {-ending.exit_code}"
