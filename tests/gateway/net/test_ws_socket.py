"""WebSocket connections as sockets: who does not read, who breaks the rules, and how each of them ends."""

import asyncio
import gc
import weakref
from typing import Any

import pytest

from gateway.app import gateway as composition
from gateway.marketdata import Subscription
from gateway.net import ws_acceptor
from gateway.net.ws_session import WsSession
from tests.gateway.net.fix_peer import FixPeer
from tests.gateway.net.running import TIMEOUT_S, Running, StartRunning, hang_up, order, soon, watched
from tests.gateway.net.worker_here import BOTH

HANDSHAKE = (
    b"GET %b HTTP/1.1\r\nHost: bdax\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)

Raw = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def opened(gateway: Running, path: bytes = b"/v1") -> Raw:
    """Return a bare connection behind its handshake."""
    reader, writer = await gateway.raw(gateway.ws_port)
    writer.write(HANDSHAKE % path)
    async with asyncio.timeout(TIMEOUT_S):
        head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101")
    return reader, writer


async def until_end(reader: asyncio.StreamReader) -> bytes:
    """Return all bytes until the gateway ends its direction."""
    async with asyncio.timeout(TIMEOUT_S):
        return await reader.read()


def orders(peer: FixPeer, first: int, count: int) -> bytes:
    """Return orders at a price of their own each."""
    prices = range(70_000_000 + first * 1000, 70_000_000 + (first + count) * 1000, 1000)
    return b"".join(peer.order(f"o{price}", price=price) for price in prices)


# ---- who does not read


async def test_a_slow_reader_lags_and_gets_fresh_snapshots(gateway: Running) -> None:
    hub = gateway.gateway.feed.hub
    trader, watcher = await gateway.fix_session("ALICE"), await gateway.deaf_ws("", "book.BTC-KRW")
    paused, resynced = watched(gateway.ws_connection(), "pause_writing"), watched(hub, "resync")
    trader.send(orders(trader, 0, 999))
    await soon(paused)
    for _ in range(999):
        await trader.expect("8")
    trader.send(orders(trader, 999, 1))
    await trader.expect("8")
    assert hub.lagged == 1
    # A connection that lags grows no queue.
    published, delivered = hub.published, hub.delivered
    trader.send(orders(trader, 1000, 100))
    for _ in range(100):
        await trader.expect("8")
    assert (hub.published, hub.delivered, hub.lagging) == (published, delivered, 1)
    watcher.listen()
    await soon(resynced)
    pushes = [await watcher.push("book.BTC-KRW")]
    while pushes[-1]["type"] != "snapshot" or len(pushes) == 1:
        pushes.append(await watcher.push("book.BTC-KRW"))
    assert len(pushes[-1]["data"]["bids"]) == 1100
    trader.send(orders(trader, 1100, 1))
    delta = await watcher.push("book.BTC-KRW")
    assert delta["prev"] == pushes[-1]["seq"]
    assert hub.lagging == 0


@BOTH
async def test_more_than_one_write_takes_at_once_comes_as_a_snapshot(start: StartRunning) -> None:
    gateway = await start(ws={"max_pending_bytes": 2000})
    trader, watcher = await gateway.fix_session("ALICE"), await gateway.ws()
    await watcher.request("subscribe", channels=["book.BTC-KRW"])
    trader.send(orders(trader, 0, 200))
    bids: dict[str, str] = {}
    snapshots = 0
    while len(bids) < 200:
        push = await watcher.push("book.BTC-KRW")
        if push["type"] == "gap":
            continue
        if push["type"] == "snapshot":
            snapshots += 1
            bids = dict(push["data"]["bids"])
        else:
            bids.update(push["data"]["bids"])
    assert snapshots >= 2


@BOTH
async def test_who_does_not_read_private_events_is_closed(start: StartRunning) -> None:
    gateway = await start(ws={"max_pending_bytes": 20_000, "close_timeout_s": 0.1})
    trader = await gateway.fix_session("ALICE")
    await gateway.deaf_ws("ALICE", "executions")
    connection = gateway.ws_connection()
    paused, closed = watched(connection, "pause_writing"), watched(gateway.door, "closed")
    trader.send(orders(trader, 0, 400))
    await soon(paused)
    trader.send(orders(trader, 400, 1))
    assert await soon(closed) == (connection, "slow_consumer")
    for _ in range(401):
        await trader.expect("8")
    await gateway.until(lambda: gateway.gateway.router._listeners == {}, "the session's end")


@BOTH
async def test_a_slow_connection_that_reads_in_time_learns_why(start: StartRunning) -> None:
    gateway = await start(ws={"max_pending_bytes": 20_000, "close_timeout_s": 30.0})
    trader, watcher = await gateway.fix_session("ALICE"), await gateway.deaf_ws("ALICE", "executions")
    connection = gateway.ws_connection()
    paused, dismissed = watched(connection, "pause_writing"), watched(connection, "close")
    trader.send(orders(trader, 0, 400))
    await soon(paused)
    trader.send(orders(trader, 400, 2))
    await soon(dismissed)
    watcher.listen()
    assert [(await watcher.push("executions"))["seq"] for _ in range(400)] == list(range(1, 401))
    assert await watcher.end() == (1008, "SLOW_CONSUMER")


async def test_a_closing_connection_gets_no_pushes(gateway: Running) -> None:
    trader = await gateway.fix_session("ALICE")
    watcher = await gateway.deaf_ws("", "book.BTC-KRW")
    connection = gateway.ws_connection()
    connection.close(1000, "")
    trader.send(trader.order("o1"))
    await trader.expect("8")
    watcher.listen()
    assert (await watcher.push("book.BTC-KRW"))["type"] == "snapshot"
    assert await watcher.end() == (1000, "")
    assert watcher.pushes == []


# ---- who breaks the rules


@pytest.mark.parametrize(
    ("frame", "code", "reason"),
    [
        (b"\x82\x81\0\0\0\0x", 1003, "violation"),
        (b"\x81\x01x", 1002, "violation"),
        (b"\x81\xff\0\0\0\0\x7f\xff\xff\xff\0\0\0\0", 1009, "violation"),
        (b"\x81\x81\0\0\0\0\xff", 1007, "violation"),
    ],
    ids=["binary", "unmasked", "oversized", "no UTF-8"],
)
async def test_a_violation_is_named_and_the_line_is_half_closed(
    gateway: Running, frame: bytes, code: int, reason: str
) -> None:
    reader, writer = await opened(gateway)
    connection = gateway.ws_connection()
    closed = watched(gateway.gateway.ws, "closed")
    writer.write(frame)
    goodbye = await until_end(reader)
    assert goodbye[0] == 0x88
    assert int.from_bytes(goodbye[2:4], "big") == code
    # The gateway waits for our end, so that its last word is not lost to a reset.
    assert closed.empty()
    connection.close(1000, "twice")
    writer.write(b"more")
    await hang_up(writer)
    assert (await soon(closed))[1] == reason


@BOTH
async def test_an_order_in_one_segment_with_a_violation_is_worked(gateway: Running) -> None:
    peer = await gateway.ws("ALICE")
    closed = watched(gateway.door, "closed")
    peer.connection.protocol.send_text(
        b'{"id":1,"method":"order.place","params":'
        b'{"symbol":"BTC-KRW","side":"buy","type":"limit","quantity":"0.01","price":"90000000"}}'
    )
    pieces = peer.connection.protocol.data_to_send()
    peer.connection.transport.write(b"".join(pieces) + b"\x82\x81\0\0\0\0x")
    assert (await peer.end())[0] == 1003
    await soon(closed)
    await gateway.until(lambda: gateway.gateway.router.registry.open_total == 1, "the order")


async def test_who_breaks_the_rules_and_stays_is_dropped(start: StartRunning) -> None:
    gateway = await start(ws={"close_timeout_s": 0.1})
    reader, writer = await opened(gateway)
    closed = watched(gateway.gateway.ws, "closed")
    writer.write(b"\x81\x01x")
    await until_end(reader)
    assert (await soon(closed))[1] == "violation"


@BOTH
async def test_a_handshake_that_does_not_come(start: StartRunning) -> None:
    gateway = await start(ws={"handshake_timeout_s": 0.05})
    reader, _ = await gateway.raw(gateway.ws_port)
    assert (await until_end(reader)).startswith(b"HTTP/1.1 408")


async def test_a_path_that_is_not_served(gateway: Running) -> None:
    reader, writer = await gateway.raw(gateway.ws_port)
    writer.write(HANDSHAKE % b"/v9")
    assert (await until_end(reader)).startswith(b"HTTP/1.1 404")


async def test_a_client_that_answers_no_ping_is_closed(start: StartRunning) -> None:
    gateway = await start(ws={"ping_interval_s": 0.05, "ping_timeout_s": 0.05, "close_timeout_s": 0.1})
    reader, _ = await opened(gateway)
    closed = watched(gateway.gateway.ws, "closed")
    said = await until_end(reader)
    assert said[:2] == b"\x89\x01"
    assert (1011).to_bytes(2, "big") in said
    assert (await soon(closed))[1] == "ping_timeout"


async def test_a_connection_beyond_the_bound_is_turned_away(
    gateway: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ws_acceptor, "MAX_CONNECTIONS", 1)
    first = await gateway.ws()
    reader, _ = await gateway.raw(gateway.ws_port)
    assert (await until_end(reader)).startswith(b"HTTP/1.1 503")
    assert gateway.gateway.ws.connected == 1
    assert await first.request("ping") == {}


async def test_a_client_that_vanishes(gateway: Running) -> None:
    _, writer = await opened(gateway)
    closed = watched(gateway.gateway.ws, "closed")
    writer.transport.abort()
    assert (await soon(closed))[1] == "eof"


async def test_a_request_that_breaks_the_gateway_ends_its_own_connection(
    gateway: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setitem(WsSession._methods, "time", broken)
    peer, other = await gateway.ws(), await gateway.ws()
    await peer.send("time")
    assert await peer.end() == (0, "")
    assert await other.request("ping") == {}
    assert "RuntimeError: broken" in caplog.text


async def test_a_connection_that_is_gone_leaves_nothing_to_collect(gateway: Running) -> None:
    peer = await gateway.ws("ALICE")
    await peer.request("subscribe", channels=["executions", "book.BTC-KRW"])
    await peer.place("o1")
    connection = gateway.ws_connection()
    gone = asyncio.Event()
    weakref.finalize(connection, gone.set)
    weakref.finalize(connection.session, gone.set)
    closed = watched(gateway.gateway.ws, "closed")
    del connection
    gc.collect()
    gc.disable()
    try:
        await peer.close()
        await soon(closed)
        async with asyncio.timeout(TIMEOUT_S):
            await gone.wait()
    finally:
        gc.enable()


# ---- the end of the gateway


async def test_the_goodbye(start: StartRunning) -> None:
    gateway = await start(ws={"close_timeout_s": 0.1})
    peer = await gateway.ws("ALICE")
    deaf_reader, _ = await opened(gateway)
    stranger, _ = await gateway.raw(gateway.ws_port)
    await peer.request("ping")
    assert gateway.gateway.ws.connected == 3
    await gateway.shut_down()
    assert await peer.end() == (1001, "the gateway shuts down")
    assert (1001).to_bytes(2, "big") in await until_end(deaf_reader)
    assert (await until_end(stranger)).startswith(b"HTTP/1.1 503")
    assert gateway.gateway.ws.connected == 0


async def test_who_is_left_after_the_goodbye_is_dropped(
    start: StartRunning, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(composition, "GOODBYE_TIMEOUT_S", 0.05)
    gateway = await start(ws={"close_timeout_s": 60.0})
    await opened(gateway)
    await gateway.shut_down()
    assert gateway.gateway.ws.connected == 0


async def test_who_comes_after_the_goodbye_is_turned_away(gateway: Running) -> None:
    gateway.gateway.ws.say_goodbye()
    reader, _ = await gateway.raw(gateway.ws_port)
    assert (await until_end(reader)).startswith(b"HTTP/1.1 503")


async def test_a_subscription_of_one_who_is_gone_is_dropped(gateway: Running) -> None:
    peer = await gateway.ws()
    closed = watched(gateway.gateway.ws, "closed")
    await peer.send_together(("subscribe", {"channels": ["book.BTC-KRW"]}))
    connection = gateway.ws_connection()
    connection.abort()
    await soon(closed)
    name = "book.BTC-KRW"
    assert gateway.gateway.ws.join(connection, 1, {name: Subscription()}, {name: {}}) == ()
    assert gateway.gateway.feed.hub.subscriptions == 0


@BOTH
async def test_orders_are_told_once_to_each_of_many(gateway: Running) -> None:
    peers = [await gateway.ws("ALICE") for _ in range(3)]
    for peer in peers:
        await peer.request("subscribe", channels=["executions"])
    await peers[0].send("order.place", **order("o1"))
    pushes = [await peer.push("executions") for peer in peers[1:]]
    assert [push["data"]["cl_ord_id"] for push in pushes] == ["o1", "o1"]
