"""Many processes' ``/metrics`` as one, each sample with a ``role`` label that says whose it is."""

from collections.abc import Iterator, Mapping

from prometheus_client import Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector, CollectorRegistry


def merge(texts: Mapping[str, str]) -> bytes:
    """``texts`` by role's name. A sample that has a ``role`` already (the supervisor's own, about a role) keeps it."""
    families: dict[str, Metric] = {}
    for role, text in texts.items():
        for family in text_string_to_metric_families(text):
            merged = families.setdefault(family.name, Metric(family.name, family.documentation, family.type))
            for sample in family.samples:
                merged.add_sample(sample.name, {"role": role, **sample.labels}, sample.value)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Families(families))
    return generate_latest(registry)


class _Families(Collector):
    def __init__(self, families: Mapping[str, Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        return iter(self._families.values())

    def describe(self) -> Iterator[Metric]:
        return iter(())
