"""The recent changes of an instrument, kept whether anybody follows or not, so that a client can resume.

NOT here: the recent pushes of a stream (``ring``).
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, islice
from operator import attrgetter
from typing import Generic, TypeVar

from gateway.model import BookDelta, Trade

E = TypeVar("E", BookDelta, Trade)
_eseq = attrgetter("eseq")


class RawRing(Generic[E]):
    """The last ``max_items`` changes, oldest first. A change takes about 200 bytes.

    To add is ``extend``, with all changes of a command at once; the oldest go first.
    """

    __slots__ = ("_base", "extend", "items")

    def __init__(self, max_items: int) -> None:
        self.items: deque[E] = deque(maxlen=max_items)
        self.extend: Callable[[Iterable[E]], None] = self.items.extend
        self._base = 0

    @property
    def base(self) -> int:
        """The place from which on all is here."""
        items = self.items
        # The oldest command's changes may not all be here any more.
        return items[0].eseq if len(items) == items.maxlen else self._base

    def reset(self, base: int, items: Iterable[E]) -> None:
        """Hold ``items``, which are all since ``base``."""
        self._base = base
        self.items.clear()
        self.extend(items)

    def since(self, seq: int) -> list[list[E]] | None:
        """Return the changes after ``seq``, a list for each command; ``None`` when not all are here."""
        if seq < self.base:
            return None
        items = self.items
        start = bisect_right(items, seq, key=_eseq)
        return [list(changes) for _, changes in groupby(islice(items, start, None), _eseq)]

    def tail(self, max_items: int) -> tuple[int, Sequence[E]]:
        """Return the changes of the last whole commands, at most ``max_items``, and the place before them.

        They depend on what was added, not on how much of it is still here.
        """
        items = self.items
        size = len(items)
        if size <= max_items and size < (items.maxlen or 0):
            return self._base, tuple(items)
        start = max(size - max_items, 1)
        base = items[start - 1].eseq
        return base, tuple(_after(islice(items, start, None), base))


def _after(items: Iterable[E], seq: int) -> Iterator[E]:
    return (item for item in items if item.eseq != seq)
