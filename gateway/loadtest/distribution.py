"""The distribution inside a measure, for pictures: its curve over percentiles, and its shape over time.

NOT here: how values are recorded.
"""

import bisect
import math
from itertools import accumulate
from typing import Final

from gateway.loadtest.results import Measure, ResultError
from gateway.loadtest.tally import decoded

Steps = list[tuple[float, float]]

_PER_NINE: Final = 16
"""Points of the curve between one nine and the next."""
_PER_DECADE: Final = 10
"""Bars of the shape from one power of ten to the next."""


class Distribution:
    """The values of one measure and how often each was seen, in the histogram's precision."""

    def __init__(self, values: list[int], counts: list[int]) -> None:
        self._values = values
        self._counts = counts
        self._up_to = list(accumulate(counts))

    @property
    def total(self) -> int:
        """Return how many values there are; at least one."""
        return self._up_to[-1]

    @property
    def low(self) -> int:
        """Return the smallest value, ns."""
        return self._values[0]

    @property
    def high(self) -> int:
        """Return the largest value, ns."""
        return self._values[-1]

    def at(self, percentile: float) -> int:
        """Return the value that ``percentile`` of all values do not exceed."""
        rank = max(1, math.ceil(percentile / 100 * self.total - 1e-9))
        return self._values[bisect.bisect_left(self._up_to, rank)]

    def curve(self) -> Steps:
        """Return ``(percentile, value)`` in even steps of nines, from the smallest value to the largest."""
        nines = math.log10(self.total)
        steps = [index / _PER_NINE for index in range(math.ceil(nines * _PER_NINE - 1e-9))]
        below = [(percentile, float(self.at(percentile))) for percentile in map(_percentile, steps)]
        # The largest of so many values is the only one beyond this percentile.
        return [*below, (_percentile(nines), float(self.high))]

    def shape(self) -> list[tuple[float, float, float]]:
        """Return ``(from, to, share)`` in even steps of the logarithm; the shares add up to 1."""
        first = math.floor(math.log10(max(self.low, 1)) * _PER_DECADE)
        last = math.floor(math.log10(max(self.high, 1)) * _PER_DECADE)
        shares = [0] * (last - first + 1)
        for value, count in zip(self._values, self._counts, strict=True):
            shares[math.floor(math.log10(max(value, 1)) * _PER_DECADE) - first] += count
        return [
            (
                10 ** ((first + index) / _PER_DECADE),
                10 ** ((first + index + 1) / _PER_DECADE),
                share / self.total,
            )
            for index, share in enumerate(shares)
        ]


def distribution(measure: Measure) -> Distribution | None:
    """Decode the histogram of ``measure``, ``None`` where it is empty; raise ``ResultError`` where broken."""
    if not measure.histogram:
        return None
    try:
        histogram = decoded(measure)
    except ValueError as error:
        raise ResultError(str(error)) from error
    # The library's own iterators take half a second for what lies between the values.
    seen = {index: count for index, count in enumerate(histogram.encoder.get_counts()[:]) if count}
    return (
        Distribution([histogram.get_value_from_index(index) for index in seen], list(seen.values()))
        if seen
        else None
    )


def _percentile(nines: float) -> float:
    return 100 * (1 - math.pow(10, -nines))
