"""Workers in one loop with the engine's part: what only they do, and what must not differ with them."""

import asyncio
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from gateway.marketdata import StreamBounds
from gateway.net import worker_lines
from gateway.net import worker_link as wire
from tests.gateway.net.running import Running, StartRunning, WsPeer, order, signed

BOOK = "book.BTC-KRW"


@pytest.fixture
def workers() -> int:
    return 2


async def peers_of_both(gateway: Running, name: str = "") -> list[WsPeer]:
    """Return a connection to each worker, the first worker's first."""
    found: dict[int, WsPeer] = {}
    while len(found) < 2:
        before = [door._count for door in gateway.doors]
        peer = await gateway.ws()
        number = next(n for n, door in enumerate(gateway.doors) if door._count > before[n])
        if number in found:
            await peer.close()
        found.setdefault(number, peer)
    await gateway.until(lambda: [door.connected for door in gateway.doors] == [1, 1], "the others' end")
    if name:
        for peer in found.values():
            await peer.log_on(name)
    return [found[number] for number in (0, 1)]


def link_of(gateway: Running, number: int) -> Any:
    """Return the engine's end of a worker's link."""
    return gateway.gateway._links._links[number]


async def told(peer: WsPeer, channel: str, seq: int) -> dict[str, Any]:
    """Return the push of a channel that brings it to ``seq``."""
    while True:
        push = await peer.push(channel)
        if push["seq"] == seq and push["type"] != "heartbeat":
            return push


async def test_anonymous_clients_are_served_by_the_worker_alone(gateway: Running) -> None:
    said = [link.counters for link in (link_of(gateway, 1), link_of(gateway, 2))]
    peer = await gateway.ws()
    for method in ("ping", "time", "instruments"):
        await peer.request(method)
    await peer.request("subscribe", channels=[BOOK])
    await peer.request("book.snapshot", channel=BOOK)
    await peer.request("unsubscribe", channels=[BOOK])
    assert (await peer.refused("orders.open"))[1]["name"] == "LOGON_REQUIRED"
    assert sum(counters.bytes_in for counters in said) == 0
    assert gateway.gateway.ws.counters.messages_in == {}


async def test_public_pushes_are_the_same_at_every_worker(gateway: Running) -> None:
    one, two = await peers_of_both(gateway)
    for peer in (one, two):
        await peer.request("subscribe", channels=[BOOK, "trades.BTC-KRW", "l3.BTC-KRW", "status.BTC-KRW"])
    trader = await gateway.ws("ALICE")
    await trader.place("o1")
    await trader.place("o2", side="sell", price="90000000")
    seen = []
    for peer in (one, two):
        pushes: list[dict[str, Any]] = []
        while not any(push["ch"] == BOOK and push["eseq"] == 2 for push in pushes):
            pushes.append(await peer.receive())
        seen.append([{**push, "sent": 0} for push in pushes if push["type"] in {"delta", "event"}])
    assert seen[0] == seen[1]
    assert [(push["ch"], push["seq"]) for push in seen[0] if push["ch"] != "l3.BTC-KRW"] == [
        (BOOK, 1),
        ("trades.BTC-KRW", 2),
        (BOOK, 2),
    ]


async def test_reply_executions_and_public_pushes_keep_the_order_of_the_commit(gateway: Running) -> None:
    peer = await gateway.ws("ALICE")
    await peer.request("subscribe", channels=["executions", BOOK, "trades.BTC-KRW"])
    for _ in range(2):
        await peer.receive()
    await peer.place("o1")
    request = await peer.send("order.place", **order("o2", "sell", price="90000000"))
    messages = [await peer.receive() for _ in range(8)]
    kinds = [message.get("ch", "reply") for message in messages if message.get("eseq") != 1]
    assert kinds[0] == "reply"
    assert next(message for message in messages if "ch" not in message)["id"] == request
    assert kinds[1:] == ["executions"] * (len(kinds) - 3) + ["trades.BTC-KRW", BOOK]


