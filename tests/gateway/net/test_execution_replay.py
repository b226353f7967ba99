"""Executions read again: none missing, none twice, in order with the live ones, whatever goes on."""

from typing import Any

import pytest

from gateway.net import execution_replay
from gateway.settings import WsSettings
from tests.gateway.net.hall import Client, Hall, kinds, replayed, settle, turn


async def orders(client: Client, count: int, name: str = "o") -> None:
    """Place orders that rest, an execution each, one turn."""
    for n in range(count):
        client.place(f"{name}{n}")
    await turn()


async def test_a_replay_says_what_was_said_and_then_that_it_is_done() -> None:
    hall = Hall()
    client = hall.client("A")
    client.request("subscribe", channels=["executions"])
    await orders(client, 3)
    client.request("order.cancel", cl_ord_id="o1")
    client.place("o1x", "sell", 4_000)
    await settle(hall)
    live = client.pushes
    assert [push["data"]["kind"] for push in live] == ["accepted"] * 3 + [
        "canceled", "accepted", "filled", "filled",
    ]  # fmt: skip
    again = hall.client("A")
    request = again.request("executions.replay", from_exec_id=2)
    await settle(hall)
    assert again.reply(request)["result"] == {"from_exec_id": 2, "seq": len(live)}
    assert kinds(again.pushes) == replayed(2, len(live))
    for was, push in zip(live[1:], again.pushes, strict=False):
        assert {**push, "type": "event", "sent": 0} == was
    done = again.pushes[-1]
    assert (done["prev"], done["eseq"], done["ts"], done["data"]) == (len(live), 0, 0, {})
    assert done["sent"] > 0
    # Not subscribed: nothing follows.
    await orders(client, 1, "later")
    assert kinds(again.pushes) == replayed(2, len(live))


async def test_a_replay_from_the_next_execution_is_done_at_once() -> None:
    hall = Hall()
    client = hall.client("A")
    client.request("executions.replay", from_exec_id=1)
    await settle(hall)
    assert kinds(client.pushes) == [("replay.done", 0)]
    await orders(client, 2)
    client.request("subscribe", channels=["executions"], from_exec_id=3)
    await settle(hall)
    await orders(client, 1, "live")
    assert kinds(client.pushes[1:]) == [("replay.done", 2), ("event", 3)]


@pytest.mark.parametrize(
    ("method", "params", "error"),
    [
        (
            "executions.replay",
            {"from_exec_id": 5},
            ("INVALID_PARAMS", "from_exec_id", 4, "5"),
        ),
        (
            "subscribe",
            {"channels": ["executions"], "from_exec_id": 99},
            ("INVALID_PARAMS", "from_exec_id", 4, "99"),
        ),
        (
            "subscribe",
            {"channels": ["book.BTC-KRW"], "from_exec_id": 1},
            ("INVALID_PARAMS", "from_exec_id", "goes with the channel executions", "1"),
        ),
        (
            "executions.replay",
            {"from_exec_id": 0},
            ("INVALID_PARAMS", "from_exec_id", "an integer of at least 1", "0"),
        ),
        ("executions.replay", {}, ("INVALID_PARAMS", "from_exec_id", "is required", None)),
    ],
)
async def test_a_replay_that_cannot_be(
    method: str, params: dict[str, Any], error: tuple[str, str, Any, Any]
) -> None:
    hall = Hall()
    client = hall.client("A")
    await orders(client, 3)
    request = client.request(method, **params)
    await settle(hall)
    refused = client.reply(request)["error"]
    assert (refused["name"], refused["field"], refused["limit"], refused["value"]) == error
    # Nothing was subscribed on the way.
    await orders(client, 1, "later")
    assert client.pushes == []


async def test_one_replay_at_a_time() -> None:
    hall = Hall()
    client = hall.client("A")
    await orders(client, 3)
    client.request("executions.replay", from_exec_id=1)
    for method, params in (
        ("executions.replay", {"from_exec_id": 1}),
        ("subscribe", {"channels": ["executions"], "from_exec_id": 1}),
    ):
        reply = client.reply(client.request(method, **params))
        assert (reply["status"], reply["error"]["name"]) == (409, "REPLAY_IN_PROGRESS")
    await settle(hall)
    assert kinds(client.pushes) == replayed(1, 3)
    client.request("executions.replay", from_exec_id=3)
    await settle(hall)
    assert kinds(client.pushes[4:]) == replayed(3, 3)


