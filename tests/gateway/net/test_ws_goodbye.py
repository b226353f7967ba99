"""What a connection is told at the gateway's end is what it needs to go on, however much it follows."""

from pathlib import Path
from typing import Any

import orjson

from gateway.dialects.native.ws_system import Standing
from gateway.marketdata import Mode, Options
from tests.gateway.net.running import Running, StartRunning, WsPeer
from tests.gateway.net.worker_here import BOTH

BOOK = "book.BTC-KRW"
SYMBOLS = ("BTC-KRW", "ETH-KRW", "XRP-KRW")
SPEEDS = ("20ms", "100ms", "1s")
STEPS = tuple(digit * 10**power for power in range(9) for digit in (1, 2, 5))
CHANNELS = [
    f"book.{symbol}.{depth}.{speed}.g{step}"
    for symbol in SYMBOLS
    for depth in (1, 5, 10, 20, 50, 100, 500, 1000, 5000)
    for speed in SPEEDS
    for step in STEPS
][:2_000]
LOTS = (CHANNELS[:200], CHANNELS[200:1_600], CHANNELS[1_600:1_700], CHANNELS[1_700:])
WISHES: list[tuple[dict[str, Any], Options]] = [
    ({}, Options()),
    ({"mode": "conflate", "snapshot": False}, Options(Mode.CONFLATE)),
    (
        {"mode": "interval", "interval_ms": 60_000, "checksum": True},
        Options(Mode.INTERVAL, 60_000_000_000, checksum=True),
    ),
    ({"checksum": True}, Options(checksum=True)),
]


async def goodbyes(peer: WsPeer) -> list[dict[str, Any]]:
    """Return the last pushes of a connection; those before them are passed over."""
    pushes = []
    async for message in peer.connection:
        push = orjson.loads(message)
        if push.get("ch") == "system":
            pushes.append(push)
    assert await peer.end() == (1001, "the gateway shuts down")
    return pushes


def standings(gateway: Running) -> dict[str, Standing]:
    """Return what the one connection follows."""
    door = gateway.door
    [socket] = door._sockets
    return door.public.standings(socket)


@BOTH
async def test_all_that_is_followed_can_be_asked_for_again(start: StartRunning, tmp_path: Path) -> None:
    store = {"durability": "fsync", "data_dir": str(tmp_path)}
    gateway = await start(store=store)
    peer = await gateway.ws()
    for channels, (wish, _) in zip(LOTS, WISHES, strict=True):
        # All at once would be no request either.
        for start_at in range(0, len(channels), 1_000):
            await peer.request("subscribe", channels=channels[start_at:][:1_000], **wish)
    before = standings(gateway)
    assert len(before) == 2_000
    for channels, (_, options) in zip(LOTS, WISHES, strict=True):
        assert {before[name].options for name in channels} == {options}
    await gateway.shut_down()
    told = await goodbyes(peer)
    assert len(told) > 4
    assert [(push["part"], push["parts"]) for push in told] == [
        (n, len(told)) for n in range(1, len(told) + 1)
    ]
    again = await start(store=store)
    newcomer = await again.ws()
    for push in told:
        outcome = await newcomer.request("subscribe", **push["data"])
        assert {entry["outcome"] for entry in outcome} == {"subscribed"}
    assert standings(again) == before


@BOTH
async def test_what_was_not_told_yet_is_followed_from_its_beginning(gateway: Running) -> None:
    peer = await gateway.ws()
    await peer.request("subscribe", channels=[BOOK, "trades.BTC-KRW"], checksum=True)
    await peer.request("unsubscribe", channels=[BOOK])
    await peer.request("subscribe", channels=[BOOK])
    assert [standing.options for standing in standings(gateway).values()] == [Options(), Options()]
    await gateway.shut_down()
    [push] = await goodbyes(peer)
    assert "parts" not in push
    assert sorted(push["data"]["channels"]) == [BOOK, "trades.BTC-KRW"]


async def test_who_follows_nothing_is_told_so(gateway: Running) -> None:
    peer = await gateway.ws()
    await gateway.shut_down()
    [push] = await goodbyes(peer)
    assert push["data"] == {"channels": []}
