"""All forms of a push say the same, in frames that a stock client reads."""

import json
from typing import Any

import msgspec
import pytest
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from gateway.dialects.native.ws_forms import (
    JSON_SUBPROTOCOL,
    MSGPACK_SUBPROTOCOL,
    form_of,
    further_encoders,
    is_packed,
)
from gateway.dialects.native.ws_market_data import NativeEncoder
from gateway.ports.market_data import (
    DELTA,
    GAP,
    HEARTBEAT,
    JSON,
    JSON_DEFLATED,
    MSGPACK,
    MSGPACK_DEFLATED,
    SNAPSHOT,
    BookLevelsContent,
    GapContent,
    Position,
    Push,
)
from tests.gateway.dialects.native.wire import BTC, NOW

CLOCK = iter(range(NOW, NOW + 1_000_000))
ENCODERS = {JSON: NativeEncoder(lambda: next(CLOCK)), **further_encoders()}
LEVELS = BookLevelsContent([(10_000_000_050 - i * 100, i) for i in range(1, 60)], [(10_000_000_100, 0)])
PUSHES = [
    Push(ENCODERS, "book.BTC-KRW", SNAPSHOT, BTC, Position(90, 0, 91, NOW), LEVELS, epoch="e1", checksum=7),
    Push(ENCODERS, "book.BTC-KRW", DELTA, BTC, Position(2**40, 88, 2**40, NOW), LEVELS, conflated=3),
    Push(ENCODERS, "book.BTC-KRW", GAP, BTC, Position(90, 88, 91, NOW), GapContent(1, 2)),
    Push(ENCODERS, "instruments", HEARTBEAT, None, Position(90, 88, 91, NOW), None),
]


def read(data: bytes) -> tuple[Opcode, Any]:
    """Return the message in one frame, as a client that agreed on deflate reads it."""
    reader = StreamReader()
    reader.feed_data(data)
    parser = Frame.parse(reader.read_exact, mask=False, extensions=[PerMessageDeflate(True, True, 15, 15)])
    with pytest.raises(StopIteration) as stop:
        next(parser)
    assert not reader.buffer
    frame = stop.value.value
    if frame.opcode is Opcode.TEXT:
        return frame.opcode, json.loads(frame.data)
    return frame.opcode, msgspec.msgpack.decode(frame.data)


@pytest.mark.parametrize("push", PUSHES, ids=lambda push: push.type)
def test_each_form_says_the_same(push: Push) -> None:
    opcode, said = read(push.frame(JSON))
    assert opcode is Opcode.TEXT
    assert read(push.frame(JSON_DEFLATED)) == (Opcode.TEXT, said)
    assert read(push.frame(MSGPACK)) == (Opcode.BINARY, said)
    assert read(push.frame(MSGPACK_DEFLATED)) == (Opcode.BINARY, said)
    assert list(read(push.frame(MSGPACK))[1]) == list(said)


def test_a_form_is_made_once() -> None:
    [push, *_] = PUSHES
    for form in (JSON, JSON_DEFLATED, MSGPACK, MSGPACK_DEFLATED):
        assert push.frame(form) is push.frame(form)


def test_a_book_is_smaller_in_each_further_form() -> None:
    [push, *_] = PUSHES
    plain, packed = len(push.frame(JSON)), len(push.frame(MSGPACK))
    assert packed < plain
    assert len(push.frame(JSON_DEFLATED)) < plain // 3
    assert len(push.frame(MSGPACK_DEFLATED)) < packed // 3


@pytest.mark.parametrize(
    ("subprotocol", "deflate_bits", "form"),
    [
        (None, 0, JSON),
        (JSON_SUBPROTOCOL, 0, JSON),
        (None, 15, JSON_DEFLATED),
        (MSGPACK_SUBPROTOCOL, 0, MSGPACK),
        (MSGPACK_SUBPROTOCOL, 15, MSGPACK_DEFLATED),
        # Its window is too small for what all others share.
        (None, 14, JSON),
        (MSGPACK_SUBPROTOCOL, 9, MSGPACK),
    ],
)
def test_the_handshake_decides_on_the_form(subprotocol: str | None, deflate_bits: int, form: int) -> None:
    assert form_of(subprotocol, deflate_bits) == form
    assert is_packed(form) == (subprotocol == MSGPACK_SUBPROTOCOL)
