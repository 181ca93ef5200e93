"""A running supervisor with real children, seen from outside."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep
from typing import Any, TypeVar

import requests

HERE = Path(__file__).parent
T = TypeVar("T")


def eventually(read: Callable[[], T], seconds: float = 40) -> T:
    """What ``read`` returns once it is true; a generous deadline, since the machine may be busy."""
    end = monotonic() + seconds
    while True:
        found = read()
        if found or monotonic() > end:
            assert found, f"not within {seconds} s"
            return found
        sleep(0.02)


# What needs no script: a program that is not there, and one that Linux refuses to start (E2BIG of execve(2)).
UNUSUAL = {"absent": ["/nowhere/cxsync"], "refused": ["true", *["x" * 100_000] * 60]}


class Running:
    """``cxsync up`` in small: a supervisor process, its roles by name and behaviour."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.process: subprocess.Popen[str] | None = None
        self.port = 0

    def launch(self, roles: dict[str, str], port: int = 0, topics_wrong: bool = False, **timing: float) -> "Running":
        """Start it; returns at once."""
        specs = [
            {
                "name": name,
                "argv": UNUSUAL.get(
                    behaviour, [sys.executable, str(HERE / "role.py"), str(self.directory), name, behaviour]
                ),
                "member_id": f"member-{name}",
            }
            for name, behaviour in roles.items()
        ]
        group = {"roles": specs, "timing": timing, "port": port, "topics_wrong": topics_wrong}
        description = self.directory / "group.json"
        description.write_text(json.dumps(group))
        reading, writing = os.pipe()
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "group.py"), str(description)],
            env={**os.environ, "CXSYNC_REPORT_FD": str(writing), "PYTHONPATH": str(HERE.parents[2])},
            pass_fds=(writing,),
            stderr=(self.directory / "log").open("w"),
            start_new_session=True,
            text=True,
        )
        os.close(writing)
        self._report = os.fdopen(reading)
        return self

    def reported(self) -> "Running":
        """Wait until it says its port."""
        self.port = json.loads(self._report.readline())["health_port"]
        return self

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def get(self, path: str) -> tuple[int, dict[str, Any]]:
        """Status and JSON of a page."""
        answer = requests.get(f"http://127.0.0.1:{self.port}{path}", timeout=10)
        return answer.status_code, answer.json()

    def role(self, name: str) -> dict[str, Any]:
        """How the supervisor sees the role."""
        found: dict[str, Any] = self.get("/readyz")[1]["roles"][name]
        return found

    def until(self, name: str, state: str) -> dict[str, Any]:
        """Wait for a state of the role."""
        eventually(lambda: self.role(name)["state"] == state)
        return self.role(name)

    def notes(self, name: str) -> list[str]:
        """What the role wrote down."""
        file = self.directory / name
        return file.read_text().splitlines() if file.exists() else []

    def starts(self, name: str) -> list[int]:
        """The process ids of the role's lives."""
        return [int(line.split()[1]) for line in self.notes(name) if line.startswith("start")]

    def log(self) -> list[dict[str, Any]]:
        """The supervisor's log lines."""
        text = (self.directory / "log").read_text()
        return [json.loads(line) for line in text.splitlines() if line.startswith("{")]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Signal it as a terminal does, the whole foreground group, and wait; its exit status."""
        assert self.process is not None
        os.killpg(self.pid, number)
        return self.process.wait(60)

    def clean(self) -> None:
        """Leave nothing behind, whatever the test did."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self._report.close()


def gone(pid: int) -> bool:
    """Whether the process has ended (a zombie that nobody collected has)."""
    try:
        # proc(5): pid, command in brackets, state.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True
