"""A request sent again is not worked again: its outcome is said again, marked, on both front ends."""

from typing import Any

import pytest

from tests.gateway.net.fix_peer import Field, FixPeer
from tests.gateway.net.running import Running, StartRunning, order, report

NEW, REPLACED, TRADE, REJECTED, STATUS = "0", "5", "F", "8", "I"


# ---- WebSocket


async def test_an_order_placed_again_is_the_order_as_it_is_now(gateway: Running) -> None:
    peer, bob = await gateway.ws("ALICE"), await gateway.ws("BOB")
    placed = await peer.place("o1")
    worked = gateway.gateway.router.commands.total()
    assert await peer.place("o1") == {**placed, "duplicate": True}
    await bob.place("b1", "sell", price="90000000", quantity="0.004")
    now = await peer.request("order.status", cl_ord_id="o1")
    assert now["status"] == "partially_filled"
    # On another connection of the account too, and however the amount is written.
    other = await gateway.ws("ALICE")
    assert await other.place("o1", quantity="0.010", price="90000000.0") == {**now, "duplicate": True}
    await peer.request("order.cancel", cl_ord_id="o1")
    assert (await other.place("o1"))["status"] == "canceled"
    assert gateway.gateway.router.commands.total() == worked + 2


@pytest.mark.parametrize(
    "terms",
    [
        {"side": "sell"},
        {"price": "90001000"},
        {"quantity": "0.02"},
        {"time_in_force": "ioc"},
        {"post_only": True},
        {"type": "market", "price": None},
        {"symbol": "ETH-KRW", "price": "4500000"},
    ],
)
async def test_other_terms_are_another_order(gateway: Running, terms: dict[str, Any]) -> None:
    peer = await gateway.ws("ALICE")
    placed = await peer.place("o1")
    status, error = await peer.refused("order.place", **order("o1", **terms))
    assert (status, error["name"], error["value"]) == (409, "DUPLICATE_CL_ORD_ID", "o1")
    assert "duplicate" not in error
    assert await peer.request("order.status", cl_ord_id="o1") == placed


async def test_a_rejected_order_is_rejected_again_in_the_same_words(gateway: Running) -> None:
    peer = await gateway.ws("ALICE")
    wrong: list[dict[str, Any]] = [
        {"price": "90000001"},
        {"symbol": "NO-SUCH"},
        {"type": "market", "post_only": True, "price": None},
        {"quantity": "0.000000001"},
    ]
    for n, terms in enumerate(wrong):
        params = order(f"o{n}", **terms)
        first, again = [await peer.refused("order.place", **params) for _ in range(2)]
        assert again == (first[0], {**first[1], "duplicate": True})
    # It was not a duplicate of anything before.
    assert gateway.gateway.router.registry.open_total == 0


async def test_an_order_twice_in_one_segment_is_one_order(gateway: Running) -> None:
    peer = await gateway.ws("ALICE")
    await peer.request("subscribe", channels=["executions"])
    first = peer.count + 1
    await peer.send_together(("order.place", order("o1")), ("order.place", order("o1")))
    replies = [await peer.receive() for _ in range(3)]
    results = {reply["id"]: reply["result"] for reply in replies if "id" in reply}
    assert results[first + 1] == {**results[first], "duplicate": True}
    assert results[first]["status"] == "new"
    assert [reply["data"]["kind"] for reply in replies if "ch" in reply] == ["accepted"]


@pytest.mark.parametrize("by", ["cl_ord_id", "order_id"])
@pytest.mark.parametrize("price", ["91000000", "90000001"])
async def test_a_replace_twice_in_one_segment_is_one_replace(gateway: Running, by: str, price: str) -> None:
    peer = await gateway.ws("ALICE")
    name = {by: (await peer.place("o1"))[by]}
    worked = gateway.gateway.router.commands.total()
    first = peer.count + 1
    terms = {**name, "quantity": "0.02", "price": price, "new_cl_ord_id": "o2"}
    other = {**terms, "quantity": "0.03"}
    await peer.send_together(*(("order.replace", params) for params in (terms, terms, other)))
    replies = {reply["id"]: reply for reply in [await peer.receive() for _ in range(3)]}
    said = "result" if price == "91000000" else "error"
    assert replies[first + 1][said] == {**replies[first][said], "duplicate": True}
    assert replies[first + 2]["error"]["name"] == "DUPLICATE_CL_ORD_ID"
    assert gateway.gateway.router.commands.total() == worked + 2


