"""An open connection: messages, control frames, violations and closes, in the numbering's spirit of Autobahn.

Each case is replayed whole, byte by byte, and with bytes after it that must not count.
"""

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.ws import Binary, CloseCause, Closed, Opened, Text, WsConnection, WsEvent, WsLimits, text_frame
from tests.protocols.ws.wire import (
    HANDSHAKE,
    NOW,
    close,
    connected,
    each_byte,
    ending,
    feed,
    frame,
    more,
    opened,
    server_frames,
    text,
)

LIMITS = WsLimits(max_message_size=200, max_fragments=4)


def by_peer(code: int, reason: str = "") -> Closed:
    return Closed(code, reason, CloseCause.PEER)


def violation(code: int, reason: str) -> Closed:
    return Closed(code, reason, CloseCause.VIOLATION)


def says(closed: Closed) -> bytes:
    payload = closed.code.to_bytes(2, "big") + closed.reason.encode()
    return bytes((0x88, len(payload))) + payload


class Case(NamedTuple):
    """What the client sends, the events that come up, and the frames that go back."""

    sent: bytes
    events: list[WsEvent]
    written: bytes


def fails(sent: bytes, code: int, reason: str, before: list[WsEvent] | None = None) -> Case:
    closed = violation(code, reason)
    return Case(sent, [*(before or []), closed], says(closed))


LIVING = {
    "text": Case(text(b"Hello"), [Text(b"Hello")], b""),
    "empty text": Case(text(b""), [Text(b"")], b""),
    "text of 125 bytes": Case(text(b"*" * 125), [Text(b"*" * 125)], b""),
    "text of 126 bytes": Case(text(b"*" * 126), [Text(b"*" * 126)], b""),
    "text at the limit": Case(text(b"*" * 200), [Text(b"*" * 200)], b""),
    "two texts": Case(text(b"a") + text(b"b"), [Text(b"a"), Text(b"b")], b""),
    "fragments": Case(text(b"ab", fin=False) + more(b"c", fin=True), [Text(b"abc")], b""),
    "four fragments": Case(
        text(b"", fin=False) + more(b"") + more(b"x") + more(b"", fin=True), [Text(b"x")], b""
    ),
    "utf-8": Case(text("κόσμε".encode()), [Text("κόσμε".encode())], b""),
    "utf-8 split in a character": Case(
        text("κ".encode()[:1], fin=False) + more("κ".encode()[1:], fin=True), [Text("κ".encode())], b""
    ),
    "ping": Case(frame(9, b"abc"), [], b"\x8a\x03abc"),
    "empty ping": Case(frame(9), [], b"\x8a\x00"),
    "binary ping of 125 bytes": Case(frame(9, b"\xfe" * 125), [], b"\x8a\x7d" + b"\xfe" * 125),
    "ten pings": Case(frame(9, b"x") * 10, [], b"\x8a\x01x" * 10),
    "unsolicited pong": Case(frame(10, b"x"), [], b""),
    "ping between fragments": Case(
        text(b"a", fin=False) + frame(9, b"p") + more(b"b", fin=True), [Text(b"ab")], b"\x8a\x01p"
    ),
    "pong between texts": Case(text(b"a") + frame(10) + text(b"b"), [Text(b"a"), Text(b"b")], b""),
}

INVALID_UTF8 = "text is not valid UTF-8"
TOO_BIG = "message too big, limit 200"

