"""Samples of the metrics port as Prometheus text."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from gateway.ports import HistogramValue, MetricsSource, Sample

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST.encode("ascii")


class Exposition:
    """Reads every source when asked, the process's own CPU, memory and file figures beside them."""

    def __init__(self, sources: Sequence[MetricsSource]) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Sources(sources))
        ProcessCollector(registry=self._registry)

    def text(self) -> bytes:
        """Return the exposition. What a source raises comes through."""
        return generate_latest(self._registry)


class _Sources(Collector):
    """Presents sources as a collector of the Prometheus client, one family per metric name."""

    def __init__(self, sources: Sequence[MetricsSource]) -> None:
        self._sources = sources

    def describe(self) -> Iterable[Metric]:
        # Nothing to declare: a source may come to know its labels only with time.
        return ()

    def collect(self) -> Iterator[Metric]:
        families: dict[str, list[Sample]] = {}
        for source in self._sources:
            for sample in source():
                families.setdefault(sample.name, []).append(sample)
        for samples in families.values():
            yield _family(samples)


def _family(samples: list[Sample]) -> Metric:
    name, text, kind, _, labels = samples[0]
    names = [label for label, _ in labels]
    if kind == "histogram":
        histogram = HistogramMetricFamily(name, text, labels=names)
        for sample in samples:
            if isinstance(sample.value, HistogramValue):
                histogram.add_metric(_label_values(sample), _buckets(sample.value), sample.value.sum_s)
        return histogram
    family = (CounterMetricFamily if kind == "counter" else GaugeMetricFamily)(name, text, labels=names)
    for sample in samples:
        if not isinstance(sample.value, HistogramValue):
            family.add_metric(_label_values(sample), sample.value)
    return family


def _label_values(sample: Sample) -> list[str]:
    return [value for _, value in sample.labels]


def _buckets(value: HistogramValue) -> list[tuple[str, float]]:
    return [*((repr(bound), count) for bound, count in value.buckets), ("+Inf", value.observations)]