async def test_an_order_is_replaced_by_the_name_that_the_replace_before_gives_it(gateway: Running) -> None:
    peer = await gateway.ws("ALICE")
    placed = await peer.place("o1")
    first = peer.count + 1
    names = [
        ("o1", "o2", "91000000"),
        ("o2", "o3", "92000000"),
        ("o3", "o4", "90000001"),
        ("o4", "o5", "93000000"),
    ]
    await peer.send_together(
        *(
            ("order.replace", {"cl_ord_id": old, "new_cl_ord_id": new, "quantity": "0.01", "price": price})
            for old, new, price in names
        )
    )
    replies = {reply["id"] - first: reply for reply in [await peer.receive() for _ in names]}
    # What comes of the order is seen when all are worked.
    assert [replies[n]["result"]["order_id"] for n in (0, 1)] == [placed["order_id"]] * 2
    assert replies[1]["result"]["cl_ord_id"] == "o3"
    # The third is refused for its price, so nothing has its name.
    assert [replies[n]["error"]["name"] for n in (2, 3)] == ["INVALID_PRICE_TICK", "UNKNOWN_ORDER"]


@pytest.mark.parametrize("by", ["cl_ord_id", "order_id"])
async def test_a_replace_sent_again_is_the_order_as_it_is_now(gateway: Running, by: str) -> None:
    peer = await gateway.ws("ALICE")
    name = {by: (await peer.place("o1"))[by]}
    terms = {"quantity": "0.02", "price": "91000000", "new_cl_ord_id": "o2"}
    replaced = await peer.request("order.replace", **name, **terms)
    worked = gateway.gateway.router.commands.total()
    assert await peer.request("order.replace", **name, **terms) == {**replaced, "duplicate": True}
    assert gateway.gateway.router.commands.total() == worked
    _, error = await peer.refused("order.replace", **name, **{**terms, "price": "92000000"})
    assert (error["name"], error["value"]) == ("DUPLICATE_CL_ORD_ID", "o2")
    canceled = await peer.request("order.cancel", cl_ord_id="o2")
    assert await peer.request("order.replace", **name, **terms) == {**canceled, "duplicate": True}


@pytest.mark.parametrize("by", ["cl_ord_id", "order_id"])
async def test_a_replace_of_long_ago_sent_again_is_the_order_as_it_ended(
    start: StartRunning, by: str
) -> None:
    gateway = await start(orders={"closed_max": 1})
    peer = await gateway.ws("ALICE")
    name = {by: (await peer.place("o1"))[by]}
    terms = {"quantity": "0.02", "price": "91000000", "new_cl_ord_id": "o2"}
    await peer.request("order.replace", **name, **terms)
    canceled = await peer.request("order.cancel", cl_ord_id="o2")
    for other in ("p1", "p2"):
        await peer.place(other)
        await peer.request("order.cancel", cl_ord_id=other)
    assert (await peer.refused("order.status", cl_ord_id="o2"))[1]["name"] == "UNKNOWN_ORDER"
    assert await peer.request("order.replace", **name, **terms) == {**canceled, "duplicate": True}
    assert await peer.place("o1") == {**canceled, "duplicate": True}
    _, error = await peer.refused("order.replace", cl_ord_id="o1", quantity="0.01", price="91000000")
    assert error["name"] == "UNKNOWN_ORDER"


async def test_a_replace_that_was_replaced_again_is_the_order_as_it_is_now(gateway: Running) -> None:
    peer = await gateway.ws("ALICE")
    await peer.place("o1")
    first = {"cl_ord_id": "o1", "quantity": "0.02", "price": "91000000", "new_cl_ord_id": "o2"}
    await peer.request("order.replace", **first)
    now = await peer.request("order.replace", cl_ord_id="o2", quantity="0.03", price="91000000")
    assert await peer.request("order.replace", **first) == {**now, "duplicate": True}
    later = {"cl_ord_id": "o2", "quantity": "0.04", "price": "91000000", "new_cl_ord_id": "o3"}
    now = await peer.request("order.replace", **later)
    assert await peer.request("order.replace", **first) == {**now, "duplicate": True}


