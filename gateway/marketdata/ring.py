"""The recent pushes of a stream, so that a client that was away gets what it missed.

NOT here: what an item is, and how it is encoded.
"""

from array import array
from bisect import bisect_left
from typing import Generic, TypeVar, cast

T = TypeVar("T")


class ReplayRing(Generic[T]):
    """A chain of items, each with the ``seq`` it leads to and the ``seq`` before it (``prev``).

    Holds at most ``max_items`` items, of at most ``max_bytes`` together, none more than ``max_age_ns`` older
    than the newest; the oldest go first. ``base`` is the place before the first item held, ``last`` the place
    after the last one. ``evicted`` counts the items that went for any of the bounds.
    """

    __slots__ = (
        "_head",
        "_items",
        "_max_age_ns",
        "_max_bytes",
        "_max_items",
        "_seqs",
        "_sizes",
        "_times",
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
        self.reset(0)

    def reset(self, seq: int) -> None:
        """Forget all items: the stream stands at ``seq``."""
        # What is held begins at ``_head``: evicted places are cut off when they are half of the lists.
        self._head = 0
        self._seqs = array("q")
        self._times = array("q")
        self._sizes = array("q")
        self._items: list[T | None] = []
        self.bytes_held = 0
        self.base = self.last = seq

    def append(self, seq: int, prev: int, item: T, size: int, ts: int) -> None:
        """Add the item that leads from ``prev`` to ``seq``; ``size`` in bytes, ``ts`` in ns on any one clock.

        An item that does not go on where the last one ended begins a new chain: those before are forgotten.
        Raises ``ValueError`` unless ``seq`` is after ``prev``.
        """
        if seq <= prev:
            raise ValueError(f"item leads from {prev} back to {seq}")
        if prev != self.last:
            self.reset(prev)
        self._seqs.append(seq)
        self._times.append(ts)
        self._sizes.append(size)
        self._items.append(item)
        self.bytes_held += size
        self.last = seq
        if len(self) > self._max_items:
            self._evict()
        while self.bytes_held > self._max_bytes:
            self._evict()
        self.expire(ts)

    def expire(self, now: int) -> None:
        """Let go of items more than ``max_age_ns`` older than ``now``, on the clock of their ``ts``."""
        oldest = now - self._max_age_ns
        times = self._times
        while self._head < len(times) and times[self._head] < oldest:
            self._evict()

    def since(self, seq: int) -> list[T] | None:
        """Return the items after the place ``seq``, oldest first; none when it is ``last``.

        ``None`` when ``seq`` is no place between ``base`` and ``last``: too old, of another chain, or still
        to come. O(log n) and the copy.
        """
        start = self._head
        if seq != self.base:
            start = bisect_left(self._seqs, seq, start)
            if start == len(self._seqs) or self._seqs[start] != seq:
                return None
            start += 1
        # From the head on, every place holds its item.
        return cast("list[T]", self._items[start:])

    def __len__(self) -> int:
        return len(self._seqs) - self._head

    def _evict(self) -> None:
        """Let go of the oldest item."""
        head = self._head
        self.base = self._seqs[head]
        self.bytes_held -= self._sizes[head]
        self._items[head] = None
        self.evicted += 1
        self._head = head = head + 1
        if 2 * head >= len(self._seqs):
            del self._seqs[:head], self._times[:head], self._sizes[:head], self._items[:head]
            self._head = 0
