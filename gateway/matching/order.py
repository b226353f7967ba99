"""The engine's record of one order.

NOT here: what the gateway remembers of an order (``gateway.orders``).
"""

import msgspec

from gateway.model import OrdStatus, Side


class Order(msgspec.Struct, gc=False, array_like=True):
    """An order the engine accepted. Amounts are scaled integers.

    ``leaves_qty`` is 0 exactly when the order is closed. ``notional`` is the sum of price times quantity
    over its fills, from which the average price comes without a rounding error that adds up. ``place`` is
    where it stands in the queue of its level (``book``). It refers to nothing that refers to it, so that
    reference counts alone free it.
    """

    order_id: int
    owner: str
    account: str
    cl_ord_id: bytes
    symbol: str
    side: Side
    price: int
    order_qty: int
    leaves_qty: int
    post_only: bool
    cum_qty: int = 0
    notional: int = 0
    place: int = 0


def avg_px(order: Order) -> int:
    """Return the average price of the fills so far, rounded half up, 0 without any."""
    cum_qty = order.cum_qty
    return (2 * order.notional + cum_qty) // (2 * cum_qty) if cum_qty else 0


def ord_status(order: Order) -> OrdStatus:
    """Return OrdStatus(39) of ``order``."""
    if order.leaves_qty:
        return OrdStatus.PARTIALLY_FILLED if order.cum_qty else OrdStatus.NEW
    return OrdStatus.FILLED if order.cum_qty == order.order_qty else OrdStatus.CANCELED
