"""Params become typed values and commands; what is wrong names field, rule and value."""

from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.dialects.native import ws_requests
from gateway.dialects.native.origin import OrderQuery
from gateway.dialects.native.reasons import ws_text
from gateway.dialects.native.terms import CL_ORD_ID_RULE, ORDER_ID_RULE, SYMBOL_RULE
from gateway.dialects.native.ws_errors import RequestError
from gateway.model import (
    CancelOrder,
    NewOrder,
    OrdType,
    Refusal,
    Refuse,
    RejectReason,
    ReplaceOrder,
    Side,
    TimeInForce,
)
from tests.gateway.dialects.native.wire import INSTRUMENTS, NOW, ORIGIN

PLACE: dict[str, Any] = {
    "symbol": "BTC-KRW",
    "side": "buy",
    "type": "limit",
    "quantity": "0.01",
    "price": "100000000",
    "cl_ord_id": "o-1",
}
PLAIN = NewOrder(
    "DEMO1",
    7,
    "ACC1",
    NOW,
    b"o-1",
    "BTC-KRW",
    Side.BUY,
    OrdType.LIMIT,
    TimeInForce.GTC,
    1_000_000,
    10_000_000_000,
)


def place(params: object) -> NewOrder | Refuse:
    return ws_requests.decode_place(orjson.dumps(params), 7, ORIGIN, INSTRUMENTS)


def without(*names: str, **changes: Any) -> dict[str, Any]:
    return {name: value for name, value in PLACE.items() if name not in names} | changes


def changed(**changes: Any) -> NewOrder:
    return msgspec.structs.replace(PLAIN, **changes)


@pytest.mark.parametrize(
    ("params", "command"),
    [
        (PLACE, PLAIN),
        (without(side="sell"), changed(side=Side.SELL)),
        (without(time_in_force="gtc", post_only=False), PLAIN),
        (without(time_in_force="ioc"), changed(time_in_force=TimeInForce.IOC)),
        (without(time_in_force="fok"), changed(time_in_force=TimeInForce.FOK)),
        (without(post_only=True), changed(post_only=True)),
        (without("price", type="market"), changed(ord_type=OrdType.MARKET, price=0)),
        (without(price=None, type="market"), changed(ord_type=OrdType.MARKET, price=0)),
        (without(price="100000000.00", quantity="00.0100000000"), PLAIN),
        (without("cl_ord_id"), changed(cl_ord_id=b"DEMO1-7")),
    ],
)
def test_an_order_is_decoded(params: dict[str, Any], command: NewOrder) -> None:
    assert place(params) == command
    raw = msgspec.Raw(orjson.dumps(params))
    assert ws_requests.decode_place(raw, 7, ORIGIN, INSTRUMENTS) == command


@pytest.mark.parametrize(
    ("params", "reason", "text"),
    [
        (without(symbol="DOGE-KRW"), RejectReason.UNKNOWN_SYMBOL, "symbol DOGE-KRW is not traded here"),
        (
            without(type="market"),
            RejectReason.UNSUPPORTED,
            "price 100000000 is not supported: a market order has no price",
        ),
        (
            without(post_only=True, time_in_force="fok"),
            RejectReason.UNSUPPORTED,
            "post_only is not supported: a post-only order is a limit order, good till cancel",
        ),
        (
            without(quantity="0.123456789"),
            RejectReason.INVALID_VALUE,
            "quantity 0.123456789 is not valid: at most 8 decimals",
        ),
        (without(quantity="-1"), RejectReason.INVALID_VALUE, "quantity -1 is not valid: at least 0"),
        (without(price="1.005"), RejectReason.INVALID_VALUE, "price 1.005 is not valid: at most 2 decimals"),
        (
            without(price="9" * 30),
            RejectReason.INVALID_VALUE,
            "price " + "9" * 30 + " is not valid: at most 92233720368547758.07",
        ),
        (
            without(price="9" * 4000),
            RejectReason.INVALID_VALUE,
            "price " + "9" * 45 + "... is not valid: at most 40 characters",
        ),
    ],
)
def test_terms_that_are_not_valid_are_refused_by_name(
    params: dict[str, Any], reason: RejectReason, text: str
) -> None:
    command = place(params)
    assert isinstance(command, Refuse)
    assert command.refusal.reason is reason
    assert ws_text(command.refusal) == text
    assert isinstance(command.request, NewOrder)
    assert command.request.cl_ord_id == b"o-1"


