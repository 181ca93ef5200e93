"""A role that died, hangs or cannot start, with real processes."""

import os
import signal
from time import sleep

import pytest

from tests.integration.supervise.running import Running, eventually, gone


def test_every_role_runs_and_is_seen_on_one_port(running: Running) -> None:
    running.launch({"processor": "healthy", "producer google": "healthy"}).reported()
    running.until("processor", "ready")
    running.until("producer google", "ready")
    status, body = running.get("/readyz")
    assert (status, body["ready"], body["reason"]) == (200, True, None)
    assert running.get("/healthz")[0] == 200


def test_a_killed_role_is_back_at_once_with_its_member_id_and_the_others_stay(running: Running) -> None:
    running.launch({"processor": "healthy", "other": "healthy"}).reported()
    running.until("processor", "ready")
    running.until("other", "ready")
    (first,) = running.starts("processor")
    os.kill(first, signal.SIGKILL)
    eventually(lambda: len(running.starts("processor")) == 2)
    (line,) = [line for line in running.log() if line["event"] == "role died and is started again"]
    assert (line["wait"], line["reason"]) == (0, "killed by SIGKILL")
    running.until("processor", "ready")
    assert {line.split()[2] for line in running.notes("processor")} == {"member-processor"}
    assert running.role("processor")["restarts"] == 1
    assert len(running.starts("other")) == 1


def test_a_killed_role_takes_its_own_children_with_it(running: Running) -> None:
    running.launch({"parent": "parent"}).reported()
    running.until("parent", "ready")
    (line,) = [line for line in running.notes("parent") if line.startswith("grandchild")]
    os.kill(running.starts("parent")[0], signal.SIGKILL)
    eventually(lambda: gone(int(line.split()[1])))


def test_a_role_that_keeps_dying_is_started_later_and_later(running: Running) -> None:
    running.launch({"short": "short", "other": "healthy"}, probe_every=0.1).reported()
    eventually(lambda: len(running.starts("short")) >= 4)
    waits = [line["wait"] for line in running.log() if line["event"] == "role died and is started again"]
    assert waits[0] == 0
    assert all(0.1 * 2**n <= wait <= 0.2 * 2**n for n, wait in enumerate(waits[1:]))
    running.until("other", "ready")


@pytest.mark.parametrize(("behaviour", "exit_code"), [("misconfigured", 1), ("absent", 127)])
def test_a_role_that_cannot_start_is_named_once_and_the_others_work(
    running: Running, behaviour: str, exit_code: int
) -> None:
    running.launch({"broken": behaviour, "other": "healthy"}).reported()
    running.until("other", "ready")
    running.until("broken", "cannot start")
    sleep(1)  # some more of its starts
    status, body = running.get("/readyz")
    assert status == 503
    assert f"broken: exit {exit_code} at each start" in body["reason"]
    assert "other" not in body["reason"]
    assert [line["role"] for line in running.log() if line["event"].startswith("role cannot start")] == ["broken"]


def test_a_role_that_the_system_refuses_to_start_does_not_bring_down_the_others(running: Running) -> None:
    running.launch({"refused": "refused", "other": "healthy"}).reported()
    running.until("other", "ready")
    eventually(lambda: running.role("refused")["restarts"] >= 3)
    assert running.role("refused")["reason"] == "exit 71"
    assert len(running.starts("other")) == 1


def test_a_role_whose_main_loop_stands_still_is_killed_and_started_again(running: Running) -> None:
    running.launch({"stuck": "stuck"}, hung_after=0.5, probe_every=0.1).reported()
    eventually(lambda: len(running.starts("stuck")) >= 2)
    (line, *_) = [line for line in running.log() if line["event"] == "role hangs and is killed"]
    assert "main loop" in line["reason"]


def test_a_role_that_is_stopped_like_a_frozen_process_is_killed_and_started_again(running: Running) -> None:
    running.launch({"frozen": "healthy"}, hung_after=0.5, probe_every=0.1, probe_timeout=0.5).reported()
    running.until("frozen", "ready")
    (first,) = running.starts("frozen")
    os.kill(first, signal.SIGSTOP)
    eventually(lambda: len(running.starts("frozen")) == 2)
    assert gone(first)


def test_a_role_that_never_shows_its_health_page_is_killed(running: Running) -> None:
    running.launch({"mute": "mute"}, report_within=1.5).reported()
    eventually(lambda: len(running.starts("mute")) >= 2)
    assert any("no health page" in line.get("reason", "") for line in running.log())


def test_a_role_that_waits_is_left_alone_and_makes_the_group_unready(running: Running) -> None:
    running.launch({"waiting": "waiting"}, hung_after=0.5, probe_every=0.1).reported()
    running.until("waiting", "not ready")
    sleep(1.5)
    assert running.get("/readyz")[1]["reason"] == "waiting: waits for Godot"
    assert len(running.starts("waiting")) == 1
