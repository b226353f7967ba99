"""The engine inside the gateway's own process.

NOT here: matching (``gateway.matching``), durability (``gateway.store``), the hot path (``working``).
"""

from typing import TYPE_CHECKING, TypeAlias

from gateway.matching import CLOSED_ORDERS_KEPT, BookSide, MatchingEngine
from gateway.model import Instruments
from gateway.ports.forms import IS_PLAIN

if TYPE_CHECKING or IS_PLAIN:
    from gateway.engine.working import Working
else:
    try:
        from gateway.engine._working import Working
    except ImportError:
        from gateway.engine.working import Working

OpenOrders: TypeAlias = list[tuple[int, int, int]]


class EmbeddedEngine(Working):
    """``EnginePort`` over a ``MatchingEngine``: works at ``submit``, tells at ``drain``.

    ``closed_kept`` closed orders are remembered, so that a late cancel is answered TOO_LATE. A command that
    cannot be worked may have changed half of the state: it ends the engine, and no later call tells anything.
    """

    def __init__(self, instruments: Instruments, *, closed_kept: int = CLOSED_ORDERS_KEPT) -> None:
        super().__init__(MatchingEngine(instruments, closed_kept=closed_kept))
        self._symbols = tuple(instruments)

    @classmethod
    def restore(
        cls, instruments: Instruments, snapshot: bytes, *, closed_kept: int | None = None
    ) -> "EmbeddedEngine":
        """Return an engine that goes on where ``snapshot`` was taken. Raises ``SnapshotError``.

        It remembers as many closed orders as the one before, or ``closed_kept``.
        """
        matching = MatchingEngine.restore(instruments, snapshot, closed_kept=closed_kept)
        engine = cls(instruments)
        Working.__init__(engine, matching)
        return engine

    @property
    def eseq(self) -> int:
        """The sequence of the last command worked; 0 before the first."""
        return self.matching.eseq

    def open_orders(self) -> tuple[int, list[tuple[str, OpenOrders, OpenOrders]]]:
        """Return ``eseq`` and, by symbol, the bids and the asks that are open after it, in priority.

        Each is (order_id, price, open quantity).
        """
        books = [(symbol, self.matching.book(symbol)) for symbol in self._symbols]
        return self.eseq, [(symbol, _open(book.bids), _open(book.asks)) for symbol, book in books]

    def snapshot(self) -> bytes:
        """Return the state after the last command, drained or not."""
        return self.matching.snapshot()


def _open(side: BookSide) -> OpenOrders:
    return [(order.order_id, order.price, order.leaves_qty) for order in side.orders()]
