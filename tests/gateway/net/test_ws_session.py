"""The WebSocket API over real connections: each method, each error of this layer, and the channels."""

from collections.abc import Iterable
from typing import Any

import pytest

from tests.gateway.net.running import Running, StartRunning, order, signed, soon, watched
from tests.gateway.net.worker_here import BOTH

# ---- before the logon


async def test_public_methods(gateway: Running) -> None:
    peer = await gateway.ws()
    assert await peer.request("ping") == {}
    assert (await peer.request("time"))["time"] > 1_700_000_000_000_000_000
    instruments = await peer.request("instruments")
    assert [instrument["symbol"] for instrument in instruments] == list(gateway.settings.instruments)
    assert gateway.gateway.ws.counters.messages_in == {b"ping": 1, b"time": 1, b"instruments": 1}


@pytest.mark.parametrize(
    ("payload", "request_id", "status", "name", "field"),
    [
        (b"{", None, 400, "INVALID_JSON", None),
        (b'{"id":7}', 7, 400, "INVALID_REQUEST", "method"),
        (b'{"id":8,"method":"ping","params":[]}', 8, 400, "INVALID_REQUEST", "params"),
        (b'{"id":"a","method":"fly"}', "a", 404, "UNKNOWN_METHOD", "method"),
        (b'{"id":9,"method":"ping","params":{"x":1}}', 9, 400, "INVALID_PARAMS", "x"),
        (
            b'{"id":1,"method":"subscribe","params":{"channels":["x.y"]}}',
            1,
            404,
            "UNKNOWN_CHANNEL",
            "channels",
        ),
        (
            b'{"id":1,"method":"unsubscribe","params":{"channels":["x"]}}',
            1,
            404,
            "UNKNOWN_CHANNEL",
            "channels",
        ),
        (b'{"id":1,"method":"subscribe","params":{"channels":[]}}', 1, 400, "INVALID_PARAMS", "channels"),
        (
            b'{"id":2,"method":"subscribe","params":{"channels":["executions"]}}',
            2,
            401,
            "LOGON_REQUIRED",
            None,
        ),
        (
            b'{"id":3,"method":"unsubscribe","params":{"channels":["executions"]}}',
            3,
            401,
            "LOGON_REQUIRED",
            None,
        ),
        (b'{"id":4,"method":"orders.open"}', 4, 401, "LOGON_REQUIRED", None),
        (b'{"id":4,"method":"order.place"}', 4, 401, "LOGON_REQUIRED", None),
        (b'{"id":4,"method":"order.cancel"}', 4, 401, "LOGON_REQUIRED", None),
        (b'{"id":4,"method":"order.replace"}', 4, 401, "LOGON_REQUIRED", None),
        (b'{"id":4,"method":"order.status"}', 4, 401, "LOGON_REQUIRED", None),
        (b'{"id":4,"method":"executions.replay","params":{}}', 4, 401, "LOGON_REQUIRED", None),
    ],
)
async def test_a_request_that_is_not_worked_is_answered_with_its_id(
    gateway: Running, payload: bytes, request_id: Any, status: int, name: str, field: str | None
) -> None:
    peer = await gateway.ws()
    await peer.connection.send(payload.decode())
    reply = await peer.reply(request_id)
    assert (reply["status"], reply["error"]["name"], reply["error"]["field"]) == (status, name, field)
    assert dict(gateway.gateway.ws.counters.rejects) == {name: 1}
    assert await peer.request("ping") == {}


# ---- logon


@pytest.mark.parametrize(("key", "account"), [("ALICE", "ALICE"), ("ED", "BOB")])
async def test_a_signed_logon(gateway: Running, key: str, account: str) -> None:
    peer = await gateway.ws()
    result = await peer.log_on(key)
    assert result["account"] == account
    assert result["session"].startswith("ws:")
    assert gateway.gateway.ws.established == 1
    status, error = await peer.refused("session.logon", **signed(key))
    assert (status, error["name"]) == (409, "ALREADY_LOGGED_ON")


