"""Pushes made anew: what a client missed of a stream, a slice at a time, and a snapshot in parts.

NOT here: which changes are kept (``raw_ring``, ``ring``), and when the next slice is made (``replaying``).
"""

from bisect import bisect_right
from collections.abc import Callable
from operator import attrgetter
from typing import Final, Generic, Protocol

import msgspec

from gateway.marketdata.book_streams import changed_levels
from gateway.marketdata.change_ring import ChangeRing
from gateway.marketdata.raw_ring import E, RawRing
from gateway.marketdata.ring import ReplayRing
from gateway.marketdata.stream import Stream
from gateway.model import BookDelta, Side, Trade
from gateway.ports.market_data import (
    DELTA,
    EVENT,
    BookLevelsContent,
    Position,
    Push,
    PushContent,
    TradesContent,
)

_eseq: Final = attrgetter("eseq")

GAIN: Final = 4
"""How many changes a slice may have for each push that came since the one before."""

LARGER: Final = 8
"""A push that was kept may be so many times larger than a change, and is not joined to others."""


class ReplayBounds(msgspec.Struct, frozen=True, kw_only=True):
    """How replays come: a raw one in about ``most`` pushes, and how much is made at a time.

    A slice has at most ``changes`` changes, but for a command that has more, and at most ``pushes`` pushes.
    Where more comes between two slices it has more changes, up to ``rush``, in as many pushes.
    """

    most: int = 1_000
    changes: int = 128
    pushes: int = 16
    rush: int = 512


