"""Requests that may be sent again, and what is known of them."""

from gateway.model import (
    CancelOrder,
    OrdStatus,
    ReplaceOrder,
)
from gateway.orders import Repeat
from tests.gateway.orders.floor import Floor
from tests.gateway.orders.kept import Kept


def cancel(orig: str) -> CancelOrder:
    return CancelOrder("S1", 9, "A", 1, b"", orig.encode(), 0, "BTC-KRW")


def replace(cl_ord_id: str, orig: str, qty: int = 50, price: int = 5_000, order_id: int = 0) -> ReplaceOrder:
    return ReplaceOrder("S1", 9, "A", 1, cl_ord_id.encode(), orig.encode(), order_id, "BTC-KRW", qty, price)


def keeping(floor: Floor) -> Kept:
    kept = Kept()
    floor.router.record_executions(kept.executions.append)
    floor.router.find_executions(kept.executions_at)
    return kept


def known(repeat: Repeat | None) -> tuple[bytes, OrdStatus, bool]:
    assert repeat is not None
    assert repeat.order is not None
    return repeat.order.cl_ord_id, repeat.order.ord_status, repeat.same_terms
