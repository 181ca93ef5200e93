"""One life of one role: a process in a group of its own that ends with the supervisor and reports its port."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Self

import msgspec

from cxsync.observe.report import VARIABLE
from cxsync.supervise import tether
from cxsync.supervise.role import RoleSpec

MEMBER_ID = "CXSYNC_MEMBER_ID"
TETHER = (sys.executable, "-I", "-S", str(Path(tether.__file__)))


class _Report(msgspec.Struct):
    health_port: int


class Child:
    """Made by :meth:`start`, in the main thread: the process ends when the thread that started it does."""

    def __init__(
        self, process: asyncio.subprocess.Process, report: asyncio.StreamReader, pipe: asyncio.ReadTransport
    ) -> None:
        self._process = process
        self._report = report
        self._pipe = pipe
        self._born = monotonic()

    @classmethod
    async def start(cls, role: RoleSpec) -> Self:
        """Start the role's program.

        Its own process group keeps the Ctrl-C of a terminal away from it: the supervisor passes it on in order.
        """
        reading, writing = os.pipe()
        environment = {
            **os.environ,
            **role.env,
            MEMBER_ID: role.member_id,
            VARIABLE: str(writing),
            # The supervisor serves the one port that is asked for; its roles are seen through it.
            "CXSYNC_METRICS_PORT": "0",
            "CXSYNC_METRICS_HOST": "127.0.0.1",
        }
        try:
            process = await asyncio.create_subprocess_exec(
                *TETHER,
                str(os.getpid()),
                *role.argv,
                stdin=asyncio.subprocess.DEVNULL,
                env=environment,
                pass_fds=(writing,),
                process_group=0,
            )
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        report = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        pipe, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(report), os.fdopen(reading, "rb", buffering=0)
        )
        return cls(process, report, pipe)

    @property
    def pid(self) -> int:
        """Of the process, and the id of its group."""
        return self._process.pid

    @property
    def lived(self) -> float:
        """Seconds since its start."""
        return monotonic() - self._born

    async def reported_port(self) -> int | None:
        """The port of its health server, once it says so; None if it closes the pipe without."""
        try:
            return msgspec.json.decode(await self._report.readline(), type=_Report).health_port
        except (msgspec.DecodeError, ValueError):
            return None

    async def wait(self) -> int:
        """Its exit status; negative: the number of the signal that ended it. What it left in its group is killed."""
        code = await self._process.wait()
        self._signal_group(signal.SIGKILL)
        self._pipe.close()
        return code

    def terminate(self) -> None:
        """Ask it to end."""
        with suppress(ProcessLookupError):
            self._process.terminate()

    def kill(self) -> None:
        """End it and all its group, now."""
        self._signal_group(signal.SIGKILL)

    def _signal_group(self, number: signal.Signals) -> None:
        # PermissionError: macOS says so of a group of which only zombies are left.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)
