"""Connections in MessagePack, and with permessage-deflate, over real sockets and a stock client."""

import asyncio
from typing import Any

import msgspec
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

from gateway.dialects.native import ws_forms
from gateway.ports.market_data import JSON, JSON_DEFLATED, MSGPACK, MSGPACK_DEFLATED
from protocols.ws import deflated_frame
from tests.gateway.net.running import (
    TIMEOUT_S,
    Running,
    StartRunning,
    WsPeer,
    order,
    signed,
    soon,
    watched,
)
from tests.gateway.net.worker_here import BOTH

MSGPACK_NAME = "bdax.v1.msgpack"
BOOK = "book.BTC-KRW"


def deflate(**terms: Any) -> list[ClientPerMessageDeflateFactory]:
    return [ClientPerMessageDeflateFactory(**terms)]


class PackedPeer:
    """A client in MessagePack: replies and pushes apart."""

    def __init__(self, peer: WsPeer) -> None:
        self.connection = peer.connection
        self.pushes: list[dict[str, Any]] = []

    async def receive(self) -> dict[str, Any]:
        async with asyncio.timeout(TIMEOUT_S):
            data = await self.connection.recv()
        assert isinstance(data, bytes)
        message: dict[str, Any] = msgspec.msgpack.decode(data)
        return message

    async def ask(self, payload: bytes) -> dict[str, Any]:
        """Return the reply; pushes before it are kept."""
        await self.connection.send(payload)
        while True:
            message = await self.receive()
            if "ch" not in message:
                return message
            self.pushes.append(message)

    async def request(self, method: str, **params: Any) -> Any:
        reply = await self.ask(msgspec.msgpack.encode({"id": 1, "method": method, "params": params}))
        assert (reply["id"], reply["status"]) == (1, 200), reply
        return reply["result"]

    async def push(self) -> dict[str, Any]:
        return self.pushes.pop(0) if self.pushes else await self.receive()


async def packed(gateway: Running, **connection: Any) -> PackedPeer:
    return PackedPeer(await gateway.ws(subprotocols=[MSGPACK_NAME], **connection))


# ---- MessagePack


async def test_orders_executions_and_pushes_in_messagepack_are_those_in_json(gateway: Running) -> None:
    plain = await gateway.ws("ALICE")
    peer = await packed(gateway)
    assert peer.connection.subprotocol == MSGPACK_NAME
    await peer.request("session.logon", **signed("ALICE"))
    for client in (plain, peer):
        outcome = await client.request("subscribe", channels=[BOOK, "executions"])
        assert [entry["outcome"] for entry in outcome] == ["subscribed", "subscribed"]
    accepted = await peer.request("order.place", **order("a"))
    assert (accepted["price"], accepted["quantity"]) == ("90000000", "0.01")
    await plain.request("ping")
    await peer.request("ping")
    theirs = [push for push in plain.pushes if push["type"] != "snapshot"]
    ours = [push for push in peer.pushes if push["type"] != "snapshot"]
    assert {push["ch"] for push in ours} == {BOOK, "executions"}
    assert sorted(ours, key=str) == sorted(theirs, key=str)


@BOTH
async def test_a_replay_comes_in_messagepack(gateway: Running) -> None:
    trader = await gateway.ws("ALICE")
    await trader.place("a")
    peer = await packed(gateway)
    await peer.request("session.logon", **signed("ALICE"))
    await peer.request("executions.replay", from_exec_id=1)
    pushes = [await peer.push(), await peer.push()]
    assert [(push["type"], push["seq"]) for push in pushes] == [("replay", 1), ("replay.done", 1)]


@BOTH
async def test_what_is_wrong_is_said_in_messagepack(gateway: Running) -> None:
    peer = await packed(gateway)
    reply = await peer.ask(msgspec.msgpack.encode({"id": 5, "method": "fly"}))
    assert (reply["id"], reply["status"], reply["error"]["name"]) == (5, 404, "UNKNOWN_METHOD")
    reply = await peer.ask(b"\xc1")
    assert (reply["id"], reply["status"]) == (None, 400)
    assert (reply["error"]["code"], reply["error"]["name"]) == (1012, "INVALID_MSGPACK")
    reply = await peer.ask(msgspec.msgpack.encode({"id": 5, "method": "ping", "params": {"x": b"1"}}))
    assert reply["error"]["name"] == "INVALID_MSGPACK"
    reply = await peer.ask(msgspec.msgpack.encode({"id": 6, "method": "ping", "params": 3}))
    assert (reply["id"], reply["error"]["name"]) == (6, "INVALID_REQUEST")
    assert await peer.request("ping") == {}


