"""Connections of every kind that came and have gone leave the garbage collector nothing.

What has outlived one of its full collections it never looks at again (``app.survivors``).
"""

import asyncio
import gc
from collections import Counter
from collections.abc import Awaitable, Callable

import pytest

from tests.gateway.net.fix_peer import FixPeer, encoded_logon
from tests.gateway.net.running import (
    PASSWORD,
    QUOTES,
    TIMEOUT_S,
    Running,
    StartRunning,
    WsPeer,
    hang_up,
    soon,
    watched,
)
from tests.gateway.net.worker_here import BOTH

Closings = list["asyncio.Queue[tuple[object, ...]]"]

COUNT = 3
OURS = ("gateway.", "protocols.")
CHANNELS = (
    "book.BTC-KRW",
    "book.BTC-KRW.10.100ms",
    "l3.BTC-KRW",
    "bbo.BTC-KRW",
    "trades.BTC-KRW",
    "ticker.BTC-KRW",
    "candles.BTC-KRW.1m",
    "status.BTC-KRW",
)
REQUESTS = (b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", b"garbage\r\n\r\n")

pytestmark = pytest.mark.usefixtures("_no_gc")


def garbage() -> Counter[str]:
    """Return what only the collector would free, of our own types."""
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        gc.collect()
        names = [f"{type(found).__module__}.{type(found).__qualname__}" for found in gc.garbage]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
    return Counter(name for name in names if name.startswith(OURS))


async def leaves_nothing(gateway: Running, churn: Callable[[Running, int], Awaitable[None]]) -> None:
    """Fail when something is left of connections that came and went by ``churn``."""
    async with asyncio.timeout(2 * TIMEOUT_S):
        await churn(gateway, 0)
        gc.collect()
        for number in range(1, COUNT + 1):
            await churn(gateway, number)
    assert garbage() == {}


def closings(gateway: Running) -> Closings:
    """Return what is told of each connection that closes: FIX first, then by acceptor of WebSocket."""
    return [watched(door, "closed") for door in (gateway.gateway.fix, *gateway.doors)]


async def one_of(gateway: Running, closed: Closings) -> None:
    """Wait until one of the acceptors has told of a connection that closed."""
    await gateway.until(lambda: any(queue.qsize() for queue in closed), "the end of a connection")
    next(queue for queue in closed if queue.qsize()).get_nowait()


# ---- FIX


async def test_strangers_of_fix(gateway: Running) -> None:
    fix, *_ = closings(gateway)

    async def churn(gateway: Running, number: int) -> None:
        del number
        logon = encoded_logon("ALICE", PASSWORD)
        for said in (b"", b"garbage", logon[:40], encoded_logon("ALICE", "wrong"), logon.replace(b"A", b"B")):
            _, writer = await gateway.raw()
            writer.write(said)
            await hang_up(writer)
            await soon(fix)

    await leaves_nothing(gateway, churn)


async def test_sessions_of_fix(gateway: Running) -> None:
    fix, *_ = closings(gateway)

    async def churn(gateway: Running, number: int) -> None:
        peer = await gateway.fix("ALICE")
        await peer.log_on(PASSWORD, (141, "Y"))
        peer.send(peer.order(f"o{number}"), peer.encode("U1", (20012, "r")))
        peer.send(peer.encode("2", (7, 1), (16, 0)))
        while (await peer.receive()).get(35) != "U2":
            pass
        await goodbye(peer, number)
        await soon(fix)

    await leaves_nothing(gateway, churn)


async def test_market_data_sessions(gateway: Running) -> None:
    fix, *_ = closings(gateway)
    whole_book = ((263, 1), (264, 0), (265, 1), (267, 2), (269, 0), (269, 1), (146, 1), (55, "BTC-KRW"))

    async def churn(gateway: Running, number: int) -> None:
        peer = await gateway.fix(QUOTES)
        await peer.log_on(PASSWORD, (141, "Y"))
        peer.send(peer.encode("V", (262, "md"), *whole_book))
        await peer.expect("W")
        await goodbye(peer, number)
        await soon(fix)
        assert gateway.gateway.feed.hub.subscriptions == 0

    await leaves_nothing(gateway, churn)


async def goodbye(peer: FixPeer, number: int) -> None:
    """Leave: by Logout(5), in the middle of a message, or without a word."""
    if number % 3 == 0:
        peer.send(peer.encode("5"))
        while (await peer.receive())[35] != "5":
            pass
    elif number % 3 == 1:
        peer.send(peer.encode("0")[:30])
    await peer.close()


async def test_who_never_logs_on(start: StartRunning) -> None:
    gateway = await start(fix={"logon_timeout_s": 0.02}, ws={"handshake_timeout_s": 0.1})

    async def churn(gateway: Running, number: int) -> None:
        del number
        for port in (gateway.fix_port, gateway.ws_port):
            reader, writer = await gateway.raw(port)
            async with asyncio.timeout(TIMEOUT_S):
                await reader.read()
            await hang_up(writer)
        await gateway.until(
            lambda: not gateway.gateway.fix._connections and not gateway.ws_connections, "their end"
        )

    await leaves_nothing(gateway, churn)


# ---- WebSocket


@BOTH
async def test_guests(gateway: Running) -> None:
    closed = closings(gateway)

    async def churn(gateway: Running, number: int) -> None:
        peer = await gateway.ws()
        joined = await peer.request("subscribe", channels=list(CHANNELS))
        await peer.request("book.snapshot", channel=CHANNELS[0], max_levels=10)
        await peer.request("unsubscribe", channels=list(CHANNELS[:2]))
        await peer.request("subscribe", channels=[CHANNELS[0]], from_seq=0, epoch=joined[0]["epoch"])
        await leave(peer, number)
        await one_of(gateway, closed)

    await leaves_nothing(gateway, churn)


@BOTH
async def test_sessions_of_websocket(gateway: Running) -> None:
    closed = closings(gateway)

    async def churn(gateway: Running, number: int) -> None:
        peer = await gateway.ws("ALICE")
        await peer.place(f"o{number}")
        await peer.request("subscribe", channels=["executions", CHANNELS[0]], from_exec_id=1)
        while (await peer.receive()).get("type") != "replay.done":
            pass
        await peer.request("orders.open")
        if number % 2:
            await peer.send("executions.replay", from_exec_id=1)
        await leave(peer, number)
        await one_of(gateway, closed)
        stranger = await gateway.ws()
        await stranger.send("session.logon", key="ALICE", timestamp=1, signature="x")
        assert (await stranger.end())[0] == 1008
        await one_of(gateway, closed)

    await leaves_nothing(gateway, churn)


async def leave(peer: WsPeer, number: int) -> None:
    """Leave: by a close frame, in the middle of a frame, or without a word."""
    if number % 3 == 0:
        await peer.close()
        return
    if number % 3 == 1:
        peer.connection.transport.write(b"\x81\xff")
    peer.connection.transport.abort()


@BOTH
async def test_who_does_not_read(start: StartRunning, workers: int) -> None:
    del workers
    gateway = await start(ws={"max_pending_bytes": 20_000, "close_timeout_s": 0.05})
    closed = closings(gateway)
    trader = await gateway.fix_session("ALICE")

    async def churn(gateway: Running, number: int) -> None:
        deaf = await gateway.deaf_ws("ALICE", "executions", CHANNELS[0])
        known = sum(queue.qsize() for queue in closed)
        while sum(queue.qsize() for queue in closed) == known:
            trader.send(b"".join(trader.order(f"{trader.next_out}.{number}") for _ in range(50)))
            for _ in range(50):
                await trader.expect("8")
        await one_of(gateway, closed)
        await deaf.close()

    await leaves_nothing(gateway, churn)


# ---- HTTP


async def test_http(gateway: Running) -> None:
    port = int(gateway.endpoints.http.rpartition(":")[2])

    async def churn(gateway: Running, number: int) -> None:
        del number
        for request in REQUESTS:
            reader, writer = await gateway.raw(port)
            writer.write(request)
            async with asyncio.timeout(TIMEOUT_S):
                assert (await reader.read()).startswith(b"HTTP/1.1 ")
            await hang_up(writer)
        await gateway.until(lambda: not gateway.gateway._admin._connections, "their end")

    await leaves_nothing(gateway, churn)
