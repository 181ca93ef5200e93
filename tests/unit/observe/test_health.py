import json
import os
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest
import requests

from cxsync.errors import UsageError
from cxsync.observe.health import HealthServer, Heartbeat, PortTakenError, Readiness
from cxsync.observe.report import announce


def ready() -> Readiness:
    return Readiness(True)


def get(server: HealthServer, path: str) -> tuple[int, dict[str, Any]]:
    answer = requests.get(f"http://127.0.0.1:{server.port}{path}", timeout=10)
    return answer.status_code, answer.json()


def failing(error: Exception) -> Callable[[], Readiness]:
    def check() -> Readiness:
        raise error

    return check


def test_a_free_port_is_chosen_and_told() -> None:
    with HealthServer(0, ready=ready) as server:
        assert server.port > 0
        assert get(server, "/healthz") == (200, {"status": "ok"})


def test_health_fails_when_the_main_loop_has_not_come_round_within_the_limit() -> None:
    now = 100.0
    heartbeat = Heartbeat(limit=30, clock=lambda: now)
    with HealthServer(0, ready=ready, heartbeat=heartbeat) as server:
        now = 130.0
        assert get(server, "/healthz")[0] == 200
        now = 130.1
        status, body = get(server, "/healthz")
        assert (status, body["status"]) == (503, "stuck")
        assert "30 s" in body["reason"]
        heartbeat.beat()
        assert get(server, "/healthz")[0] == 200


def test_readiness_says_what_it_waits_for() -> None:
    state = Readiness(False, "waits for partitions")
    with HealthServer(0, ready=lambda: state) as server:
        assert get(server, "/readyz") == (503, {"ready": False, "reason": "waits for partitions"})
        state = Readiness(True)
        assert get(server, "/readyz") == (200, {"ready": True, "reason": None})


def test_a_readiness_check_that_fails_means_not_ready() -> None:
    with HealthServer(0, ready=failing(UsageError("name a topic"))) as server:
        assert get(server, "/readyz") == (503, {"ready": False, "reason": "name a topic"})
    with HealthServer(0, ready=failing(ValueError("Jan's interview"))) as server:
        assert get(server, "/readyz")[1]["reason"] == "the readiness check failed: ValueError"


def test_metrics_are_served_in_the_text_format() -> None:
    with HealthServer(0, ready=ready) as server:
        answer = requests.get(f"http://127.0.0.1:{server.port}/metrics", timeout=10)
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert "cxsync_records_published_total" in answer.text


def test_another_path_is_not_found_and_head_has_no_body() -> None:
    with HealthServer(0, ready=ready) as server:
        assert get(server, "/etc/passwd")[0] == 404
        answer = requests.head(f"http://127.0.0.1:{server.port}/readyz?verbose=1", timeout=10)
        assert (answer.status_code, answer.content) == (200, b"")


def test_a_client_that_says_nothing_does_not_hold_up_others() -> None:
    with HealthServer(0, ready=ready) as server, socket.create_connection(("127.0.0.1", server.port)):
        assert get(server, "/healthz")[0] == 200


def test_it_listens_on_loopback_unless_told_otherwise() -> None:
    assert HealthServer(0, ready=ready).host == "127.0.0.1"


def test_a_taken_port_is_a_clear_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"127.0.0.1:{port} cannot be used.*CXSYNC_METRICS_PORT") as caught:
            HealthServer(port, ready=ready).start()
    assert (caught.value.port, caught.value.exit_code) == (port, 1)


def test_after_stop_the_port_is_free_and_the_thread_ends() -> None:
    before = threading.active_count()
    server = HealthServer(0, ready=ready).start()
    server.stop()
    server.stop()
    with HealthServer(server.port, ready=ready) as again:
        assert get(again, "/healthz")[0] == 200
    assert threading.active_count() <= before + 1


def test_the_port_is_reported_to_a_supervisor_once(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    monkeypatch.setenv("CXSYNC_REPORT_FD", str(writing))
    with HealthServer(0, ready=ready) as server, os.fdopen(reading) as pipe:
        assert json.loads(pipe.read()) == {"health_port": server.port}  # read to the end: the pipe was closed
    assert "CXSYNC_REPORT_FD" not in os.environ


@pytest.mark.parametrize("number", ["", "no number", "9999"])
def test_without_a_pipe_nothing_is_reported(number: str) -> None:
    assert announce(1, {"CXSYNC_REPORT_FD": number}) is False


def test_a_supervisor_that_is_gone_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    assert announce(1, {"CXSYNC_REPORT_FD": str(writing)}) is False
