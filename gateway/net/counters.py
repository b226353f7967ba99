"""What the front ends count: plain integers, read when somebody asks."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class FrontCounters:
    """Counters of one front end (FIX or WebSocket).

    ``outcomes`` counts channels of ``subscribe`` and ``unsubscribe`` by what became of them, ``resumes``
    those with ``from_seq`` by whether what was missed is told.
    """

    connections: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    messages_in: Counter[bytes] = field(default_factory=Counter)
    rejects: Counter[str] = field(default_factory=Counter)
    disconnects: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    resumes: Counter[str] = field(default_factory=Counter)
