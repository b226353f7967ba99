"""Reasons not to read from a WebSocket connection: as long as there is one, nothing is read."""

import asyncio
import time
from typing import Any

import pytest

from gateway.net.ws_lobby import Lobby
from tests.gateway.net.running import TIMEOUT_S, Running, order

HANDSHAKE = (
    b"GET /v1 HTTP/1.1\r\nHost: bdax\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


async def turns(count: int = 20) -> None:
    """Let the loop run what is due."""
    for _ in range(count):
        await asyncio.sleep(0)


async def test_the_lobby_reads_from_nobody_whom_the_turns_hold(gateway: Running) -> None:
    gateway.gateway.ws.lobby = lobby = Lobby(0)
    await gateway.ws()
    connection = gateway.ws_connection()
    lobby._begin()
    connection.data_received(b"\x89\x80\x00\x00\x00\x00")
    assert lobby.waiting == 1
    connection.pause_reading()
    await gateway.until(lambda: not lobby.waiting, "the slice")
    assert not connection._transport.is_reading()
    # The other way round: the turns go on while its input waits.
    lobby._begin()
    connection.data_received(b"\x89\x80\x00\x00\x00\x00")
    connection.resume_reading()
    assert not connection._transport.is_reading()
    await gateway.until(lambda: not lobby.waiting, "the slice")
    assert connection._transport.is_reading()


async def test_what_fails_when_the_lobby_lets_it_in_ends_its_connection(
    gateway: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    gateway.gateway.ws.lobby = lobby = Lobby(0)
    peer, other = await gateway.ws(), await gateway.ws()

    def fail(*arguments: object) -> None:
        raise ZeroDivisionError(arguments)

    [connection] = [
        each
        for each in gateway.ws_connections
        if each._transport.get_extra_info("peername") == peer.connection.local_address
    ]
    monkeypatch.setattr(connection.session, "receive", fail)
    lobby._queue.append((_Slow(), b""))
    lobby._begin()
    await peer.send("ping")
    assert await peer.end() == (0, "")
    assert "a connection failed" in caplog.text
    assert await other.request("ping") == {}


async def test_a_client_is_not_late_while_its_input_waits_in_the_lobby(gateway: Running) -> None:
    gateway.gateway.ws.lobby = lobby = Lobby(0)
    reader, writer = await gateway.raw(gateway.ws_port)
    await gateway.until(lambda: gateway.ws_connections, "the connection")
    connection = gateway.ws_connection()
    lobby._begin()
    writer.write(HANDSHAKE)
    lobby._queue.extend([(_Slow(), b"")] * 1_000)
    await gateway.until(lambda: connection._waiting, "the handshake")
    connection._on_timer(time.monotonic_ns() + int(gateway.settings.ws.handshake_timeout_s * 2e9))
    async with asyncio.timeout(TIMEOUT_S):
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
    # With nothing in the lobby it is late.
    await turns()
    second, quiet = await gateway.raw(gateway.ws_port)
    [other] = gateway.ws_connections - {connection}
    other._on_timer(time.monotonic_ns() + int(gateway.settings.ws.handshake_timeout_s * 2e9))
    async with asyncio.timeout(TIMEOUT_S):
        assert not (await second.read()).startswith(b"HTTP/1.1 101")
    quiet.close()


class _Slow:
    """A visitor who takes a slice."""

    def work(self, data: bytes) -> None:
        assert data == b""


class TestWorker:
    """The same where the engine's process is behind."""

    @pytest.fixture
    def workers(self) -> int:
        return 1

    async def test_who_comes_just_before_the_engine_s_process_goes_on_is_read(self, gateway: Running) -> None:
        [door] = gateway.doors
        end: Any = gateway.here.started[0].worker._end
        end.pause_writing()
        opened = door.opened

        def open_and_go_on(socket: Any) -> bool:
            taken = opened(socket)
            end.resume_writing()
            return taken

        door.opened = open_and_go_on  # type: ignore[method-assign]  # the link drains in this turn
        peer = await gateway.ws()
        assert await peer.request("ping") == {}

    async def test_a_mark_reads_from_nobody_whom_the_engine_s_process_holds(self, gateway: Running) -> None:
        peer = await gateway.ws()
        connection = gateway.ws_connection()
        end: Any = gateway.here.started[0].worker._end
        asked = await peer.send("subscribe", channels=["book.BTC-KRW"], from_seq=0, epoch="e")
        await gateway.until(lambda: connection.session._held, "the request")
        end.pause_writing()
        await gateway.until(lambda: connection.session._held is None, "the mark")
        assert not connection._transport.is_reading()
        end.resume_writing()
        assert (await peer.reply(asked))["status"] == 200
        assert (await peer.refused("order.place", **order("o1")))[0] == 401
