"""Scales of a chart: where a value lies between the two ends of an axis, and where its marks are.

A position is a fraction of the axis: 0 at its low end, 1 at its high end. NOT here: the drawing (``charts``).
"""

import math
from collections.abc import Sequence
from typing import Final, Protocol

_DIGITS: Final = (1, 2, 2.5, 5, 10)
_SECONDS: Final = (
    1,
    2,
    5,
    10,
    15,
    30,
    60,
    120,
    300,
    600,
    900,
    1_800,
    3_600,
    7_200,
    14_400,
    21_600,
    43_200,
    86_400,
)
_LEADING: Final = (1, 2, 5, 10)
_WIDE_DECADES: Final = 3
"""From so many decades on, a logarithmic axis marks the decades only."""
_PERCENTILES: Final = (0, 50, 90, 99, 99.9, 99.99, 99.999, 99.9999)
_SLACK: Final = 1e-9
_NOTHING: Final = 1e-12
"""No axis is made for less than this."""


class Scale(Protocol):
    """One axis of a chart."""

    def position(self, value: float) -> float:
        """Return where ``value`` lies; what is beyond an end lies at it."""

    def marks(self) -> Sequence[float]:
        """Return the values to name beside the axis, all within its ends."""


class Linear:
    """An even axis with a mark at each multiple of ``step``."""

    def __init__(self, low: float, high: float, step: float) -> None:
        self._low = low
        self._high = high
        self._step = step

    def position(self, value: float) -> float:
        """See ``Scale``."""
        return _fraction(value, self._low, self._high)

    def marks(self) -> Sequence[float]:
        """See ``Scale``."""
        first = math.ceil(self._low / self._step - _SLACK)
        last = math.floor(self._high / self._step + _SLACK)
        return [index * self._step for index in range(first, last + 1)]


class Logarithmic:
    """A logarithmic axis from the 1, 2 or 5 below ``low`` to the one above ``high``; both are more than 0."""

    def __init__(self, low: float, high: float) -> None:
        self._low = max(digit for digit in _around(low) if digit <= low * (1 + _SLACK))
        self._high = min(digit for digit in _around(high) if digit >= high * (1 - _SLACK))
        if self._high <= self._low:
            self._high = self._low * 10

    def position(self, value: float) -> float:
        """See ``Scale``."""
        if value <= 0:
            return 0.0
        return _fraction(math.log10(value), math.log10(self._low), math.log10(self._high))

    def marks(self) -> Sequence[float]:
        """See ``Scale``."""
        first = math.floor(math.log10(self._low) + _SLACK)
        last = math.ceil(math.log10(self._high) - _SLACK)
        leading = (1,) if last - first > _WIDE_DECADES else (1, 2, 5)
        values = [digit * 10.0**decade for decade in range(first, last + 1) for digit in leading]
        return [value for value in values if self._low * (1 - _SLACK) <= value <= self._high * (1 + _SLACK)]


class Tail:
    """An axis of percentiles that gives every further nine the same room: 90, 99, 99.9 … lie evenly.

    ``count`` is of how many values the percentiles are; the axis ends where one value in so many is left.
    """

    def __init__(self, count: int) -> None:
        self._nines = math.log10(max(count, 10))

    def position(self, value: float) -> float:
        """See ``Scale``."""
        left = 1 - value / 100
        return 1.0 if left <= 0 else _fraction(-math.log10(left), 0, self._nines)

    def marks(self) -> Sequence[float]:
        """See ``Scale``."""
        return [mark for mark in _PERCENTILES if -math.log10(1 - mark / 100) <= self._nines + _SLACK]


def from_zero(high: float, marks: int = 4) -> Linear:
    """Return an even axis from 0 to the mark at or above ``high``, with about so many marks."""
    high = high if high > _NOTHING else 1.0
    size = 10.0 ** math.floor(math.log10(high / marks))
    step = next(digit * size for digit in _DIGITS if digit * size >= high / marks * (1 - _SLACK))
    return Linear(0.0, math.ceil(high / step - _SLACK) * step, step)


def seconds(high: float, marks: int = 12) -> Linear:
    """Return an axis of time from 0 to ``high`` seconds, with marks at whole spans of a clock."""
    days = math.ceil(high / marks / _SECONDS[-1]) * _SECONDS[-1]
    step = next((step for step in _SECONDS if step * marks >= high), days)
    return Linear(0.0, max(high, 1.0), step)


def _around(value: float) -> list[float]:
    decade = math.floor(math.log10(value))
    return [digit * 10.0**power for power in (decade - 1, decade, decade + 1) for digit in _LEADING]


def _fraction(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))
