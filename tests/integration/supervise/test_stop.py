"""How a group ends: asked to, in a hurry, by kill -9; and when it does not even start."""

import os
import signal
import socket
from time import monotonic

import pytest

from tests.integration.supervise.running import Running, eventually, gone


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_every_role_with_sigterm_alone(running: Running, number: signal.Signals) -> None:
    running.launch({"one": "healthy", "two": "healthy"}).reported()
    running.until("one", "ready")
    running.until("two", "ready")
    assert running.stop(number) == 0
    assert not [line for line in running.log() if line.get("state") == "not ready"], "a stop looks like a fault"
    for name in ("one", "two"):
        # Ctrl-C goes to the whole foreground group of a terminal; a role that got it too would stop out of order.
        assert running.notes(name)[1:] == ["signal SIGTERM"]
        assert gone(running.starts(name)[0])


def test_a_role_that_does_not_stop_is_killed_after_the_grace(running: Running) -> None:
    running.launch({"stubborn": "stubborn", "other": "healthy"}, grace=1).reported()
    running.until("stubborn", "ready")
    running.until("other", "ready")
    asked_at = monotonic()
    assert running.stop() == 0
    assert monotonic() - asked_at >= 1
    assert running.notes("stubborn")[-1] == "signal SIGTERM"
    assert gone(running.starts("stubborn")[0])
    killed = [line["role"] for line in running.log() if line["event"] == "role does not stop and is killed"]
    assert killed == ["stubborn"]


def test_a_second_signal_does_not_wait_for_the_grace(running: Running) -> None:
    running.launch({"stubborn": "stubborn"}, grace=100).reported()
    running.until("stubborn", "ready")
    os.kill(running.pid, signal.SIGINT)
    eventually(lambda: "signal SIGTERM" in running.notes("stubborn"))
    assert running.stop(signal.SIGINT) == 0
    assert gone(running.starts("stubborn")[0])


def test_a_group_stops_at_once_while_a_role_waits_to_be_started_again(running: Running) -> None:
    running.launch({"broken": "misconfigured"}).reported()
    eventually(lambda: len(running.starts("broken")) >= 4)
    assert running.stop() == 0


def test_a_supervisor_killed_with_9_leaves_no_role_behind(running: Running) -> None:
    roles = {"one": "healthy", "stubborn": "stubborn", "stuck": "stuck", "short": "short"}
    running.launch(roles).reported()
    eventually(lambda: all(running.starts(name) for name in roles))
    os.kill(running.pid, signal.SIGKILL)
    for name in roles:
        for pid in running.starts(name):
            eventually(lambda pid=pid: gone(pid))  # type: ignore[misc]  # mypy does not infer a lambda with a default


def test_roles_are_not_started_when_the_check_before_finds_something(running: Running) -> None:
    running.launch({"one": "healthy"}, topics_wrong=True)
    assert running.process is not None
    assert running.process.wait(60) == 1
    assert "cx.raw.google has 3 partitions" in (running.directory / "log").read_text()
    assert running.starts("one") == []


def test_roles_are_not_started_when_the_port_is_taken(running: Running) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        running.launch({"one": "healthy"}, port=port)
        assert running.process is not None
        assert running.process.wait(60) == 1
    text = (running.directory / "log").read_text()
    assert f"127.0.0.1:{port} cannot be used" in text
    assert "CXSYNC_METRICS_PORT" in text
    assert running.starts("one") == []