ENDING = {
    "close": Case(close(1000), [by_peer(1000)], b"\x88\x02\x03\xe8"),
    "close without a code": Case(close(), [by_peer(1005)], b"\x88\x00"),
    "close with a reason": Case(close(1001, b"bye"), [by_peer(1001, "bye")], b"\x88\x02\x03\xe9"),
    "close with the longest reason": Case(
        close(1000, b"*" * 123), [by_peer(1000, "*" * 123)], b"\x88\x02\x03\xe8"
    ),
    "close with a code of its own": Case(close(4999), [by_peer(4999)], b"\x88\x02\x13\x87"),
    "close between fragments": Case(
        text(b"a", fin=False) + close(1000), [by_peer(1000)], b"\x88\x02\x03\xe8"
    ),
    "text then close": Case(text(b"a") + close(1000), [Text(b"a"), by_peer(1000)], b"\x88\x02\x03\xe8"),
    "close of one byte": fails(frame(8, b"\x03"), 1002, "close frame too short"),
    "close with a code that may not be sent": fails(close(1005), 1002, "invalid status code"),
    "close with code 0": fails(close(0), 1002, "invalid status code"),
    "close with code 2999": fails(close(2999), 1002, "invalid status code"),
    "close reason is not utf-8": fails(close(1000, b"\xff"), 1007, "close reason is not valid UTF-8"),
    "close of 126 bytes": fails(close(1000, b"*" * 124), 1002, "control frame too long"),
    "ping of 126 bytes": fails(frame(9, b"x" * 126), 1002, "control frame too long"),
    "fragmented ping": fails(frame(9, fin=False), 1002, "fragmented control frame"),
    "fragmented pong": fails(frame(10, fin=False), 1002, "fragmented control frame"),
    "rsv1": fails(frame(1, b"x", rsv=4), 1002, "reserved bits must be 0"),
    "rsv2 after a text": fails(
        text(b"a") + frame(1, b"x", rsv=2), 1002, "reserved bits must be 0", [Text(b"a")]
    ),
    "opcode 3": fails(frame(3), 1002, "invalid opcode"),
    "opcode 11": fails(frame(11), 1002, "invalid opcode"),
    "unmasked": fails(frame(1, b"x", mask=False), 1002, "incorrect masking"),
    "continuation of nothing": fails(more(b"x", fin=True), 1002, "unexpected continuation frame"),
    "continuation after the end": fails(
        text(b"a", fin=False) + more(b"b", fin=True) + more(b"c"),
        1002,
        "unexpected continuation frame",
        [Text(b"ab")],
    ),
    "text between fragments": fails(
        text(b"a", fin=False) + text(b"b"), 1002, "expected a continuation frame"
    ),
    "binary": fails(frame(2, b"x"), 1003, "binary messages are not served"),
    "empty binary": fails(frame(2), 1003, "binary messages are not served"),
    "first fragment of binary": fails(frame(2, b"x", fin=False), 1003, "binary messages are not served"),
    "bad utf-8": fails(text(b"\xff"), 1007, INVALID_UTF8),
    "a surrogate": fails(text(b"\xed\xa0\x80"), 1007, INVALID_UTF8),
    "overlong": fails(text(b"\xc0\xaf"), 1007, INVALID_UTF8),
    "cut character": fails(text("é".encode()[:1]), 1007, INVALID_UTF8),
    "bad utf-8 in the second fragment": fails(text(b"ok", fin=False) + more(b"\xff"), 1007, INVALID_UTF8),
    "cut character over fragments": fails(
        text(b"a", fin=False) + more("é".encode()[:1], fin=True), 1007, INVALID_UTF8
    ),
    "too big": fails(text(b"*" * 201), 1009, TOO_BIG),
    "too big by its header alone": fails(b"\x81\xff" + b"\x7f" + b"\xff" * 7, 1009, TOO_BIG),
    "too big over fragments": fails(text(b"*" * 150, fin=False) + more(b"*" * 51), 1009, TOO_BIG),
    "too many fragments": fails(text(b"", fin=False) + more(b"") * 4, 1009, "too many fragments, limit 4"),
    "bad utf-8 after a ping": Case(
        frame(9, b"p") + text(b"\xff"),
        [violation(1007, INVALID_UTF8)],
        b"\x8a\x01p" + says(violation(1007, INVALID_UTF8)),
    ),
}

AFTERWARDS = {
    "nothing": b"",
    "text": text(b"late"),
    "ping": frame(9, b"late"),
    "close": close(1000),
    "garbage": b"\xff" * 40,
}


def _chunkings(data: bytes) -> list[list[bytes]]:
    return [[data], each_byte(data)]