@pytest.mark.parametrize(
    ("key", "shift_ms", "other"),
    [
        ("ALICE", 0, {"key": "BOB"}),
        ("ALICE", 0, {"key": "NOBODY"}),
        ("ALICE", 0, {"signature": "00" * 32}),
        ("ALICE", -60_000, {}),
        ("ED", 60_000, {}),
    ],
    ids=["another's key", "unknown key", "wrong signature", "stale", "too early"],
)
async def test_wrong_credentials_all_look_the_same(
    gateway: Running, key: str, shift_ms: int, other: dict[str, Any]
) -> None:
    params = {**signed(key, shift_ms=shift_ms), **other}
    peer = await gateway.ws()
    await peer.send("session.logon", **params)
    assert await peer.end() == (1008, "logon refused")
    assert gateway.gateway.ws.counters.rejects["logon"] == 1


@BOTH
async def test_after_a_refused_logon_nothing_is_taken(gateway: Running) -> None:
    peer = await gateway.ws()
    verified = watched(gateway.gateway._gate, "verify_signature")
    wrong, right = dict(signed("ALICE"), key="BOB"), signed("ALICE")
    await peer.send_together(("session.logon", wrong), ("session.logon", right), ("order.place", order("o1")))
    assert await peer.end() == (1008, "logon refused")
    assert verified.qsize() == 1
    assert gateway.gateway.router.registry.open_total == 0


@BOTH
async def test_an_address_that_keeps_failing_is_held_back(start: StartRunning) -> None:
    gateway = await start(logons={"max_failures": 1, "failure_interval_s": 3600.0})
    for params in (dict(signed("ALICE"), key="BOB"), signed("ALICE")):
        peer = await gateway.ws()
        await peer.send("session.logon", **params)
        assert await peer.end() == (1008, "logon refused")


# ---- orders


@BOTH
async def test_an_order_and_what_becomes_of_it(gateway: Running) -> None:
    peer = await gateway.ws("ALICE")
    placed = await peer.place("o1")
    assert (placed["status"], placed["cl_ord_id"]) == ("new", "o1")
    replaced = await peer.request(
        "order.replace", cl_ord_id="o1", quantity="0.02", price="91000000", new_cl_ord_id="o2"
    )
    assert (replaced["quantity"], replaced["price"], replaced["cl_ord_id"]) == ("0.02", "91000000", "o2")
    for name in ({"cl_ord_id": "o2"}, {"order_id": placed["order_id"]}):
        assert await peer.request("order.status", **name) == replaced
    assert await peer.request("orders.open") == [replaced]
    assert await peer.request("orders.open", symbol="ETH-KRW") == []
    canceled = await peer.request("order.cancel", order_id=placed["order_id"])
    assert canceled["status"] == "canceled"
    assert await peer.request("orders.open") == []


async def test_an_order_is_given_an_id_and_may_be_replaced_by_it(gateway: Running) -> None:
    peer = await gateway.ws("ALICE")
    placed = await peer.request("order.place", **order(None))
    assert placed["cl_ord_id"].startswith("ws:")
    replaced = await peer.request(
        "order.replace", order_id=placed["order_id"], quantity="0.02", price="90000000"
    )
    assert replaced["cl_ord_id"] == placed["cl_ord_id"]


@pytest.mark.parametrize(
    ("method", "params", "status", "name"),
    [
        ("order.place", order("o1", price="90000001"), 400, "INVALID_PRICE_TICK"),
        ("order.place", order("o1", symbol="NO-SUCH"), 404, "UNKNOWN_SYMBOL"),
        ("order.place", order("o1", quantity=0.1), 400, "INVALID_PARAMS"),
        ("order.place", order("taken", quantity="0.02"), 409, "DUPLICATE_CL_ORD_ID"),
        ("order.cancel", {"cl_ord_id": "none"}, 404, "UNKNOWN_ORDER"),
        ("order.cancel", {"order_id": "999"}, 404, "UNKNOWN_ORDER"),
        ("order.cancel", {}, 400, "INVALID_PARAMS"),
        ("order.replace", {"cl_ord_id": "none", "quantity": "1", "price": "90000000"}, 404, "UNKNOWN_ORDER"),
        ("order.status", {"cl_ord_id": "none"}, 404, "UNKNOWN_ORDER"),
        ("order.status", {"order_id": "999"}, 404, "UNKNOWN_ORDER"),
        ("orders.open", {"symbol": "NO-SUCH"}, 400, "INVALID_PARAMS"),
    ],
)
@BOTH
async def test_a_request_that_is_refused(
    gateway: Running, method: str, params: dict[str, Any], status: int, name: str
) -> None:
    peer = await gateway.ws("ALICE")
    await peer.place("taken")
    refused_status, error = await peer.refused(method, **params)
    assert (refused_status, error["name"]) == (status, name)


