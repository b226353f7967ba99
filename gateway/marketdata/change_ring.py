"""The recent changes of a book, each with what it changed, so that the book of a while ago can be had again.

NOT here: what is told of it (``view_replay``).
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import islice
from operator import attrgetter
from typing import Final

import msgspec

from gateway.marketdata.raw_ring import Chunk, RawRing, RingBounds
from gateway.model import BookDelta, Side

# As a global: a look-up on the class costs as much as setting a level.
_BUY: Final = Side.BUY

_eseq: Final = attrgetter("eseq")
_last: Final = attrgetter("last")
_encode: Final = msgspec.msgpack.Encoder().encode
_decode_changes: Final = msgspec.msgpack.Decoder(list[BookDelta]).decode
_decode_former: Final = msgspec.msgpack.Decoder(list[int]).decode


class ChangeRing(RawRing[BookDelta]):
    """A ``RawRing`` that keeps the former quantity of each level with its change.

    ``_bids`` and ``_asks`` are the book after the last change that is packed.
    """

    __slots__ = ("_asks", "_bids")

    def __init__(self, bounds: RingBounds) -> None:
        super().__init__(list[BookDelta], bounds)
        self._bids: dict[int, int] = {}
        self._asks: dict[int, int] = {}

    def former(self, seq: int, count: int) -> list[int]:
        """Return the quantity before each of the first ``count`` changes after ``seq``; all must be here."""
        found: list[int] = []
        chunks = self._chunks
        for chunk in islice(chunks, bisect_right(chunks, seq, key=_last), None):
            found += _decode_former(chunk.former)[bisect_right(self._changes_of(chunk), seq, key=_eseq) :]
            if len(found) >= count:
                return found[:count]
        found += self._former_of_recent()[bisect_right(self.recent, seq, key=_eseq) :]
        return found[:count]

    def past(self, seq: int) -> "Past":
        """Return the way back to the book after ``seq``, from which on all must be here."""
        bids, asks = dict(self._bids), dict(self._asks)
        for change in self.recent:
            if change.eseq > seq:
                break
            _set(bids if change.side is _BUY else asks, change.price, change.quantity)
        return Past(bids, asks, [chunk for chunk in self._chunks if chunk.last > seq], seq)

    def place(self, bids: dict[int, int], asks: dict[int, int], former: Sequence[int]) -> None:
        """Note the book after the last change of a restored state, and the ``former`` quantities in that."""
        self._bids, self._asks = bids, asks
        for change, quantity in zip(reversed(self.recent), reversed(former), strict=True):
            _set(bids if change.side is _BUY else asks, change.price, quantity)

    def _former_of_recent(self) -> list[int]:
        seen: dict[tuple[Side, int], int] = {}
        former = []
        for change in self.recent:
            level = change.side, change.price
            levels = self._bids if change.side is _BUY else self._asks
            former.append(seen.get(level, levels.get(change.price, 0)))
            seen[level] = change.quantity
        return former

    def _former(self, changes: list[BookDelta]) -> bytes:
        bids, asks = self._bids, self._asks
        former = []
        for change in changes:
            levels, price, quantity = bids if change.side is _BUY else asks, change.price, change.quantity
            former.append(levels.get(price, 0))
            if quantity:
                levels[price] = quantity
            else:
                levels.pop(price, None)
        return _encode(former)


class Past:
    """A book on the way back to what it was after ``seq``, a chunk of changes at a time."""

    __slots__ = ("_chunks", "_seq", "asks", "bids")

    def __init__(self, bids: dict[int, int], asks: dict[int, int], chunks: list[Chunk], seq: int) -> None:
        self.bids = bids
        self.asks = asks
        self._chunks = chunks
        self._seq = seq

    @property
    def is_there(self) -> bool:
        """Whether it has arrived."""
        return not self._chunks

    def go_back(self) -> None:
        """Take the newest chunk back that is left."""
        chunk = self._chunks.pop()
        changes = reversed(_decode_changes(chunk.packed))
        for change, quantity in zip(changes, reversed(_decode_former(chunk.former)), strict=True):
            if change.eseq <= self._seq:
                break
            _set(self.bids if change.side is _BUY else self.asks, change.price, quantity)


def _set(levels: dict[int, int], price: int, quantity: int) -> None:
    if quantity:
        levels[price] = quantity
    else:
        levels.pop(price, None)
