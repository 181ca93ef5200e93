"""Use, look at and stop the embedded parts: a command that needs one and finds none starts it, all others share it."""

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Literal, get_args

import msgspec
import structlog

from cxsync.local.errors import BY_CODE, InUseError, LocalError, NotWritableError, StartError
from cxsync.local.lifetime import FileLock, Phase, Place, State, is_alive, is_held, is_used
from cxsync.local.secrets import secrets

__all__ = ["Endpoints", "PartName", "PartStatus", "secrets", "status", "stop", "use"]

PartName = Literal["kafka", "postgres", "mail"]

# The first start fetches 45 MB; on a slow line that takes minutes.
_START_SECONDS = 600.0
# A part that stops gives its users' lock back when it is down.
_STOP_SECONDS = 60.0
_WATCH_SECONDS = 1.0
_LAUNCHES = 3

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
    wanted = [part for part in get_args(PartName) if part in parts]
    with ExitStack() as stack:
        places = {part: stack.enter_context(_using(data_dir, part)) for part in wanted}
        for part, place in places.items():
            _launch(part, place, offline=offline, wait=False)
        found: dict[str, str] = {}
        for part, place in places.items():
            found.update(_ready(part, place, offline=offline).endpoints)
        watch = _Watch(places, offline=offline)
        watch.start()
        stack.callback(watch.end)
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
    except OSError as error:
        reason = f"{place.folder} cannot be written: {error.strerror}; set DATA_DIR to a folder that can"
        raise NotWritableError(part, reason) from error
    with lock:
        if not lock.acquire(exclusive=False, seconds=_STOP_SECONDS):
            raise InUseError(part, f"it is stopping and does not end; see {place.keeper_log}")
        yield place


def _launch(part: PartName, place: Place, *, offline: bool, wait: bool) -> None:
    """Start a keeper unless one runs. ``wait`` is for the next step only: the keeper detaches before it starts."""
    if is_held(place.keeper):
        return
    command = [sys.executable, "-m", "cxsync.local.keeper", part, str(place.folder), uuid.uuid4().hex]
    if offline:
        command.append("--offline")
    # Its own session: Ctrl-C at the user's terminal is meant for the user, who lets the part go by ending.
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, start_new_session=True, check=False, text=True
    )
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise StartError(part, f"its keeper could not be started: {lines[-1]}")
