"""The same order by FIX and by WebSocket gives an equal command, valid or refused."""

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from gateway.dialects.native import fix_orders, ws_requests
from gateway.dialects.native.fix_orders import BusinessReject
from gateway.dialects.native.ws_errors import RequestError
from gateway.model import NewOrder, Refuse
from protocols.fix.errors import SessionReject
from tests.gateway.dialects.native.wire import INSTRUMENTS, ORIGIN, fix_message

SIDES = {"buy": b"1", "sell": b"2"}
TYPES = {"limit": b"2", "market": b"1"}
TIMES = {"gtc": b"1", "ioc": b"3", "fok": b"4"}

amounts = st.one_of(
    st.from_regex(r"[0-9]{1,10}(\.[0-9]{1,9})?", fullmatch=True),
    st.sampled_from(["0", "-1", "-0", ".5", "5.", "1e5", "abc", "", "9" * 20, "9" * 41, "0.10", "+1", "."]),
)
orders = st.fixed_dictionaries(
    {
        "symbol": st.sampled_from(["BTC-KRW"] * 5 + ["DOGE-KRW", "", "B TC"]),
        "side": st.sampled_from(sorted(SIDES)),
        "type": st.sampled_from(["limit", "limit", "market"]),
        "quantity": amounts,
        "cl_ord_id": st.from_regex(r"[A-Za-z0-9:._-]{1,64}", fullmatch=True)
        | st.sampled_from(["", "a b", "가"]),
    },
    optional={
        "price": amounts,
        "time_in_force": st.sampled_from(sorted(TIMES)),
        "post_only": st.booleans(),
    },
)


def by_websocket(order: dict[str, Any]) -> NewOrder | Refuse | None:
    try:
        return ws_requests.decode_place(orjson.dumps(order), 7, ORIGIN, INSTRUMENTS)
    except RequestError:
        return None


def by_fix(order: dict[str, Any]) -> NewOrder | Refuse | None:
    fields = {
        11: order["cl_ord_id"].encode(),
        55: order["symbol"].encode(),
        54: SIDES[order["side"]],
        40: TYPES[order["type"]],
        38: order["quantity"].encode(),
    }
    if "price" in order:
        fields[44] = order["price"].encode()
    if "time_in_force" in order:
        fields[59] = TIMES[order["time_in_force"]]
    if order.get("post_only"):
        fields[18] = b"6"
    try:
        return fix_orders.decode_new_order(fix_message("D", fields), ORIGIN, INSTRUMENTS)
    except (SessionReject, BusinessReject):
        return None


@given(orders)
def test_both_front_ends_understand_an_order_alike(order: dict[str, Any]) -> None:
    assert by_fix(order) == by_websocket(order)


def test_the_front_ends_agree_on_something() -> None:
    order = {
        "symbol": "BTC-KRW",
        "side": "sell",
        "type": "limit",
        "quantity": "1",
        "price": "2",
        "cl_ord_id": "a",
    }
    assert isinstance(by_fix(order), NewOrder)
    assert isinstance(by_fix(order | {"price": "0.001"}), Refuse)
    assert by_fix(order | {"price": "abc"}) is None
