"""Other processes in tests: a piece of Python run by this interpreter, spoken with by lines."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self


class Process:
    """Runs ``script`` with ``arguments``; killed at the end of the block if it still lives."""

    def __init__(self, script: str, *arguments: str) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-c", script, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    @property
    def pid(self) -> int:
        return self._child.pid

    def line(self) -> str:
        """The next line that it prints; empty once it has ended."""
        assert self._child.stdout is not None
        return self._child.stdout.readline().strip()

    def rest(self) -> list[str]:
        """All further lines; waits for the end."""
        assert self._child.stdout is not None
        lines = self._child.stdout.read().splitlines()
        assert self._child.wait(60) == 0
        return lines

    def say(self, text: str) -> None:
        assert self._child.stdin is not None
        self._child.stdin.write(text + "\n")
        self._child.stdin.flush()

    def signal(self, number: int) -> None:
        self._child.send_signal(number)

    def wait(self) -> int:
        return self._child.wait(60)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._child.kill()
        self._child.wait()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                pipe.close()


def eventually(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait until ``condition`` holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.02)


@contextmanager
def processes(count: int, script: str, *arguments: str) -> Iterator[list[Process]]:
    """``count`` processes of one script; each gets its number as last argument."""
    running = [Process(script, *arguments, str(number)) for number in range(count)]
    try:
        yield running
    finally:
        for process in running:
            process.__exit__(None, None, None)