@pytest.mark.parametrize(
    "terms",
    [
        {"cl_ord_id": "o1", "price": "90000001"},
        {"cl_ord_id": "none"},
        {"order_id": "4711"},
        {"cl_ord_id": "o1", "quantity": "0.000000001"},
        {"cl_ord_id": "gone"},
    ],
)
async def test_a_refused_replace_is_refused_again_in_the_same_words(
    gateway: Running, terms: dict[str, Any]
) -> None:
    peer = await gateway.ws("ALICE")
    for name in ("o1", "gone"):
        await peer.place(name)
    await peer.request("order.cancel", cl_ord_id="gone")
    params = {"quantity": "0.02", "price": "91000000", "new_cl_ord_id": "r", **terms}
    first = await peer.refused("order.replace", **params)
    worked = gateway.gateway.router.commands.total()
    # Also when it could be worked by now, and by another connection.
    await peer.request("order.place", **order("none"))
    other = await gateway.ws("ALICE")
    assert await other.refused("order.replace", **params) == (first[0], {**first[1], "duplicate": True})
    assert gateway.gateway.router.commands.total() == worked + 1
    _, error = await peer.refused("order.place", **order("r"))
    assert (error["name"], "duplicate" in error) == ("DUPLICATE_CL_ORD_ID", False)


async def test_a_replace_that_keeps_the_name_is_a_replace(gateway: Running) -> None:
    peer = await gateway.ws("ALICE")
    await peer.place("o1")
    for quantity in ("0.02", "0.02", "0.03"):
        replaced = await peer.request(
            "order.replace", cl_ord_id="o1", quantity=quantity, price="90000000", new_cl_ord_id="o1"
        )
        assert (replaced["quantity"], "duplicate" in replaced) == (quantity, False)


async def test_a_replaced_order_placed_again_is_known_by_its_first_name(gateway: Running) -> None:
    peer = await gateway.ws("ALICE")
    await peer.place("o1")
    replaced = await peer.request(
        "order.replace", cl_ord_id="o1", quantity="0.02", price="91000000", new_cl_ord_id="o2"
    )
    assert await peer.place("o1") == {**replaced, "duplicate": True}


async def test_an_order_of_the_fix_session_placed_again_on_websocket(gateway: Running) -> None:
    fix, ws = await gateway.fix_session("ALICE"), await gateway.ws("ALICE")
    fix.send(fix.order("o1"))
    await report(fix, NEW, "o1")
    again = await ws.place("o1")
    assert (again["duplicate"], again["status"]) == (True, "new")


# ---- FIX

AGAIN: Field = (97, "Y")


def sent(peer: FixPeer, *more: Field, cl_ord_id: str = "o1", price: object = "90000000") -> bytes:
    """Return a NewOrderSingle(D) with further fields."""
    return peer.encode(
        "D",
        *more,
        (11, cl_ord_id),
        (55, "BTC-KRW"),
        (54, 1),
        (60, "20260101-00:00:00.000"),
        (38, "0.01"),
        (40, 2),
        (44, price),
    )


async def test_a_possible_resend_of_a_known_order_is_its_state(gateway: Running) -> None:
    alice, bob = await gateway.fix_session("ALICE"), await gateway.fix_session("BOB")
    alice.send(sent(alice))
    order_id = (await report(alice, NEW, "o1"))[37]
    worked = gateway.gateway.router.commands.total()
    alice.send(sent(alice, AGAIN))
    state = await report(alice, STATUS, "o1")
    assert (state[37], state[17], state[39], state[151]) == (order_id, "0", "0", "0.01")
    assert gateway.gateway.router.commands.total() == worked
    bob.send(bob.order("b1", "2", price="90000000"))
    await report(alice, TRADE, "o1")
    alice.send(sent(alice, AGAIN))
    assert ((filled := await report(alice, STATUS, "o1"))[39], filled[14]) == ("2", "0.01")


async def test_a_possible_resend_of_an_unknown_order_is_an_order(gateway: Running) -> None:
    peer = await gateway.fix_session()
    peer.send(sent(peer, AGAIN), sent(peer, AGAIN))
    await report(peer, NEW, "o1")
    assert (await report(peer, STATUS, "o1"))[39] == "0"
    assert gateway.gateway.router.registry.open_total == 1


