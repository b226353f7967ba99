"""When a figure of a result says less than it seems to. NOT here: what is said about it."""

from typing import Final

from gateway.loadtest.results import ORDER_TO_ACK, Result

ENOUGH: Final = 10
"""With fewer values beyond it, a percentile is chance."""

BUSY: Final = 0.8
"""From so many cores on, a worker of the harness is part of what it measures."""


def is_chance(count: int, percentile: float) -> bool:
    """Return whether ``percentile`` of ``count`` values may well be another one in the next run."""
    return count * (1 - percentile / 100) < ENOUGH * (1 - 1e-9)


def strain(result: Result) -> float | None:
    """Return how busy the harness was, in cores, where so much that part of the latencies is its own."""
    busiest = result.generator.busiest if result.generator is not None else 0.0
    return busiest if busiest > BUSY else None


def lateness(result: Result) -> int | None:
    """Return how late the harness sent (p99, ns), where that is more than half of the p99 of the answers."""
    late = result.generator.late_p99 if result.generator is not None else None
    acks = result.measure(ORDER_TO_ACK)
    if late is None or acks is None:
        return None
    return late if late > acks.percentiles.get("99", acks.max) / 2 else None
