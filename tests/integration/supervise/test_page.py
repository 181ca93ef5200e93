"""``/metrics`` of a whole group."""

import os
import signal

import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.integration.supervise.running import Running, eventually


def samples(running: Running, name: str) -> dict[str, float]:
    """The samples called ``name``, by role."""
    text = requests.get(f"http://127.0.0.1:{running.port}/metrics", timeout=10).text
    return {
        sample.labels["role"]: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    }


def test_metrics_of_all_roles_are_told_apart_by_role(running: Running) -> None:
    running.launch({"one": "healthy", "two": "healthy"}, probe_every=0.1).reported()
    running.until("one", "ready")
    running.until("two", "ready")
    assert samples(running, "cxsync_polls_total") == {"one": 1, "two": 1}
    assert samples(running, "process_resident_memory_bytes").keys() == {"supervisor", "one", "two"}
    assert samples(running, "cxsync_role_ready") == {"one": 1, "two": 1}


def test_restarts_are_counted_by_role(running: Running) -> None:
    running.launch({"one": "healthy", "two": "healthy"}).reported()
    running.until("one", "ready")
    os.kill(running.starts("one")[0], signal.SIGKILL)
    eventually(lambda: samples(running, "cxsync_role_restarts_total") == {"one": 1})


def test_a_role_that_does_not_answer_costs_only_its_own_metrics(running: Running) -> None:
    running.launch({"one": "healthy", "frozen": "healthy"}, probe_timeout=0.5).reported()
    running.until("one", "ready")
    running.until("frozen", "ready")
    os.kill(running.starts("frozen")[0], signal.SIGSTOP)
    assert samples(running, "cxsync_polls_total") == {"one": 1}
