"""The engine inside the gateway's own process.

NOT here: matching (``gateway.matching``), durability (``gateway.store``).
"""

from typing import TypeAlias

from gateway.matching import CLOSED_ORDERS_KEPT, BookSide, MatchingEngine
from gateway.model import Command, Event, Instruments

OpenOrders: TypeAlias = list[tuple[int, int, int]]


class EmbeddedEngine:
    """``EnginePort`` over a ``MatchingEngine``: works at ``submit``, tells at ``drain``.

    ``closed_kept`` closed orders are remembered, so that a late cancel is answered TOO_LATE. A command that
    cannot be worked may have changed half of the state: it ends the engine, and no later call tells anything.
    """

    def __init__(self, instruments: Instruments, *, closed_kept: int = CLOSED_ORDERS_KEPT) -> None:
        self._matching = MatchingEngine(instruments, closed_kept=closed_kept)
        self._symbols = tuple(instruments)
        self._events: list[Event] = []
        self._fault: Exception | None = None

    @classmethod
    def restore(
        cls, instruments: Instruments, snapshot: bytes, *, closed_kept: int | None = None
    ) -> "EmbeddedEngine":
        """Return an engine that goes on where ``snapshot`` was taken. Raises ``SnapshotError``.

        It remembers as many closed orders as the one before, or ``closed_kept``.
        """
        engine = cls(instruments)
        engine._matching = MatchingEngine.restore(instruments, snapshot, closed_kept=closed_kept)
        return engine

    @property
    def eseq(self) -> int:
        """The sequence of the last command worked; 0 before the first."""
        return self._matching.eseq

    def submit(self, command: Command) -> None:
        """Work ``command`` now; its events come with the next ``drain``. What stops it, that raises too."""
        try:
            self._events += self._matching.work(command)
        except Exception as fault:
            self._fault = self._fault or fault
            raise

    def drain(self) -> list[Event]:
        """Return the events since the last call, oldest first."""
        if self._fault is not None:
            raise RuntimeError(f"the engine failed: {self._fault!r}: start again") from self._fault
        events = self._events
        self._events = []
        return events

    def open_orders(self) -> tuple[int, list[tuple[str, OpenOrders, OpenOrders]]]:
        """Return ``eseq`` and, by symbol, the bids and the asks that are open after it, in priority.

        Each is (order_id, price, open quantity).
        """
        books = [(symbol, self._matching.book(symbol)) for symbol in self._symbols]
        return self.eseq, [(symbol, _open(book.bids), _open(book.asks)) for symbol, book in books]

    def snapshot(self) -> bytes:
        """Return the state after the last command, drained or not."""
        return self._matching.snapshot()


def _open(side: BookSide) -> OpenOrders:
    return [(order.order_id, order.price, order.leaves_qty) for order in side.orders()]
