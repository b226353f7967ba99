"""When requests are planned to leave in an open loop: a rate, a ramp up to it, bursts. NOT here: clocks."""

import heapq
from collections.abc import Iterator
from itertools import count, islice, takewhile
from math import ceil, sqrt
from typing import NamedTuple

from gateway.loadtest.findings import NS
from gateway.loadtest.scenario import Load


class Part(NamedTuple):
    """A worker's part of a plan: ``own`` of the ``sessions``, after those ``before`` it.

    ``phase`` (0 to 1) is where its planned times stand between those of the other workers.
    """

    before: int
    own: int
    sessions: int
    phase: float = 0.0

    def of(self, total: int) -> int:
        """Return how many of ``total`` are its part; those of all workers add up to it."""
        return total * (self.before + self.own) // self.sessions - total * self.before // self.sessions

    @property
    def share(self) -> float:
        """Return its part of a rate, 0 to 1."""
        return self.own / self.sessions


def planned_times(load: Load, part: Part, most: int) -> Iterator[int]:
    """Yield the planned times of a worker's requests, in ns from the start, in order.

    They end with ``duration_s``, and after ``most`` of them.
    """
    times = _steady(load.rate * part.share, load.ramp_s, part.phase)
    burst = part.of(load.burst)
    if burst:
        times = heapq.merge(times, _bursts(burst, load.burst_every_s))
    if load.duration_s:
        end = int(load.duration_s * NS)
        times = takewhile(lambda at: at < end, times)
    return islice(times, most)


def planned_count(load: Load, part: Part) -> int:
    """Return how many times ``planned_times`` yields until ``duration_s``, without walking through them."""
    end, rate, ramp = int(load.duration_s * NS), load.rate * part.share, load.ramp_s
    climbing = min(ramp, load.duration_s)
    climbed = rate * climbing * climbing / ramp / 2 if ramp else 0.0
    steady = max(0, ceil(climbed + rate * (load.duration_s - climbing) - part.phase))
    while steady and _steady_at(steady - 1 + part.phase, rate, ramp) >= end:
        steady -= 1
    while _steady_at(steady + part.phase, rate, ramp) < end:
        steady += 1
    size = part.of(load.burst)
    if not size:
        return steady
    bursts = int(load.duration_s / load.burst_every_s) + 1
    while bursts and _burst_at(bursts, load.burst_every_s) >= end:
        bursts -= 1
    return steady + bursts * size


def _steady(rate: float, ramp_s: float, phase: float) -> Iterator[int]:
    """Yield times that grow denser over the ramp, from nothing to ``rate`` a second, and stay so."""
    return (_steady_at(n + phase, rate, ramp_s) for n in count())


def _steady_at(n: float, rate: float, ramp_s: float) -> int:
    climbed = rate * ramp_s / 2
    return int((sqrt(2 * n * ramp_s / rate) if n < climbed else ramp_s + (n - climbed) / rate) * NS)


def _burst_at(n: int, every_s: float) -> int:
    return int(n * every_s * NS)


def _bursts(size: int, every_s: float) -> Iterator[int]:
    for n in count(1):
        at = _burst_at(n, every_s)
        for _ in range(size):
            yield at
