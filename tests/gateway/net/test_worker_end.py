"""A worker's end of the link: what comes for who is not there, what stops, what waits."""

import asyncio
import gc
import time
import weakref
from typing import Any

import pytest

from gateway.net import worker_link as wire
from tests.gateway.net.running import Running, StartRunning, soon, watched

BOOK = "book.BTC-KRW"
NOBODY = 10**9


@pytest.fixture
def workers() -> int:
    return 1


def link_of(gateway: Running) -> Any:
    return gateway.gateway._links._links[1]


def end_of(gateway: Running) -> Any:
    return gateway.here.started[0].worker._end


async def test_words_for_a_connection_that_is_gone_are_dropped(gateway: Running) -> None:
    link, end = link_of(gateway), end_of(gateway)
    for word in (
        wire.Text(NOBODY, b"{}"),
        wire.Framed(NOBODY, b"\x81\x00"),
        wire.CloseLine(NOBODY, 1000, ""),
        wire.LoggedOn(NOBODY, "", ""),
        wire.Join(NOBODY, 1, {}, {}),
        wire.Leave(NOBODY, [BOOK]),
        wire.ShowBook(NOBODY, 1, BOOK, 10),
    ):
        link.tell(word)
    for asked in (
        wire.Request(NOBODY, b"{}"),
        wire.Taken(NOBODY, 1),
        wire.Refused(NOBODY, BOOK),
        wire.Gone(NOBODY),
    ):
        end.tell(asked)
    peer = await gateway.ws("ALICE")
    assert await peer.request("ping") == {}
    assert gateway.failures == []


async def test_while_the_engine_s_process_is_behind_no_requests_are_read(gateway: Running) -> None:
    peer = await gateway.ws("ALICE")
    end = end_of(gateway)
    end.pause_writing()
    late = await gateway.raw(gateway.ws_port)
    late[1].write(b"GET /v1 HTTP/1.1\r\n\r\n")
    asked = await peer.send("ping")
    await gateway.until(lambda: gateway.door.connected == 2, "the second connection")
    for _ in range(50):
        await asyncio.sleep(0)
    connections = list(gateway.ws_connections)
    assert [connection._transport.is_reading() for connection in connections] == [False, False]
    end.resume_writing()
    assert (await peer.reply(asked))["status"] == 200
    assert (await late[0].read()).startswith(b"HTTP/1.1 426")


async def test_orders_are_told_only_while_somebody_follows_them(gateway: Running) -> None:
    link, end = link_of(gateway), end_of(gateway)
    peer = await gateway.ws()
    await peer.request("subscribe", channels=["l3.BTC-KRW"])
    await peer.push("l3.BTC-KRW")
    assert link.wants_orders
    end.look_at_orders()
    assert link.wants_orders
    catalog = gateway.door._feed.publisher._catalog
    await peer.request("unsubscribe", channels=["l3.BTC-KRW"])
    await gateway.until(lambda: not gateway.door._feed.hub.subscriptions, "the end of it")
    feed = gateway.door._feed.publisher
    feed.on_tick(time.monotonic_ns())
    catalog._drop(next(stream for stream in catalog._idle if stream.name == "l3.BTC-KRW"))
    end.look_at_orders()
    end.look_at_orders()
    await gateway.until(lambda: not link.wants_orders, "the word")
    # Followed again they come again, as they are then.
    trader = await gateway.ws("ALICE")
    await trader.place("o1")
    await peer.request("subscribe", channels=["l3.BTC-KRW"])
    push = await peer.push("l3.BTC-KRW")
    assert (push["seq"], len(push["data"]["bids"])) == (1, 1)


async def test_requests_of_strangers_are_told_to_the_others_a_little_later(start: StartRunning) -> None:
    gateway = await start(ws={"anonymous_unlimited": (), "anonymous_requests_rate": 1000})
    heard = watched(gateway.gateway._links, "hear")
    peer = await gateway.ws()
    await peer.request("ping")
    changes: list[wire.GuestChange] = []
    while sum(change.requests for change in changes) < 1:
        changes += (await soon(heard))[1]
    assert sum(change.connections for change in changes if change.network == "127.0.0.1") == 1
    end = end_of(gateway)
    end.guests_changed(False)
    assert end._news is not None
    end.guests_changed(False)
    end.guests_changed(True)
    end.guests_changed(True)
    await gateway.until(lambda: end._news is None, "the urgent news")


async def test_a_replay_goes_on_when_the_client_reads_again(
    gateway: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.net.worker_lines.WINDOW", 20_000)
    monkeypatch.setattr("gateway.net.worker_door.TAKEN_BYTES", 1_000)
    trader = await gateway.fix_session("ALICE")
    trader.send(b"".join(trader.order(f"o{n}", price=70_000_000 + n * 1000) for n in range(900)))
    for _ in range(900):
        await trader.expect("8")
    peer = await gateway.deaf_ws("ALICE")
    [line] = link_of(gateway)._lines.values()
    await peer.send("executions.replay", from_exec_id=1)
    await gateway.until(lambda: line.is_paused and gateway.ws_connection().is_paused, "the pause")
    position = line.session._channels._replay._position
    assert position < 900
    peer.listen()
    seqs = []
    while True:
        message = await peer.receive()
        if message.get("type") == "replay.done":
            break
        if "ch" in message:
            seqs.append(message["seq"])
    assert seqs == list(range(1, 901))


async def test_a_connection_that_is_gone_leaves_nothing_to_collect(gateway: Running) -> None:
    peer = await gateway.ws("ALICE")
    await peer.request("subscribe", channels=["executions", BOOK])
    await peer.place("o1")
    lines = link_of(gateway)._lines
    gone = [weakref.ref(part) for line in lines.values() for part in (line, line.session)]
    assert len(gone) == 2
    gc.collect()
    gc.disable()
    try:
        await peer.close()
        await gateway.until(lambda: not lines, "the end of the line")
        await gateway.until(lambda: [part() for part in gone] == [None, None], "their end")
    finally:
        gc.enable()
