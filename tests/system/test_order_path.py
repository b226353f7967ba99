"""From a FIX client's socket to a fill on a WebSocket client's screen, with clients that others wrote."""

import itertools

import pytest

from tests.system.quickfix_client import QuickFixClient
from tests.system.ws_client import Message, WsPeer

_ids = itertools.count(1)


def fresh(prefix: str) -> str:
    return f"{prefix}-{next(_ids)}"


def limit_order(cl_ord_id: str, side: int, quantity: str, price: str) -> dict[int, object]:
    """Return the body of a NewOrderSingle in BTC-KRW, good till cancel."""
    return {11: cl_ord_id, 55: "BTC-KRW", 54: side, 38: quantity, 40: 2, 44: price, 59: 1}


def eseq_of(report: dict[int, str]) -> int:
    return int(report[17].partition("-")[0])


def changes(push: Message) -> tuple[list[list[str]], list[list[str]]]:
    return push["data"]["bids"], push["data"]["asks"]


def test_one_engine_sequence_from_a_quickfix_order_to_everybody_s_screen(
    quickfix_demo1: QuickFixClient, ws_demo2: WsPeer, ws_anonymous: WsPeer
) -> None:
    ws_demo2.result("subscribe", channels=["book.BTC-KRW", "executions"])
    ws_anonymous.result("subscribe", channels=["book.BTC-KRW", "trades.BTC-KRW", "bbo.BTC-KRW"])
    cl_ord_id = fresh("maker")
    quickfix_demo1.send("D", limit_order(cl_ord_id, 1, "0.5", "99000000"))
    new = quickfix_demo1.receive(t35="8", t150="0", t39="0", t11=cl_ord_id, t151="0.5", t14="0")
    entered = eseq_of(new)
    assert new[37] == str(entered)
    for screen in (ws_demo2, ws_anonymous):
        push = screen.push("book.BTC-KRW", lambda push: push["seq"] == entered)
        assert push["eseq"] == entered
        assert ["99000000", "0.5"] in changes(push)[0]

    order = ws_demo2.result(
        "order.place",
        symbol="BTC-KRW",
        side="sell",
        type="limit",
        quantity="0.2",
        price="99000000",
        cl_ord_id=fresh("taker"),
    )
    traded = order["eseq"]
    assert traded > entered
    assert (order["status"], order["filled_quantity"]) == ("filled", "0.2")

    taken = ws_demo2.push("executions", lambda push: push["data"]["kind"] == "filled")
    assert taken["eseq"] == traded
    assert taken["data"]["last_price"] == "99000000"
    assert taken["data"]["liquidity"] == "taker"
    made = quickfix_demo1.receive(t150="F", t39="1", t32="0.2", t31="99000000", t851="1")
    assert (made[14], made[151], made[6]) == ("0.2", "0.3", "99000000")
    assert eseq_of(made) == traded
    trade = ws_anonymous.push("trades.BTC-KRW", lambda push: push["type"] == "event")
    assert trade["eseq"] == traded
    assert [(t["price"], t["quantity"], t["side"]) for t in trade["data"]] == [("99000000", "0.2", "sell")]
    book = ws_anonymous.push("book.BTC-KRW")
    assert (book["type"], book["eseq"], book["prev"]) == ("delta", traded, entered)
    assert changes(book) == ([["99000000", "0.3"]], [])
    assert made[17] != taken["data"]["report_id"]

    quickfix_demo1.send("F", {11: fresh("c"), 41: cl_ord_id, 55: "BTC-KRW", 54: 1})
    quickfix_demo1.receive(t150="4", t39="4", t41=cl_ord_id, t14="0.2", t151="0")


