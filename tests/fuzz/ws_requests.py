"""Fuzz targets over WebSocket: the connection without I/O, and what its text messages ask for."""

import json
import struct
from collections.abc import Callable
from typing import Final

import msgspec

from gateway.dialects.native import ws_errors, ws_requests, ws_subscriptions
from gateway.dialects.native.origin import Origin
from gateway.dialects.native.ws_errors import RequestError
from protocols.ws import Closed, Opened, Text, WsConnection, WsEvent, WsLimits
from protocols.ws.envelope import (
    EnvelopeError,
    WireError,
    decode_request,
    encode_error,
    encode_result,
)
from tests.fuzz.draw import Draw, in_pieces
from tests.fuzz.weight import held_bytes
from tests.gateway.dialects.native.wire import INSTRUMENTS, NOW
from tests.protocols.ws.wire import HANDSHAKE, MASK, SECOND, close, frame

LIMITS: Final = WsLimits(max_handshake_size=1024, max_message_size=600, max_fragments=6)
_ORIGIN: Final = Origin("ws:0.1", "ACC1", NOW)
_MOST_STEPS: Final = 400

_PARAMS: Final = (
    '{"symbol":"BTC-KRW","side":"buy","type":"limit","quantity":"0.01","price":"100000000","cl_ord_id":"o1"}',
    '{"symbol":"BTC-KRW","side":"sell","type":"market","quantity":"1","time_in_force":"ioc","post_only":true}',
    '{"cl_ord_id":"o1","quantity":"1","price":"2.5","new_cl_ord_id":"o2"}',
    '{"order_id":"17","symbol":"BTC-KRW"}',
    '{"channels":["book.BTC-KRW","trades.BTC-KRW"]}',
    '{"channels":["executions"],"from_exec_id":7}',
    '{"from_exec_id":1}',
    '{"key":"k","timestamp":1767225600000,"signature":"aGVsbG8=","cancel_on_disconnect":true}',
    "{}",
)
_METHODS: Final[dict[str, Callable[[msgspec.Raw], object]]] = {
    "ping": lambda raw: ws_requests.decode_params(raw, ws_requests.NoParams),
    "session.logon": lambda raw: ws_requests.decode_params(raw, ws_requests.LogonParams),
    "order.place": lambda raw: ws_requests.decode_place(raw, 1, _ORIGIN, INSTRUMENTS),
    "order.cancel": lambda raw: ws_requests.decode_cancel(raw, 1, _ORIGIN, INSTRUMENTS),
    "order.replace": lambda raw: ws_requests.decode_replace(
        raw, 1, _ORIGIN, INSTRUMENTS, lambda query: "BTC-KRW" if query.order_id else ""
    ),
    "order.status": ws_requests.decode_status,
    "orders.open": lambda raw: ws_requests.decode_open_orders(raw, INSTRUMENTS),
    "subscribe": lambda raw: ws_subscriptions.decode_subscribe(raw, INSTRUMENTS),
    "book.snapshot": lambda raw: ws_subscriptions.decode_snapshot(raw, INSTRUMENTS),
    "unsubscribe": ws_requests.decode_channels,
    "executions.replay": ws_requests.decode_replay,
}
_IDS: Final = ("1", '"x"', "null", "-9223372036854775808", "9223372036854775808", "1.5", "[]", '"\\ud800"')
_BITS: Final = (
    *rb'" \ { } [ ] , : null true 1e400 -0 "\ud800" \u0000 "symbol":1 "quantity":1.5 "-.1"'.split(),
    *(b"[" * 1100, b"\xf0\x9f\x92\xa5", b"\xff", b" ", b"9" * 400),
)


def ws_requests_of_text(data: bytes) -> None:
    """Any text is a request or a documented error, and the reply to it is JSON of a bounded size."""
    draw = Draw(data)
    text = draw.take(len(data)) if draw.number(7) == 7 else request(draw)
    work(text)


def ws_connection(data: bytes) -> None:
    """Arbitrary bytes never raise, never loop, never grow memory beyond the bounds, and end it once.

    What is said after ``Closed`` is nothing, and the same bytes mean the same in whatever pieces they come.
    """
    draw = Draw(data)
    cuts = [1 + draw.number(63) for _ in range(draw.number(15))] or [1]
    stream = b"" if draw.number(3) == 3 else HANDSHAKE
    while draw and len(stream) < 16_384:
        stream += _bytes(draw)
    assert outcome([stream]) == outcome(in_pieces(stream, cuts))