@pytest.mark.parametrize(
    ("subprotocols", "message", "reason"),
    [
        ([MSGPACK_NAME], '{"id":1,"method":"ping"}', "text messages are not served with this subprotocol"),
        (["bdax.v1.json"], b"\x80", "binary messages are not served"),
        (None, b"\x80", "binary messages are not served"),
    ],
)
async def test_the_wrong_kind_of_message_ends_the_connection(
    gateway: Running, subprotocols: Any, message: str | bytes, reason: str
) -> None:
    peer = await gateway.ws(subprotocols=subprotocols)
    closed = watched(gateway.gateway.ws, "closed")
    await peer.connection.send(message)
    assert await peer.end() == (1003, reason)
    await soon(closed)
    assert gateway.gateway.ws.counters.disconnects == {"violation": 1}


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (["bdax.v1.json"], "bdax.v1.json"),
        (["bdax.v1.msgpack", "bdax.v1.json"], "bdax.v1.json"),
        (["soap", MSGPACK_NAME], MSGPACK_NAME),
        (["soap"], None),
    ],
)
async def test_a_subprotocol_is_chosen_or_none(gateway: Running, offered: Any, chosen: str | None) -> None:
    peer = await gateway.ws(subprotocols=offered)
    assert peer.connection.subprotocol == chosen


# ---- permessage-deflate


async def test_deflate_is_off_unless_configured(gateway: Running) -> None:
    peer = await gateway.ws(extensions=deflate())
    assert peer.connection.protocol.extensions == []
    assert gateway.ws_connection().form == JSON


async def test_a_push_is_deflated_once_for_all(start: StartRunning, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = await start(ws={"deflate": True})
    one = await gateway.ws(extensions=deflate())
    two = await gateway.ws(extensions=deflate(client_no_context_takeover=True))
    for peer in (one, two):
        await peer.request("subscribe", channels=[BOOK])
        await peer.push(BOOK)
    trader = await gateway.ws("ALICE")
    made = []

    def note(payload: bytes, **terms: Any) -> bytes:
        made.append(deflated_frame(payload, **terms))
        return made[-1]

    monkeypatch.setattr(ws_forms, "deflated_frame", note)
    sent = gateway.gateway.ws.counters.bytes_out
    await trader.place("a")
    first, second = await one.push(BOOK), await two.push(BOOK)
    assert first == second
    assert first["data"]["bids"] == [["90000000", "0.01"]]
    [frame] = made
    assert gateway.gateway.ws.counters.bytes_out - sent > 2 * len(frame)


@pytest.mark.parametrize(
    ("subprotocols", "terms", "form"),
    [
        (None, {}, JSON_DEFLATED),
        ([MSGPACK_NAME], {}, MSGPACK_DEFLATED),
        (None, {"server_max_window_bits": 12}, JSON),
        ([MSGPACK_NAME], {"server_max_window_bits": 12}, MSGPACK),
    ],
)
async def test_every_form_is_read_by_a_stock_client(
    start: StartRunning, subprotocols: Any, terms: dict[str, Any], form: int
) -> None:
    gateway = await start(ws={"deflate": True})
    peer = await gateway.ws(subprotocols=subprotocols, extensions=deflate(**terms))
    assert len(peer.connection.protocol.extensions) == 1
    assert gateway.ws_connection().form == form
    client: Any = PackedPeer(peer) if subprotocols else peer
    await client.request("session.logon", **signed("ALICE"))
    await client.request("subscribe", channels=[BOOK, "executions", "trades.BTC-KRW"])
    await client.request("order.place", **order("a"))
    await client.request("ping")
    assert {push["ch"] for push in client.pushes} == {BOOK, "executions", "trades.BTC-KRW"}


@BOTH
async def test_a_compressed_bomb_ends_the_connection(start: StartRunning) -> None:
    gateway = await start(ws={"deflate": True})
    peer = await gateway.ws(extensions=deflate())
    assert await peer.request("ping") == {}
    await peer.connection.send("x" * 50_000_000)
    assert await peer.end() == (1009, "message too big, limit 65536")
    with pytest.raises(ConnectionClosed):
        await peer.connection.recv()
    assert gateway.gateway.ws.counters.bytes_in < 100_000


async def test_a_deflated_binary_message_is_no_text(start: StartRunning) -> None:
    gateway = await start(ws={"deflate": True})
    peer = await gateway.ws(extensions=deflate())
    await peer.connection.send(b"\x80" * 100)
    assert (await peer.end())[0] == 1003
