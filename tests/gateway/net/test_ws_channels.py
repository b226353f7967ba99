"""A channel that is asked for twice, left twice, or asked for from the future: told, and counted."""

from typing import Any

import orjson

from gateway.marketdata import DEPTHS
from gateway.marketdata.channels import RAW, SPEEDS
from gateway.net.ws_session import REQUEST_BYTES
from tests.gateway.net.running import Running, StartRunning, WsPeer, order
from tests.gateway.net.worker_here import BOTH

BOOK, TRADES = "book.BTC-KRW", "trades.BTC-KRW"


async def outcome(peer: WsPeer, channel: str, **params: Any) -> str:
    """Subscribe to one channel; return what became of it."""
    [entry] = await peer.request("subscribe", channels=[channel], **params)
    return str(entry["outcome"])


@BOTH
async def test_a_channel_is_followed_in_one_way_at_a_time(gateway: Running) -> None:
    peer = await gateway.ws()
    await outcome(peer, BOOK, mode="conflate")
    status, error = await peer.refused("subscribe", channels=[TRADES, BOOK])
    assert (status, error["field"], error["limit"], error["value"]) == (400, "mode", "conflate", "every")
    # A logon changes nothing of it, where the session goes on in another process neither.
    await peer.log_on("ALICE")
    assert await outcome(peer, BOOK, mode="conflate") == "already_subscribed"
    wish = {"from_seq": 0, "epoch": "e"}
    assert (await peer.refused("subscribe", channels=[BOOK], mode="conflate", **wish))[1][
        "field"
    ] == "from_seq"
    # Nothing of what was refused was done.
    assert (await peer.request("unsubscribe", channels=[TRADES]))[0]["outcome"] == "not_subscribed"
    await peer.request("unsubscribe", channels=[BOOK])
    assert await outcome(peer, BOOK) == "subscribed"
    assert await outcome(peer, BOOK) == "already_subscribed"


async def test_what_becomes_of_channels_is_counted(gateway: Running) -> None:
    peer = await gateway.ws("ALICE")
    await outcome(peer, BOOK)
    await peer.request("subscribe", channels=[BOOK, TRADES, "executions"])
    await peer.request("unsubscribe", channels=[BOOK, "bbo.BTC-KRW"])
    epoch = gateway.gateway.feed.publisher.epoch
    await peer.refused("subscribe", channels=[BOOK], from_seq=99, epoch=epoch)
    counters = gateway.gateway.ws.counters
    assert counters.outcomes == {
        "subscribed": 3,
        "already_subscribed": 1,
        "unsubscribed": 1,
        "not_subscribed": 1,
    }
    assert counters.resumes == {"beyond": 1}


@BOTH
async def test_nothing_of_a_channel_comes_behind_the_reply_that_it_is_left(gateway: Running) -> None:
    peer = await gateway.ws("ALICE")
    await outcome(peer, BOOK)
    await peer.push(BOOK)
    await peer.send_together(
        ("order.place", order("o1")),
        ("unsubscribe", {"channels": [BOOK]}),
        ("order.place", order("o2", price="91000000")),
        ("ping", {}),
    )
    messages = [await peer.receive() for _ in range(4)]
    while not any(message.get("id") == peer.count - 2 for message in messages):
        messages.append(await peer.receive())
    await peer.request("ping")
    messages += peer.pushes
    told = [message.get("ch") or message["id"] for message in messages]
    left = told.index(peer.count - 3)
    assert BOOK not in told[left:]


@BOTH
async def test_a_long_request_counts_as_several(start: StartRunning, workers: int) -> None:
    gateway = await start(ws={"requests_rate": 1, "requests_burst": 4, "workers": workers})
    peer = await gateway.ws()
    names = [f"book.BTC-KRW.{depth}.{speed}" for depth in DEPTHS for speed in (RAW, *SPEEDS)] * 4
    assert 3 * REQUEST_BYTES < len(orjson.dumps(names)) < 4 * REQUEST_BYTES - 100
    await peer.request("unsubscribe", channels=names)
    _, error = await peer.refused("ping")
    assert error["name"] == "TOO_MANY_REQUESTS"
