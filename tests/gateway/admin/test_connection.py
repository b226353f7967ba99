import asyncio
import gc
import weakref
from collections.abc import Callable
from typing import Any

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.admin import AdminServer
from gateway.admin.connection import MAX_BODY_BYTES, MAX_REQUESTS
from gateway.ports import MetricsSource
from gateway.settings import HttpSettings
from tests.gateway.admin.wire import Wire

Make = Callable[..., AdminServer]

GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


def connect(server: AdminServer) -> tuple[Any, Wire]:
    connection, wire = server(), Wire()
    connection.connection_made(wire)
    return connection, wire


def answers(written: bytes, *methods: str) -> list[tuple[int, dict[bytes, bytes], bytes]]:
    """Read answers with h11's client side; ``methods`` are the requests they belong to."""
    client = h11.Connection(h11.CLIENT)
    client.receive_data(written)
    found = []
    for method in methods:
        client.send(h11.Request(method=method, target="/", headers=[("Host", "x")]))
        client.send(h11.EndOfMessage())
        response = client.next_event()
        assert isinstance(response, h11.Response)
        body = b""
        while isinstance(event := client.next_event(), h11.Data):
            body += bytes(event.data)
        assert isinstance(event, h11.EndOfMessage)
        found.append((response.status_code, dict(response.headers), body))
        if client.our_state is h11.DONE and client.their_state is h11.DONE:
            client.start_next_cycle()
    assert client.trailing_data == (b"", False)
    return found


async def test_a_request_is_answered_and_the_connection_kept(make_server: Make) -> None:
    connection, wire = connect(make_server())
    connection.data_received(GET)
    ((status, headers, body),) = answers(wire.take(), "GET")
    assert status == 200
    assert headers[b"content-type"] == b"application/json"
    assert headers[b"cache-control"] == b"no-store"
    assert headers[b"date"].endswith(b" GMT")
    assert body == b'{"status":"ok","durability":"none"}\n'
    assert wire.is_closing() is False
    connection.data_received(b"HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    ((status, headers, body),) = answers(wire.take(), "HEAD")
    assert (status, body) == (200, b"")
    assert int(headers[b"content-length"]) > 100
    connection.connection_lost(None)


async def test_pipelined_requests_are_answered_in_order(make_server: Make) -> None:
    connection, wire = connect(make_server())
    connection.data_received(GET + b"HEAD /none HTTP/1.1\r\nHost: x\r\n\r\n" + GET)
    found = answers(wire.take(), "GET", "HEAD", "GET")
    assert [status for status, _, _ in found] == [200, 404, 200]
    connection.connection_lost(None)


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400),
        (b"GET /healthz\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"GET /" + b"a" * 20_000, 431),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n" + b"a" * (MAX_BODY_BYTES + 1), 413),
    ],
)
async def test_what_cannot_be_served_is_answered_and_ends_the_connection(
    make_server: Make, request_bytes: bytes, status: int
) -> None:
    connection, wire = connect(make_server())
    connection.data_received(request_bytes)
    ((got, headers, _),) = answers(wire.take(), "GET")
    assert got == status
    assert headers[b"connection"] == b"close"
    assert wire.closed
    connection.data_received(GET)
    assert wire.written == b""
    connection.connection_lost(None)


async def test_a_fault_after_head_is_answered_with_a_body(make_server: Make) -> None:
    connection, wire = connect(make_server())
    connection.data_received(b"HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n" + b"\x00\r\n\r\n")
    found = answers(wire.take(), "HEAD", "GET")
    assert [status for status, _, _ in found] == [200, 400]
    assert found[1][2] == b"not a request that can be served\n"
    connection.connection_lost(None)


async def test_a_fault_within_a_head_request_has_no_body(make_server: Make) -> None:
    connection, wire = connect(make_server())
    head = b"HEAD / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    connection.data_received(head + b"zz\r\n")
    ((status, _, body),) = answers(wire.take(), "HEAD")
    assert (status, body) == (400, b"")
    connection.connection_lost(None)