async def test_a_session_that_is_handed_over_keeps_what_it_follows_and_its_budget(
    start: StartRunning,
) -> None:
    gateway = await start(ws={"requests_rate": 1, "requests_burst": 5, "max_subscriptions": 2})
    peer = await gateway.ws()
    await peer.request("subscribe", channels=[BOOK])
    await peer.request("ping")
    await peer.log_on("ALICE")
    [entry, other] = await peer.request("subscribe", channels=[BOOK, "executions"])
    assert (entry["outcome"], other["outcome"]) == ("already_subscribed", "subscribed")
    assert (await peer.refused("subscribe", channels=["bbo.BTC-KRW"]))[1]["name"] == "TOO_MANY_CHANNELS"
    assert (await peer.refused("ping"))[1]["name"] == "TOO_MANY_REQUESTS"


async def test_requests_that_come_with_the_logon_are_worked_behind_it(gateway: Running) -> None:
    peer = await gateway.ws()
    subscribe = {"channels": ["executions", BOOK]}
    await peer.send_together(
        ("session.logon", signed("ALICE")), ("subscribe", subscribe), ("order.place", order("o1"))
    )
    replies: dict[int, int] = {}
    while len(replies) < 3:
        message = await peer.receive()
        if "ch" not in message:
            replies[message["id"]] = message["status"]
    assert replies == {1: 200, 2: 200, 3: 200}


async def test_a_worker_knows_who_is_logged_on(gateway: Running) -> None:
    peer = await gateway.ws("ALICE")
    await gateway.until(lambda: sum(door.established for door in gateway.doors) == 1, "the logon")
    assert gateway.gateway.health()["ws_connections"] == 1
    await peer.close()
    await gateway.until(lambda: gateway.gateway.health()["ws_connections"] == 0, "the end")
    assert gateway.gateway.router._sessions.keys() == {"ALICE", "BOB", "CAROL", "DAVE", "ERIN"}


async def test_what_a_channel_cannot_give_is_told_to_the_session_too(gateway: Running) -> None:
    peer = await gateway.ws("ALICE")
    for door in gateway.doors:
        door._feed.publisher.bound_streams(StreamBounds(max_streams=0))
    [entry] = await peer.request("subscribe", channels=["book.BTC-KRW.10.raw"])
    assert (entry["outcome"], entry["error"]["name"]) == ("refused", "CHANNEL_UNAVAILABLE")
    # The session does not take it for followed.
    [entry] = await peer.request("subscribe", channels=["book.BTC-KRW.10.raw"])
    assert entry["outcome"] == "refused"
    [entry] = await peer.request("unsubscribe", channels=["book.BTC-KRW.10.raw"])
    assert entry["outcome"] == "not_subscribed"


async def test_a_resume_waits_for_what_another_worker_has_told(gateway: Running) -> None:
    one, two = await peers_of_both(gateway)
    await one.request("subscribe", channels=[BOOK])
    trader = await gateway.ws("ALICE")
    await trader.place("o1")
    epoch = (await one.push(BOOK))["epoch"]
    await told(one, BOOK, 1)
    # The second worker has not worked that yet.
    door = gateway.doors[1]
    door._feed.publisher._imprint.eseq = 0
    resume = {"channels": [BOOK], "from_seq": 1, "epoch": epoch}
    asked = await two.send("subscribe", **resume)
    then = await two.send("ping")
    await gateway.until(lambda: any(s.session._held for s in gateway.ws_connections), "the request")
    door._feed.publisher._imprint.eseq = 1
    assert (await two.reply(then))["status"] == 200
    [entry] = (await two.reply(asked))["result"]
    assert (entry["seq"], entry["recovered"]) == (1, True)
    status, error = await two.refused("subscribe", **{**resume, "channels": ["bbo.BTC-KRW"], "from_seq": 99})
    assert (status, error["field"]) == (400, "from_seq")


