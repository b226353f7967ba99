"""What must not happen, counted, with the first cases of each kind in words. NOT here: how it is noticed."""

from enum import StrEnum
from typing import Final

from gateway.loadtest.results import Fault

EXAMPLES: Final = 5
"""Of each kind."""

_MAX_EXAMPLE: Final = 300


class FaultKind(StrEnum):
    """All kinds, worst first; but what was stopped is not judged as it would have been."""

    STOPPED = "stopped early"
    MISSING = "missing answer"
    DOUBLED = "doubled answer"
    WRONG = "wrong answer"
    UNKNOWN = "answer to nothing"
    NO_TRADE = "execution without public trade"
    NO_EXECUTION = "public trade without execution"
    GAP = "sequence gap"
    PUSH_GAP = "gap in a channel"
    UNREADABLE = "unreadable message"
    REJECTED = "rejected request"
    REFUSED = "connection refused"
    LOST = "connection lost"
    STALLED = "no answer in time"
    BEHIND = "harness too slow"
    DIED = "harness failed"


_WORST_FIRST: Final = list(FaultKind)


class Faults:
    """The faults of a run, or of one worker's part of it."""

    def __init__(self) -> None:
        self.counts: dict[FaultKind, int] = {}
        self.examples: dict[FaultKind, list[str]] = {}

    def add(self, kind: FaultKind, example: str, count: int = 1) -> None:
        """Count ``count`` cases of one kind, described by ``example``."""
        self.counts[kind] = self.counts.get(kind, 0) + count
        examples = self.examples.setdefault(kind, [])
        if len(examples) < EXAMPLES:
            examples.append(example[:_MAX_EXAMPLE].replace("\x01", "|"))

    def merge(self, other: "Faults") -> None:
        """Count what another one has counted."""
        for kind, count in other.counts.items():
            self.counts[kind] = self.counts.get(kind, 0) + count
            examples = self.examples.setdefault(kind, [])
            examples += other.examples[kind][: EXAMPLES - len(examples)]

    def total(self) -> int:
        """Return how many there are of all kinds."""
        return sum(self.counts.values())

    def count(self, kind: FaultKind) -> int:
        """Return how many there are of one kind."""
        return self.counts.get(kind, 0)

    def found(self) -> tuple[Fault, ...]:
        """Return all, worst first."""
        return tuple(
            Fault(kind=kind.value, count=self.counts[kind], examples=tuple(self.examples[kind]))
            for kind in _WORST_FIRST
            if kind in self.counts
        )

    def reasons(self) -> tuple[str, ...]:
        """Return a line for each kind, worst first: how many, and the first case."""
        return tuple(f"{fault.kind}: {fault.count:,} ({fault.examples[0]})" for fault in self.found())
