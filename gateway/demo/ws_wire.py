"""What the demo market says and understands on the WebSocket API: logon, orders, instruments, best prices."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from gateway.demo import amounts
from gateway.demo.briefing import Participant
from gateway.demo.maker import OpenOrder
from gateway.demo.pairs import Pair
from gateway.demo.quoting import BUY, SELL
from gateway.demo.taking import Action, TakerCancel, Touch

Params: TypeAlias = dict[str, Any]


def logon_params(participant: Participant, utc: int) -> Params:
    """Return the params of ``session.logon``, signed with HMAC-SHA256 at ``utc`` (ns)."""
    timestamp = utc // 1_000_000
    text = f"{timestamp}\nsession.logon\n{participant.key}".encode()
    signature = hmac.new(participant.hmac_secret.encode(), text, hashlib.sha256).hexdigest()
    return {"key": participant.key, "timestamp": timestamp, "signature": signature}


def request_of(action: Action, pair: Pair) -> tuple[str, Params]:
    """Return method and params of a taker's action."""
    if isinstance(action, TakerCancel):
        return "order.cancel", {"cl_ord_id": action.cl_ord_id}
    params = {
        "symbol": pair.symbol,
        "side": "buy" if action.side == BUY else "sell",
        "quantity": amounts.text(action.quantity, pair.qty_places),
        "cl_ord_id": action.cl_ord_id,
    }
    if not action.price:
        return "order.place", {**params, "type": "market"}
    price = amounts.text(action.price, pair.price_places)
    return "order.place", {
        **params,
        "type": "limit",
        "price": price,
        "time_in_force": action.time_in_force,
    }


def pairs_of(instruments: Sequence[Mapping[str, Any]]) -> list[Pair]:
    """Read the result of ``instruments``; those that are not open are left out."""
    return [_pair(instrument) for instrument in instruments if instrument["status"] == "open"]


def open_orders_of(orders: Sequence[Mapping[str, Any]], pair: Pair) -> list[OpenOrder]:
    """Read the result of ``orders.open``; those of other instruments are left out."""
    return [_open_order(order, pair) for order in orders if order["symbol"] == pair.symbol]


def touch_of(push: Mapping[str, Any], pair: Pair) -> Touch:
    """Read the best prices from a ``bbo`` push."""
    best = push["data"]
    return Touch(_price(best["bid"], pair), _price(best["ask"], pair))


def _open_order(order: Mapping[str, Any], pair: Pair) -> OpenOrder:
    return OpenOrder(
        order_id=order["order_id"],
        cl_ord_id=order["cl_ord_id"],
        side=BUY if order["side"] == "buy" else SELL,
        price=amounts.scaled(order["price"], pair.price_places),
        cum_qty=amounts.scaled(order["filled_quantity"], pair.qty_places),
        leaves_qty=amounts.scaled(order["remaining_quantity"], pair.qty_places),
    )


def _pair(instrument: Mapping[str, Any]) -> Pair:
    price_places, qty_places = instrument["price_places"], instrument["qty_places"]
    return Pair(
        symbol=instrument["symbol"],
        price_places=price_places,
        qty_places=qty_places,
        bands=tuple(
            sorted(
                (amounts.scaled(band["from"], price_places), amounts.scaled(band["tick"], price_places))
                for band in instrument["ticks"]
            )
        ),
        lot=amounts.scaled(instrument["lot"], qty_places),
        min_qty=amounts.scaled(instrument["min_quantity"], qty_places),
        min_notional=amounts.scaled(instrument["min_notional"], price_places + qty_places),
        reference_price=amounts.scaled(instrument["reference_price"], price_places),
    )


def _price(level: Sequence[str] | None, pair: Pair) -> int:
    return 0 if level is None else amounts.scaled(level[0], pair.price_places)