@BOTH
async def test_another_account_s_order_is_not_there(gateway: Running) -> None:
    alice, bob = await gateway.ws("ALICE"), await gateway.ws("BOB")
    placed = await alice.place("a1")
    for name in ({"cl_ord_id": "a1"}, {"order_id": placed["order_id"]}):
        assert (await bob.refused("order.status", **name))[0] == 404
        assert (await bob.refused("order.cancel", **name))[0] == 404


@BOTH
async def test_an_order_of_another_session_of_the_account(gateway: Running) -> None:
    fix, ws = await gateway.fix_session("ALICE"), await gateway.ws("ALICE")
    fix.send(fix.order("f1"))
    await fix.expect("8")
    assert (await ws.request("order.cancel", cl_ord_id="f1"))["status"] == "canceled"
    assert (await fix.expect("8"))[150] == "4"


@BOTH
async def test_requests_in_one_segment_are_answered_in_turn(gateway: Running) -> None:
    peer = await gateway.ws("ALICE")
    query = {"cl_ord_id": "o1"}
    first = peer.count + 1
    await peer.send_together(
        ("order.place", order("o1")), ("order.status", query), ("ping", {}), ("order.cancel", query)
    )
    replies = {}
    for _ in range(4):
        reply = await peer.receive()
        replies[reply["id"]] = reply["result"]
    assert sorted(replies) == list(range(first, first + 4))
    assert replies[first]["status"] == "new" or replies[first]["status"] == "canceled"
    assert replies[first + 1]["status"] == "canceled"


# ---- executions


@BOTH
async def test_executions_come_after_the_reply_and_without_a_hole(gateway: Running) -> None:
    peer = await gateway.ws("ALICE")
    await peer.place("before")
    [subscribed] = await peer.request("subscribe", channels=["executions"])
    assert subscribed == {"channel": "executions", "outcome": "subscribed", "seq": 1}
    await peer.send_together(
        ("order.place", order("o1")),
        ("order.place", order("o2")),
        ("order.cancel", {"cl_ord_id": "o1"}),
    )
    messages = [await peer.receive() for _ in range(6)]
    kinds = [message.get("ch", "reply") for message in messages]
    assert kinds[0] == "reply"
    pushes = [message for message in messages if "ch" in message]
    assert [push["seq"] for push in pushes] == [2, 3, 4]
    assert [push["prev"] for push in pushes] == [1, 2, 3]
    assert [push["data"]["kind"] for push in pushes] == ["accepted", "accepted", "canceled"]
    assert pushes[0]["eseq"] < pushes[1]["eseq"] < pushes[2]["eseq"]


@BOTH
async def test_two_connections_of_an_account_get_the_same_bytes(gateway: Running) -> None:
    one, two = await gateway.ws("ALICE"), await gateway.ws("ALICE")
    for peer in (one, two):
        await peer.request("subscribe", channels=["executions"])
    encoded = watched(gateway.gateway.ws, "execution_frame")
    await one.place("o1")
    assert await one.push("executions") == await two.push("executions")
    assert encoded.qsize() == 2
    other = await gateway.ws("BOB")
    await other.request("subscribe", channels=["executions"])
    await one.place("o2")
    assert await other.request("ping") == {}
    assert other.pushes == []


@BOTH
async def test_who_leaves_the_channel_gets_nothing_more(gateway: Running) -> None:
    peer = await gateway.ws("ALICE")
    await peer.request("subscribe", channels=["executions"])
    [left] = await peer.request("unsubscribe", channels=["executions"])
    assert left["outcome"] == "unsubscribed"
    [gone] = await peer.request("unsubscribe", channels=["executions"])
    assert gone["outcome"] == "not_subscribed"
    await peer.place("o1")
    assert await peer.request("ping") == {}
    assert peer.pushes == []


@BOTH
async def test_a_refused_order_and_a_refused_cancel_are_executions(gateway: Running) -> None:
    peer = await gateway.ws("ALICE")
    await peer.request("subscribe", channels=["executions"])
    await peer.refused("order.place", **order("o1", symbol="NO-SUCH"))
    await peer.refused("order.cancel", cl_ord_id="none")
    assert [(await peer.push("executions"))["data"]["kind"] for _ in range(2)] == [
        "rejected",
        "cancel_rejected",
    ]


# ---- public channels


