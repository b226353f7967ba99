"""Trading an incoming order against the other side of the book: best price first, oldest order first.

NOT here: whether the order may trade at all, and what becomes of its remainder (``engine``).
"""

from typing import Final

from gateway.matching.book import BookSide, Level
from gateway.matching.order import Order
from gateway.matching.order_index import OrderIndex
from gateway.model import Event, OrderFilled, Trade

_AGGRESSOR: Final = True
_RESTING: Final = False


def cross(order: Order, resting: BookSide, limit: int, index: OrderIndex, events: list[Event]) -> list[Level]:
    """Trade ``order`` while ``resting`` has orders at the limit key ``limit`` or better.

    Each match, at the resting order's price, appends three events: the incoming order's fill, the resting
    order's fill, the public trade. ``events`` holds at least one event of the command, which gives the stamp
    and the next ``n``. Filled resting orders are closed in ``index``; ``order`` itself is not, even if it
    is filled. Returns the levels that traded, best first; one with ``quantity`` 0 is no longer in the book.
    """
    eseq = events[0].eseq
    transact_time = events[0].transact_time
    n = len(events)
    append = events.append
    keys = resting.keys
    levels = resting.levels
    traded: list[Level] = []
    side = order.side
    symbol = order.symbol
    order_id, owner, account = order.order_id, order.owner, order.account
    leaves_qty, cum_qty, notional = order.leaves_qty, order.cum_qty, order.notional
    while leaves_qty and keys and keys[-1] >= limit:
        level = levels[keys[-1]]
        traded.append(level)
        price = level.price
        available = leaves_qty
        orders = level.orders
        for place in range(level.head, len(orders)):
            maker = orders[place]
            if maker is None:
                continue
            maker_leaves = maker.leaves_qty
            last_qty = min(maker_leaves, leaves_qty)
            amount = last_qty * price

            leaves_qty -= last_qty
            cum_qty += last_qty
            notional += amount
            # The first fill's is its own: most orders have one fill only.
            avg_px = price if cum_qty == last_qty else (2 * notional + cum_qty) // (2 * cum_qty)
            append(
                OrderFilled(
                    eseq,
                    n + 1,
                    transact_time,
                    owner,
                    account,
                    order_id,
                    last_qty,
                    price,
                    cum_qty,
                    leaves_qty,
                    avg_px,
                    _AGGRESSOR,
                )
            )

            maker_leaves -= last_qty
            maker_cum = maker.cum_qty + last_qty
            maker_notional = maker.notional + amount
            maker.leaves_qty = maker_leaves
            maker.cum_qty = maker_cum
            maker.notional = maker_notional
            avg_px = price if maker_cum == last_qty else (2 * maker_notional + maker_cum) // (2 * maker_cum)
            append(
                OrderFilled(
                    eseq,
                    n + 2,
                    transact_time,
                    maker.owner,
                    maker.account,
                    maker.order_id,
                    last_qty,
                    price,
                    maker_cum,
                    maker_leaves,
                    avg_px,
                    _RESTING,
                )
            )
            n += 3
            append(Trade(eseq, n, transact_time, symbol, price, last_qty, side))

            if not maker_leaves:
                orders[place] = None
                index.close(maker)
            if not leaves_qty:
                level.head = place
                break
        level.quantity -= available - leaves_qty
        if not level.quantity:
            del levels[keys.pop()]
    order.leaves_qty, order.cum_qty, order.notional = leaves_qty, cum_qty, notional
    return traded
