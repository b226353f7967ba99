"""Anonymous connections at the limits of their address: refused softly first, then cut off."""

import contextlib
from typing import Any

import pytest
from websockets.exceptions import InvalidMessage, InvalidStatus

from gateway.auth import guests
from tests.gateway.net.running import Running, StartRunning, hang_up, soon, watched
from tests.gateway.net.worker_here import BOTH

CHANNELS = ["book.BTC-KRW", "bbo.BTC-KRW", "trades.BTC-KRW", "book.ETH-KRW"]


def limits(**changes: Any) -> dict[str, Any]:
    """Return settings whose limits hold on loopback too."""
    return {"anonymous_unlimited": (), **changes}


def refusals(gateway: Running) -> tuple[int, int]:
    guests = gateway.gateway.ws.guests
    return guests.refusals, guests.cut_off


async def test_loopback_has_no_limits_by_default(start: StartRunning) -> None:
    gateway = await start(ws={"anonymous_connections": 1, "anonymous_subscriptions": 1})
    for _ in range(3):
        await (await gateway.ws()).request("subscribe", channels=CHANNELS)
    assert refusals(gateway) == (0, 0)


async def test_connections_beyond_the_limit_are_told_when_to_come_again(start: StartRunning) -> None:
    gateway = await start(ws=limits(anonymous_connections=2))
    first, second = await gateway.ws(), await gateway.ws()
    with pytest.raises(InvalidStatus) as refused:
        await gateway.ws()
    response = refused.value.response
    assert (response.status_code, response.headers["Retry-After"]) == (429, "5")
    assert b"retry_after_ms=5000" in bytes(response.body or b"")
    # A logon makes room, and so does an end.
    await second.log_on("ALICE")
    third = await gateway.ws()
    closed = watched(gateway.gateway.ws, "closed")
    await first.close()
    await soon(closed)
    await gateway.ws()
    assert await third.request("ping") == {}
    assert refusals(gateway) == (1, 0)
    assert gateway.gateway.ws.counters.disconnects["address_limited"] == 1


async def test_who_goes_on_connecting_gets_no_answer(start: StartRunning) -> None:
    gateway = await start(ws=limits(anonymous_connections=1, anonymous_refusals=2))
    await gateway.ws()
    for _ in range(2):
        with pytest.raises(InvalidStatus):
            await gateway.ws()
    with pytest.raises((InvalidMessage, OSError)):
        await gateway.ws()
    assert refusals(gateway) == (3, 1)


@BOTH
async def test_connections_without_a_handshake_beyond_the_limit_are_closed_at_once(
    start: StartRunning, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guests, "SPARE_HANDSHAKES", 1)
    gateway = await start(ws=limits(anonymous_connections=2))
    doors = gateway.doors
    bare = [await gateway.raw(gateway.ws_port) for _ in range(3 * len(doors) + 5)]
    await gateway.until(lambda: sum(door.guests.refusals for door in doors) >= 5, "refusals")
    assert all(door.connected <= 3 for door in doors)
    ended = [reader for reader, _ in bare if reader.at_eof() or reader.exception() is not None]
    for reader in ended:
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
    assert sum(door.counters.disconnects["address_limited"] for door in doors) >= 5
    for _, writer in bare:
        await hang_up(writer)
    await gateway.until(lambda: not any(door.connected for door in doors), "all to be gone")
    assert await (await gateway.ws()).request("ping") == {}


async def test_subscriptions_beyond_the_limit_are_refused_and_change_nothing(start: StartRunning) -> None:
    gateway = await start(ws=limits(anonymous_subscriptions=4))
    one, two = await gateway.ws(), await gateway.ws()
    await one.request("subscribe", channels=CHANNELS[:3])
    status, error = await two.refused("subscribe", channels=CHANNELS[:2])
    assert status == 429
    assert error == {
        "code": 1013,
        "name": "ADDRESS_LIMITED",
        "msg": "more than 4 channels from this address without a logon",
        "field": None,
        "limit": 4,
        "value": None,
        "retry_after_ms": 1000,
    }
    [entry] = await two.request("subscribe", channels=CHANNELS[:1])
    assert entry["outcome"] == "subscribed"
    await one.request("unsubscribe", channels=CHANNELS[:1])
    await two.request("subscribe", channels=CHANNELS[:2])
    assert (await one.refused("subscribe", channels=CHANNELS))[1]["name"] == "ADDRESS_LIMITED"
    # Logged on, a connection counts for itself.
    await one.log_on("ALICE")
    await one.request("subscribe", channels=CHANNELS)
    await two.request("subscribe", channels=CHANNELS)
    assert refusals(gateway) == (2, 0)


async def test_requests_beyond_the_rate_are_refused_then_the_connection_ends(start: StartRunning) -> None:
    gateway = await start(
        ws=limits(
            anonymous_requests_rate=1,
            anonymous_requests_burst=2,
            anonymous_refusals=2,
            anonymous_refusal_interval_s=3600,
        )
    )
    one, two = await gateway.ws(), await gateway.ws()
    assert await one.request("ping") == {}
    assert await two.request("ping") == {}
    status, error = await one.refused("time")
    assert (status, error["name"], error["limit"]) == (429, "ADDRESS_LIMITED", 1)
    assert 0 < error["retry_after_ms"] <= 1000
    # A logon is not in the way of a limit that it lifts.
    await two.log_on("ALICE")
    assert await two.request("ping") == {}
    await one.refused("ping")
    await one.refused("ping")
    assert await one.end() == (1008, "ADDRESS_LIMITED")
    assert refusals(gateway) == (3, 1)
    assert gateway.gateway.ws.counters.rejects["ADDRESS_LIMITED"] == 3


async def test_what_is_no_request_counts_too(start: StartRunning) -> None:
    gateway = await start(
        ws=limits(anonymous_requests_rate=1, anonymous_requests_burst=1, anonymous_refusals=1)
    )
    peer = await gateway.ws()
    for _ in range(3):
        await peer.connection.send("{")
        assert (await peer.reply(None))["error"]["name"] == "INVALID_JSON"
    assert await peer.end() == (1008, "ADDRESS_LIMITED")
