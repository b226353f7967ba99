"""Clients that do not keep up with public pushes, by what they asked for, whoever has their connections."""

from tests.gateway.net.running import Running, StartRunning, orders_at, soon, watched
from tests.gateway.net.worker_here import BOTH

BOOK = "book.BTC-KRW"


@BOTH
async def test_who_misses_pushes_too_often_is_closed(start: StartRunning) -> None:
    gateway = await start(market_data={"slow_max_lags": 0}, ws={"close_timeout_s": 0.1})
    trader, watcher = await gateway.fix_session("ALICE"), await gateway.deaf_ws("", BOOK)
    closed, hub = watched(gateway.door, "closed"), gateway.door._feed.hub
    connection = gateway.ws_connection()
    paused = watched(connection, "pause_writing")
    trader.send(orders_at(trader, 0, 999))
    await soon(paused)
    for _ in range(999):
        await trader.expect("8")
    trader.send(orders_at(trader, 999, 1))
    await trader.expect("8")
    await gateway.until(lambda: hub.lagging, "a push that is refused")
    watcher.listen()
    assert await soon(closed) == (connection, "slow_consumer")
    assert hub.closed_slow == 1
    assert await watcher.end() == (1008, "SLOW_CONSUMER")


@BOTH
async def test_who_reads_but_gets_too_much_for_one_write_lags_once(start: StartRunning) -> None:
    gateway = await start(ws={"max_pending_bytes": 4096})
    trader, watcher = await gateway.fix_session("ALICE"), await gateway.ws("")
    gateway.door.pushes.most_held_ns = 60_000_000_000
    await watcher.request("subscribe", channels=[BOOK])
    hub = gateway.door._feed.hub
    trader.send(orders_at(trader, 0, 100))
    push = await watcher.push(BOOK)
    while push["type"] != "snapshot" or len(push["data"]["bids"]) < 100:
        push = await watcher.push(BOOK)
    assert (hub.lagged, hub.gaps, hub.closed_slow) == (1, 1, 0)


@BOTH
async def test_who_conflates_learns_how_many_pushes_a_snapshot_stands_for(gateway: Running) -> None:
    trader, watcher = await gateway.fix_session("ALICE"), await gateway.deaf_ws()
    hub = gateway.door._feed.hub
    watcher.listen()
    await watcher.request("subscribe", channels=[BOOK], mode="conflate")
    await watcher.push(BOOK)
    watcher.deafen()
    paused = watched(gateway.ws_connection(), "pause_writing")
    trader.send(orders_at(trader, 0, 999))
    await soon(paused)
    for _ in range(999):
        await trader.expect("8")
    trader.send(orders_at(trader, 999, 1))
    await trader.expect("8")
    await gateway.until(lambda: hub.lagging, "a push that is refused")
    watcher.listen()
    told = 0
    while told < 1000:
        push = await watcher.push(BOOK)
        told += push.get("conflated", 1)
        if "conflated" in push:
            assert push["type"] == "snapshot"
    assert (told, len(push["data"]["bids"]), hub.gaps) == (1000, 1000, 0)
    assert hub.conflated > 0
