"""Who is let in, and what HTTP says to the others: whole, byte by byte, and with bytes after it."""

from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.ws import CloseCause, Closed, HttpRefusal, Opened, Text, WsConnection, WsLimits
from tests.protocols.ws.wire import (
    HANDSHAKE,
    NOW,
    close,
    connected,
    each_byte,
    ending,
    feed,
    frame,
    status_of,
    text,
)

Chunks = Callable[[bytes], list[bytes]]

WHOLE_AND_BY_BYTE = pytest.mark.parametrize(
    "chunks", [lambda data: [data], each_byte], ids=["whole", "byte by byte"]
)


def without(line: bytes) -> bytes:
    assert line in HANDSHAKE
    return HANDSHAKE.replace(line + b"\r\n", b"")


def with_line(line: bytes) -> bytes:
    return HANDSHAKE.replace(b"\r\n\r\n", b"\r\n" + line + b"\r\n\r\n")


@WHOLE_AND_BY_BYTE
def test_the_example_of_rfc_6455_section_1_3_is_accepted(chunks: Chunks) -> None:
    connection = connected()
    events, written = feed(connection, chunks(HANDSHAKE))
    head = written.decode().split("\r\n")
    assert head[0] == "HTTP/1.1 101 Switching Protocols"
    assert "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head
    [opened] = events
    assert isinstance(opened, Opened)
    assert (opened.path, opened.subprotocol, opened.query) == ("/v1", None, "")
    assert opened.headers["host"] == "127.0.0.1:8080"
    assert connection.is_open
    assert ending(connection) == "stay"


def test_query_and_repeated_headers_are_handed_on() -> None:
    request = with_line(b"X-Tag: a\r\nx-tag: b").replace(b"/v1 ", b"/v1?a=1&b=2 ")
    [opened], _ = feed(connected(), [request])
    assert isinstance(opened, Opened)
    assert (opened.path, opened.query) == ("/v1", "a=1&b=2")
    assert opened.headers["x-tag"] == "a, b"


def test_no_extension_is_negotiated() -> None:
    _, written = feed(connected(), [with_line(b"Sec-WebSocket-Extensions: permessage-deflate")])
    assert status_of(written) == 101
    assert b"extensions" not in written.lower()


@pytest.mark.parametrize(
    ("offered", "selected"),
    [(None, None), (b"soap", None), (b"json", "json"), (b"json, msgpack", "msgpack"), (b"x, json", "json")],
)
def test_a_subprotocol_is_selected_by_our_preference_and_never_required(
    offered: bytes | None, selected: str | None
) -> None:
    connection = connected(WsLimits(subprotocols=("msgpack", "json")))
    request = HANDSHAKE if offered is None else with_line(b"Sec-WebSocket-Protocol: " + offered)
    [opened], written = feed(connection, [request])
    assert isinstance(opened, Opened)
    assert opened.subprotocol == selected
    assert (b"Sec-WebSocket-Protocol" in written) == (selected is not None)


