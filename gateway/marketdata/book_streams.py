"""The streams of a whole book, also with a checksum, and of the best prices.

NOT here: the book itself (``book``), and its best levels (``view_streams``).
"""

from collections.abc import Sequence
from typing import Final

from gateway.marketdata.book import Book
from gateway.marketdata.checksum import CHECKSUM_LEVELS, book_checksum
from gateway.marketdata.stream import Imprint, Stream
from gateway.model import BookDelta, Instrument, Side
from gateway.ports.market_data import DELTA, BboContent, BookLevelsContent, PriceLevel

# As a global: a look-up on the class costs as much as looking at a change.
_BUY: Final = Side.BUY


class BookStream(Stream):
    """The whole book after each command; with a checksum if ``checked``."""

    __slots__ = ("_book", "is_checked")

    rank = 2

    def __init__(
        self, name: str, instrument: Instrument, imprint: Imprint, book: Book, *, checked: bool = False
    ) -> None:
        super().__init__(name, instrument, imprint)
        self._book = book
        self.is_checked = checked

    def content(self) -> BookLevelsContent:
        """Return all levels."""
        return BookLevelsContent(*self._book.levels())

    @property
    def effort(self) -> int:
        """About how many levels a snapshot tells; none if there is one."""
        return 0 if self.has_snapshot else len(self._book)

    def checksum(self) -> int | None:
        """Return the checksum of the best levels."""
        return book_checksum(*self._book.levels(CHECKSUM_LEVELS)) if self.is_checked else None

    def follow(self, changes: Sequence[BookDelta], eseq: int, ts: int) -> None:
        """Push what a command changed."""
        content = changed_levels(changes)
        self.tell(DELTA, (eseq, eseq, ts), content, len(changes))


class BboStream(Stream):
    """The best prices, pushed when they change. ``best`` is set by the market."""

    __slots__ = ("best",)

    rank = 3

    def __init__(self, name: str, instrument: Instrument, imprint: Imprint) -> None:
        super().__init__(name, instrument, imprint)
        self.best: tuple[PriceLevel | None, PriceLevel | None] = (None, None)

    def content(self) -> BboContent:
        """Return the best prices."""
        return BboContent(*self.best)


def changed_levels(changes: Sequence[BookDelta]) -> BookLevelsContent:
    """Return the changed bids and asks, best first, each level once with its last quantity."""
    bids: dict[int, int] = {}
    asks: dict[int, int] = {}
    for change in changes:
        if change.side is _BUY:
            bids[change.price] = change.quantity
        else:
            asks[change.price] = change.quantity
    return BookLevelsContent(sorted(bids.items(), reverse=True), sorted(asks.items()))
