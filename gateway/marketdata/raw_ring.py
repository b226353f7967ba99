"""The recent changes of an instrument, kept whether anybody follows or not, so that a client can resume.

All but the newest are packed: about 45 bytes each, where objects take 200. NOT here: the recent pushes of a
stream (``ring``).
"""

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from operator import attrgetter
from typing import Final, Generic, NamedTuple, TypeVar

import msgspec

from gateway.marketdata.packing import packing
from gateway.model import BookDelta, Trade

E = TypeVar("E", BookDelta, Trade)

MAX_PER_CHUNK: Final = 256
MAX_UNPACKED: Final = 128
"""How many changes are packed in one go, and how many of the newest are never packed."""

_eseq = attrgetter("eseq")
_last = attrgetter("last")
_pack = packing()


class RingBounds(msgspec.Struct, frozen=True, kw_only=True):
    """What a ring holds: at least its newest ``changes``, while the other two bounds allow it.

    Those more than ``age_ns`` older than the newest go, and the oldest while they take more than ``size``
    bytes. They go in chunks, so somewhat more than ``changes`` may be here; the ``MAX_UNPACKED`` newest stay.
    """

    changes: int = 100_000
    age_ns: int = 3_600_000_000_000
    size: int = 16_777_216


class Chunk(NamedTuple):
    """Some changes as msgpack, the last of which has ``last`` as its ``eseq``, and was at ``ts``.

    ``former``: the quantities before, as msgpack, where they are kept (``change_ring``).
    """

    last: int
    ts: int
    changes: int
    packed: bytes
    former: bytes = b""

    @property
    def size(self) -> int:
        """How many bytes are packed."""
        return len(self.packed) + len(self.former)


class RingState(msgspec.Struct, Generic[E], frozen=True, array_like=True, forbid_unknown_fields=True):
    """The state of a ``RawRing``: the place from which on all is here, and the changes, oldest first.

    ``former``: the quantities before the recent ones, where they are kept.
    """

    base: int
    chunks: list[Chunk]
    recent: list[E]
    former: list[int]


