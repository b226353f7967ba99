"""One order and its events, as the registry and the engine would have them."""

from typing import Any

from gateway.model import (
    CancelCause,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
    OrderReplaced,
    OrdType,
    Refusal,
    Side,
    TimeInForce,
)
from gateway.orders import Order
from tests.gateway.dialects.native.wire import NOW

TERMS: dict[str, Any] = {
    "account": "ACC1",
    "cl_ord_id": b"o-1",
    "order_id": 42,
    "symbol": "BTC-KRW",
    "side": Side.BUY,
    "ord_type": OrdType.LIMIT,
    "time_in_force": TimeInForce.GTC,
    "order_qty": 150_000_000,
    "price": 10_000_000_050,
    "post_only": False,
}
REQUEST: dict[str, Any] = {"eseq": 42, "n": 1, "transact_time": NOW, "session": "DEMO1", "msg_seq_num": 7}


def order(**changes: Any) -> Order:
    """Return the record of an order to buy 1.5 BTC at 100000000.5."""
    return Order(**({"owner": "DEMO1"} | TERMS | changes))


def accepted(**changes: Any) -> OrderAccepted:
    """Return the event by which the order entered."""
    return OrderAccepted(**(REQUEST | TERMS | changes))


def rejected(refusal: Refusal, **changes: Any) -> OrderRejected:
    """Return the event by which the order was refused."""
    return OrderRejected(**(REQUEST | TERMS | changes), refusal=refusal)


def filled(last_qty: int, last_px: int, cum_qty: int, avg_px: int, *, aggressor: bool = True) -> OrderFilled:
    """Return a fill of the order by event 50-3."""
    leaves_qty = TERMS["order_qty"] - cum_qty
    return OrderFilled(
        50, 3, NOW, "DEMO1", "ACC1", 42, last_qty, last_px, cum_qty, leaves_qty, avg_px, aggressor
    )


def canceled(cause: CancelCause, **changes: Any) -> OrderCanceled:
    """Return the cancel of the order, of which a third was filled."""
    return OrderCanceled(50, 1, NOW, "DEMO1", "ACC1", 42, 50_000_000, 100_000_000, cause, **changes)


def replaced(cum_qty: int, avg_px: int) -> OrderReplaced:
    """Return the change of the order to 2 BTC at 1 by the request r-1."""
    terms = 200_000_000, 100, cum_qty, 200_000_000 - cum_qty, avg_px
    return OrderReplaced(60, 1, NOW, "DEMO1", "ACC1", 42, "DEMO1", 9, b"r-1", b"o-1", *terms)