def ws_session(data: bytes) -> None:
    """The same with time that passes and a server that speaks and closes when it likes."""
    draw = Draw(data)
    connection = WsConnection(LIMITS)
    now = 1000 * SECOND
    connection.connect(now)
    connection.receive_data(HANDSHAKE, now)
    seen: list[WsEvent] = []
    for _ in range(_MOST_STEPS):
        if not draw:
            break
        match draw.number(7):
            case 0:
                now += draw.number(255) * SECOND // 4
                connection.on_deadline(now)
                deadline = connection.next_deadline()
                assert deadline is None or deadline > now or not connection.finished
            case 1:
                connection.send_text(b'{"ch":"x"}')
            case 2 if draw.number(7) == 7:
                connection.close(1000 + draw.number(1), "bye", now)
            case 3 if draw.number(7) == 7:
                connection.eof_received()
            case _:
                connection.receive_data(_bytes(draw), now)
        connection.data_to_send()
        events = connection.events()
        seen += events
        assert all(not isinstance(event, Closed) for event in seen[:-1])
        for event in events:
            if isinstance(event, Text):
                assert len(event.payload) <= LIMITS.max_message_size
                work(event.payload)
    if seen and isinstance(seen[-1], Closed):
        connection.send_text(b"x")
        assert connection.data_to_send() == b""
    connection.eof_received()
    assert connection.finished
    assert connection.next_deadline() is None


def _bytes(draw: Draw) -> bytes:
    """Return a frame, good or not, or any bytes."""
    match draw.number(7):
        case 0:
            return draw.some()
        case 1:
            return frame(draw.number(15), draw.some(130), fin=draw.chance(), rsv=draw.number(7))
        case 2:
            return frame(draw.number(2), draw.some(), fin=draw.chance())
        case 3:
            return frame(8 + draw.number(2), draw.some(125))
        case 4:
            return close(draw.number(5000), draw.some(20))
        case 5 if draw.chance():
            count = draw.number(7)
            return b"".join(
                frame(min(n, 1) ^ 1, b"x" * draw.number(255), fin=n == count) for n in range(count + 1)
            )
        case 5:
            return struct.pack("!BBQ", 0x81, 0xFF, draw.number(2**64 - 1)) + MASK + draw.some()
        case _:
            return frame(1, request(draw))


def outcome(pieces: list[bytes], limits: WsLimits = LIMITS) -> tuple[list[WsEvent], bytes]:
    """Return the events of a connection that gets ``pieces``, and what it says behind its handshake."""
    connection = WsConnection(limits)
    now = 1000 * SECOND
    connection.connect(now)
    events: list[WsEvent] = []
    written = b""
    at_rest = held_bytes(connection)
    for piece in pieces:
        connection.receive_data(piece, now)
        events += connection.events()
        written += connection.data_to_send()
        if events and isinstance(events[-1], Closed):
            break
    bound = limits.max_handshake_size + 2 * limits.max_message_size + len(pieces[0] if pieces else b"")
    assert held_bytes(connection) <= at_rest + 4 * bound + 20_000
    connection.release()
    if not events or not isinstance(events[0], Opened):
        # What is too large and no handshake either is refused for what is noticed first.
        return [], written[:8]
    return events, written.partition(b"\r\n\r\n")[2]  # without the head, which has the Date


def request(draw: Draw) -> bytes:
    """Return a request of a method with its params, changed as drawn."""
    method = draw.one_of([*_METHODS, "no.such"])
    text = f'{{"id":{draw.one_of(_IDS)},"method":"{method}","params":{draw.one_of(_PARAMS)}}}'.encode()
    for _ in range(max(0, draw.number(11) - 6)):
        at = draw.number(len(text))
        end = at + draw.number(15)
        text = text[:at] + (draw.one_of(_BITS) if draw.chance() else draw.some(20)) + text[end:]
    return text


def work(payload: bytes) -> None:
    """Decode one text message as a session does, and encode what it answers."""
    try:
        request = decode_request(payload)
    except EnvelopeError as error:
        _check(error.id, 400, error.error)
        return
    try:
        method = _METHODS.get(request.method)
        if method is None:
            raise ws_errors.unknown_method(request.method)
        method(request.params)
    except RequestError as error:
        _check(request.id, error.status, error.error)
    else:
        assert json.loads(encode_result(request.id, {}))["id"] == request.id


def _check(request_id: int | str | None, status: int, error: WireError) -> None:
    reply = encode_error(request_id, status, error)
    assert json.loads(reply)["error"]["code"] == error.code
    assert len(reply) <= 2048
