"""Server programs as children that never outlive their keeper unnoticed."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from cxsync.local.errors import DiskFullError, InUseError, LocalError, StartError
from cxsync.local.lifetime import FileLock

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

_LEFTOVER_SECONDS = 15.0
_STOP_SECONDS = 30.0
_LOG_TAIL_BYTES = 16384


class Account(msgspec.Struct, frozen=True):
    """The user and group that a child runs as."""

    uid: int
    gid: int


def spawn(
    command: Sequence[str],
    *,
    folder: Path,
    log: Path,
    lock: FileLock,
    death_signal: signal.Signals,
    environment: Mapping[str, str],
    account: Account | None = None,
    descriptors: Sequence[int] = (),
) -> "subprocess.Popen[bytes]":
    """Start ``command`` in ``folder``, its output in ``log``.

    It inherits ``lock``, which thereby tells whether it, or a process it made, still lives; and it gets
    ``death_signal`` from the kernel (Linux) when the keeper dies. Raises OSError.
    """
    keeper = os.getpid()

    def die_with_keeper() -> None:
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
            if os.getppid() != keeper:
                os.kill(os.getpid(), signal.SIGKILL)

    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            start_new_session=True,
            pass_fds=(lock.descriptor, *descriptors),
            user=None if account is None else account.uid,
            group=None if account is None else account.gid,
            extra_groups=None if account is None else [],
            # The keeper has no other thread while it starts a child: the one danger of preexec_fn.
            preexec_fn=die_with_keeper,
        )


def claim(part: str, path: Path, leftover: int | None = None) -> FileLock:
    """The children's lock, for a new child; first ends what a killed keeper left behind.

    Raises:
        InUseError: the left-over process does not end.
    """
    lock = FileLock(path, heritable=True)
    if lock.acquire(exclusive=True, seconds=_LEFTOVER_SECONDS):
        return lock
    if leftover is not None:
        # Whoever holds the lock is that child or came from it, so the number cannot be another program's by now.
        with suppress(ProcessLookupError):
            os.kill(leftover, signal.SIGKILL)
        if lock.acquire(exclusive=True, seconds=_LEFTOVER_SECONDS):
            return lock
    lock.close()
    raise InUseError(part, f"a process left over from an earlier start (pid {leftover}) holds {path} and does not end")


def stop(process: "subprocess.Popen[bytes]", how: signal.Signals) -> bool:
    """Ask ``process`` to end by signal ``how``, kill it if it does not; whether it ended by itself."""
    if process.poll() is not None:
        return True
    process.send_signal(how)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False
    return True


def finish(part: str, process: "subprocess.Popen[bytes]", log: Path, *, seconds: float) -> None:
    """Wait for a program that does one thing and ends.

    Raises:
        LocalError: it failed, or did not end within ``seconds``.
    """
    try:
        code = process.wait(seconds)
    except subprocess.TimeoutExpired as error:
        raise StartError(part, f"its data were not made within {seconds:.0f} s; see {log}") from error
    finally:
        stop(process, signal.SIGKILL)
    if code != 0:
        raise diagnose(part, log, code)


def await_ready(
    process: "subprocess.Popen[bytes]", ready: Callable[[], bool], *, part: str, log: Path, seconds: float
) -> None:
    """Return as soon as ``ready``.

    Raises:
        LocalError: the process ended, or was not ready within ``seconds``.
    """
    deadline = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None:
            raise diagnose(part, log, process.returncode)
        if time.monotonic() > deadline:
            raise StartError(part, f"it did not answer within {seconds:.0f} s; see {log}")
        time.sleep(0.05)


def diagnose(part: str, log: Path, code: int) -> LocalError:
    """The error that the end of ``log`` tells."""
    text = tail(log)
    if "No space left on device" in text or "File too large" in text or "Disk quota exceeded" in text:
        return DiskFullError(part, f"no space is left for its data below {log.parent}; make room and start again")
    lines = [line for line in text.strip().splitlines() if line.strip()]
    last = "; ".join(lines[-3:]) or "its log is empty"
    return StartError(part, f"it ended with code {code}: {last}; see {log}")


def tail(log: Path) -> str:
    """The last 16 KiB of ``log``."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _LOG_TAIL_BYTES))
            return file.read().decode(errors="replace")
    except OSError:
        return ""


def rotate(log: Path) -> None:
    """Keep the log of the start before as ``….1``."""
    if log.exists():
        log.replace(log.with_name(log.name + ".1"))
