"""Counts what this process does, in a registry of its own, for ``/metrics``.

    count("records_published", stage="producer", topic=topic)
    observe("poll_seconds", 0.8, system="google")
    set_gauge("lag_records", 12, stage="processor", topic=topic)

Names, kinds and labels are those of ``cxsync.observe.measures``. Safe to call from any thread.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from time import monotonic
from typing import Literal, Unpack, overload

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from cxsync.observe.measures import (
    METRICS,
    CounterName,
    GaugeName,
    HistogramName,
    Labels,
    MetricName,
    Stage,
    System,
    SystemDuration,
)

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

disable_created_metrics()  # type: ignore[no-untyped-call]  # the one function the library left without types
_registry = CollectorRegistry()
ProcessCollector(registry=_registry)


def _make() -> tuple[dict[str, Counter], dict[str, Histogram], dict[str, Gauge]]:
    counters: dict[str, Counter] = {}
    histograms: dict[str, Histogram] = {}
    gauges: dict[str, Gauge] = {}
    for name, metric in METRICS.items():
        full = f"cxsync_{name}"
        match metric.kind:
            case "counter":
                counters[name] = Counter(full, metric.help, metric.labels, registry=_registry)
            case "histogram":
                histograms[name] = Histogram(
                    full, metric.help, metric.labels, registry=_registry, buckets=metric.buckets
                )
            case "gauge":
                gauges[name] = Gauge(full, metric.help, metric.labels, registry=_registry)
    return counters, histograms, gauges


_counters, _histograms, _gauges = _make()


# One overload a set of labels, so that mypy refuses a missing or foreign one; a test compares them with the list.
@overload
def count(
    name: Literal[
        "records_polled",
        "inbox_upserts",
        "inbox_duplicates",
        "inbox_superseded",
        "outbox_leftovers",
        "budget_waits",
    ],
    amount: float = 1,
    *,
    system: System,
) -> None: ...
@overload
def count(
    name: Literal["records_published", "records_processed"], amount: float = 1, *, stage: Stage, topic: str
) -> None: ...
@overload
def count(name: Literal["dead_letters"], amount: float = 1, *, stage: Stage, code: str) -> None: ...
@overload
def count(name: Literal["leases_lost"], amount: float = 1, *, stage: Stage) -> None: ...
@overload
def count(name: Literal["polls", "retries"], amount: float = 1, *, system: System, code: str) -> None: ...
@overload
def count(name: Literal["outcomes"], amount: float = 1, *, system: System, result: str) -> None: ...
@overload
def count(name: Literal["requests"], amount: float = 1, *, system: System, status: str) -> None: ...
@overload
def count(name: Literal["mails_sent"], amount: float = 1, *, reason: str) -> None: ...
@overload
def count(name: Literal["mails_failed"], amount: float = 1, *, code: str) -> None: ...
@overload
def count(name: Literal["role_restarts"], amount: float = 1, *, role: str, reason: str) -> None: ...
def count(name: CounterName, amount: float = 1, **labels: str) -> None:
    """Add ``amount`` (not below 0) to a counter."""
    counter = _counters[name]
    (counter.labels(**labels) if labels else counter).inc(amount)


@overload
def observe(name: SystemDuration, seconds: float, *, system: System) -> None: ...
@overload
def observe(name: Literal["process_seconds"], seconds: float) -> None: ...
def observe(name: HistogramName, seconds: float, **labels: str) -> None:
    """Put one duration into a histogram."""
    histogram = _histograms[name]
    (histogram.labels(**labels) if labels else histogram).observe(seconds)


@overload
def set_gauge(
    name: Literal["lag_records", "last_commit_timestamp_seconds"], value: float, *, stage: Stage, topic: str
) -> None: ...
@overload
def set_gauge(name: Literal["inbox_due"], value: float, *, system: System) -> None: ...
@overload
def set_gauge(name: Literal["connections_leased"], value: float, *, stage: Stage) -> None: ...
@overload
def set_gauge(name: Literal["role_ready"], value: float, *, role: str) -> None: ...
def set_gauge(name: GaugeName, value: float, **labels: str) -> None:
    """Say how something stands now."""
    gauge = _gauges[name]
    (gauge.labels(**labels) if labels else gauge).set(value)


@overload
def timed(name: SystemDuration, *, system: System) -> AbstractContextManager[None]: ...
@overload
def timed(name: Literal["process_seconds"]) -> AbstractContextManager[None]: ...
@contextmanager
def timed(name: HistogramName, **labels: str) -> Iterator[None]:
    """Observe how long the block took, also if it raised."""
    histogram = _histograms[name]
    start = monotonic()
    try:
        yield
    finally:
        (histogram.labels(**labels) if labels else histogram).observe(monotonic() - start)


def value(name: MetricName, **labels: Unpack[Labels]) -> float:
    """How a counter or gauge stands, or how many observations a histogram has; 0 if never touched. For tests."""
    suffix = {"counter": "_total", "histogram": "_count", "gauge": ""}[METRICS[name].kind]
    return _registry.get_sample_value(f"cxsync_{name}{suffix}", {k: str(v) for k, v in labels.items()}) or 0.0


def exposition() -> bytes:
    """The body of ``/metrics``; its media type is ``CONTENT_TYPE``."""
    return generate_latest(_registry)
