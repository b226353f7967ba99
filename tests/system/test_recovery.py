"""What a client that was away finds when it comes back, and what a lost connection does to its orders."""

import itertools

import pytest

from tests.system.conftest import DEMO_PASSWORD
from tests.system.gateway_process import GatewayProcess
from tests.system.raw_fix import RawFix
from tests.system.ws_client import WsPeer, signed_logon

_ids = itertools.count(1)


def test_a_fix_client_fetches_the_fill_that_it_missed(gateway: GatewayProcess, ws_demo2: WsPeer) -> None:
    cl_ord_id = f"away-{next(_ids)}"
    with RawFix(gateway.fix, "DEMO1") as client:
        client.logon(DEMO_PASSWORD)
        client.send_order(cl_ord_id, "BTC-KRW", 1, "0.5", "95000000")
        assert client.receive()[150] == "0"
        next_out = client.next_out
    taken = ws_demo2.result(
        "order.place", symbol="BTC-KRW", side="sell", type="limit", quantity="0.5", price="95000000"
    )
    assert taken["status"] == "filled"
    with RawFix(gateway.fix, "DEMO1") as client:
        client.next_out = next_out
        client.send("A", (98, 0), (108, 30), (553, "DEMO1"), (554, DEMO_PASSWORD))
        logon = client.receive()
        # Logon 1, New 2; the fill, numbered while nobody was there, is 3.
        assert (logon[35], logon[34]) == ("A", "4")
        client.send("2", (7, 3), (16, 0))
        fill = client.receive()
        assert (fill[35], fill[34], fill[43], fill[11]) == ("8", "3", "Y", cl_ord_id)
        assert (fill[150], fill[39], fill[32]) == ("F", "2", "0.5")
        assert int(fill[17].partition("-")[0]) == taken["eseq"]
        gap_fill = client.receive()
        assert (gap_fill[35], gap_fill[123], gap_fill[36]) == ("4", "Y", "5")


def test_a_fix_client_that_skipped_a_number_is_asked_for_it(raw_demo1: RawFix) -> None:
    raw_demo1.next_out += 1
    cl_ord_id = f"gap-{next(_ids)}"
    raw_demo1.send_order(cl_ord_id, "BTC-KRW", 1, "1", "80000000")
    asked = raw_demo1.receive()
    assert (asked[35], asked[7]) == ("2", "2")
    raw_demo1.next_out = 2
    raw_demo1.send("4", (43, "Y"), (122, "20250101-00:00:00"), (123, "Y"), (36, 3))
    accepted = raw_demo1.receive()
    assert (accepted[35], accepted[150], accepted[11]) == ("8", "0", cl_ord_id)


@pytest.mark.parametrize("switch", [False, True], ids=["off", "on"])
def test_a_lost_websocket_connection_cancels_its_orders_if_that_was_asked_for(
    gateway: GatewayProcess, ws_demo2: WsPeer, ws_anonymous: WsPeer, switch: bool
) -> None:
    ws_demo2.result("subscribe", channels=["executions"])
    with WsPeer(gateway.ws) as lost:
        params = signed_logon("DEMO2", "demo-secret-of-DEMO2")
        lost.result("session.logon", cancel_on_disconnect=switch, **params)
        order = lost.result(
            "order.place", symbol="XRP-KRW", side="buy", type="limit", quantity="10", price="2900"
        )
    if switch:
        canceled = ws_demo2.push("executions", lambda push: push["data"]["kind"] == "canceled")
        assert canceled["data"]["order_id"] == order["order_id"]
        assert canceled["data"]["cause"] == "disconnect"
        assert ws_demo2.result("orders.open") == []
    else:
        assert ws_demo2.result("order.cancel", order_id=order["order_id"])["status"] == "canceled"
    ws_anonymous.result("subscribe", channels=["book.XRP-KRW"])
    assert ws_anonymous.push("book.XRP-KRW")["data"] == {"bids": [], "asks": []}


@pytest.mark.parametrize("front", ["fix", "ws"])
def test_the_same_order_gives_the_same_book_through_either_front_door(
    raw_demo1: RawFix, ws_demo2: WsPeer, ws_anonymous: WsPeer, front: str
) -> None:
    ws_anonymous.result("subscribe", channels=["book.ETH-KRW"])
    cl_ord_id = f"same-{next(_ids)}"
    if front == "fix":
        raw_demo1.send_order(cl_ord_id, "ETH-KRW", 2, "1.50", "5100000.0")
        entered = raw_demo1.receive()[17]
    else:
        order = ws_demo2.result(
            "order.place",
            symbol="ETH-KRW",
            side="sell",
            type="limit",
            quantity="1.50",
            price="5100000.0",
            cl_ord_id=cl_ord_id,
        )
        entered = f"{order['eseq']}-1"
    delta = ws_anonymous.push("book.ETH-KRW", lambda push: push["type"] == "delta")
    assert delta["data"] == {"bids": [], "asks": [["5100000", "1.5"]]}
    assert entered == f"{delta['eseq']}-1"
    if front == "fix":
        cancel = ((11, f"{cl_ord_id}-c"), (41, cl_ord_id), (55, "ETH-KRW"), (54, 2))
        raw_demo1.send("F", *cancel, raw_demo1.now())
        assert raw_demo1.receive()[150] == "4"
    else:
        ws_demo2.result("order.cancel", cl_ord_id=cl_ord_id)
    assert ws_anonymous.push("book.ETH-KRW")["data"] == {"bids": [], "asks": [["5100000", "0"]]}
