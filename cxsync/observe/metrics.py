"""Counts what this process does, in a registry of its own, for ``/metrics``.

    count("records_published", stage="producer", topic=topic)
    observe("poll_seconds", 0.8, system="google")
    set_gauge("lag_records", 12, stage="processor", topic=topic)

Names, kinds and labels are those of ``cxsync.observe.measures``. Safe to call from any thread.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Unpack

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from cxsync.observe.measures import METRICS, CounterName, GaugeName, HistogramName, Labels, MetricName

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


def count(name: CounterName, amount: float = 1, **labels: Unpack[Labels]) -> None:
    """Add ``amount`` (not below 0) to a counter."""
    counter = _counters[name]
    (counter.labels(**labels) if labels else counter).inc(amount)


def observe(name: HistogramName, seconds: float, **labels: Unpack[Labels]) -> None:
    """Put one duration into a histogram."""
    histogram = _histograms[name]
    (histogram.labels(**labels) if labels else histogram).observe(seconds)


def set_gauge(name: GaugeName, value: float, **labels: Unpack[Labels]) -> None:
    """Say how something stands now."""
    gauge = _gauges[name]
    (gauge.labels(**labels) if labels else gauge).set(value)


@contextmanager
def timed(name: HistogramName, **labels: Unpack[Labels]) -> Iterator[None]:
    """Observe how long the block took, also if it raised."""
    start = monotonic()
    try:
        yield
    finally:
        observe(name, monotonic() - start, **labels)


def value(name: MetricName, **labels: Unpack[Labels]) -> float:
    """How a counter or gauge stands, or how many observations a histogram has; 0 if never touched. For tests."""
    suffix = {"counter": "_total", "histogram": "_count", "gauge": ""}[METRICS[name].kind]
    return _registry.get_sample_value(f"cxsync_{name}{suffix}", {k: str(v) for k, v in labels.items()}) or 0.0


def exposition() -> bytes:
    """The body of ``/metrics``; its media type is ``CONTENT_TYPE``."""
    return generate_latest(_registry)