async def test_a_client_that_leaves_while_its_resume_waits(gateway: Running) -> None:
    peer = await gateway.ws()
    await peer.send("subscribe", channels=[BOOK], from_seq=0, epoch="e")
    await gateway.until(
        lambda: any(s.session and s.session._held for s in gateway.ws_connections), "the request"
    )
    [connection] = gateway.ws_connections
    session: Any = connection.session
    door = next(door for door in gateway.doors if door.connected)
    connection.abort()
    await gateway.until(lambda: not door.connected and session._held is None, "the mark")
    assert door._feed.hub.subscriptions == 0


async def test_the_death_of_a_worker_ends_its_sessions_and_another_takes_its_place(
    gateway: Running,
) -> None:
    one, two = await peers_of_both(gateway)
    await one.log_on("ALICE", cancel_on_disconnect=True)
    await two.log_on("BOB", cancel_on_disconnect=True)
    await one.place("o1")
    await two.place("o2")
    gateway.here.started[0].kill()
    with pytest.raises(ConnectionClosed):
        await one.receive()
    await gateway.until(lambda: gateway.gateway.router.registry.open_total == 1, "the cancel on disconnect")
    assert (await two.request("orders.open"))[0]["cl_ord_id"] == "o2"
    # Clients who come meanwhile wait for the next one.
    async with asyncio.timeout(5):
        while len(gateway.here.started) < 3:
            await (await gateway.ws()).request("ping")
    assert gateway.gateway.workers.restarts == 1
    assert gateway.failures == []


async def test_a_worker_that_does_not_keep_up_is_killed(start: StartRunning) -> None:
    gateway = await start(ws={"worker_pending_bytes": 1024})
    one, two = await peers_of_both(gateway)
    await one.log_on("ALICE")
    link = link_of(gateway, 2)
    link._bound = 1024
    gateway.here.started[1].worker._end._transport.pause_reading()
    n = 0
    while not link.lost.is_set():
        n += 1
        await one.place(f"o{n}")
    assert gateway.gateway._links.behind == 1
    with pytest.raises(ConnectionClosed):
        await two.receive()
    assert await one.request("ping") == {}


