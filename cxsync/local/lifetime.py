"""Who keeps an embedded part and who uses it, told by locks alone: a lock goes with its process, however that ended.

Below the part's folder lie ``users.lock`` (every user holds it shared), ``keeper.lock`` (the keeper holds it
exclusively), ``child.lock`` (held by the part's own processes, so that left-over ones are known) and ``state.json``.
"""

import fcntl
import os
import time
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self

import msgspec

Phase = Literal["starting", "ready", "failed", "stopped"]

_POLL_SECONDS = 0.05


class FileLock:
    """An advisory lock on a file (flock(2)); children, forked or executed, do not get it unless ``heritable``."""

    def __init__(self, path: Path, *, heritable: bool = False) -> None:
        """Open, and make if missing, ``path``; nothing is locked yet. Raises OSError."""
        self.path = path
        self._descriptor: int | None = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if not heritable:
            _OPEN.add(self)

    @property
    def descriptor(self) -> int:
        if self._descriptor is None:
            raise ValueError(f"{self.path} is closed")
        return self._descriptor

    def acquire(self, *, exclusive: bool, seconds: float = 0.0) -> bool:
        """Take the lock within ``seconds``; False if another holds it that long."""
        operation = (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB
        deadline = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(self.descriptor, operation)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    return False
                time.sleep(_POLL_SECONDS)
            else:
                return True

    def release(self) -> None:
        fcntl.flock(self.descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the file: whoever inherited it keeps the lock, nobody else does."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        _OPEN.discard(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


_OPEN: "weakref.WeakSet[FileLock]" = weakref.WeakSet()


def _close_in_child() -> None:
    for lock in list(_OPEN):
        lock.close()


# A forked child shares the open file, and with it the lock: it would seem a user for as long as it lives.
os.register_at_fork(after_in_child=_close_in_child)


def is_held(path: Path) -> bool:
    """Whether a process holds ``path`` exclusively (a shared probe, so that probes never disturb one another)."""
    if not path.exists():
        return False
    with FileLock(path) as lock:
        return not lock.acquire(exclusive=False)


def is_used(path: Path) -> bool:
    """Whether a process holds ``path`` at all."""
    if not path.exists():
        return False
    with FileLock(path) as lock:
        return not lock.acquire(exclusive=True)


class State(msgspec.Struct, frozen=True):
    """What a keeper says of its part; ``launch`` is the id of the start it belongs to.

    ``ports`` outlive stops: a part returns to the ports it had, if they are free. ``code`` and ``detail`` tell a
    failure, ``detail`` alone what a start is busy with.
    """

    phase: Phase
    launch: str
    keeper: int
    version: str
    ports: Mapping[str, int] = {}
    endpoints: Mapping[str, str] = {}
    child: int | None = None
    code: str = ""
    detail: str = ""


class Place(msgspec.Struct, frozen=True):
    """The files of one part below its folder."""

    folder: Path

    @property
    def users(self) -> Path:
        return self.folder / "users.lock"

    @property
    def keeper(self) -> Path:
        return self.folder / "keeper.lock"

    @property
    def child(self) -> Path:
        return self.folder / "child.lock"

    @property
    def state(self) -> Path:
        return self.folder / "state.json"

    @property
    def keeper_log(self) -> Path:
        return self.folder / "keeper.log"

    def read(self) -> State | None:
        """The newest state, None if there is none that can be read."""
        try:
            return msgspec.json.decode(self.state.read_bytes(), type=State)
        except (OSError, msgspec.DecodeError):
            return None

    def write(self, state: State) -> None:
        """Replace the state in one step; only the keeper that holds the lock does. Raises OSError."""
        draft = self.state.with_suffix(".new")
        # It holds the database's password.
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as file:
            file.write(msgspec.json.encode(state))
        draft.replace(self.state)

    def serving(self) -> State | None:
        """The state if its keeper lives and the part answers, else None.

        The keeper's id is compared too: between a new keeper's lock and its first state the old state still lies
        there.
        """
        state = self.read()
        if state is None or state.phase != "ready" or not is_alive(state.keeper) or not is_held(self.keeper):
            return None
        return state


def is_alive(process: int) -> bool:
    """Whether a process of this id exists."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