async def test_what_happens_meanwhile_follows_the_replay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution_replay, "CHUNK", 2)
    hall = Hall()
    trader, follower = hall.client("A"), hall.client("A")
    await orders(trader, 7)
    hall.store.at_once = False
    trader.place("before")
    follower.request("subscribe", channels=["executions"], from_exec_id=1)
    placed = follower.place("behind")
    for n in range(4):
        await turn(2)
        hall.store.finish()
        trader.place(f"meanwhile-{n}")
    await settle(hall)
    assert kinds(follower.pushes) == [*replayed(1, 7), *(("event", n) for n in range(8, 14))]
    assert [push["prev"] for push in follower.pushes if push["type"] == "event"] == list(range(7, 13))
    said = follower.line.said
    assert said.index(follower.reply(placed)) < said.index(follower.pushes[0])


async def test_an_order_of_another_session_is_worked_between_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution_replay, "CHUNK", 2)
    hall = Hall()
    client, other = hall.client("A"), hall.client("B")
    await orders(client, 20)
    client.request("executions.replay", from_exec_id=1)
    await turn(4)
    assert 0 < len(client.pushes) < 20
    request = other.place("b1")
    await turn(2)
    assert other.reply(request)["status"] == 200
    assert len(client.pushes) < 20
    await settle(hall)
    assert kinds(client.pushes) == replayed(1, 20)


async def test_more_than_may_be_held_is_read_again() -> None:
    hall = Hall(WsSettings(requests_rate=0, max_pending_bytes=8_000))
    client, trader = hall.client("A"), hall.client("A")
    client.request("subscribe", channels=["executions"])
    await orders(trader, 3)
    await settle(hall)
    client.pause()
    client.request("executions.replay", from_exec_id=2)
    for n in range(51):
        await orders(trader, 1, f"meanwhile{n}.")
    await settle(hall)
    reads = hall.store.reads
    assert kinds(client.pushes) == [("event", n) for n in range(1, 4)]
    client.drain()
    await settle(hall)
    again = kinds(client.pushes[3:])
    done = [kind for kind, _ in again].index("replay.done")
    last = again[done][1]
    assert 40 < last < 54
    assert again == [*replayed(2, last), *(("event", n) for n in range(last + 1, 55))]
    assert hall.store.reads == reads + 1


async def test_a_client_that_does_not_read_gets_the_next_chunk_when_it_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(execution_replay, "CHUNK", 2)
    hall = Hall()
    client = hall.client("A")
    await orders(client, 9)
    client.request("executions.replay", from_exec_id=1)
    await turn(4)
    client.pause()
    await settle(hall)
    said = len(client.pushes)
    assert 0 < said < 9
    client.drain()
    await settle(hall)
    assert kinds(client.pushes) == replayed(1, 9)
    # Nothing waits any more.
    client.drain()
    await settle(hall)
    assert len(client.pushes) == 10


@pytest.mark.parametrize(
    ("forgotten", "first", "gap"),
    [(4, 1, (1, 4)), (4, 3, (3, 4)), (4, 5, None), (6, 1, (1, 6)), (99, 2, (2, 6))],
)
async def test_what_is_not_kept_any_more_is_a_gap(
    forgotten: int, first: int, gap: tuple[int, int] | None
) -> None:
    hall = Hall()
    client = hall.client("A")
    await orders(client, 6)
    await settle(hall)
    hall.store.forgotten["A"] = forgotten
    client.request("subscribe", channels=["executions"], from_exec_id=first)
    await settle(hall)
    pushes = client.pushes
    if gap is not None:
        marker = pushes.pop(0)
        assert (marker["type"], marker["data"]) == ("gap", {"from": gap[0], "to": gap[1]})
        assert (marker["seq"], marker["prev"], marker["eseq"]) == (gap[1], gap[0] - 1, 0)
        first = gap[1] + 1
    assert kinds(pushes) == replayed(first, 6)
    await orders(client, 1, "live")
    assert kinds(client.pushes[-1:]) == [("event", 7)]