async def test_a_request_that_fails_ends_its_connection_only(
    gateway: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    one, two = await gateway.ws("ALICE"), await gateway.ws("BOB")
    sessions = [line.session for n in (1, 2) for line in link_of(gateway, n)._lines.values()]
    [broken] = [session for session in sessions if session.account == "ALICE"]

    def fail(payload: bytes, now: int) -> None:
        raise ZeroDivisionError(payload, now)

    monkeypatch.setattr(broken, "receive", fail)
    await one.send_together(("ping", {}), ("ping", {}))
    assert (await one.end())[0] == 1011
    assert await two.request("ping") == {}
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == [
        "a request failed"
    ]


async def test_a_resume_that_fails_ends_its_connection_only(
    gateway: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    one, other = await gateway.ws(), await gateway.ws()
    await other.request("ping")

    def fail(*arguments: object) -> None:
        raise ZeroDivisionError(arguments)

    monkeypatch.setattr("gateway.net.ws_channels.WsChannels.subscribe", fail)
    resume = {"channels": [BOOK], "from_seq": 0, "epoch": "e"}
    await one.send_together(("subscribe", resume), ("ping", {}))
    assert (await one.end())[0] == 1011
    assert await other.request("ping") == {}
    assert gateway.gateway.workers.restarts == 0
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == [
        "a request failed"
    ]


async def test_a_word_to_a_connection_that_fails_ends_that_one_only(
    gateway: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    one, other = await gateway.ws("ALICE"), await gateway.ws("BOB")

    def fail(*arguments: object) -> None:
        raise ZeroDivisionError(arguments)

    with monkeypatch.context() as patch:
        patch.setattr("gateway.marketdata.Publisher.subscribe", fail)
        await one.send("subscribe", channels=[BOOK])
        assert (await one.end())[0] == 1011
    assert await other.request("ping") == {}
    assert gateway.gateway.workers.restarts == 0
    assert "a request failed" in caplog.text


async def test_a_link_that_cannot_be_understood_ends_the_worker(gateway: Running) -> None:
    link = link_of(gateway, 1)
    gateway.here.started[0].worker._end._transport.write(b"\xff\xff\xff\xff")
    await gateway.until(link.lost.is_set, "the end of the link")
    assert await gateway.here.started[0].wait() == 0
    assert gateway.gateway.workers.restarts <= 1


async def test_replays_do_not_run_ahead_of_the_worker(
    gateway: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_lines, "WINDOW", 2_000)
    monkeypatch.setattr("gateway.net.worker_door.TAKEN_BYTES", 500)
    peer = await gateway.ws("ALICE")
    for n in range(200):
        await peer.send("order.place", **order(f"o{n}"))
    for n in range(200):
        await peer.reply(n + 2)
    lines = [line for n in (1, 2) for line in link_of(gateway, n)._lines.values()]
    ahead = []
    asked = await peer.send("executions.replay", from_exec_id=1)
    assert (await peer.reply(asked))["result"]["seq"] == 200
    seqs = []
    while True:
        push = await peer.receive()
        ahead.append(lines[0]._ahead)
        if push["type"] == "replay.done":
            break
        seqs.append(push["seq"])
    assert seqs == list(range(1, 201))
    # At most the window and one chunk more.
    assert max(ahead) < 2_000 + 64 * 1_000
    await gateway.until(lambda: not lines[0].is_paused, "the last of it")


async def test_the_goodbye_goes_through_the_workers(gateway: Running) -> None:
    one, two = await peers_of_both(gateway)
    await two.log_on("ALICE")
    await one.request("subscribe", channels=[BOOK])
    await one.push(BOOK)
    await two.place("o1")
    await told(one, BOOK, 1)
    await gateway.shut_down()
    push = await one.push("system")
    assert (push["type"], push["data"]["from_seq"]) == ("shutdown", {BOOK: 1})
    assert (await one.end(), await two.end()) == ((1001, "the gateway shuts down"),) * 2


async def test_metrics_of_workers_are_merged(gateway: Running) -> None:
    one, two = await peers_of_both(gateway)
    for peer in (one, two):
        await peer.request("ping")
    for worker in gateway.here.started:
        assert worker.worker._parts is not None
        worker.worker._parts._report.cancel()  # type: ignore[union-attr]  # it reports
        worker.worker._parts._tell_report()
    await gateway.until(lambda: len(link_of(gateway, 1).samples) and len(link_of(gateway, 2).samples), "it")
    reader, writer = await gateway.raw(int(gateway.endpoints.http.rpartition(":")[2]))
    writer.write(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    text = (await reader.read()).decode()
    for line in (
        'bdax_open_connections{front="ws",worker="1"} 1.0',
        'bdax_open_connections{front="ws",worker="2"} 1.0',
        'bdax_open_connections{front="fix",worker=""} 0.0',
        'bdax_requests_total{front="ws",type="ping",worker="2"} 1.0',
        'bdax_worker_backlog_bytes{worker="1"} 0.0',
        "bdax_workers 2.0",
        "bdax_worker_restarts_total 0.0",
    ):
        assert line in text


async def test_no_more_connections_than_may_be_over_all_workers(
    gateway: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = await peers_of_both(gateway)
    monkeypatch.setattr("gateway.net.worker_door.MAX_CONNECTIONS", 2)
    await gateway.until(lambda: all(door.guests.elsewhere == 1 for door in gateway.doors), "the news")  # type: ignore[attr-defined]  # a worker's
    reader, writer = await gateway.raw(gateway.ws_port)
    writer.write(b"GET /v1 HTTP/1.1\r\n\r\n")
    assert (await reader.read()).startswith(b"HTTP/1.1 503")
    assert await one.request("ping") == {}


def test_messages_of_both_directions_have_their_own_tags() -> None:
    tags = [
        kind.__struct_config__.tag
        for kind in vars(wire).values()
        if isinstance(kind, type) and issubclass(kind, wire.Said)
    ]
    numbered = [tag for tag in tags if tag is not None]
    assert len(numbered) == len(set(numbered)) == 27