def test_quickfix_replaces_asks_for_and_cancels_an_order(quickfix_demo1: QuickFixClient) -> None:
    first, second, third = fresh("a"), fresh("a"), fresh("a")
    quickfix_demo1.send("D", limit_order(first, 1, "1", "90000000"))
    order_id = quickfix_demo1.receive(t150="0")[37]
    quickfix_demo1.send("G", {11: second, 41: first, 55: "BTC-KRW", 54: 1, 38: "0.75", 40: 2, 44: "90001000"})
    replaced = quickfix_demo1.receive(t35="8", t150="5", t39="0", t11=second, t41=first, t151="0.75")
    assert (replaced[37], replaced[44]) == (order_id, "90001000")
    quickfix_demo1.send("H", {11: second, 55: "BTC-KRW", 54: 1})
    status = quickfix_demo1.receive(t35="8", t150="I", t39="0", t11=second, t151="0.75", t14="0")
    assert (status[17], status[37]) == ("0", order_id)
    quickfix_demo1.send("F", {11: third, 41: second, 55: "BTC-KRW", 54: 1})
    quickfix_demo1.receive(t150="4", t39="4", t11=third, t41=second, t151="0")
    quickfix_demo1.send("H", {11: second, 55: "BTC-KRW", 54: 1})
    quickfix_demo1.receive(t150="I", t39="4")


def test_quickfix_is_told_why_a_request_is_refused(quickfix_demo1: QuickFixClient) -> None:
    known, unknown = fresh("r"), fresh("r")
    quickfix_demo1.send("F", {11: fresh("r"), 41: unknown, 55: "BTC-KRW", 54: 1})
    refused = quickfix_demo1.receive(t35="9", t41=unknown, t434="1", t102="1", t39="8", t37="NONE")
    assert unknown in refused[58]
    quickfix_demo1.send(
        "G", {11: fresh("r"), 41: unknown, 55: "BTC-KRW", 54: 1, 38: "1", 40: 2, 44: "90000000"}
    )
    quickfix_demo1.receive(t35="9", t41=unknown, t434="2", t102="1")
    quickfix_demo1.send("H", {11: unknown, 55: "BTC-KRW", 54: 1})
    quickfix_demo1.receive(t35="8", t150="I", t39="8", t103="5")

    quickfix_demo1.send("D", limit_order(known, 1, "1", "90000000"))
    quickfix_demo1.receive(t150="0")
    quickfix_demo1.send("D", limit_order(known, 1, "1", "90000000"))
    duplicate = quickfix_demo1.receive(t150="8", t39="8", t103="6")
    assert "ClOrdID(11)" in duplicate[58]
    quickfix_demo1.send("F", {11: fresh("r"), 41: known, 55: "BTC-KRW", 54: 1})
    quickfix_demo1.receive(t150="4")
    quickfix_demo1.send("F", {11: fresh("r"), 41: known, 55: "BTC-KRW", 54: 1})
    quickfix_demo1.receive(t35="9", t41=known, t434="1", t39="4")


@pytest.mark.parametrize(
    ("quantity", "price", "names", "limit"),
    [
        ("1", "99000500", "Price(44)", "1000"),
        ("0.000000001", "99000000", "OrderQty(38)", "8"),
        ("2000", "99000000", "OrderQty(38)", "1000"),
        ("0.00001", "99000000", "Price(44) times OrderQty(38)", "5000"),
        ("1", "200000000", "Price(44)", "price band"),
    ],
)
def test_quickfix_is_told_which_field_broke_which_limit(
    quickfix_demo1: QuickFixClient, quantity: str, price: str, names: str, limit: str
) -> None:
    quickfix_demo1.send("D", limit_order(fresh("x"), 1, quantity, price))
    refused = quickfix_demo1.receive(t35="8", t150="8", t39="8", t151="0")
    assert names in refused[58]
    assert limit in refused[58]


def test_websocket_replaces_asks_for_and_cancels_an_order(ws_demo2: WsPeer) -> None:
    ws_demo2.result("subscribe", channels=["executions"])
    first, second = fresh("w"), fresh("w")
    placed = ws_demo2.result(
        "order.place",
        symbol="ETH-KRW",
        side="sell",
        type="limit",
        quantity="1.5",
        price="5500000",
        cl_ord_id=first,
    )
    assert (placed["status"], placed["remaining_quantity"]) == ("new", "1.5")
    replaced = ws_demo2.result(
        "order.replace", cl_ord_id=first, quantity="1.25", price="5501000", new_cl_ord_id=second
    )
    assert replaced["order_id"] == placed["order_id"]
    assert (replaced["price"], replaced["quantity"]) == ("5501000", "1.25")
    assert ws_demo2.result("order.status", cl_ord_id=second) == replaced
    assert ws_demo2.result("orders.open", symbol="ETH-KRW") == [replaced]
    canceled = ws_demo2.result("order.cancel", order_id=placed["order_id"])
    assert (canceled["status"], canceled["remaining_quantity"]) == ("canceled", "0")
    assert ws_demo2.result("orders.open") == []
    assert ws_demo2.result("order.status", order_id=placed["order_id"])["status"] == "canceled"
    events = [ws_demo2.push("executions") for _ in range(3)]
    assert [event["data"]["kind"] for event in events] == ["accepted", "replaced", "canceled"]
    assert [event["eseq"] for event in events] == [placed["eseq"], replaced["eseq"], canceled["eseq"]]
    exec_ids = [event["seq"] for event in events]
    assert exec_ids == list(range(exec_ids[0], exec_ids[0] + 3))


