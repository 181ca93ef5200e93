from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from cxsync.supervise.merge import merge


def text(polls: int, ready: int | None = None) -> str:
    registry = CollectorRegistry()
    Counter("cxsync_polls", "Polls ended", ["system"], registry=registry).labels(system="google").inc(polls)
    Histogram("cxsync_poll_seconds", "Duration", buckets=(1, 2), registry=registry).observe(1.5)
    if ready is not None:
        Gauge("cxsync_role_ready", "Ready", ["role"], registry=registry).labels(role="processor").set(ready)
    return generate_latest(registry).decode()


def samples(merged: bytes) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(merged.decode())
        for sample in family.samples
    }


def key(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return name, frozenset(labels.items())


def test_each_sample_says_whose_it_is() -> None:
    found = samples(merge({"a": text(1), "b": text(2)}))
    assert found[key("cxsync_polls_total", system="google", role="a")] == 1
    assert found[key("cxsync_polls_total", system="google", role="b")] == 2


def test_a_histogram_stays_one() -> None:
    found = samples(merge({"a": text(1), "b": text(2)}))
    assert found[key("cxsync_poll_seconds_bucket", le="1.0", role="a")] == 0
    assert found[key("cxsync_poll_seconds_bucket", le="2.0", role="a")] == 1
    assert found[key("cxsync_poll_seconds_count", role="b")] == 1


def test_each_family_is_described_once() -> None:
    merged = merge({"a": text(1), "b": text(2)}).decode()
    assert merged.count("# TYPE cxsync_polls_total counter") == 1
    assert merged.count("# TYPE cxsync_poll_seconds histogram") == 1


def test_what_the_supervisor_says_about_a_role_keeps_that_role() -> None:
    found = samples(merge({"supervisor": text(0, ready=1)}))
    assert found[key("cxsync_role_ready", role="processor")] == 1


def test_no_role_is_no_metric() -> None:
    assert merge({}) == b""