@pytest.mark.parametrize(
    ("params", "field", "limit", "value"),
    [
        (without("symbol"), "symbol", "is required", None),
        (without("side"), "side", "is required", None),
        (without("type"), "type", "is required", None),
        (without("quantity"), "quantity", "is required", None),
        (without("price"), "price", "a limit order needs a price", None),
        (without(stop_price="1"), "stop_price", "is not a param of this method", None),
        (without(price=100000000), "price", "a JSON string", "100000000"),
        (without(price=1.5), "price", "a JSON string", "1.5"),
        (without(quantity=1), "quantity", "a JSON string", "1"),
        (without(quantity=None), "quantity", "a JSON string", "null"),
        (without(quantity=["1"]), "quantity", "a JSON string", '["1"]'),
        (without(symbol=1), "symbol", "a JSON string", "1"),
        (without(side="hold"), "side", "one of buy, sell", "hold"),
        (without(type="stop"), "type", "one of limit, market", "stop"),
        (without(time_in_force="day"), "time_in_force", "one of gtc, ioc, fok", "day"),
        (without(side="b" * 9_000), "side", "one of buy, sell", "b" * 45 + "..."),
        (without(post_only="yes"), "post_only", "true or false", "yes"),
        (without(post_only=1), "post_only", "true or false", "1"),
        (without(quantity=""), "quantity", "a decimal number", ""),
        (without(quantity="abc"), "quantity", "a decimal number", "abc"),
        (without(quantity="1e5"), "quantity", "a decimal number", "1e5"),
        (without(price="NaN"), "price", "a decimal number", "NaN"),
        (without(price="Infinity"), "price", "a decimal number", "Infinity"),
        (without(price="\uff11"), "price", "a decimal number", "???"),
        (without(price="+1"), "price", "a decimal number", "+1"),
        (without(price=" 1"), "price", "a decimal number", " 1"),
        (without(cl_ord_id=""), "cl_ord_id", CL_ORD_ID_RULE, ""),
        (without(cl_ord_id="a b"), "cl_ord_id", CL_ORD_ID_RULE, "a b"),
        (without(cl_ord_id='"'), "cl_ord_id", CL_ORD_ID_RULE, '"'),
        (without(cl_ord_id="가"), "cl_ord_id", CL_ORD_ID_RULE, "???"),
        (without(cl_ord_id="\x01"), "cl_ord_id", CL_ORD_ID_RULE, "?"),
        (without(cl_ord_id="x" * 65), "cl_ord_id", CL_ORD_ID_RULE, "x" * 45 + "..."),
        (without(symbol=""), "symbol", SYMBOL_RULE, ""),
        (without(symbol="비트"), "symbol", SYMBOL_RULE, "??????"),
        ([], "params", "an object", None),
        (None, "params", "an object", None),
    ],
)
def test_a_malformed_order_is_an_error_that_names_the_field(
    params: object, field: str, limit: str, value: str | None
) -> None:
    with pytest.raises(RequestError) as caught:
        place(params)
    error = caught.value.error
    assert (caught.value.status, error.code, error.name) == (400, 1004, "INVALID_PARAMS")
    assert (error.field, error.limit, error.value) == (field, limit, value)
    assert field in error.msg
    assert limit in error.msg
    assert (value or "") in error.msg


