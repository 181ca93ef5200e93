"""The command as a user starts it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    def begin(*options: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "cxsync.sandbox", "--only", "google", *options]
        environment = {**os.environ, "PYTHONPATH": os.getcwd()}
        with (tmp_path / "err").open("w") as errors:
            return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment)

    return begin


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_one_line_of_json_when_ready_and_a_clean_end(start: Start, number: signal.Signals) -> None:
    process = start("--seed", "5", "--mailboxes", "40", "--at", "2026-03-02T09:00:00Z")
    assert process.stdout is not None
    urls = json.loads(process.stdout.readline())
    systems = requests.get(f"{urls['control']['url']}/systems", timeout=10).json()
    assert len(systems["google"]["users"]) == 21
    assert requests.get(f"{urls['control']['url']}/clock", timeout=10).json()["now"].startswith("2026-03-02T09:")
    process.send_signal(number)
    rest, _ = process.communicate(timeout=30)
    assert (rest, process.returncode) == ("", 0)


def test_wrong_usage_is_2(start: Start) -> None:
    process = start("--at", "yesterday")
    process.communicate(timeout=30)
    assert process.returncode == 2
