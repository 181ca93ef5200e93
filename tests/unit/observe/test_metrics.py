import inspect
import re
from collections.abc import Callable
from inspect import Parameter
from typing import get_args, get_overloads

import pytest
from prometheus_client.parser import text_string_to_metric_families

from cxsync.observe.fields import ALLOWED
from cxsync.observe.measures import METRICS, CounterName, GaugeName, HistogramName, Labels
from cxsync.observe.metrics import count, exposition, observe, set_gauge, timed, value

KEYWORD_ONLY = Parameter.KEYWORD_ONLY


def test_each_name_is_typed_by_its_kind() -> None:
    by_kind = {"counter": CounterName, "histogram": HistogramName, "gauge": GaugeName}
    for kind, names in by_kind.items():
        assert {name for name, metric in METRICS.items() if metric.kind == kind} == set(get_args(names))


@pytest.mark.parametrize(
    ("function", "kind"), [(count, "counter"), (observe, "histogram"), (set_gauge, "gauge"), (timed, "histogram")]
)
def test_the_types_ask_for_exactly_the_labels_of_the_list(function: Callable[..., object], kind: str) -> None:
    typed = {
        name: {parameter.name for parameter in signature.parameters.values() if parameter.kind is KEYWORD_ONLY}
        for signature in map(inspect.signature, get_overloads(function))
        for name in get_args(signature.parameters["name"].annotation)
    }
    assert typed == {name: set(metric.labels) for name, metric in METRICS.items() if metric.kind == kind}


def test_labels_are_of_the_closed_list_and_never_ids() -> None:
    used = {label for metric in METRICS.values() for label in metric.labels}
    assert used == set(Labels.__annotations__)
    assert not used & {"connection", "tenant", "event_id", "trace_id", "native_id"}


def test_only_histograms_have_buckets_and_theirs_rise() -> None:
    for name, metric in METRICS.items():
        assert bool(metric.buckets) == (metric.kind == "histogram"), name
        assert list(metric.buckets) == sorted(set(metric.buckets)), name


def test_names_say_their_unit_as_prometheus_asks() -> None:
    for name, metric in METRICS.items():
        assert re.fullmatch(r"[a-z][a-z_]*", name)
        assert not name.endswith(("_total", "_count", "_sum", "_bucket"))
        if metric.kind == "histogram":
            assert name.endswith("_seconds")


def test_what_is_counted_is_exposed() -> None:
    before = value("records_published", stage="producer", topic="cx.raw.google")
    count("records_published", 3, stage="producer", topic="cx.raw.google")
    assert value("records_published", stage="producer", topic="cx.raw.google") == before + 3
    set_gauge("lag_records", 7, stage="processor", topic="cx.raw.google")
    samples = {
        (sample.name, sample.labels.get("topic")): sample.value
        for family in text_string_to_metric_families(exposition().decode())
        for sample in family.samples
    }
    assert samples["cxsync_records_published_total", "cx.raw.google"] == before + 3
    assert samples["cxsync_lag_records", "cx.raw.google"] == 7


def test_a_block_is_timed_also_if_it_raises() -> None:
    before = value("poll_seconds", system="google")
    observe("poll_seconds", 0.5, system="google")
    with pytest.raises(LookupError), timed("poll_seconds", system="google"):
        raise LookupError
    assert value("poll_seconds", system="google") == before + 2


def test_a_missing_or_foreign_label_is_an_error() -> None:
    with pytest.raises(ValueError, match="label"):
        count("records_published", stage="producer")  # type: ignore[call-overload]  # what mypy is to refuse
    with pytest.raises(ValueError, match="label"):
        count("records_published", stage="producer", topic="t", result="x")  # type: ignore[call-overload]  # as above


def test_the_memory_of_the_process_is_exposed() -> None:
    assert b"process_resident_memory_bytes" in exposition()


def test_no_field_of_the_log_is_made_for_what_people_write() -> None:
    content = {"subject", "notes", "body", "location", "attendees", "password", "token", "secret", "email", "name"}
    assert not ALLOWED & content
