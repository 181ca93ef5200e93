"""Use, look at and stop the embedded parts: a command that needs one and finds none starts it, all others share it."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Literal, get_args

import msgspec
import structlog

from cxsync.local.errors import BY_CODE, InUseError, LocalError, StartError, explain
from cxsync.local.lifetime import FileLock, Phase, Place, State, is_alive, is_held, is_used
from cxsync.local.secrets import secrets

__all__ = ["Endpoints", "PartName", "PartStatus", "secrets", "status", "stop", "use"]

_ROOT = str(Path(__file__).resolve().parents[2])

PartName = Literal["kafka", "postgres", "mail"]

# Each is a keeper of its own part: none has to load what the others need.
_MODULES: Mapping[PartName, str] = {
    "kafka": "cxsync.local.kafka",
    "postgres": "cxsync.local.postgres",
    "mail": "cxsync.local.mail.server",
}

# The first start fetches 45 MB; on a slow line that takes minutes.
_START_SECONDS = 600.0
# A part that stops gives its users' lock back when it is down.
_STOP_SECONDS = 60.0
_WATCH_SECONDS = 1.0
_MOST_PAUSE_SECONDS = 30.0
_LAUNCHES = 3
_PROBE_BYTES = 64 * 1024

log = structlog.get_logger(__name__)


class Endpoints(msgspec.Struct, frozen=True):
    """Where the parts in use answer; None for those that were not asked for."""

    kafka: str | None = None
    """``HOST:PORT`` of the broker."""
    database: str | None = None
    """URL for psycopg, password inside."""
    smtp: str | None = None
    """``smtp://HOST:PORT``; STARTTLS and login are offered too."""
    mail_page: str | None = None
    """``http://HOST:PORT``: the page and the JSON list of the mails that arrived."""


class PartStatus(msgspec.Struct, frozen=True):
    """One embedded part as ``cxsync local status`` shows it."""

    part: PartName
    phase: Phase
    in_use: bool
    keeper: int | None
    version: str
    endpoints: dict[str, str]
    folder: Path
    detail: str


@contextmanager
def use(data_dir: Path, parts: Collection[PartName], *, offline: bool = False) -> Iterator[Endpoints]:
    """Have ``parts`` serve for as long as the block lasts, and a few seconds more.

    Parts are shared by all processes that name the same ``data_dir``. One that is killed while in use is started
    again, at the same address if that is free. ``offline`` forbids downloads.

    Raises:
        LocalError: a part cannot be used; the class tells the reason.
    """
    wanted: list[PartName] = [part for part in get_args(PartName) if part in parts]
    with ExitStack() as stack:
        places = {part: stack.enter_context(_using(data_dir, part)) for part in wanted}
        # All at once: they start side by side.
        starts = [_Start(part, place, offline=offline) for part, place in places.items()]
        found: dict[str, str] = {}
        for start in starts:
            found.update(start.wait().endpoints)
        stack.enter_context(_watched(places, found, offline=offline))
        yield Endpoints(**found)


def status(data_dir: Path) -> list[PartStatus]:
    """Every embedded part that ``data_dir`` ever had; changes nothing."""
    found: list[PartStatus] = []
    for part in get_args(PartName):
        place = Place(data_dir.resolve() / part)
        state = place.read()
        if state is None:
            continue
        runs = is_held(place.keeper)
        phase: Phase = state.phase if runs or state.phase == "failed" else "stopped"
        found.append(
            PartStatus(
                part=part,
                phase=phase,
                in_use=is_used(place.users),
                keeper=state.keeper if runs else None,
                version=state.version,
                endpoints=dict(state.endpoints) if runs else {},
                folder=place.folder,
                detail=state.detail,
            )
        )
    return found


def stop(data_dir: Path) -> None:
    """End every embedded part of ``data_dir``, used or not, and wait until they are down.

    Raises:
        InUseError: a part did not end within a minute.
    """
    places = {part: Place(data_dir.resolve() / part) for part in get_args(PartName)}
    asked: set[int] = set()
    deadline = time.monotonic() + _STOP_SECONDS
    while running := {part: place for part, place in places.items() if is_held(place.keeper)}:
        for place in running.values():
            state = place.read()
            if state is not None and state.keeper not in asked and is_alive(state.keeper):
                os.kill(state.keeper, signal.SIGTERM)
                asked.add(state.keeper)
        if time.monotonic() > deadline:
            part, place = next(iter(running.items()))
            raise InUseError(part, f"it did not stop within {_STOP_SECONDS:.0f} s; see {place.keeper_log}")
        time.sleep(0.1)


