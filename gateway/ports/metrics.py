"""The port from components to whoever shows metrics: plain integers, read when asked.

A component counts in integers of its own and offers a ``MetricsSource``. NOT here: exposition formats
and HTTP (``gateway.admin``).
"""

from collections.abc import Callable, Iterable
from typing import Final, Literal, NamedTuple, TypeAlias

MetricKind: TypeAlias = Literal["counter", "gauge", "histogram"]
Labels: TypeAlias = tuple[tuple[str, str], ...]


class HistogramValue(NamedTuple):
    """A histogram: ``(upper bound in seconds, count up to it)`` ascending, the whole count, the sum (s)."""

    buckets: tuple[tuple[float, int], ...]
    observations: int
    sum_s: float


class Sample(NamedTuple):
    """One value of one metric.

    Samples of one ``name`` agree in ``help``, ``kind`` and label names and differ in label values.
    ``name`` ends in its unit (``_seconds``, ``_bytes``); a counter's has no ``_total``, which the
    exposition adds. A histogram's ``value`` is a ``HistogramValue``.
    """

    name: str
    help: str
    kind: MetricKind
    value: float | HistogramValue
    labels: Labels = ()


MetricsSource: TypeAlias = Callable[[], Iterable[Sample]]
"""Reads a component's counters now. Called on the event loop's thread; quick, and never raises."""

_SIZE: Final = 65 * 4 + 4
_FIRST_BOUND: Final = 13  # exported bounds: 2**13 ns (8.2 us) ...
_LAST_BOUND: Final = 34  # ... to 2**34 ns (17 s)


class LatencyBuckets:
    """Counts durations in log-linear buckets: four to each power of two, so a bucket is at most 25 % wide.

    Integers only. Durations that end together, as those of one batch, are recorded as one.
    """

    __slots__ = ("_counts", "total_ns")

    def __init__(self) -> None:
        self._counts = [0] * _SIZE
        self.total_ns = 0

    def record(self, ns: int, times: int = 1) -> None:
        """Count a duration of ``0 <= ns < 2**64``, ``times`` over."""
        bits = ns.bit_length()
        self._counts[(bits << 2) + (ns << 3 >> bits)] += times
        self.total_ns += ns * times

    @property
    def count(self) -> int:
        """How many durations were recorded."""
        return sum(self._counts)

    def quantile(self, q: float) -> int:
        """Return the upper bound (ns) of the bucket that holds the ``q`` quantile, ``0 < q <= 1``.

        0 when nothing is recorded.
        """
        wanted = q * self.count
        seen = 0
        for index, count in enumerate(self._counts):
            seen += count
            if count and seen >= wanted:
                return _upper(index)
        return 0

    def value(self) -> HistogramValue:
        """Return the histogram with one bound per power of two from 8 us to 17 s."""
        buckets = []
        seen = 0
        start = 0
        for bits in range(_FIRST_BOUND, _LAST_BOUND + 1):
            end = (bits + 2) << 2  # the bucket in which 2**bits falls
            seen += sum(self._counts[start:end])
            start = end
            buckets.append(((1 << bits) / 1e9, seen))
        return HistogramValue(tuple(buckets), self.count, self.total_ns / 1e9)


def _upper(index: int) -> int:
    """Return the largest duration that is counted in the bucket ``index``."""
    bits = (index >> 2) - 1
    part = 4 + (index & 3)
    # From ns << 3 >> bits == part.
    return ((part + 1 << bits) - 1) >> 3 if bits > 0 else 0
