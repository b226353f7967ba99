"""When requests are planned to leave in an open loop: a rate, a ramp up to it, bursts. NOT here: clocks."""

import heapq
from collections.abc import Iterator
from itertools import count, islice, takewhile
from math import sqrt

from gateway.loadtest.findings import NS
from gateway.loadtest.scenario import Load


def planned_times(load: Load, share: float, phase: float, most: int) -> Iterator[int]:
    """Yield the planned times of a worker's requests, in ns from the start, in order.

    ``share`` (0 to 1) is its part of the rate; ``phase`` (0 to 1) shifts it between those of the others. It
    ends with ``duration_s``, and after ``most`` of them.
    """
    times = _steady(load.rate * share, load.ramp_s, phase)
    burst = round(load.burst * share)
    if burst:
        times = heapq.merge(times, _bursts(burst, load.burst_every_s))
    if load.duration_s:
        end = int(load.duration_s * NS)
        times = takewhile(lambda at: at < end, times)
    return islice(times, most)


def _steady(rate: float, ramp_s: float, phase: float) -> Iterator[int]:
    """Yield times that grow denser over the ramp, from nothing to ``rate`` a second, and stay so."""
    climbed = rate * ramp_s / 2
    for n in count():
        at = n + phase
        yield int((sqrt(2 * at * ramp_s / rate) if at < climbed else ramp_s + (at - climbed) / rate) * NS)


def _bursts(size: int, every_s: float) -> Iterator[int]:
    for n in count(1):
        at = int(n * every_s * NS)
        for _ in range(size):
            yield at