@pytest.mark.parametrize("raw", [b'{"symbol":"\xff"}', b"{", b"", b"[" * 5000])
def test_params_that_are_no_json_are_an_error(raw: bytes) -> None:
    with pytest.raises(RequestError) as caught:
        ws_requests.decode_place(raw, 7, ORIGIN, INSTRUMENTS)
    assert caught.value.error.field == "params"


def test_a_value_behind_endless_nesting_is_not_shown() -> None:
    with pytest.raises(RequestError) as caught:
        ws_requests.decode_place(b'{"price":1,"x":' + b"[" * 100_000, 7, ORIGIN, INSTRUMENTS)
    assert (caught.value.error.field, caught.value.error.value) == ("price", None)


# ---- order.cancel, order.replace, order.status, orders.open


def cancel(params: dict[str, Any]) -> CancelOrder | Refuse:
    return ws_requests.decode_cancel(orjson.dumps(params), 7, ORIGIN, INSTRUMENTS)


def test_a_cancel_names_its_order_by_cl_ord_id_or_order_id() -> None:
    assert cancel({"cl_ord_id": "o-1"}) == CancelOrder("DEMO1", 7, "ACC1", NOW, b"", b"o-1", 0, "")
    assert cancel({"order_id": "42"}) == CancelOrder("DEMO1", 7, "ACC1", NOW, b"", b"", 42, "")
    assert cancel({"order_id": "42", "symbol": "BTC-KRW"}) == CancelOrder(
        "DEMO1", 7, "ACC1", NOW, b"", b"", 42, "BTC-KRW"
    )
    assert cancel({"order_id": "42", "symbol": "X"}) == Refuse(
        CancelOrder("DEMO1", 7, "ACC1", NOW, b"", b"", 42, "X"),
        Refusal(RejectReason.UNKNOWN_SYMBOL, "symbol", value="X"),
    )


ONE_OF = "exactly one of cl_ord_id and order_id names the order"


@pytest.mark.parametrize(
    ("params", "field", "limit"),
    [
        ({}, "cl_ord_id", ONE_OF),
        ({"cl_ord_id": "o-1", "order_id": "42"}, "cl_ord_id", ONE_OF),
        ({"cl_ord_id": "a b"}, "cl_ord_id", CL_ORD_ID_RULE),
        ({"order_id": 42}, "order_id", "a JSON string"),
        ({"order_id": ""}, "order_id", ORDER_ID_RULE),
        ({"order_id": "0"}, "order_id", ORDER_ID_RULE),
        ({"order_id": "-1"}, "order_id", ORDER_ID_RULE),
        ({"order_id": "9223372036854775808"}, "order_id", ORDER_ID_RULE),
        ({"order_id": "9" * 5000}, "order_id", ORDER_ID_RULE),
        ({"order_id": "٤"}, "order_id", ORDER_ID_RULE),
    ],
)
def test_an_order_that_is_not_named_right_is_an_error(params: dict[str, Any], field: str, limit: str) -> None:
    for decode in (cancel, lambda p: replace(p | {"quantity": "1", "price": "1"}), status):
        with pytest.raises(RequestError) as caught:
            decode(params)
        assert (caught.value.error.field, caught.value.error.limit) == (field, limit)


def symbol_of(query: OrderQuery) -> str:
    return "BTC-KRW" if query in (OrderQuery(b"o-1", 0), OrderQuery(b"", 42)) else ""


def replace(params: dict[str, Any]) -> ReplaceOrder | Refuse:
    return ws_requests.decode_replace(orjson.dumps(params), 7, ORIGIN, INSTRUMENTS, symbol_of)


TERMS = {"quantity": "0.5", "price": "7.25"}


