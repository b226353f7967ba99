"""The stream of a book order by order, and the feed that moves such streams on while somebody follows one.

NOT here: the books by order (``l3``).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, TypeAlias

from gateway.marketdata.l3 import L3Book, L3Books, L3Change, L3State, RestingOrder, SavedL3Book
from gateway.marketdata.order_ids import OrderIds
from gateway.marketdata.stream import Imprint, Stream
from gateway.model import Event, Instrument
from gateway.ports import market_data as told
from gateway.ports.market_data import DELTA, L3ChangesContent, L3OrdersContent

NAMED_AT_ONCE: Final = 250
"""How many orders are given their public ids in a row before others have their turn."""
NAMING_EFFORT: Final = 8

OpenOrders: TypeAlias = Iterable[tuple[int, int, int]]
"""(order_id, price, open quantity) of the orders of one side, in priority."""

OrderBooks: TypeAlias = Iterable[tuple[str, OpenOrders, OpenOrders]]
"""By symbol the bids and the asks that are open."""

OrderSource: TypeAlias = Callable[[], tuple[int, OrderBooks] | None]
"""Gives the engine sequence and the orders that are open after it.

The sequence may be ahead of what is published. ``None``: they come later, by ``Publisher.orders_arrived``.
"""


class L3Stream(Stream):
    """The book of an instrument order by order."""

    __slots__ = ("_named", "_unnamed", "book")

    rank = 1

    def __init__(self, name: str, instrument: Instrument, imprint: Imprint) -> None:
        super().__init__(name, instrument, imprint)
        self.book = L3Book(instrument.symbol)
        # The book of which all orders have their public ids, or will when there are no more of these.
        self._named: L3Book | None = None
        self._unnamed: Iterator[RestingOrder] = iter(())
        self.ready = False

    def content(self) -> L3OrdersContent:
        """Return all orders."""
        return L3OrdersContent(*self.book.orders())

    @property
    def effort(self) -> int:
        """About how many orders a snapshot tells, each new one as much as some; none if there is one."""
        if self._named is not self.book:
            return NAMING_EFFORT * len(self.book)
        return 0 if self.has_snapshot else len(self.book)

    def prepare(self) -> bool:
        """Give some orders their public ids, and what is shown of them; return whether all have them."""
        book = self.book
        if self._named is not book:
            self._named = book
            self._unnamed = iter([*book.bids.values(), *book.asks.values()])
        named = 0
        for order in islice(self._unnamed, NAMED_AT_ONCE):
            order.show()
            named += 1
        return named < NAMED_AT_ONCE

    def follow(self, changes: Sequence[L3Change], eseq: int, ts: int) -> None:
        """Push what a command changed."""
        content = L3ChangesContent(
            [
                told.L3Change(
                    change.action.value,
                    change.id,
                    change.side,
                    change.price,
                    change.quantity,
                    change.last_qty,
                )
                for change in changes
            ]
        )
        self.tell(DELTA, (eseq, eseq, ts), content, len(changes))


class L3Feed:
    """Books order by order while there is a stream of one.

    They are built from the engine's open orders when the first stream comes. The engine may be ahead of
    what is published: the streams are ready when that has come as far.
    """

    def __init__(self, symbols: Sequence[str], ids: OrderIds, source: OrderSource) -> None:
        self._symbols = symbols
        self._ids = ids
        self._source = source
        self._books: L3Books | None = None
        self._eseq = 0
        self.streams: dict[str, L3Stream] = {}

    def add(self, symbol: str, stream: L3Stream) -> None:
        """Move ``stream`` on from now on."""
        self.streams[symbol] = stream
        if self._books is not None:
            stream.book = self._books.book(symbol)
            return
        found = self._source()
        if found is not None:
            self.restore(*found)

    def restore(self, eseq: int, orders: OrderBooks) -> None:
        """Take over what the source gives; nothing when it is there already, or nobody follows it."""
        if self._books is not None or not self.streams:
            return
        books = self._books = L3Books(self._symbols, self._ids)
        self._eseq = eseq
        books.restore(L3State([SavedL3Book(of, list(bids), list(asks)) for of, bids, asks in orders]))
        for symbol, stream in self.streams.items():
            stream.book = books.book(symbol)

    def remove(self, symbol: str) -> None:
        """Move the stream of ``symbol`` on no more."""
        del self.streams[symbol]
        if not self.streams:
            self._books = None

    def is_ready(self, eseq: int) -> bool:
        """Whether the books are those after the command ``eseq``, which is published."""
        return self._books is not None and eseq >= self._eseq

    def apply(self, events: Sequence[Event]) -> dict[str, list[L3Change]]:
        """Take over the events of one command; return its changes by symbol."""
        if self._books is None or events[0].eseq <= self._eseq:
            return {}
        return self._books.apply(events)
