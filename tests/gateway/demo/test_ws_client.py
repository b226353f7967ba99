import asyncio
from typing import Any

import pytest

from gateway.demo import ws_client
from gateway.demo.ws_client import RequestError, WsClient, cancel_open_orders
from tests.gateway.demo.venue import BEST, PARTICIPANTS, Venue


async def test_requests_get_their_replies_and_pushes_go_by_them() -> None:
    pushes: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    async with Venue() as venue, WsClient(venue.briefing.ws_url, pushes.put_nowait) as client:
        await client.logon(PARTICIPANTS[1])
        assert (await venue.ws_request("session.logon"))["params"]["key"] == "SIM2"
        await client.request("subscribe", {"channels": ["bbo.BTC-KRW"]})
        async with asyncio.timeout(5):
            assert (await pushes.get())["data"] == BEST
        assert await client.request("orders.open") == []


async def test_without_an_ear_for_pushes_they_are_passed_over() -> None:
    async with Venue() as venue, WsClient(venue.briefing.ws_url) as client:
        await client.request("subscribe", {"channels": ["bbo.BTC-KRW"]})
        assert await client.request("ping") == {}


async def test_an_error_reply_is_raised() -> None:
    async with Venue() as venue, WsClient(venue.briefing.ws_url) as client:
        venue.ws_errors["order.place"] = "THROTTLED"
        with pytest.raises(RequestError, match=r"order\.place: THROTTLED: as told") as caught:
            await client.request("order.place", {})
        assert caught.value.name == "THROTTLED"


async def test_a_lost_connection_fails_what_waits_for_a_reply(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Venue() as venue, WsClient(venue.briefing.ws_url) as client:
        monkeypatch.setattr(venue, "_answer_ws", lambda _: [])
        waiting = asyncio.create_task(client.request("ping"))
        await venue.ws_request("ping")
        await venue.sockets[0].close()
        with pytest.raises(ConnectionError, match="closed by the gateway"):
            await waiting


async def test_a_reply_that_never_comes_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ws_client, "REPLY_TIMEOUT_S", 0.05)
    async with Venue() as venue, WsClient(venue.briefing.ws_url) as client:
        monkeypatch.setattr(venue, "_answer_ws", lambda _: [])
        with pytest.raises(TimeoutError):
            await client.request("ping")


async def test_what_was_left_open_is_canceled_even_if_one_is_gone() -> None:
    async with Venue() as venue, WsClient(venue.briefing.ws_url) as client:
        venue.open_orders = [{"order_id": "7"}, {"order_id": "9"}]
        venue.ws_errors["order.cancel"] = "TOO_LATE"
        await cancel_open_orders(client)
        assert [(await venue.ws_request("order.cancel"))["params"] for _ in range(2)] == [
            {"order_id": "7"},
            {"order_id": "9"},
        ]
