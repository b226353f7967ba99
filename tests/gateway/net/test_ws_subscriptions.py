"""Public channels over real connections: how they are followed, resumed, refused and left."""

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.marketdata import Subscription
from gateway.net.counters import FrontCounters
from gateway.net.outbox import Outbox
from tests.gateway.net.running import Running, StartRunning, WsPeer, orders_at, soon, watched
from tests.gateway.net.turn_stage import Wire
from tests.gateway.net.worker_here import BOTH

BOOK, TRADES = "book.BTC-KRW", "trades.BTC-KRW"


async def joined(peer: WsPeer, channel: str, **params: Any) -> dict[str, Any]:
    """Subscribe to one channel; return its entry."""
    [entry] = await peer.request("subscribe", channels=[channel], **params)
    found: dict[str, Any] = entry
    return found


@BOTH
async def test_the_reply_says_where_each_channel_stands(gateway: Running) -> None:
    trader, peer = await gateway.ws("ALICE"), await gateway.ws()
    await trader.place("o1")
    outcome = await peer.request("subscribe", channels=[BOOK, TRADES, "instruments"])
    epoch = gateway.gateway.feed.publisher.epoch
    assert len(epoch) == 16
    assert outcome == [
        {"channel": BOOK, "outcome": "subscribed", "seq": 1, "epoch": epoch},
        {"channel": TRADES, "outcome": "subscribed", "seq": 0, "epoch": epoch},
        {"channel": "instruments", "outcome": "subscribed", "seq": 0, "epoch": epoch},
    ]
    snapshot = await peer.push(BOOK)
    assert (snapshot["type"], snapshot["seq"], snapshot["epoch"]) == ("snapshot", 1, epoch)


@pytest.mark.parametrize(
    "channel",
    [
        BOOK,
        "book.BTC-KRW.10.raw",
        "book.BTC-KRW.5.20ms",
        "book.BTC-KRW.50.100ms.g1000",
        "bbo.BTC-KRW",
        "l3.BTC-KRW",
        "ticker.BTC-KRW",
    ],
)
async def test_what_follows_a_snapshot_has_its_number_as_prev(gateway: Running, channel: str) -> None:
    trader, peer = await gateway.ws("ALICE"), await gateway.ws()
    await trader.place("o1")
    entry = await joined(peer, channel)
    snapshot = await peer.push(channel)
    assert (snapshot["type"], snapshot["seq"]) == ("snapshot", entry["seq"])
    await trader.place("o2", price="91000000")
    change = await peer.push(channel)
    assert change["prev"] == snapshot["seq"]
    assert change["type"] in {"delta", "event"}


@BOTH
async def test_a_stream_at_a_speed_merges_what_happens_between_two_ticks(gateway: Running) -> None:
    trader, peer = await gateway.fix_session("ALICE"), await gateway.ws()
    await joined(peer, "book.BTC-KRW.100.100ms")
    await peer.push("book.BTC-KRW.100.100ms")
    trader.send(orders_at(trader, 0, 50))
    bids: dict[str, str] = {}
    count = 0
    while len(bids) < 50:
        push = await peer.push("book.BTC-KRW.100.100ms")
        bids.update(push["data"]["bids"])
        count += 1
    assert count < 50


@BOTH
async def test_a_depth_and_a_checksum(gateway: Running) -> None:
    peer = await gateway.ws()
    entry = await joined(peer, BOOK, depth=5, checksum=True)
    assert entry["channel"] == "book.BTC-KRW.5.raw"
    snapshot = await peer.push("book.BTC-KRW.5.raw")
    assert snapshot["checksum"] == 0
    again = await joined(peer, "book.BTC-KRW.5.raw", checksum=True)
    assert again == {"channel": "book.BTC-KRW.5.raw", "outcome": "already_subscribed"}


