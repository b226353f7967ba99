"""permessage-deflate (RFC 7692): what is agreed, what comes in, and what is deflated once for everybody."""

import os
import re
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame
from websockets.streams import StreamReader

from protocols.ws import CloseCause, Closed, Opened, Text, WsConnection, WsLimits, deflated_frame
from tests.protocols.ws.wire import HANDSHAKE, NOW, connected, each_byte, feed, frame, opened, server_frames

LIMITS = WsLimits(max_message_size=10_000, max_fragments=4, deflate=True)
OFFER = "permessage-deflate"
BOTH = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"


def handshake(offer: str) -> bytes:
    return HANDSHAKE[:-2] + f"Sec-WebSocket-Extensions: {offer}\r\n\r\n".encode()


def agreed(offer: str, limits: WsLimits = LIMITS) -> tuple[str | None, int]:
    """Return the extension that the answer names, and the window that ``Opened`` tells."""
    connection = connected(limits)
    connection.receive_data(handshake(offer), NOW)
    [event] = connection.events()
    assert isinstance(event, Opened)
    found = re.search(rb"Sec-WebSocket-Extensions: (.*)\r\n", connection.data_to_send())
    return (found[1].decode() if found else None), event.deflate_bits


def deflating(limits: WsLimits = LIMITS) -> WsConnection:
    """Return an open connection that has agreed on the extension."""
    connection = connected(limits)
    connection.receive_data(handshake(OFFER), NOW)
    connection.events()
    connection.data_to_send()
    return connection


def deflated(payload: bytes) -> bytes:
    """Deflate as a client does that resets its context."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (deflater.compress(payload) + deflater.flush(zlib.Z_SYNC_FLUSH))[:-4]


def compressed(payload: bytes, *, opcode: int = 1, fin: bool = True) -> bytes:
    return frame(opcode, deflated(payload), fin=fin, rsv=4)


def inflated(data: bytes, window_bits: int = 15) -> bytes:
    """Read one deflated frame with websockets' parser and extension, window and all."""
    reader = StreamReader()
    reader.feed_data(data)
    extension = PerMessageDeflate(True, True, window_bits, 15)
    parser = Frame.parse(reader.read_exact, mask=False, extensions=[extension])
    with pytest.raises(StopIteration) as stop:
        next(parser)
    assert not reader.buffer
    return bytes(stop.value.value.data)


# ---- the offer


@pytest.mark.parametrize(
    ("offer", "answer", "bits"),
    [
        (OFFER, BOTH, 15),
        (f"{OFFER}; client_max_window_bits", BOTH, 15),
        (f"{OFFER}; client_no_context_takeover", BOTH, 15),
        (f"{OFFER}; server_no_context_takeover", BOTH, 15),
        (f"{OFFER}; client_max_window_bits=10", f"{BOTH}; client_max_window_bits=10", 15),
        (f"{OFFER}; server_max_window_bits=15", f"{BOTH}; server_max_window_bits=15", 15),
        (f"{OFFER}; server_max_window_bits=9", f"{BOTH}; server_max_window_bits=9", 9),
        # zlib cannot deflate with a window of 8 bits: the second offer counts.
        (f"{OFFER}; server_max_window_bits=8, {OFFER}", BOTH, 15),
        (f"{OFFER}; server_max_window_bits=8", None, 0),
        (f"{OFFER}; server_max_window_bits=16", None, 0),
        (f"{OFFER}; server_max_window_bits", None, 0),
        (f"{OFFER}; client_max_window_bits=7", None, 0),
        (f"{OFFER}; unheard_of", None, 0),
        (f"{OFFER}; server_no_context_takeover; server_no_context_takeover", None, 0),
        ("x-webkit-deflate-frame", None, 0),
        (f"{OFFER}, {OFFER}", BOTH, 15),
    ],
)
def test_an_offer_is_taken_on_our_terms_or_declined(offer: str, answer: str | None, bits: int) -> None:
    assert agreed(offer) == (answer, bits)


def test_an_offer_is_declined_where_deflate_is_off() -> None:
    assert agreed(OFFER, WsLimits()) == (None, 0)


# ---- what comes in


def test_a_compressed_message_comes_up_inflated() -> None:
    connection = deflating()
    sent = compressed(b'{"method":"ping"}' * 100) + frame(1, b"plain") + compressed(b"")
    expected = [Text(b'{"method":"ping"}' * 100), Text(b"plain"), Text(b"")]
    assert feed(connection, [sent]) == (expected, b"")
    assert feed(deflating(), each_byte(sent)) == (expected, b"")