async def test_a_small_body_is_read_and_ignored(make_server: Make) -> None:
    connection, wire = connect(make_server())
    connection.data_received(b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nab")
    assert wire.written == b""
    connection.data_received(b"c" + GET)
    assert len(answers(wire.take(), "GET", "GET")) == 2
    connection.connection_lost(None)


@pytest.mark.parametrize(
    "asked",
    [
        b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    ],
)
async def test_no_other_protocol_is_switched_to(make_server: Make, asked: bytes) -> None:
    connection, wire = connect(make_server())
    connection.data_received(asked + GET)
    assert wire.take().count(b"HTTP/1.1 404 ") == 1
    connection.connection_lost(None)


@pytest.mark.parametrize(
    "asked",
    [b"GET /healthz HTTP/1.0\r\n\r\n", b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"],
)
async def test_the_client_may_ask_for_the_end(make_server: Make, asked: bytes) -> None:
    connection, wire = connect(make_server())
    connection.data_received(asked)
    assert answers(wire.take(), "GET")[0][0] == 200
    assert wire.closed
    connection.connection_lost(None)


async def test_a_connection_serves_so_many_requests(make_server: Make) -> None:
    connection, wire = connect(make_server())
    for _ in range(MAX_REQUESTS - 1):
        connection.data_received(GET)
    assert wire.is_closing() is False
    wire.take()
    connection.data_received(GET)
    assert answers(wire.take(), "GET")[0][1][b"connection"] == b"close"
    assert wire.closed
    connection.connection_lost(None)


async def test_no_request_is_worked_while_answers_are_not_read(make_server: Make) -> None:
    connection, wire = connect(make_server())
    connection.pause_writing()
    assert wire.is_reading() is False
    connection.data_received(GET + GET)
    assert wire.written == b""
    connection.resume_writing()
    assert wire.is_reading()
    assert len(answers(wire.take(), "GET", "GET")) == 2
    connection.pause_writing()
    wire.close()
    connection.resume_writing()
    assert wire.is_reading() is False
    connection.connection_lost(None)


async def test_a_connection_too_many_is_turned_away(make_server: Make) -> None:
    server = make_server(max_connections=1)
    first, wire = connect(server)
    second, refused = connect(server)
    assert answers(refused.take(), "GET")[0][0] == 503
    assert refused.closed
    second.connection_lost(None)
    first.data_received(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    body = answers(wire.take(), "GET")[0][2]
    assert b"bdax_http_connections 1.0" in body
    assert b"bdax_http_connections_refused_total 1.0" in body
    assert b'bdax_http_answers_total{status="503"} 1.0' in body
    first.connection_lost(None)
    third, wire = connect(server)
    assert wire.written == b""
    third.connection_lost(None)


async def test_closing_the_server_ends_every_connection(make_server: Make) -> None:
    server = make_server()
    pairs = [connect(server) for _ in range(3)]
    server.close()
    assert all(wire.aborted for _, wire in pairs)
    for connection, _ in pairs:
        connection.connection_lost(None)
        assert not connection.eof_received()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"", None),
        (GET, None),
        (b"GET /heal", 408),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc", 408),
    ],
)
async def test_a_request_has_its_time(make_server: Make, sent: bytes, status: int | None) -> None:
    connection, wire = connect(make_server())
    if sent:
        connection.data_received(sent)
    if sent == GET:
        wire.take()
    connection._timed_out()
    if status is None:
        assert wire.written == b""
    else:
        assert answers(wire.take(), "GET")[0][0] == status
    assert wire.closed
    assert wire.was_aborted() is False
    # A client that does not read what was left is cut off.
    connection._timed_out()
    assert wire.aborted
    connection.connection_lost(None)


async def test_a_client_that_does_not_read_is_cut_off(make_server: Make) -> None:
    connection, wire = connect(make_server())
    connection.data_received(GET)
    connection.pause_writing()
    connection._timed_out()
    assert wire.aborted
    connection.connection_lost(None)


@pytest.mark.parametrize(
    "said",
    [GET, b"garbage\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"x" * 20_000],
    ids=["whole", "garbage", "no host", "long"],
)
async def test_a_connection_that_is_gone_leaves_nothing(make_server: Make, said: bytes) -> None:
    connection, wire = connect(make_server())
    gone = weakref.ref(connection)
    gc.disable()
    try:
        connection.data_received(said)
        connection.connection_lost(None)
        del connection
        assert gone() is None
    finally:
        gc.enable()
    assert wire.take().startswith(b"HTTP/1.1 ")


async def test_over_real_sockets(make_server: Make) -> None:
    server = make_server(timeout_s=0.05)
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(server, "127.0.0.1", 0)
    address = listener.sockets[0].getsockname()
    reader, writer = await asyncio.open_connection(*address)
    writer.write(GET)
    assert (await reader.readuntil(b"}\n")).startswith(b"HTTP/1.1 200 OK\r\n")
    # The timer is real: the idle connection is closed from the other side.
    assert await asyncio.wait_for(reader.read(), 10) == b""
    writer.close()
    await writer.wait_closed()
    listener.close()
    server.close()
    await listener.wait_closed()


def worked(chunks: list[bytes]) -> tuple[bytes, bool]:
    async def run() -> tuple[bytes, bool]:
        no_sources: list[MetricsSource] = []
        connection, wire = connect(AdminServer(HttpSettings(), lambda: {"status": "ok"}, no_sources))
        for chunk in chunks:
            connection.data_received(chunk)
        connection.connection_lost(None)
        return b"\r\n".join(line for line in wire.written.split(b"\r\n") if line[:5] != b"Date:"), wire.closed

    return asyncio.run(run())


heads = [b"HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n", b"POST /healthz HTTP/1.1\r\nHost: x\r\n"]
rest = [b"\r\n", b"Content-Length: 2\r\n\r\n", b"ab"]
pieces = st.sampled_from([GET, *heads, *rest]) | st.binary(max_size=12)


@given(st.lists(pieces, max_size=6).map(b"".join), st.data())
def test_the_answers_do_not_depend_on_the_cuts(stream: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    ends = [*cuts, len(stream)]
    chunks = [stream[start:end] for start, end in zip([0, *cuts], ends, strict=True) if end > start]
    whole = [stream] if stream else []
    assert worked(chunks) == worked(whole)