@BOTH
async def test_without_a_snapshot_the_first_push_is_the_next_change(gateway: Running) -> None:
    trader, peer = await gateway.ws("ALICE"), await gateway.ws()
    await trader.place("o1")
    assert (await joined(peer, BOOK, snapshot=False))["seq"] == 1
    await trader.place("o2", price="91000000")
    change = await peer.push(BOOK)
    assert (change["type"], change["prev"], change["seq"]) == ("delta", 1, 2)


@BOTH
async def test_at_an_interval_snapshots_say_how_many_pushes_they_stand_for(gateway: Running) -> None:
    trader, peer = await gateway.fix_session("ALICE"), await gateway.ws()
    await joined(peer, BOOK, mode="interval", interval_ms=30)
    assert "conflated" not in await peer.push(BOOK)
    trader.send(orders_at(trader, 0, 40))
    merged = 0
    while merged < 40:
        push = await peer.push(BOOK)
        assert push["type"] == "snapshot"
        merged += push["conflated"]
    assert (merged, len(push["data"]["bids"])) == (40, 40)


# ---- resume


async def test_what_was_missed_is_told(gateway: Running) -> None:
    trader, peer = await gateway.ws("ALICE"), await gateway.ws()
    for n in range(1, 5):
        await trader.place(f"o{n}", price=str(90_000_000 + n * 1000))
    epoch = gateway.gateway.feed.publisher.epoch
    entry = await joined(peer, BOOK, from_seq=2, epoch=epoch)
    assert (entry["recovered"], entry["seq"]) == (True, 4)
    pushes = [await peer.push(BOOK) for _ in range(2)]
    assert [(push["type"], push["prev"], push["seq"]) for push in pushes] == [
        ("delta", 2, 3),
        ("delta", 3, 4),
    ]
    assert gateway.gateway.ws.counters.resumes == {"recovered": 1}


@BOTH
async def test_several_channels_are_resumed_each_from_its_own_number(gateway: Running) -> None:
    trader, peer = await gateway.ws("ALICE"), await gateway.ws()
    await trader.place("o1")
    await trader.place("o2", price="91000000")
    known = {BOOK: 2, TRADES: 0}
    epoch = gateway.gateway.feed.publisher.epoch
    outcome = await peer.request("subscribe", channels=[BOOK, TRADES], from_seq=known, epoch=epoch)
    assert [entry["recovered"] for entry in outcome] == [True, True]
    assert await peer.request("ping") == {}
    assert peer.pushes == []


async def test_numbers_of_another_log_are_answered_with_a_snapshot(gateway: Running) -> None:
    trader, peer = await gateway.ws("ALICE"), await gateway.ws()
    await trader.place("o1")
    entry = await joined(peer, BOOK, from_seq=99, epoch="another", snapshot=False)
    assert entry["recovered"] is False
    assert (await peer.push(BOOK))["type"] == "snapshot"
    assert gateway.gateway.ws.counters.resumes == {"not_recovered": 1}


@BOTH
async def test_the_future_cannot_be_resumed(gateway: Running) -> None:
    trader, peer = await gateway.ws("ALICE"), await gateway.ws()
    await trader.place("o1")
    epoch = gateway.gateway.feed.publisher.epoch
    status, error = await peer.refused("subscribe", channels=[BOOK], from_seq=2, epoch=epoch)
    assert (status, error["name"]) == (400, "INVALID_PARAMS")
    assert (error["field"], error["limit"], error["value"]) == ("from_seq", 1, "2")
    assert (await joined(peer, BOOK, from_seq=1, epoch=epoch))["recovered"] is True


@BOTH
async def test_numbers_go_on_over_a_restart(start: StartRunning, tmp_path: Path) -> None:
    store = {"durability": "fsync", "data_dir": str(tmp_path)}
    gateway = await start(store=store)
    trader = await gateway.ws("ALICE")
    for n in range(1, 4):
        await trader.place(f"o{n}", price=str(90_000_000 + n * 1000))
    epoch = gateway.gateway.feed.publisher.epoch
    await gateway.stop()
    again = await start(store=store)
    peer = await again.ws()
    assert again.gateway.feed.publisher.epoch == epoch
    entry = await joined(peer, BOOK, from_seq=3, epoch=epoch)
    assert entry["recovered"] is True