class Slices:
    """How the slices of a replay of ``count`` changes are cut, so that it gets to its end.

    ``source`` is the stream whose pushes are, or lead to, what is replayed. A change takes ``cost`` times as
    long as others to replay.
    """

    __slots__ = ("_most", "_pushes", "_rush", "_seen", "_source", "_step")

    def __init__(self, count: int, bounds: ReplayBounds, source: Stream, cost: int = 1) -> None:
        self._step = step = min(-(-count // bounds.most) or 1, bounds.changes)
        self._most = step * max(min(bounds.pushes, bounds.changes // step) // cost, 1)
        self._pushes = bounds.pushes
        self._rush = bounds.rush // cost
        self._source = source
        self._seen = source.pushes

    def cut(self) -> tuple[int, int]:
        """Return how many changes a push of the next slice has at least, and that slice at most."""
        pushes = self._source.pushes
        came, self._seen = pushes - self._seen, pushes
        rush = min(came * GAIN, self._rush)
        if rush <= self._most:
            return self._step, self._most
        return max(self._step, -(-rush // self._pushes)), rush


class Replay(Protocol):
    """What came on a stream after a place in it."""

    def read(self, seq: int) -> list[Push] | None:
        """Return the next slice of pushes after ``seq``: none at the end; ``None`` if not all are kept."""


class RawReplay(Generic[E]):
    """The pushes of a raw stream, made of the changes that its market keeps.

    Each stands for whole commands that have at least a number of changes together, and says for how many.
    ``content`` makes what one says of its changes and the place before them.
    """

    __slots__ = ("_content", "_kind", "_ring", "_slices", "_stream")

    def __init__(
        self,
        stream: Stream,
        kind: str,
        content: Callable[[list[E], int], PushContent],
        ring: RawRing[E],
        slices: Slices,
    ) -> None:
        self._stream = stream
        self._kind = kind
        self._content: Callable[[list[E], int], PushContent] = content
        self._ring: RawRing[E] = ring
        self._slices = slices

    def read(self, seq: int) -> list[Push] | None:
        """Return the next slice."""
        step, most = self._slices.cut()
        changes = self._ring.since(seq, most)
        if changes is None:
            return None
        pushes: list[Push] = []
        start, end = 0, len(changes)
        # What is left of a slice is read again with the next one, unless there is none.
        is_last = not changes or changes[-1].eseq == self._stream.seq
        while start < end:
            if pushes and not is_last and end - start < step:
                break
            last = changes[min(start + step, end) - 1]
            stop = bisect_right(changes, last.eseq, lo=start, key=_eseq)
            pushes.append(self._push(changes[start:stop], seq))
            start, seq = stop, last.eseq
        return pushes

    def _push(self, changes: list[E], prev: int) -> Push:
        last = changes[-1]
        position = Position(last.eseq, prev, last.eseq, last.transact_time)
        push = self._stream.push(self._kind, position, self._content(changes, prev))
        merged = len({change.eseq for change in changes})
        return push if merged == 1 else msgspec.structs.replace(push, conflated=merged)


class PushReplay:
    """The recent pushes of a stream as they were."""

    __slots__ = ("_ring", "_slices")

    def __init__(self, ring: ReplayRing[Push], slices: Slices) -> None:
        self._ring = ring
        self._slices = slices

    def read(self, seq: int) -> list[Push] | None:
        """Return the next slice."""
        _, most = self._slices.cut()
        return self._ring.since(seq, most)


def replay_book(stream: Stream, ring: ChangeRing, from_seq: int, bounds: ReplayBounds) -> Replay | None:
    """Return the replay of a whole book after ``from_seq``; ``None`` when not all is kept."""
    count = ring.count_since(from_seq)
    if count is None:
        return None

    def levels(changes: list[BookDelta], prev: int) -> BookLevelsContent:
        """Return the changed levels; of several commands without those that came and went in between."""
        changed = changed_levels(changes)
        if changes[0].eseq == changes[-1].eseq:
            return changed
        before: dict[tuple[Side, int], int] = {}
        for change, quantity in zip(changes, ring.former(prev, len(changes)), strict=True):
            before.setdefault((change.side, change.price), quantity)
        return BookLevelsContent(
            [level for level in changed.bids if level[1] != before[Side.BUY, level[0]]],
            [level for level in changed.asks if level[1] != before[Side.SELL, level[0]]],
        )

    return RawReplay(stream, DELTA, levels, ring, Slices(count, bounds, stream))


def replay_trades(stream: Stream, ring: RawRing[Trade], from_seq: int, bounds: ReplayBounds) -> Replay | None:
    """Return the replay of trades after ``from_seq``; ``None`` when not all are kept."""
    count = ring.count_since(from_seq)
    if count is None:
        return None

    def content(trades: list[Trade], prev: int) -> TradesContent:
        del prev
        return TradesContent(trades)

    return RawReplay(stream, EVENT, content, ring, Slices(count, bounds, stream))


def replay_pushes(
    stream: Stream, ring: ReplayRing[Push], from_seq: int, bounds: ReplayBounds
) -> Replay | None:
    """Return the replay of recent pushes after ``from_seq``; ``None`` when not all are kept."""
    if ring.since(from_seq, 0) is None:
        return None
    bounds = msgspec.structs.replace(bounds, rush=bounds.rush // LARGER)
    return PushReplay(ring, Slices(0, bounds, stream))


def split_snapshot(snapshot: Push, max_levels: int) -> list[Push]:
    """Return the snapshot of a book in parts of at most ``max_levels`` levels, bids first; at least one."""
    content = snapshot.content
    if not isinstance(content, BookLevelsContent):
        return [snapshot]
    bids, asks = content
    size = len(bids) + len(asks)
    if size <= max_levels:
        return [snapshot]
    count = -(-size // max_levels)
    parts = []
    for number in range(count):
        start, stop = number * max_levels, (number + 1) * max_levels
        asks_from, asks_to = max(start - len(bids), 0), max(stop - len(bids), 0)
        part = BookLevelsContent(bids[start:stop], asks[asks_from:asks_to])
        parts.append(
            msgspec.structs.replace(
                snapshot, content=part, part=(number + 1, count), bodies=None, _frames=None
            )
        )
    return parts
