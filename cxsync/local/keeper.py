"""The process that keeps one embedded part: ``python -m MODULE FOLDER LAUNCH [--offline]``, MODULE being the part's.

It detaches, holds the keeper's lock, starts the part, starts it again when it dies, and ends it when it saw no user
for some seconds: every user holds the users' lock, and locks go with their processes.
"""

import argparse
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from cxsync.local import child, ports
from cxsync.local.errors import LocalError, PortTakenError, StartError, explain
from cxsync.local.lifetime import FileLock, Phase, Place, State

_GRACE_SECONDS = 3.0
_LOOK_SECONDS = 0.25
_LOCK_SECONDS = 1.0
_PORT_TRIES = 5
_RESTARTS = 5
_STEADY_SECONDS = 60.0


class Part(Protocol):
    """One server program."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def port_names(self) -> Sequence[str]: ...

    def prepare(self, report: Callable[[str], None]) -> None: ...

    def start(self, chosen: Mapping[str, int]) -> int | None: ...

    def endpoints(self, chosen: Mapping[str, int]) -> dict[str, str]: ...

    def runs(self) -> bool: ...

    def stop(self) -> None: ...


class Keeper:
    """Keeps ``part`` and says in the state file how it is."""

    def __init__(self, part: Part, place: Place, launch: str) -> None:
        self._name = part.name
        self._part = part
        self._place = place
        before = place.read()
        ports_before = {} if before is None else before.ports
        child_before = None if before is None else before.child
        self._state = State("starting", launch, os.getpid(), part.version, ports_before, child=child_before)

    def announce(self) -> None:
        """Replace what a former keeper said. Raises OSError."""
        self._tell("starting")

    def keep(self, users: FileLock) -> None:
        """Serve until there are no users, or SIGTERM. ``users`` is held exclusively from the decision to end."""
        try:
            self._part.prepare(lambda doing: self._tell("starting", detail=doing))
            self._start()
            self._watch(users)
        except LocalError as error:
            self._end("failed", code=error.code, detail=error.reason)
        except OSError as error:
            failure = explain(self._name, self._place.folder, error)
            self._end("failed", code=failure.code, detail=failure.reason)
        except SystemExit:
            self._end("stopped")
        except Exception as error:
            traceback.print_exc()
            self._end("failed", code=StartError.code, detail=f"{type(error).__name__}: {error}")
        else:
            self._end("stopped")

    def _start(self) -> None:
        # What a killed keeper left behind still has the ports: only when it has ended are they free to be had again.
        child.claim(self._name, self._place.child, self._state.child).close()
        for left in reversed(range(_PORT_TRIES)):
            chosen = ports.choose(self._part.port_names, self._state.ports)
            try:
                process = self._part.start(chosen)
            except PortTakenError:
                if left == 0:
                    raise
                continue
            self._state = msgspec.structs.replace(
                self._state, ports=chosen, endpoints=self._part.endpoints(chosen), child=process
            )
            self._tell("ready")
            return

    def _watch(self, users: FileLock) -> None:
        idle_since: float | None = None
        started = time.monotonic()
        restarts = 0
        while True:
            time.sleep(_LOOK_SECONDS)
            if not self._part.runs():
                restarts = 0 if time.monotonic() - started > _STEADY_SECONDS else restarts + 1
                print(f"{self._name} ended unasked, start {restarts + 1}", file=sys.stderr)  # noqa: T201  # the keeper's log
                self._tell("starting", detail="it ended unasked and is started again")
                self._restart(restarts)
                started = time.monotonic()
            if not users.acquire(exclusive=True):
                idle_since = None
                continue
            now = time.monotonic()
            idle_since = now if idle_since is None else idle_since
            if now - idle_since >= _GRACE_SECONDS:
                return
            users.release()

    def _restart(self, before: int) -> None:
        """Start a part that was killed; what it left behind may stand in the way for a moment."""
        for attempt in range(before, _RESTARTS + 1):
            try:
                self._start()
            except StartError:
                if attempt == _RESTARTS:
                    raise
                time.sleep(min(0.25 * 2**attempt, 5.0))
            else:
                return
        raise StartError(self._name, f"it ended {before} times in a row; see its log in {self._place.folder}")

    def _tell(self, phase: Phase, *, code: str = "", detail: str = "") -> None:
        self._state = msgspec.structs.replace(self._state, phase=phase, code=code, detail=detail)
        self._place.write(self._state)

    def _end(self, phase: Phase, *, code: str = "", detail: str = "") -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        self._part.stop()
        self._state = msgspec.structs.replace(self._state, child=None)
        try:
            self._tell(phase, code=code, detail=detail)
        except OSError as error:
            print(f"{phase} {code} {detail}; and the state cannot be written: {error}", file=sys.stderr)  # noqa: T201  # the keeper's log


def detach(log: Path) -> int:
    """Go on in a process without a parent that waits for it; returns the descriptor to answer at, -1 in the parent.

    The parent ends with the byte that the child writes, so that who launched it knows that the lock is taken.
    """
    answer, tell = os.pipe()
    if os.fork():
        os.close(tell)
        said = os.read(answer, 1)
        os._exit(said[0] if said else 1)
    os.close(answer)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    os.chdir("/")
    return tell


def _terminate(number: int, _: object) -> None:
    raise SystemExit(number)


def run(make: Callable[[Path, bool], Part]) -> None:
    """The whole life of a keeper, called by the part's own module; ``make`` takes the folder and whether offline."""
    parser = argparse.ArgumentParser(description="Keeps one embedded part; started by the commands that use it.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("launch", help="id of this start in the state file")
    parser.add_argument("--offline", action="store_true")
    arguments = parser.parse_args()
    place = Place(arguments.folder)
    tell = detach(place.keeper_log)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _terminate)
    with FileLock(place.keeper) as lock, FileLock(place.users) as users:
        # A probe may hold it for a moment.
        if lock.acquire(exclusive=True, seconds=_LOCK_SECONDS):
            os.ftruncate(1, 0)
            keeper = Keeper(make(place.folder, arguments.offline), place, arguments.launch)
            # Before the launcher goes on: what a former keeper wrote must not be read as this one's word.
            keeper.announce()
            os.write(tell, b"\0")
            os.close(tell)
            keeper.keep(users)
        else:
            os.write(tell, b"\0")
