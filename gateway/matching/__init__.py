"""The matching core: state and command in, state and events out.

Synchronous and deterministic: no clock, no randomness, no I/O; time comes in the command.
"""

from gateway.matching.book import Book, BookSide, Level
from gateway.matching.engine import MatchingEngine
from gateway.matching.order import Order
from gateway.matching.order_index import CLOSED_ORDERS_KEPT
from gateway.matching.snapshot import SnapshotError

__all__ = ["CLOSED_ORDERS_KEPT", "Book", "BookSide", "Level", "MatchingEngine", "Order", "SnapshotError"]