async def test_without_possresend_or_with_other_terms_it_is_refused(gateway: Running) -> None:
    peer = await gateway.fix_session()
    peer.send(sent(peer))
    await report(peer, NEW, "o1")
    for again in (sent(peer), sent(peer, (97, "N")), sent(peer, AGAIN, price="91000000")):
        peer.send(again)
        assert (await report(peer, REJECTED, "o1"))[103] == "6"
        peer.next_out = gateway.client().session.numbers.next_in


async def test_a_possible_resend_of_a_rejected_order_says_why(gateway: Running) -> None:
    peer = await gateway.fix_session()
    peer.send(sent(peer, price="90000001"))
    rejected = await report(peer, REJECTED, "o1")
    peer.send(sent(peer, AGAIN, price="90000001"))
    state = await report(peer, STATUS, "o1")
    assert (state[39], state[103], state[58]) == ("8", rejected[103], rejected[58])
    peer.send(peer.status("o1"))
    assert (await report(peer, STATUS, "o1"))[58] == rejected[58]


async def test_a_possible_resend_of_a_replace(gateway: Running) -> None:
    peer = await gateway.fix_session()
    peer.send(sent(peer))
    await report(peer, NEW, "o1")

    def replace(*more: Field, price: str = "91000000") -> bytes:
        terms: list[Field] = [(11, "o2"), (41, "o1"), (55, "BTC-KRW"), (54, 1), (60, "20260101-00:00:00")]
        return peer.encode("G", *more, *terms, (38, "0.02"), (40, 2), (44, price))

    peer.send(replace())
    await report(peer, REPLACED, "o2")
    peer.send(replace(AGAIN))
    state = await report(peer, STATUS, "o2")
    assert (state[41], state[38], state[44]) == ("o1", "0.02", "91000000")
    for again in (replace(), replace(AGAIN, price="92000000")):
        peer.send(again)
        assert (await peer.expect("9"))[102] == "6"
    # A cancel is what it is: sent again, it finds the order closed.
    peer.send(peer.cancel("c1", "o2"))
    await report(peer, "4", "c1")
    terms: list[Field] = [(11, "c1"), (41, "o2"), (55, "BTC-KRW"), (54, 1), (60, "20260101-00:00:00")]
    peer.send(peer.encode("F", AGAIN, *terms, (38, "0.02")))
    assert (await peer.expect("9"))[102] == "0"


async def test_a_possible_resend_of_a_refused_replace_is_refused_again(gateway: Running) -> None:
    peer, ws = await gateway.fix_session(), await gateway.ws("ALICE")
    peer.send(sent(peer))
    await report(peer, NEW, "o1")

    def replace(*more: Field, orig: str = "o1") -> bytes:
        terms: list[Field] = [(11, "r"), (41, orig), (55, "BTC-KRW"), (54, 1), (60, "20260101-00:00:00")]
        return peer.encode("G", *more, *terms, (38, "0.02"), (40, 2), (44, "90000001"))

    peer.send(replace())
    refused = await peer.expect("9")
    worked = gateway.gateway.router.commands.total()
    peer.send(replace(AGAIN))
    again = await peer.expect("9")
    assert again.pop(97) == "Y"
    header = {9, 10, 34, 52}
    assert {tag: again[tag] for tag in again if tag not in header} == {
        tag: refused[tag] for tag in refused if tag not in header
    }
    assert gateway.gateway.router.commands.total() == worked
    for other in (replace(), replace(AGAIN, orig="o9")):
        peer.send(other)
        assert (await peer.expect("9"))[102] == "6"
    params = {"cl_ord_id": "o1", "quantity": "0.02", "price": "90000001", "new_cl_ord_id": "r"}
    _, error = await ws.refused("order.replace", **params)
    assert (error["name"], error["duplicate"]) == ("INVALID_PRICE_TICK", True)


async def test_an_order_of_the_websocket_sent_again_on_fix(gateway: Running) -> None:
    fix, ws = await gateway.fix_session("ALICE"), await gateway.ws("ALICE")
    placed = await ws.place("o1")
    fix.send(sent(fix, AGAIN))
    assert (await report(fix, STATUS, "o1"))[37] == placed["order_id"]