@pytest.mark.parametrize("name", LIVING)
def test_what_is_right_is_answered_and_the_connection_lives(name: str) -> None:
    case = LIVING[name]
    for chunks in _chunkings(case.sent):
        connection = opened(LIMITS)
        assert feed(connection, chunks) == (case.events, case.written)
        assert connection.is_open
        assert feed(connection, [text(b"next")]) == ([Text(b"next")], b"")


@pytest.mark.parametrize("after", AFTERWARDS)
@pytest.mark.parametrize("name", ENDING)
def test_what_ends_a_connection_ends_it_once(name: str, after: str) -> None:
    case = ENDING[name]
    for chunks in _chunkings(case.sent + AFTERWARDS[after]):
        connection = opened(LIMITS)
        assert feed(connection, chunks) == (case.events, case.written)
        assert not connection.is_open
        closed = case.events[-1]
        assert isinstance(closed, Closed)
        assert ending(connection) == ("close" if closed.cause is CloseCause.PEER else "half-close")
        connection.send_text(b"too late")
        connection.send_framed(text_frame(b"too late"))
        connection.close(1000, "", NOW)
        connection.eof_received()
        assert ending(connection) == "close"
        assert (connection.events(), connection.data_to_send()) == ([], b"")
        assert connection.next_deadline() is None


def test_binary_is_handed_up_where_the_setting_says_so() -> None:
    connection = opened(WsLimits(allow_binary=True))
    sent = frame(2, b"\xff") + frame(2, b"a", fin=False) + more(b"b", fin=True) + text(b"t")
    assert feed(connection, [sent]) == ([Binary(b"\xff"), Binary(b"ab"), Text(b"t")], b"")


BOTH_KINDS = WsLimits(subprotocols=("json", "msgpack"), binary_subprotocols=frozenset({"msgpack"}))


def spoken(subprotocol: str) -> WsConnection:
    """Return an open connection that chose ``subprotocol``."""
    connection = connected(BOTH_KINDS)
    header = f"Sec-WebSocket-Protocol: {subprotocol}\r\n\r\n".encode()
    connection.receive_data(HANDSHAKE[:-2] + header, NOW)
    assert header[:-2] in connection.data_to_send()
    [event] = connection.events()
    assert isinstance(event, Opened)
    assert event.subprotocol == subprotocol
    return connection


def test_a_binary_subprotocol_takes_binary_messages() -> None:
    sent = frame(2, b"\xff") + frame(2, b"a", fin=False) + more(b"b", fin=True)
    assert feed(spoken("msgpack"), [sent]) == ([Binary(b"\xff"), Binary(b"ab")], b"")


@pytest.mark.parametrize("sent", [text(b"{}"), text(b"{", fin=False), text("κ".encode())])
def test_text_on_a_binary_subprotocol_is_not_served(sent: bytes) -> None:
    case = fails(sent, 1003, "text messages are not served with this subprotocol")
    assert feed(spoken("msgpack"), [case.sent]) == (case.events, case.written)


def test_binary_on_a_text_subprotocol_is_not_served() -> None:
    case = fails(frame(2, b"\x80"), 1003, "binary messages are not served")
    assert feed(spoken("json"), [case.sent]) == (case.events, case.written)


def test_binary_is_sent_while_open_only() -> None:
    connection = opened()
    connection.send_binary(b"\x80")
    assert connection.data_to_send() == b"\x82\x01\x80"
    connection.close(1000, "", NOW)
    connection.data_to_send()
    connection.send_binary(b"\x80")
    assert connection.data_to_send() == b""


def test_messages_and_built_frames_go_out_in_order() -> None:
    connection = opened()
    connection.send_text(b"one")
    connection.send_framed(text_frame(b"two") + text_frame(b"three"))
    payloads = [payload for _, payload in server_frames(connection.data_to_send())]
    assert payloads == [b"one", b"two", b"three"]
    assert connection.data_to_send() == b""


def test_our_close_waits_for_the_peers() -> None:
    connection = opened()
    connection.send_text(b"last")
    connection.close(1001, "going away", NOW)
    assert connection.data_to_send() == text_frame(b"last") + b"\x88\x0c\x03\xe9going away"
    connection.send_text(b"too late")
    assert feed(connection, [text(b"late") + frame(9, b"late")]) == ([], b"")
    assert ending(connection) == "stay"
    assert feed(connection, [close(1001)]) == ([Closed(1001, "", CloseCause.LOCAL)], b"")
    assert ending(connection) == "close"


