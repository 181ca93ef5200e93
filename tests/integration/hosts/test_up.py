"""``cxsync up`` as a user runs it on a machine that has nothing: embedded parts, all roles, one port, one end."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import psutil
import pytest
import requests

from cxsync.cli.run import ROLES
from cxsync.local import parts
from cxsync.settings import PREFIX
from tests.integration.hosts.processes import ROOT
from tests.integration.hosts.topics import eventually


class Up:
    """The running command."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self._log = folder / "log"
        reading, writing = os.pipe()
        environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)} | {
            PREFIX + "DATA_DIR": str(self.data),
            PREFIX + "TOPIC_PARTITIONS": "2",
            PREFIX + "LOG_FORMAT": "json",
            PREFIX + "REPORT_FD": str(writing),
            "PYTHONPATH": str(ROOT),
        }
        with self._log.open("w") as log:
            self.popen = subprocess.Popen(
                [sys.executable, "-m", "cxsync", "up"],
                cwd=folder,
                env=environment,
                pass_fds=(writing,),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        os.close(writing)
        with os.fdopen(reading) as report:
            line = report.readline()
        assert line, self.log
        self.port = int(json.loads(line)["health_port"])

    @property
    def log(self) -> str:
        return self._log.read_text()

    def get(self, path: str) -> requests.Response:
        return requests.get(f"http://127.0.0.1:{self.port}{path}", timeout=20)

    def ready(self) -> bool:
        return self.get("/readyz").status_code == 200

    def roles(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = self.get("/readyz").json()["roles"]
        return found


@pytest.fixture
def up() -> Iterator[Up]:
    """Started, and nothing of it left afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="cxsync-up-"))
    running = Up(folder)
    yield running
    if running.popen.poll() is None:
        os.killpg(running.popen.pid, signal.SIGKILL)
        running.popen.wait()
    parts.stop(running.data)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.timeout(300)
def test_all_roles_come_up_come_back_and_end_together(up: Up) -> None:
    eventually(up.ready, 150)
    before = up.roles()
    assert set(before) == set(ROLES)
    text = up.get("/metrics").text
    for role in ROLES:
        assert f'role="{role}"' in text

    victim = before["consumer carerix"]["pid"]
    os.kill(victim, signal.SIGKILL)
    eventually(lambda: up.roles()["consumer carerix"]["restarts"] == 1)
    eventually(up.ready, 100)
    after = up.roles()
    assert {name for name in ROLES if after[name]["pid"] != before[name]["pid"]} == {"consumer carerix"}

    family = [psutil.Process(up.popen.pid), *psutil.Process(up.popen.pid).children(recursive=True)]
    began = monotonic()
    up.popen.send_signal(signal.SIGTERM)
    assert up.popen.wait(60) == 0
    assert monotonic() - began < 15
    assert [process for process in family if process.is_running() and process.status() != psutil.STATUS_ZOMBIE] == []
    assert "killed by SIGKILL" not in up.log.partition('"signal": "SIGTERM"')[2]
    eventually(lambda: not _left(up.data))


def _left(data: Path) -> list[list[str]]:
    """Command lines of processes that have to do with the data directory."""
    return [
        process.info["cmdline"]
        for process in psutil.process_iter(["cmdline"])
        if any(str(data) in word for word in process.info["cmdline"] or ())
    ]