# ---- refusals


async def test_a_channel_that_cannot_be_had_now_is_refused_in_its_own_entry(
    gateway: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway.gateway.feed.publisher._catalog, "l3", None)
    peer = await gateway.ws()
    refused, taken = await peer.request("subscribe", channels=["l3.BTC-KRW", BOOK])
    assert (refused["outcome"], taken["outcome"]) == ("refused", "subscribed")
    error = refused["error"]
    assert (error["name"], error["field"], error["value"]) == ("CHANNEL_UNAVAILABLE", "channel", "l3.BTC-KRW")
    [left] = await peer.request("unsubscribe", channels=["l3.BTC-KRW"])
    assert left["outcome"] == "not_subscribed"


@BOTH
async def test_a_request_for_both_kinds_says_the_private_one_after_its_reply(gateway: Running) -> None:
    peer = await gateway.ws("ALICE")
    await peer.send_together(
        ("subscribe", {"channels": [BOOK, "executions"]}),
        (
            "order.place",
            {"symbol": "BTC-KRW", "side": "buy", "type": "limit", "quantity": "0.01", "price": "90000000"},
        ),
    )
    messages = [await peer.receive() for _ in range(5)]
    reply = next(n for n, message in enumerate(messages) if isinstance(message.get("result"), list))
    assert [entry["channel"] for entry in messages[reply]["result"]] == [BOOK, "executions"]
    assert messages[reply]["result"][1]["seq"] == 0
    pushed = [n for n, message in enumerate(messages) if message.get("ch") == "executions"]
    assert pushed
    assert min(pushed) > reply
    snapshot = next(n for n, message in enumerate(messages) if message.get("type") == "snapshot")
    assert snapshot > reply


@BOTH
async def test_a_request_for_both_kinds_may_replay(gateway: Running) -> None:
    peer = await gateway.ws("ALICE")
    await peer.place("o1")
    await peer.send_together(
        ("subscribe", {"channels": [BOOK, "executions"], "from_exec_id": 1}),
        ("executions.replay", {"from_exec_id": 1}),
    )
    messages = [await peer.receive() for _ in range(5)]
    refused = [message["error"]["name"] for message in messages if "error" in message]
    assert refused == ["REPLAY_IN_PROGRESS"]
    told = [message["type"] for message in messages if message.get("ch") == "executions"]
    assert told == ["replay", "replay.done"]


# ---- snapshots on demand


@BOTH
async def test_a_book_in_parts(gateway: Running) -> None:
    trader, peer = await gateway.fix_session("ALICE"), await gateway.ws()
    trader.send(orders_at(trader, 0, 25))
    for _ in range(25):
        await trader.expect("8")
    assert await peer.request("book.snapshot", channel=BOOK, max_levels=10) == {
        "channel": BOOK,
        "seq": 25,
        "parts": 3,
    }
    parts = [await peer.push(BOOK) for _ in range(3)]
    assert [(part["type"], part["part"], part["parts"]) for part in parts] == [
        ("snapshot", n, 3) for n in (1, 2, 3)
    ]
    assert [len(part["data"]["bids"]) for part in parts] == [10, 10, 5]
    assert gateway.gateway.feed.hub.subscriptions == 0


