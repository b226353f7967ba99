"""When a figure of a result says less than it seems to. NOT here: what is said about it."""

from typing import Final

from gateway.loadtest.results import ORDER_TO_ACK, Result

ENOUGH: Final = 10
"""With fewer values beyond it, a percentile is chance."""

BUSY: Final = 0.8
"""From so many cores on, a worker of the harness is part of what it measures."""

STARVED: Final = 0.1
"""From so much of each second on that somebody waits for a core, others take part in what is measured."""

CROWDED: Final = 0.5
"""The load of a machine before a run, for each of its cores."""


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


def starvation(result: Result) -> dict[str, float]:
    """Return who waited for a core, and how much of the time, where it was so much that it shows."""
    generator, server = result.generator, result.server
    waited = {
        "harness": generator.waited if generator is not None else None,
        "target": server.waited if server is not None else None,
    }
    return {who: share for who, share in waited.items() if share is not None and share > STARVED}


def crowd(result: Result) -> float | None:
    """Return the load of the machine before the run, where that is a good part of it."""
    machine = result.machine
    return machine.load_before if machine.load_before > CROWDED * machine.cores else None