def test_a_compressed_message_in_fragments_is_one() -> None:
    payload = deflated(b"abc" * 500)
    sent = frame(1, payload[:5], fin=False, rsv=4) + frame(9, b"p") + frame(0, payload[5:])
    assert feed(deflating(), [sent]) == ([Text(b"abc" * 500)], b"\x8a\x01p")


@pytest.mark.parametrize(
    ("sent", "code", "reason"),
    [
        (frame(1, b"\xff\xff\xff", rsv=4), 1002, "decompression failed"),
        (frame(1, b"x", rsv=2), 1002, "reserved bits must be 0"),
        (frame(9, b"x", rsv=4), 1002, "reserved bits must be 0"),
        (compressed(b"\xff"), 1007, "text is not valid UTF-8"),
        (compressed(b"x", opcode=2), 1003, "binary messages are not served"),
        (compressed(b"x" * 10_001), 1009, "message too big, limit 10000"),
        (compressed(b"x" * 5_000_000), 1009, "message too big, limit 10000"),
        (
            frame(1, deflated(b"x" * 3000), fin=False, rsv=4) + frame(0, b"\x00\xff", fin=True, rsv=4),
            1002,
            "RSV1 bit set in continuation frame",
        ),
    ],
)
def test_what_breaks_the_rules_ends_the_connection(sent: bytes, code: int, reason: str) -> None:
    events, written = feed(deflating(), [sent + compressed(b"after it")])
    assert events == [Closed(code, reason, CloseCause.VIOLATION)]
    assert [opcode for opcode, _ in server_frames(written)] == [8]


def test_a_bomb_in_fragments_is_stopped_at_the_limit() -> None:
    payload = deflated(b"x" * 1_000_000)
    third = len(payload) // 3
    sent = frame(1, payload[:third], fin=False, rsv=4) + frame(0, payload[third:], fin=False)
    [closed] = feed(deflating(), [sent])[0]
    assert isinstance(closed, Closed)
    assert closed.code == 1009


def test_many_small_bombs_at_once_are_stopped() -> None:
    bomb = compressed(b"x" * 9_999)
    events, _ = feed(deflating(), [bomb * 1000])
    assert events[-1] == Closed(1009, "compressed messages too big together", CloseCause.VIOLATION)
    assert 16 < len(events) < 200


def test_many_compressed_messages_of_a_usual_size_are_taken_at_once() -> None:
    message = compressed(b"abcdefghij" * 30)
    events, _ = feed(deflating(), [message * 400])
    assert events == [Text(b"abcdefghij" * 30)] * 400


def test_a_close_ends_a_large_piece() -> None:
    close = b"\x88\x82\x00\x00\x00\x00\x03\xe8"
    events, _ = feed(deflating(), [close + frame(1, b"x") * 2000])
    assert events == [Closed(1000, "", CloseCause.PEER)]


def test_without_the_extension_rsv1_is_an_error() -> None:
    [closed] = feed(opened(), [compressed(b"x")])[0]
    assert isinstance(closed, Closed)
    assert (closed.code, closed.reason) == (1002, "reserved bits must be 0")


# ---- what goes out


@given(payload=st.binary(max_size=300), repeats=st.integers(1, 300), window_bits=st.integers(9, 15))
def test_a_deflated_frame_is_read_by_whoever_agreed(payload: bytes, repeats: int, window_bits: int) -> None:
    made = deflated_frame(payload * repeats, window_bits=window_bits)
    assert made[0] == 0xC1
    assert inflated(made, window_bits) == payload * repeats


@pytest.mark.parametrize("size", [100, 1000, 100_000])
def test_a_deflated_frame_has_each_length_form(size: int) -> None:
    payload = os.urandom(size)
    made = deflated_frame(payload, binary=True)
    assert made[0] == 0xC2
    assert inflated(made) == payload


def test_an_empty_message_can_be_deflated() -> None:
    # RFC 7692 section 7.2.3.6.
    assert inflated(deflated_frame(b"")) == b""


def test_a_deflated_frame_stands_for_itself() -> None:
    payload = b'{"ch":"book.BTC-KRW"}' * 20
    assert deflated_frame(payload) == deflated_frame(payload)
    assert len(deflated_frame(payload)) < len(payload) // 5