def test_websocket_is_told_why_a_request_is_refused(ws_demo2: WsPeer) -> None:
    for method, more in (
        ("order.cancel", {}),
        ("order.status", {}),
        ("order.replace", {"quantity": "1", "price": "5000000"}),
    ):
        error = ws_demo2.error(method, order_id="123456789", **more)
        assert (error["name"], error["value"]) == ("UNKNOWN_ORDER", "123456789")
    cl_ord_id = fresh("w")
    terms = {"symbol": "ETH-KRW", "side": "buy", "type": "limit", "quantity": "1", "price": "4500000"}
    placed = ws_demo2.result("order.place", cl_ord_id=cl_ord_id, **terms)
    assert ws_demo2.result("order.place", cl_ord_id=cl_ord_id, **terms) == {**placed, "duplicate": True}
    error = ws_demo2.error("order.place", cl_ord_id=cl_ord_id, **terms | {"quantity": "2"})
    assert (error["name"], error["field"], error["value"]) == ("DUPLICATE_CL_ORD_ID", "cl_ord_id", cl_ord_id)
    ws_demo2.result("order.cancel", cl_ord_id=cl_ord_id)
    assert ws_demo2.error("order.cancel", cl_ord_id=cl_ord_id)["name"] == "TOO_LATE"


@pytest.mark.parametrize(
    ("terms", "name", "field", "limit"),
    [
        ({"price": "4500500"}, "INVALID_PRICE_TICK", "price", "1000"),
        ({"price": "9000000"}, "PRICE_OUT_OF_BAND", "price", "6500000"),
        ({"quantity": "30000"}, "QUANTITY_TOO_LARGE", "quantity", "20000"),
        ({"quantity": "0.0001"}, "NOTIONAL_TOO_SMALL", None, "5000"),
        ({"symbol": "DOGE-KRW"}, "UNKNOWN_SYMBOL", "symbol", None),
        ({"side": "sell", "type": "market", "price": None}, "", "", ""),
    ],
    ids=["tick", "band", "quantity", "notional", "symbol", "market order without a market"],
)
def test_websocket_is_told_which_field_broke_which_limit(
    ws_demo2: WsPeer, terms: dict[str, object], name: str, field: str | None, limit: str | None
) -> None:
    order: dict[str, object] = {
        "symbol": "ETH-KRW",
        "side": "buy",
        "type": "limit",
        "quantity": "1",
        "price": "4500000",
    }
    reply = ws_demo2.ask("order.place", **(order | terms))
    if not name:
        assert (reply["result"]["status"], reply["result"]["filled_quantity"]) == ("canceled", "0")
        return
    error = reply["error"]
    assert (error["name"], error["limit"]) == (name, limit)
    assert field is None or error["field"] == field
    assert error["msg"]


@pytest.mark.parametrize(
    ("time_in_force", "post_only", "outcome"),
    [("ioc", False, "canceled"), ("fok", False, "canceled"), ("gtc", True, "new")],
)
def test_an_order_that_finds_no_other_side_ends_as_its_terms_say(
    ws_demo2: WsPeer, time_in_force: str, post_only: bool, outcome: str
) -> None:
    order = ws_demo2.result(
        "order.place",
        symbol="XRP-KRW",
        side="buy",
        type="limit",
        quantity="10",
        price="3000",
        time_in_force=time_in_force,
        post_only=post_only,
    )
    assert order["status"] == outcome
    if outcome == "new":
        ws_demo2.result("order.cancel", order_id=order["order_id"])