REFUSED = [
    ("another path", HANDSHAKE.replace(b"/v1 ", b"/v2 "), 404),
    ("longer path", HANDSHAKE.replace(b"/v1 ", b"/v1/ "), 404),
    ("root, plain HTTP", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 404),
    ("no upgrade", without(b"Upgrade: websocket"), 426),
    ("no connection", without(b"Connection: Upgrade"), 426),
    ("upgrade to something else", HANDSHAKE.replace(b"websocket\r\n", b"h2c\r\n"), 426),
    ("malformed connection", HANDSHAKE.replace(b": Upgrade\r\n", b": ;\r\n"), 400),
    ("no key", without(b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), 400),
    ("short key", HANDSHAKE.replace(b"dGhlIHNhbXBsZSBub25jZQ==", b"dGhl"), 400),
    ("key is not base64", HANDSHAKE.replace(b"dGhlIHNhbXBsZSBub25jZQ==", b"?"), 400),
    ("two keys", with_line(b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), 400),
    ("no version", without(b"Sec-WebSocket-Version: 13"), 400),
    ("old version", HANDSHAKE.replace(b": 13", b": 8"), 400),
    ("POST", HANDSHAKE.replace(b"GET", b"POST"), 405),
    ("HTTP/1.0", HANDSHAKE.replace(b"HTTP/1.1", b"HTTP/1.0"), 505),
    ("HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    ("one word", b"HELLO\r\n", 400),
    ("line without CR", b"GET /v1 HTTP/1.1\n", 400),
    ("FIX logon", b"8=FIX.4.4\x019=5\x0135=A\x0110=000\x01\n", 400),
    ("TLS hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n", 400),
    ("path is not ASCII", b"GET /\xff HTTP/1.1\r\n\r\n", 400),
    ("header without colon", b"GET /v1 HTTP/1.1\r\nHost\r\n", 400),
    ("header with a NUL", b"GET /v1 HTTP/1.1\r\nHost: \x00\r\n", 400),
    ("body", with_line(b"Content-Length: 5"), 400),
    ("transfer coding", with_line(b"Transfer-Encoding: chunked"), 400),
    ("long request line", b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n", 414),
    ("long header line", b"GET /v1 HTTP/1.1\r\nX: " + b"a" * 9000 + b"\r\n", 431),
    ("too many headers", b"GET /v1 HTTP/1.1\r\n" + b"X: a\r\n" * 130, 431),
    ("too large in all", with_line((b"X: " + b"a" * 8000 + b"\r\n") * 3 + b"Y: z"), 431),
    ("endless line", b"a" * 20_000, 414),
]


@WHOLE_AND_BY_BYTE
@pytest.mark.parametrize(
    ("request_head", "status"), [row[1:] for row in REFUSED], ids=[r[0] for r in REFUSED]
)
@pytest.mark.parametrize("after", [b"", close(1000), frame(3), text(b"x") + frame(9)], ids=str)
def test_a_handshake_that_is_refused_gets_one_http_answer(
    request_head: bytes, status: int, after: bytes, chunks: Chunks
) -> None:
    connection = connected()
    events, written = feed(connection, chunks(request_head + after))
    assert status_of(written) == status
    [closed] = events
    assert isinstance(closed, Closed)
    assert (closed.code, closed.cause, closed.status) == (1006, CloseCause.REFUSED, status)
    assert closed.reason
    assert not connection.is_open
    assert ending(connection) == "half-close"
    connection.eof_received()
    assert ending(connection) == "close"
    assert connection.next_deadline() is None
    assert (connection.events(), connection.data_to_send()) == ([], b"")


def test_405_and_426_say_what_would_do() -> None:
    _, written = feed(connected(), [HANDSHAKE.replace(b"GET", b"PUT")])
    assert b"\r\nAllow: GET\r\n" in written
    _, written = feed(connected(), [without(b"Upgrade: websocket")])
    assert b"\r\nUpgrade: websocket\r\n" in written


def test_a_head_of_exactly_the_limit_is_served() -> None:
    limit = len(HANDSHAKE)
    for chunks in ([HANDSHAKE + text(b"hi")], each_byte(HANDSHAKE)):
        events, _ = feed(connected(WsLimits(max_handshake_size=limit)), chunks)
        assert isinstance(events[0], Opened)
    for chunks in ([HANDSHAKE], each_byte(HANDSHAKE)):
        _, written = feed(connected(WsLimits(max_handshake_size=limit - 1)), chunks)
        assert status_of(written) == 431


@WHOLE_AND_BY_BYTE
def test_frames_right_behind_the_handshake_are_worked_after_it(chunks: Chunks) -> None:
    connection = connected()
    events, written = feed(connection, chunks(HANDSHAKE + text(b"hi") + frame(9, b"p") + close(1000)))
    assert isinstance(events[0], Opened)
    assert events[1:] == [Text(b"hi"), Closed(1000, "", CloseCause.PEER)]
    head, _, frames = written.partition(b"\r\n\r\n")
    assert status_of(head + b"\r\n\r\n") == 101
    assert frames == b"\x8a\x01p\x88\x02\x03\xe8"


@WHOLE_AND_BY_BYTE
def test_a_bad_frame_right_behind_the_handshake_fails_the_open_connection(chunks: Chunks) -> None:
    events, written = feed(connected(), chunks(HANDSHAKE + frame(3)))
    assert isinstance(events[0], Opened)
    assert events[1:] == [Closed(1002, "invalid opcode", CloseCause.VIOLATION)]
    assert written.endswith(b"\x88\x10\x03\xeainvalid opcode")


def test_a_hook_decides_on_served_paths() -> None:
    asked: list[tuple[str, str]] = []

    def decide(path: str, headers: Mapping[str, str]) -> HttpRefusal | None:
        asked.append((path, headers["host"]))
        return HttpRefusal(429, "Too many connections.\n", retry_after_s=7) if len(asked) > 1 else None

    answers = []
    for _ in range(2):
        connection = WsConnection(WsLimits(), decide=decide)
        answers.append(feed(connection, [HANDSHAKE]))
    assert status_of(answers[0][1]) == 101
    assert status_of(answers[1][1]) == 429
    assert [b"\r\nRetry-After: 7\r\n" in written for _, written in answers] == [False, True]
    assert answers[1][0] == [Closed(1006, "Too many connections.", CloseCause.REFUSED, 429)]
    assert asked == [("/v1", "127.0.0.1:8080")] * 2


@given(st.lists(st.binary(max_size=40), max_size=8), st.integers(min_value=0, max_value=len(HANDSHAKE)))
def test_any_bytes_as_a_handshake_are_answered_or_awaited(chunks: list[bytes], kept: int) -> None:
    connection = connected()
    events, written = feed(connection, [HANDSHAKE[:kept], *chunks])
    if not events:
        assert written == b""
        assert connection.next_deadline() == NOW + WsLimits().handshake_timeout_ns
    elif isinstance(events[0], Closed):
        assert status_of(written) == events[0].status
        assert ending(connection) == "half-close"
    else:
        assert written.startswith(b"HTTP/1.1 101 ")