def test_our_close_is_sent_once() -> None:
    connection = opened()
    connection.close(1001, "", NOW)
    connection.close(1000, "again", NOW)
    assert connection.data_to_send() == b"\x88\x02\x03\xe9"


def test_a_violation_while_closing_ends_without_another_close_frame() -> None:
    connection = opened()
    connection.close(1001, "", NOW)
    connection.data_to_send()
    events, written = feed(connection, [frame(3)])
    assert events == [violation(1002, "invalid opcode")]
    assert written == b""
    assert ending(connection) == "half-close"


def test_a_bad_message_while_closing_is_not_looked_at() -> None:
    connection = opened()
    connection.close(1001, "", NOW)
    connection.data_to_send()
    assert feed(connection, [frame(2, b"x"), text(b"\xff"), close(1001)]) == (
        [Closed(1001, "", CloseCause.LOCAL)],
        b"",
    )


def test_a_close_code_that_may_not_be_sent_is_the_callers_mistake() -> None:
    connection = opened()
    with pytest.raises(ValueError, match="1006"):
        connection.close(1006, "", NOW)
    assert connection.is_open


def test_closing_before_the_handshake_is_over_says_503() -> None:
    connection = WsConnection(WsLimits())
    connection.connect(NOW)
    connection.close(1001, "going away", NOW)
    assert connection.data_to_send().startswith(b"HTTP/1.1 503 ")
    assert connection.events() == [Closed(1006, "going away", CloseCause.LOCAL, 503)]
    assert ending(connection) == "half-close"


def test_the_end_of_the_stream_closes() -> None:
    connection = opened()
    connection.receive_data(text(b"half", fin=False), NOW)
    connection.eof_received()
    assert connection.events() == [Closed(1006, "", CloseCause.EOF)]
    assert ending(connection) == "close"
    connection.eof_received()
    assert connection.events() == []
    connection.receive_data(text(b"late"), NOW)
    assert connection.events() == []


def test_the_end_of_the_stream_after_our_close_is_ours() -> None:
    connection = opened()
    connection.close(1001, "", NOW)
    connection.eof_received()
    assert connection.events() == [Closed(1001, "", CloseCause.LOCAL)]
    assert ending(connection) == "close"


def test_an_unforeseen_parser_error_closes_with_1011(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError

    connection = opened()
    monkeypatch.setattr("websockets.frames.apply_mask", broken)
    events, written = feed(connection, [text(b"x")])
    assert events == [violation(1011, "")]
    assert written == b"\x88\x02\x03\xf3"


_frames = st.builds(
    frame,
    st.sampled_from([0, 1, 2, 3, 8, 9, 10]),
    st.binary(max_size=8) | st.sampled_from([b"ok", b"\x03\xe8", b"\x03\xe8bye", b"*" * 130]),
    fin=st.booleans(),
    rsv=st.sampled_from([0, 0, 0, 0, 1]),
)


@given(st.lists(_frames | st.binary(max_size=6), max_size=12), st.booleans())
def test_any_bytes_never_raise_and_come_out_alike_whole_and_by_byte(parts: list[bytes], binary: bool) -> None:
    limits = WsLimits(max_message_size=140, max_fragments=3, allow_binary=binary)
    sent = b"".join(parts)
    whole, by_byte = opened(limits), opened(limits)
    events, written = feed(whole, [sent])
    assert feed(by_byte, each_byte(sent)) == (events, written)
    assert [isinstance(event, Closed) for event in events[:-1]].count(True) == 0
    assert whole.is_open != (bool(events) and isinstance(events[-1], Closed))
    closes = [payload for opcode, payload in server_frames(written) if opcode == 8]
    assert len(closes) == (0 if whole.is_open else 1)
    for event in events:
        if isinstance(event, Text):
            event.payload.decode("utf-8")