@BOTH
async def test_subscriptions(gateway: Running) -> None:
    peer = await gateway.ws()
    outcome = await peer.request("subscribe", channels=["book.BTC-KRW", "bbo.BTC-KRW"])
    assert [entry["outcome"] for entry in outcome] == ["subscribed", "subscribed"]
    for channel in ("book.BTC-KRW", "bbo.BTC-KRW"):
        assert (await peer.push(channel))["type"] == "snapshot"
    outcome = await peer.request("subscribe", channels=["book.BTC-KRW", "trades.BTC-KRW"])
    assert [entry["outcome"] for entry in outcome] == ["already_subscribed", "subscribed"]
    assert (await peer.push("trades.BTC-KRW"))["type"] == "snapshot"
    outcome = await peer.request("unsubscribe", channels=["book.BTC-KRW", "bbo.ETH-KRW"])
    assert [entry["outcome"] for entry in outcome] == ["unsubscribed", "not_subscribed"]
    trader = await gateway.ws("ALICE")
    await trader.place("o1")
    assert (await peer.push("bbo.BTC-KRW"))["data"]["bid"][0] == "90000000"
    assert await peer.request("ping") == {}
    assert peer.pushes == []


@BOTH
async def test_too_many_channels(start: StartRunning) -> None:
    gateway = await start(ws={"max_subscriptions": 2})
    peer = await gateway.ws()
    await peer.request("subscribe", channels=["book.BTC-KRW", "bbo.BTC-KRW"])
    status, error = await peer.refused("subscribe", channels=["trades.BTC-KRW"])
    assert (status, error["name"], error["limit"]) == (429, "TOO_MANY_CHANNELS", 2)


def followed(pushes: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Return the bids of a book rebuilt from its pushes, each of which must follow the one before."""
    bids: dict[str, str] = {}
    seq = None
    for push in pushes:
        if push["type"] == "snapshot":
            bids = dict(push["data"]["bids"])
        else:
            assert push["prev"] == seq
            bids.update(push["data"]["bids"])
        seq = push["seq"]
    return {price: quantity for price, quantity in bids.items() if quantity != "0"}


@BOTH
async def test_who_subscribes_under_load_gets_the_snapshot_then_what_follows_it(gateway: Running) -> None:
    trader, watcher = await gateway.ws("ALICE"), await gateway.ws()
    for n in range(60):
        price = str(80_000_000 + n * 1000)
        await trader.send("order.place", **order(f"o{n}", price=price))
        if n == 20:
            request = await watcher.send("subscribe", channels=["book.BTC-KRW"])
    reply = await watcher.reply(request)
    assert reply["status"] == 200
    assert watcher.pushes == []
    pushes = [await watcher.push("book.BTC-KRW")]
    assert pushes[0]["type"] == "snapshot"
    while len(followed(pushes)) < 60:
        pushes.append(await watcher.push("book.BTC-KRW"))
    assert followed(pushes)["80059000"] == "0.01"


# ---- limits


@BOTH
async def test_too_many_requests_but_never_too_many_cancels(start: StartRunning) -> None:
    gateway = await start(ws={"requests_rate": 1, "requests_burst": 2})
    peer = await gateway.ws("ALICE")
    await peer.place("o1")
    status, error = await peer.refused("ping")
    assert (status, error["name"], error["limit"]) == (429, "TOO_MANY_REQUESTS", "1/s")
    assert (await peer.request("order.cancel", cl_ord_id="o1"))["status"] == "canceled"


@pytest.mark.parametrize("cancel", [True, False])
async def test_the_end_of_a_connection_cancels_its_orders_where_it_was_asked_for(
    gateway: Running, *, cancel: bool
) -> None:
    peer = await gateway.ws()
    logged_on = await peer.log_on("ALICE", cancel_on_disconnect=cancel)
    # A restart tells by the key which orders have lost their connection.
    assert logged_on["session"].endswith(":cod") is cancel
    await peer.request("subscribe", channels=["executions"])
    await peer.place("o1")
    closed = watched(gateway.gateway.ws, "closed")
    await peer.close()
    await soon(closed)
    again = await gateway.ws("ALICE")
    [entry] = await again.request("subscribe", channels=["executions"])
    assert (await again.request("order.status", cl_ord_id="o1"))["status"] == (
        "canceled" if cancel else "new"
    )
    # The connection that is gone follows nothing any more.
    assert entry["seq"] == (2 if cancel else 1)
    assert [len(listeners) for listeners in gateway.gateway.router._listeners.values()] == [1]