@pytest.mark.parametrize(
    ("params", "cl_ord_id", "orig_cl_ord_id", "order_id"),
    [
        ({"cl_ord_id": "o-1"}, b"", b"o-1", 0),
        ({"cl_ord_id": "o-1", "new_cl_ord_id": "o-2"}, b"o-2", b"o-1", 0),
        ({"order_id": "42", "new_cl_ord_id": "o-2"}, b"o-2", b"", 42),
        ({"cl_ord_id": "o-8", "symbol": "BTC-KRW"}, b"", b"o-8", 0),
        # Sent again: the order has the new name already.
        ({"cl_ord_id": "o-0", "new_cl_ord_id": "o-1"}, b"o-1", b"o-0", 0),
    ],
)
def test_a_replace_is_decoded(
    params: dict[str, Any], cl_ord_id: bytes, orig_cl_ord_id: bytes, order_id: int
) -> None:
    assert replace(TERMS | params) == ReplaceOrder(
        "DEMO1", 7, "ACC1", NOW, cl_ord_id, orig_cl_ord_id, order_id, "BTC-KRW", 50_000_000, 725
    )


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"cl_ord_id": "o-9"}, "cl_ord_id o-9 names no order of the account"),
        ({"order_id": "9"}, "order_id 9 names no order of the account"),
        ({"cl_ord_id": "o-1", "symbol": "X"}, "symbol X is not traded here"),
        ({"cl_ord_id": "o-1", "quantity": "-1"}, "quantity -1 is not valid: at least 0"),
        ({"cl_ord_id": "o-1", "price": "1.001"}, "price 1.001 is not valid: at most 2 decimals"),
    ],
)
def test_a_replace_that_cannot_be_is_refused(params: dict[str, Any], text: str) -> None:
    command = replace(TERMS | params)
    assert isinstance(command, Refuse)
    assert isinstance(command.request, ReplaceOrder)
    assert ws_text(command.refusal) == text


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"cl_ord_id": "o-1", "price": 1}, "price"),
        ({"cl_ord_id": "o-1", "price": None}, "price"),
        ({"cl_ord_id": "o-1", "quantity": "x"}, "quantity"),
        ({"cl_ord_id": "o-1", "new_cl_ord_id": " "}, "new_cl_ord_id"),
    ],
)
def test_a_malformed_replace_is_an_error(params: dict[str, Any], field: str) -> None:
    with pytest.raises(RequestError) as caught:
        replace(TERMS | params)
    assert caught.value.error.field == field


def status(params: dict[str, Any]) -> OrderQuery:
    return ws_requests.decode_status(orjson.dumps(params))


def test_a_status_request_is_decoded() -> None:
    assert status({"cl_ord_id": "o-1"}) == OrderQuery(b"o-1", 0)
    assert status({"order_id": "42"}) == OrderQuery(b"", 42)


def test_open_orders_are_asked_for_by_symbol_or_all() -> None:
    assert ws_requests.decode_open_orders(b"{}", INSTRUMENTS) is None
    assert ws_requests.decode_open_orders(b'{"symbol":"BTC-KRW"}', INSTRUMENTS) == "BTC-KRW"
    with pytest.raises(RequestError) as caught:
        ws_requests.decode_open_orders(b'{"symbol":"X"}', INSTRUMENTS)
    assert (caught.value.error.field, caught.value.error.value) == ("symbol", "X")


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False)
    | st.text(max_size=70),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
names = st.sampled_from([*PLACE, "time_in_force", "post_only", "order_id", "new_cl_ord_id", "channels", "x"])


@given(st.dictionaries(names, json_values, max_size=4))
def test_any_params_give_a_command_or_a_request_error(params: dict[str, Any]) -> None:
    for decode in (place, cancel, replace, status):
        for merged in (params, PLACE | params, TERMS | {"cl_ord_id": "o-1"} | params):
            try:
                decode(merged)
            except RequestError as error:
                reply = error
            else:
                continue
            assert reply.error.field
            assert len(reply.error.msg) < 400


@given(st.binary(max_size=60))
def test_any_bytes_give_a_request_error(raw: bytes) -> None:
    with pytest.raises(RequestError):
        ws_requests.decode_place(raw, 7, ORIGIN, INSTRUMENTS)
