"""What a running load test tells whoever watches it. NOT here: how it looks (``terminal``)."""

from enum import StrEnum
from typing import Protocol

import msgspec

from gateway.loadtest.results import Result, Target


class Phase(StrEnum):
    """Where a run stands."""

    CONNECTING = "connecting"
    WARMING_UP = "warming up"
    MEASURING = "measuring"
    DRAINING = "draining"
    CHECKING = "checking"


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """A run at one moment, told a few times a second.

    ``fraction`` (0 to 1) is of the whole plan. ``rate``, ``pushes_per_s``, ``p50`` and ``p99`` (ns, order to
    acknowledgment) are of the time since the last one; ``cpu`` in cores. The other figures are of the run so
    far.
    """

    phase: Phase
    elapsed_s: float
    fraction: float
    connected: int = 0
    connections: int = 0
    sent: int = 0
    answered: int = 0
    fills: int = 0
    pushes: int = 0
    faults: int = 0
    rate: float = 0.0
    pushes_per_s: float = 0.0
    p50: int | None = None
    p99: int | None = None
    cpu: float | None = None
    rss_bytes: int | None = None


class View(Protocol):
    """Somebody who watches. None of it may raise or take long."""

    def begin(self, name: str, description: str, target: Target) -> None:
        """A run begins."""

    def show(self, progress: Progress) -> None:
        """It goes on."""

    def end(self, result: Result) -> None:
        """It has ended; also after a failure, with the partial result."""
