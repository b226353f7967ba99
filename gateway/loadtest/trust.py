"""When a figure of a result says less than it seems to. NOT here: what is said about it."""

from typing import Final

from gateway.loadtest.results import Generator

ENOUGH: Final = 10
"""With fewer values beyond it, a percentile is chance."""

BUSY: Final = 0.8
"""From so many cores on, a worker of the harness is part of what it measures."""


def is_chance(count: int, percentile: float) -> bool:
    """Return whether ``percentile`` of ``count`` values may well be another one in the next run."""
    return count * (1 - percentile / 100) < ENOUGH * (1 - 1e-9)


def is_busy(generator: Generator | None) -> bool:
    """Return whether part of the latencies is the harness's own."""
    return generator is not None and generator.busiest > BUSY
