"""Counts of latencies, kept so that they add up over seconds and workers. NOT here: where they come from.

Values are rounded down to the resolution of an HdrHistogram with three digits as they are counted; turned
into one, nothing is lost a second time.
"""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from itertools import accumulate
from typing import Final

from hdrh.histogram import HdrHistogram

from gateway.loadtest.results import PERCENTILES, Measure

HIGHEST: Final = 3_600_000_000_000
"""One hour in ns; what is longer counts as this."""

_DIGITS: Final = 3
_BITS: Final = 11  # of the 2,048 steps in which three digits count a power of two


class Tally:
    """How often which latency, in ns, was seen."""

    __slots__ = ("counts",)

    def __init__(self) -> None:
        self.counts: Counter[int] = Counter()

    def __bool__(self) -> bool:
        return bool(self.counts)

    def add(self, values: Iterable[int]) -> None:
        """Count ``values``. One below 0, as clocks that disagree make it, counts as 0."""
        self.counts.update(map(_rounded, values))

    def merge(self, other: "Tally") -> None:
        """Count what another one has counted."""
        self.counts.update(other.counts)

    def total(self) -> int:
        """Return how many values were counted."""
        return self.counts.total()

    def percentile(self, percent: float) -> int | None:
        """Return the value that ``percent`` of all do not exceed, ``None`` of none."""
        return self._percentiles([percent])[0] if self.counts else None

    def highest(self) -> int | None:
        """Return the greatest value, ``None`` of none."""
        return _highest_equivalent(max(self.counts)) if self.counts else None

    def measure(self, name: str) -> Measure | None:
        """Return all of it under ``name``, ``None`` of none.

        A value stands for the greatest that its step holds, as in other HdrHistograms.
        """
        if not self.counts:
            return None
        histogram = HdrHistogram(1, HIGHEST, _DIGITS)
        for value, count in self.counts.items():
            histogram.record_value(value, count)
        total = self.total()
        mean = sum(value * count for value, count in self.counts.items()) / total
        variance = sum((value - mean) ** 2 * count for value, count in self.counts.items()) / total
        found = self._percentiles([float(percent) for percent in PERCENTILES])
        return Measure(
            name=name,
            count=total,
            min=min(self.counts),
            mean=mean,
            stddev=math.sqrt(variance),
            max=_highest_equivalent(max(self.counts)),
            percentiles=dict(zip(PERCENTILES, found, strict=True)),
            histogram=histogram.encode().decode(),
        )

    def _percentiles(self, percents: list[float]) -> list[int]:
        """Return the values at percentiles, which come in order."""
        values = sorted(self.counts)
        seen = list(accumulate(self.counts[value] for value in values))
        wanted = [max(1, math.ceil(seen[-1] * percent / 100)) for percent in percents]
        return [
            _highest_equivalent(values[min(bisect_left(seen, count), len(values) - 1)]) for count in wanted
        ]


def decoded(measure: Measure) -> HdrHistogram:
    """Return the histogram of a measure; raise ``ValueError`` where it is none."""
    try:
        return HdrHistogram.decode(measure.histogram)
    except Exception as error:  # the decoder lets errors of base64, zlib and struct through
        raise ValueError(f"{measure.name}: no histogram: {error}") from error


def _highest_equivalent(value: int) -> int:
    """Return the greatest value that is counted as ``value``."""
    shift = value.bit_length() - _BITS
    return value + (1 << shift) - 1 if shift > 0 else value


def _rounded(value: int) -> int:
    if value < 0:
        return 0
    if value > HIGHEST:
        value = HIGHEST
    shift = value.bit_length() - _BITS
    return value >> shift << shift if shift > 0 else value