async def test_a_store_that_cannot_be_read_closes_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    hall = Hall()
    client = hall.client("A")
    await orders(client, 2)
    await settle(hall)
    hall.store.broken = True
    client.request("subscribe", channels=["executions"], from_exec_id=1)
    await settle(hall)
    assert client.line.closed == (1011, "the executions cannot be read")
    assert client.pushes == []
    [record] = [record for record in caplog.records if record.message == "executions not replayed"]
    assert (record.levelname, record.__dict__["reason"]) == ("ERROR", "data/log: Input/output error")
    assert (record.__dict__["account"], record.__dict__["after"], record.__dict__["to"]) == ("A", 0, 2)


async def test_what_cannot_be_decoded_closes_the_connection(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def torn(execution: bytes) -> Any:
        raise ValueError(execution)

    hall = Hall()
    client = hall.client("A")
    await orders(client, 2)
    monkeypatch.setattr(execution_replay, "decode_execution", torn)
    client.request("executions.replay", from_exec_id=1)
    await settle(hall)
    assert client.line.closed == (1011, "the executions cannot be read")
    assert [record.exc_info is not None for record in caplog.records] == [True]


async def test_a_replay_ends_with_its_connection() -> None:
    hall = Hall()
    client = hall.client("A")
    await orders(client, 2)
    client.request("subscribe", channels=["executions"], from_exec_id=1)
    client.session.end()
    await settle(hall)
    assert client.pushes == []
    assert hall.store.reads == 0


async def test_who_leaves_the_channel_meanwhile_gets_the_rest_of_the_replay_only() -> None:
    hall = Hall()
    client, trader = hall.client("A"), hall.client("A")
    await orders(trader, 3)
    await settle(hall)
    client.pause()
    client.request("subscribe", channels=["executions"], from_exec_id=1)
    await orders(trader, 2, "held")
    client.request("unsubscribe", channels=["executions"])
    await orders(trader, 1, "unheard")
    client.drain()
    await settle(hall)
    assert kinds(client.pushes) == replayed(1, 3)


async def about_to_finish(hall: Hall) -> tuple[Client, Client]:
    """Return a follower whose replay says its end with the next turn, and a trader."""
    client, trader = hall.client("A"), hall.client("A")
    client.request("subscribe", channels=["executions"])
    await settle(hall)
    hall.store.at_once = False
    trader.place("first")
    await turn()
    client.request("executions.replay", from_exec_id=2)
    trader.place("second")
    await turn()
    hall.store.finish()
    await turn()
    # What the replay waited for is committed, and nothing of a turn is worked yet.
    hall.store.finish()
    return client, trader


async def test_more_than_may_be_held_in_the_last_turn_of_a_replay_is_read_again() -> None:
    hall = Hall(WsSettings(requests_rate=0, max_pending_bytes=4_000))
    client, trader = await about_to_finish(hall)
    for n in range(20):
        trader.place(f"burst{n}")
    await settle(hall)
    told = kinds(client.pushes)
    done = [kind for kind, _ in told].index("replay.done")
    last = told[done][1]
    assert 2 < last <= 22
    assert told == [("event", 1), *replayed(2, last), *(("event", n) for n in range(last + 1, 23))]


async def test_who_leaves_in_the_last_turn_of_a_replay_is_told_nothing() -> None:
    hall = Hall()
    client, _ = await about_to_finish(hall)
    client.session.end()
    await settle(hall)
    assert kinds(client.pushes) == [("event", 1)]


async def test_nothing_is_read_for_one_who_left_before_its_replay_began(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hall = Hall()
    monkeypatch.setattr(hall, "join", lambda *_: [])
    client, trader = hall.client("A"), hall.client("A")
    await orders(trader, 3)
    await settle(hall)
    hall.store.at_once = False
    trader.place("o3")
    await turn()
    client.request("subscribe", channels=["executions", "book.BTC-KRW"], from_exec_id=1)
    await turn()
    client.session.end()
    await settle(hall)
    assert hall.store.reads == 0
