"""The recent pushes of a stream, so that a client that was away gets what it missed.

NOT here: what an item is, and how it is encoded.
"""

from bisect import bisect_left
from collections import deque
from itertools import islice
from operator import itemgetter
from typing import Final, Generic, TypeVar

T = TypeVar("T")

_NOWHERE: Final = -1
_seq: Final = itemgetter(0)


class ReplayRing(Generic[T]):
    """A chain of items, each with the ``seq`` it leads to and the ``seq`` before it (``prev``).

    Holds at most ``max_items`` items, of at most ``max_bytes`` together, none more than ``max_age_ns`` older
    than the newest; the oldest go first. ``base`` is the place before the first item held, ``last`` the place
    after the last one. ``evicted`` counts the items that went for any of the bounds.
    """

    __slots__ = (
        "_held",
        "_lost",
        "_max_age_ns",
        "_max_bytes",
        "_max_items",
        "base",
        "bytes_held",
        "evicted",
        "last",
    )

    def __init__(self, max_items: int, max_age_ns: int, max_bytes: int) -> None:
        self._max_items = max_items
        self._max_age_ns = max_age_ns
        self._max_bytes = max_bytes
        self.evicted = 0
        # Oldest first: seq, ts, size, item.
        self._held: deque[tuple[int, int, int, T]] = deque()
        self.reset(0)

    def reset(self, seq: int) -> None:
        """Forget all items: the stream stands at ``seq``."""
        self._held.clear()
        self.bytes_held = 0
        self.base = self.last = seq
        # The place whose item that led nowhere went, so that not all after it is here.
        self._lost = _NOWHERE

    def append(self, seq: int, prev: int, item: T, size: int, ts: int) -> None:
        """Add the item that leads from ``prev`` to ``seq``; ``size`` in bytes, ``ts`` in ns on any one clock.

        An item that does not go on where the last one ended begins a new chain: those before are forgotten.
        One that leads nowhere (``seq`` is ``prev``) stands for such a one in front of it. Raises
        ``ValueError`` when ``seq`` is before ``prev``.
        """
        if seq < prev:
            raise ValueError(f"item leads from {prev} back to {seq}")
        if prev != self.last:
            self.reset(prev)
        held = self._held
        if seq == prev and held and seq == (held[-2][0] if len(held) > 1 else self.base):
            self.bytes_held -= held.pop()[2]
        held.append((seq, ts, size, item))
        self.bytes_held += size
        self.last = seq
        if len(held) > self._max_items:
            self._evict()
        while self.bytes_held > self._max_bytes:
            self._evict()
        oldest = ts - self._max_age_ns
        while held and held[0][1] < oldest:
            self._evict()

    def since(self, seq: int, most: int | None = None) -> list[T] | None:
        """Return the (first ``most``) items after the place ``seq``, oldest first; none when it is ``last``.

        One that leads nowhere comes after its place whenever that is asked for, and never in another piece
        than the item before it.
        ``None`` when ``seq`` is no place between ``base`` and ``last``: too old, of another chain, or still
        to come; or when one that led nowhere from there is gone. O(log n) looks and the copy.
        """
        if seq == self._lost:
            return None
        held = self._held
        start = 0
        if seq != self.base:
            start = bisect_left(held, seq, key=_seq)
            if start == len(held) or held[start][0] != seq:
                return None
            start += 1
        stop = len(held) if most is None else min(start + most, len(held))
        if start < stop < len(held) and held[stop][0] == held[stop - 1][0]:
            stop += 1
        return [item for _, _, _, item in islice(held, start, stop)]

    def __len__(self) -> int:
        return len(self._held)

    def _evict(self) -> None:
        """Let go of the oldest item."""
        seq, _, size, _ = self._held.popleft()
        if seq == self.base:
            self._lost = seq
        self.base = seq
        self.bytes_held -= size
        self.evicted += 1