async def test_a_book_that_cannot_be_had(start: StartRunning, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = await start()
    catalog = gateway.gateway.feed.publisher._catalog
    monkeypatch.setattr(catalog, "bounds", type(catalog.bounds)(max_streams=0))
    peer = await gateway.ws()
    status, error = await peer.refused("book.snapshot", channel="book.BTC-KRW.10.raw")
    assert (status, error["name"], error["field"]) == (503, "CHANNEL_UNAVAILABLE", "channel")


@BOTH
async def test_an_idle_channel_says_where_it_stands(start: StartRunning) -> None:
    gateway = await start(market_data={"heartbeat_s": 0.05})
    trader, peer = await gateway.ws("ALICE"), await gateway.ws()
    await trader.place("o1")
    await joined(peer, BOOK)
    await peer.push(BOOK)
    heartbeat = await peer.push(BOOK)
    assert (heartbeat["type"], heartbeat["seq"], heartbeat["data"]) == ("heartbeat", 1, None)


# ---- the end, and bounds


@BOTH
async def test_the_last_push_has_the_params_to_go_on_with(start: StartRunning, tmp_path: Path) -> None:
    store = {"durability": "fsync", "data_dir": str(tmp_path)}
    gateway = await start(store=store)
    trader, peer = await gateway.ws("ALICE"), await gateway.ws()
    await trader.place("o1")
    await peer.request("subscribe", channels=[BOOK, "bbo.BTC-KRW"])
    await gateway.shut_down()
    for channel in (BOOK, "bbo.BTC-KRW"):
        await peer.push(channel)
    goodbye = await peer.push("system")
    assert goodbye["type"] == "shutdown"
    assert goodbye["data"]["from_seq"] == {BOOK: 1, "bbo.BTC-KRW": 1}
    assert await peer.end() == (1001, "the gateway shuts down")
    again = await start(store=store)
    newcomer = await again.ws()
    outcome = await newcomer.request("subscribe", **goodbye["data"])
    assert [entry["recovered"] for entry in outcome] == [True, True]
    assert newcomer.pushes == []


@BOTH
async def test_the_kernel_holds_little_for_a_connection(start: StartRunning) -> None:
    gateway = await start(ws={"unsent_bytes": 16_384, "send_buffer": 65_536})
    await gateway.ws()
    kernel = gateway.ws_connection()._transport.get_extra_info("socket")
    assert kernel.getsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT) == 16_384
    # Linux doubles it for its own needs, socket(7).
    assert kernel.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) == 131_072


async def test_snapshots_that_nobody_reads_are_bounded(start: StartRunning) -> None:
    limits = {"max_pending_bytes": 20_000, "close_timeout_s": 0.1, "requests_rate": 0}
    gateway = await start(ws=limits)
    trader, watcher = await gateway.fix_session("ALICE"), await gateway.deaf_ws()
    trader.send(orders_at(trader, 0, 100))
    for _ in range(100):
        await trader.expect("8")
    connection = gateway.ws_connection()
    paused, closed = watched(connection, "pause_writing"), watched(gateway.gateway.ws, "closed")
    for _ in range(60):
        await watcher.send("book.snapshot", channel=BOOK)
    await soon(paused)
    for _ in range(20):
        await watcher.send("book.snapshot", channel=BOOK)
    assert await soon(closed) == (connection, "slow_consumer")


class Follower:
    """A subscriber that counts, and does something at its first push."""

    def __init__(self, at_first: Callable[[], object] = int) -> None:
        self.form = 0
        self.outbox = Outbox(Wire(), FrontCounters())
        self.pushes = 0
        self.at_first = at_first

    def push(self, frame: bytes) -> bool:
        assert frame
        self.pushes += 1
        if self.pushes == 1:
            self.at_first()
        return True


async def test_who_leaves_during_a_fan_out_is_skipped_and_orders_are_answered_meanwhile(
    gateway: Running,
) -> None:
    feed, trader = gateway.gateway.feed, await gateway.ws("ALICE")
    leaving = Follower()
    breaking = Follower(lambda: feed.hub.drop(leaving))
    done = asyncio.Event()
    followers = [breaking, *(Follower() for _ in range(2_000)), Follower(done.set)]
    for follower in (*followers, leaving):
        feed.publisher.subscribe(BOOK, follower, Subscription(snapshot=False))
    # However fast the machine is.
    feed.pump._slice_ns = 0
    slices = feed.pump.slices
    assert (await trader.place("o1"))["status"] == "new"
    async with asyncio.timeout(5):
        await done.wait()
    assert feed.pump.slices > slices + 1
    assert [follower.pushes for follower in followers] == [1] * len(followers)
    assert leaving.pushes == 0
    for follower in followers:
        feed.hub.drop(follower)