@contextmanager
def _using(data_dir: Path, part: PartName) -> Iterator[Place]:
    """Hold the users' lock of ``part``; waits while a keeper that saw no users stops."""
    place = Place(data_dir.resolve() / part)
    try:
        if not data_dir.exists():
            data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        place.folder.mkdir(mode=0o700, exist_ok=True)
        lock = FileLock(place.users)
        # A keeper on a full disk could not even write down why it ends.
        with tempfile.TemporaryFile(dir=place.folder) as probe:
            probe.write(bytes(_PROBE_BYTES))
    except OSError as error:
        raise explain(part, place.folder, error) from error
    with lock:
        if not lock.acquire(exclusive=False, seconds=_STOP_SECONDS):
            raise InUseError(part, f"it is stopping and does not end; see {place.keeper_log}")
        yield place


class _Start:
    """One user's wait for one part; starts keepers as long as none runs."""

    def __init__(self, part: PartName, place: Place, *, offline: bool) -> None:
        self._part = part
        self._place = place
        self._offline = offline
        before = place.read()
        self._known = None if before is None else before.launch
        self._launches = 0
        self._launching = None if is_held(place.keeper) else self._launch()

    def wait(self) -> State:
        """Return the state of the part as soon as it serves. Raises LocalError."""
        deadline = time.monotonic() + _START_SECONDS
        told = ""
        while True:
            self._detached()
            if (serving := self._place.serving()) is not None:
                return serving
            state = self._place.read()
            if state is not None and state.launch != self._known:
                if state.phase == "failed":
                    raise BY_CODE.get(state.code, StartError)(self._part, state.detail)
                if state.detail and state.detail != told:
                    told = state.detail
                    log.info("local.starting", part=self._part, doing=told)
            if not is_held(self._place.keeper):
                self._launching = self._launch()
            if time.monotonic() > deadline:
                reason = f"it did not serve within {_START_SECONDS:.0f} s; see {self._place.keeper_log}"
                raise StartError(self._part, reason)
            time.sleep(0.05)

    def _launch(self) -> "subprocess.Popen[str]":
        if self._launches == _LAUNCHES:
            reason = f"its keeper died {_LAUNCHES} times while it started; see {self._place.keeper_log}"
            raise StartError(self._part, reason)
        self._launches += 1
        command = [sys.executable, "-P", "-m", _MODULES[self._part], str(self._place.folder), uuid.uuid4().hex]
        if self._offline:
            command.append("--offline")
        # Its own session: Ctrl-C at the user's terminal is meant for the user, who lets the part go by ending.
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            text=True,
            # The keeper of this very program, wherever the command was called.
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, (_ROOT, os.environ.get("PYTHONPATH"))))},
        )

    def _detached(self) -> None:
        """Wait for the launched process, which ends as soon as the keeper it leaves behind has the lock."""
        if self._launching is None:
            return
        _, stderr = self._launching.communicate()
        if self._launching.returncode != 0:
            lines = stderr.strip().splitlines() or [f"exit code {self._launching.returncode}"]
            reason = f"its keeper could not be started: {lines[-1]}; see {self._place.keeper_log}"
            raise StartError(self._part, reason)
        self._launching = None


@contextmanager
def _watched(places: Mapping[PartName, Place], endpoints: Mapping[str, str], *, offline: bool) -> Iterator[None]:
    """Start a part again whose keeper was killed, as long as the block lasts. One that was stopped stays down."""
    ended = threading.Event()

    def watch() -> None:
        pause = _WATCH_SECONDS
        while not ended.wait(pause):
            for part, place in places.items():
                state = place.read()
                if is_held(place.keeper) or (state is not None and state.phase == "stopped"):
                    continue
                log.warning("local.restarting", part=part)
                try:
                    now = _Start(part, place, offline=offline).wait()
                except (LocalError, OSError) as error:
                    log.error("local.restart-failed", part=part, reason=str(error))
                    pause = min(pause * 2, _MOST_PAUSE_SECONDS)
                    continue
                pause = _WATCH_SECONDS
                if any(endpoints.get(name) != address for name, address in now.endpoints.items()):
                    log.error("local.moved", part=part, reason="its port was taken meanwhile; start the command again")

    thread = threading.Thread(target=watch, name="local-watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(timeout=_WATCH_SECONDS)
