"""Real parts below a folder of the test's own; commands that use them are processes of their own."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cxsync.local import parts
from cxsync.local.parts import PartName, PartStatus, stop

USER = """
import sys
from pathlib import Path
from cxsync.errors import CxSyncError
from cxsync.local.parts import use
try:
    with use(Path(sys.argv[1]), sys.argv[2].split(",")) as endpoints:
        found = (endpoints.kafka, endpoints.database, endpoints.smtp, endpoints.mail_page)
        print("serving", *(address for address in found if address), flush=True)
        sys.stdin.read()
except CxSyncError as error:
    print("refused", error.code, error, flush=True)
    raise SystemExit(error.exit_code)
"""


class User:
    """A command that uses parts until it is ended."""

    def __init__(self, data_dir: Path, parts: str, before: str = "") -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", before + USER, str(data_dir), parts],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def answer(self) -> list[str]:
        """What it printed: ``serving ADDRESS…`` or ``refused CODE REASON``; log lines are passed over."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith(("serving ", "refused ")):
                return line.split()
        raise AssertionError(f"the command ended with {self.process.wait()} and said nothing")

    def end(self) -> None:
        """Let it end by itself."""
        self.process.communicate(timeout=60)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Return when ``condition`` holds; fail after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.05)


def status_of(data_dir: Path, part: PartName) -> PartStatus:
    (found,) = [status for status in parts.status(data_dir) if status.part == part]
    return found


@pytest.fixture(scope="session")
def shared_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A DATA_DIR whose parts serve one test after the other; they may be stopped and killed, not spoiled."""
    path = tmp_path_factory.mktemp("shared")
    yield path
    stop(path)


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    """A DATA_DIR of the test's own; what runs in it is stopped at the end."""
    path = tmp_path / "data"
    yield path
    if path.is_dir():
        stop(path)