class RawRing(Generic[E]):
    """The last changes within ``bounds``, oldest first.

    To add is to append to ``recent``, and then to call ``pack`` if it holds ``pack_at``. What is here depends
    on what was added alone, and not on restores in between. ``base`` is the place from which on all is here;
    ``size`` is how many bytes are packed.
    """

    __slots__ = (
        "_bounds",
        "_chunks",
        "_decode",
        "_decoded",
        "_least_packed",
        "_packed",
        "_per_chunk",
        "base",
        "pack_at",
        "recent",
        "size",
    )

    def __init__(self, changes: type[list[E]], bounds: RingBounds) -> None:
        self._bounds = bounds
        # A small ring packs, and lets go, in small steps.
        self._per_chunk = min(MAX_PER_CHUNK, 1 + bounds.changes // 4)
        unpacked = min(MAX_UNPACKED, bounds.changes // 2)
        self.pack_at = self._per_chunk + unpacked
        self._least_packed = bounds.changes - unpacked
        self._decode: Callable[[bytes], list[E]] = msgspec.msgpack.Decoder(changes).decode
        # Replays read a chunk bit by bit, and often many the same one.
        self._decoded: tuple[Chunk | None, list[E]] = (None, [])
        self._chunks: deque[Chunk] = deque()
        self._packed = 0
        self.base = 0
        self.recent: list[E] = []
        self.size = 0

    def __len__(self) -> int:
        return self._packed + len(self.recent)

    def pack(self) -> None:
        """Pack the older ones of ``recent``, and let go of what is out of bounds."""
        recent, per_chunk = self.recent, self._per_chunk
        while len(recent) >= self.pack_at:
            older = recent[:per_chunk]
            del recent[:per_chunk]
            last = older[-1]
            self._add(Chunk(last.eseq, last.transact_time, per_chunk, _pack(older), self._former(older)))
            self._let_go()

    def newest(self, count: int) -> list[E]:
        """Return the last ``count`` changes, fewer when not so many are here."""
        found = self.recent[-count:]
        for chunk in reversed(self._chunks):
            if len(found) >= count:
                break
            found = self._decode(chunk.packed)[len(found) - count :] + found
        return found

    def count_since(self, seq: int) -> int | None:
        """Return how many changes came after ``seq``; ``None`` when not all are here."""
        if seq < self.base:
            return None
        first = next(self._after(seq), ())
        packed = bisect_right(self._chunks, seq, key=_last)
        if packed == len(self._chunks):
            return len(first)
        return len(first) + len(self.recent) + sum(c.changes for c in islice(self._chunks, packed + 1, None))

    def since(self, seq: int, most: int) -> list[E] | None:
        """Return the first changes after ``seq``: whole commands, of about ``most`` changes at the most.

        A command that has more comes alone. None when nothing came; ``None`` when not all are here.
        """
        if seq < self.base:
            return None
        found: list[E] = []
        for changes in self._after(seq):
            found = found + changes if found else changes
            if len(found) <= most:
                continue
            # All but the command that goes beyond; the first one in any case.
            end = bisect_left(found, found[most].eseq, key=_eseq) or bisect_right(
                found, found[0].eseq, key=_eseq
            )
            if end < len(found):
                return found[:end]
        return found

    def state(self, *, packed: bool = True) -> RingState[E]:
        """Return the whole state, to be encoded before the next change; or without what is ``packed``."""
        chunks = self._chunks
        if packed or not chunks:
            return RingState(self.base, list(chunks), self.recent, self._former_of_recent())
        return RingState(chunks[-1].last, [], self.recent, self._former_of_recent())

    def packed(self, most: int) -> list[tuple[int, list[Chunk]]]:
        """Return what is packed in parts of at most ``most`` chunks, each with its base, the newest first."""
        chunks = list(self._chunks)
        parts = []
        for end in range(len(chunks), 0, -most):
            start = max(end - most, 0)
            parts.append((chunks[start - 1].last if start else self.base, chunks[start:end]))
        return parts

    def prepend(self, base: int, chunks: list[Chunk]) -> None:
        """Put a part in front of what is here, which has nothing before it yet; before the next change."""
        self._chunks.extendleft(reversed(chunks))
        self._packed += sum(chunk.changes for chunk in chunks)
        self.size += sum(chunk.size for chunk in chunks)
        self.base = base

    def restore(self, state: RingState[E]) -> None:
        """Go on where ``state`` was taken, whatever was before; the bounds may be others since."""
        self._chunks.clear()
        self._packed = self.size = 0
        for chunk in state.chunks:
            self._add(chunk)
        self.base = state.base
        self.recent = list(state.recent)

    def _former(self, changes: list[E]) -> bytes:
        """Return what is kept of the time before ``changes``, which are packed next."""
        del changes
        return b""

    def _former_of_recent(self) -> list[int]:
        return []

    def _add(self, chunk: Chunk) -> None:
        self._chunks.append(chunk)
        self._packed += chunk.changes
        self.size += chunk.size

    def _let_go(self) -> None:
        bounds, chunks = self._bounds, self._chunks
        oldest = chunks[-1].ts - bounds.age_ns
        while chunks:
            chunk = chunks[0]
            # So as not to depend on how much was added before it was packed.
            is_spare = self._packed - chunk.changes >= self._least_packed
            if not is_spare and chunk.ts >= oldest and self.size <= bounds.size:
                return
            chunks.popleft()
            self._packed -= chunk.changes
            self.size -= chunk.size
            # The command that ends the chunk may go on in the next one.
            self.base = chunk.last

    def _after(self, seq: int) -> Iterator[list[E]]:
        """Return the changes after ``seq``, chunk by chunk, then the recent ones."""
        chunks, recent = self._chunks, self.recent
        first = bisect_right(chunks, seq, key=_last)
        for chunk in islice(chunks, first, None):
            changes = self._changes_of(chunk)
            yield changes[bisect_right(changes, seq, key=_eseq) :]
        yield recent[bisect_right(recent, seq, key=_eseq) :]

    def _changes_of(self, chunk: Chunk) -> list[E]:
        of, changes = self._decoded
        if of is not chunk:
            changes = self._decode(chunk.packed)
            self._decoded = chunk, changes
        return changes
