"""Results show orders and instruments as decimal strings and names; refusals become errors."""

from typing import Any

import orjson
import pytest

from gateway.dialects.native import ws_replies
from gateway.dialects.native.terms import places_of
from gateway.model import (
    Instruments,
    OrdStatus,
    OrdType,
    Refusal,
    RejectReason,
    Side,
    TimeInForce,
    TradingStatus,
)
from protocols.ws.envelope import WireError, encode_error, encode_result
from tests.gateway.dialects.native.orders import order
from tests.gateway.dialects.native.wire import BTC, INSTRUMENTS, NOW, PLACES

NEW = {
    "order_id": "42",
    "cl_ord_id": "o-1",
    "symbol": "BTC-KRW",
    "side": "buy",
    "type": "limit",
    "time_in_force": "gtc",
    "post_only": False,
    "price": "100000000.5",
    "quantity": "1.5",
    "filled_quantity": "0",
    "remaining_quantity": "1.5",
    "average_price": None,
    "status": "new",
    "eseq": 42,
    "ts": NOW,
}
OPEN: dict[str, Any] = {
    "leaves_qty": 150_000_000,
    "ord_status": OrdStatus.NEW,
    "eseq": 42,
    "transact_time": NOW,
}


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, {}),
        (
            {
                "cum_qty": 50_000_000,
                "leaves_qty": 100_000_000,
                "avg_px": 7,
                "ord_status": OrdStatus.PARTIALLY_FILLED,
            },
            {
                "filled_quantity": "0.5",
                "remaining_quantity": "1",
                "average_price": "0.07",
                "status": "partially_filled",
            },
        ),
        (
            {"side": Side.SELL, "ord_type": OrdType.MARKET, "price": 0, "time_in_force": TimeInForce.IOC},
            {"side": "sell", "type": "market", "price": None, "time_in_force": "ioc"},
        ),
        (
            {"time_in_force": TimeInForce.FOK, "ord_status": OrdStatus.FILLED},
            {"time_in_force": "fok", "status": "filled"},
        ),
        ({"post_only": True, "ord_status": OrdStatus.CANCELED}, {"post_only": True, "status": "canceled"}),
        ({"ord_status": OrdStatus.REJECTED}, {"status": "rejected"}),
        ({"order_id": 0, "ord_status": OrdStatus.PENDING_NEW}, {"order_id": None, "status": "pending_new"}),
    ],
)
def test_an_order_is_shown(changes: dict[str, Any], shown: dict[str, Any]) -> None:
    result = ws_replies.order_object(order(**(OPEN | changes)), PLACES)
    assert result == NEW | shown
    assert orjson.loads(encode_result(1, result))["result"] == result


def test_open_orders_are_a_list_in_the_order_given() -> None:
    orders = [order(**OPEN), order(order_id=41, **OPEN)]
    assert ws_replies.open_orders_result(orders, INSTRUMENTS) == [NEW, NEW | {"order_id": "41"}]
    assert ws_replies.open_orders_result([], INSTRUMENTS) == []


def test_an_instrument_is_shown_with_its_limits() -> None:
    assert ws_replies.instrument_object(BTC, TradingStatus.CANCEL_ONLY) == {
        "symbol": "BTC-KRW",
        "base": "BTC",
        "quote": "KRW",
        "price_places": 2,
        "qty_places": 8,
        "ticks": [{"from": "0", "tick": "0.01"}, {"from": "2000000", "tick": "1000"}],
        "lot": "0.00000001",
        "min_quantity": "0.0001",
        "max_quantity": "1000",
        "min_notional": "5000",
        "max_notional": "1000000000000",
        "reference_price": "100000000",
        "band_pct": 30,
        "status": "cancel_only",
    }


def test_every_status_has_a_name() -> None:
    assert set(ws_replies.ORD_STATUSES) == set(OrdStatus)
    assert set(ws_replies.TRADING_STATUSES) == set(TradingStatus)


def test_a_refusal_is_an_error_with_field_limit_and_value() -> None:
    status, error = ws_replies.refusal_error(
        Refusal(RejectReason.QUANTITY_TOO_SMALL, "order_qty", "0.0001", "0.00001")
    )
    assert status == 400
    assert orjson.loads(encode_error(3, status, error)) == {
        "id": 3,
        "status": 400,
        "error": {
            "code": 2005,
            "name": "QUANTITY_TOO_SMALL",
            "msg": "quantity 0.00001 is below the minimum 0.0001",
            "field": "quantity",
            "limit": "0.0001",
            "value": "0.00001",
        },
    }
    assert ws_replies.refusal_error(Refusal(RejectReason.THROTTLED, "session", "1000/s", "ws:1.1")) == (
        429,
        WireError(
            2012,
            "THROTTLED",
            "more requests than the session's limit of 1000/s",
            "session",
            "1000/s",
            "ws:1.1",
        ),
    )
    _, error = ws_replies.refusal_error(Refusal(RejectReason.UNSUPPORTED))
    assert (error.field, error.limit, error.value) == (None, None, None)


def test_an_unknown_order_is_named_as_it_was_asked_for() -> None:
    status, error = ws_replies.unknown_order(b"o-9", 0)
    assert (status, error.name, error.field, error.value) == (404, "UNKNOWN_ORDER", "cl_ord_id", "o-9")
    status, error = ws_replies.unknown_order(b"", 9)
    assert (status, error.msg) == (404, "order_id 9 names no order of the account")


def test_the_places_of_an_unknown_symbol_are_none() -> None:
    assert places_of(INSTRUMENTS, "BTC-KRW") == (2, 8)
    assert places_of(Instruments([]), "BTC-KRW") == (0, 0)
    assert places_of(Instruments([], INSTRUMENTS.values()), "BTC-KRW") == (2, 8)
