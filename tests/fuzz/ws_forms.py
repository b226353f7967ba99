"""Fuzz targets over the other forms of WebSocket messages: MessagePack, and permessage-deflate."""

import json
import math
import zlib
from functools import cache
from typing import Any, Final

import msgspec

from protocols.ws import Closed, Opened, Text, WsLimits
from protocols.ws.envelope import EnvelopeError
from protocols.ws.packed import INVALID_MSGPACK, pack, unpack
from tests.fuzz.draw import Draw, in_pieces
from tests.fuzz.ws_requests import outcome, request, work
from tests.protocols.ws.wire import HANDSHAKE, close, frame

DEFLATING: Final = WsLimits(max_handshake_size=1024, max_message_size=600, max_fragments=6, deflate=True)
_OFFER: Final = HANDSHAKE[:-2] + b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
_RSV1: Final = 4
_LONG: Final = (0, 600, 601, 10_000, 1 << 20)
_VALUES: Final[tuple[Any, ...]] = (
    None, True, 0, -1, 2**63 - 1, 2**64 - 1, 1.5, math.nan, math.inf, "", "\ud800", b"bytes",
    msgspec.msgpack.Ext(5, b"x"), [[]], {"a": {"b": []}}, {1: 2}, {None: 1},
)  # fmt: skip


def ws_packed(data: bytes) -> None:
    """Any bytes are the MessagePack of a JSON value, which comes back the same, or a documented error.

    A request in it is worked as one in text.
    """
    draw = Draw(data)
    payload = draw.take(len(data)) if draw.number(7) == 7 else _packed(draw)
    try:
        text = unpack(payload)
    except EnvelopeError as error:
        _check(error)
        return
    assert msgspec.msgpack.decode(pack(text)) == json.loads(text) == msgspec.msgpack.decode(payload)
    work(text)


def ws_deflate(data: bytes) -> None:
    """Deflated messages, broken ones and bombs among them, never raise, never grow memory beyond the bounds.

    What comes out is never longer than a message may be, and is the same in whatever pieces it comes in.
    """
    draw = Draw(data)
    cuts = [1 + draw.number(63) for _ in range(draw.number(15))] or [1]
    stream = b""
    while draw and len(stream) < 16_384:
        stream += _frames(draw)
    # A client has to wait for the answer before it may deflate.
    events, said = outcome([_OFFER, stream], DEFLATING)
    assert (events, said) == outcome([_OFFER, *in_pieces(stream, cuts)], DEFLATING)
    assert isinstance(events[0], Opened)
    assert events[0].deflate_bits
    for event in events[1:]:
        if isinstance(event, Text):
            assert len(event.payload) <= DEFLATING.max_message_size
            work(event.payload)
        else:
            assert isinstance(event, Closed)
            assert event is events[-1]


def _check(error: EnvelopeError) -> None:
    assert error.id is None
    assert error.error.code == INVALID_MSGPACK
    assert error.error.msg


def _packed(draw: Draw) -> bytes:
    """Return the MessagePack of a request, with a strange value or a wrong byte in it as drawn."""
    try:
        value: Any = json.loads(request(draw))
    except (ValueError, RecursionError):
        value = draw.one_of(_VALUES)
    if isinstance(value, dict) and draw.chance():
        value[draw.one_of(("id", "method", "params", "more"))] = draw.one_of(_VALUES)
    try:
        payload = msgspec.msgpack.encode(value)
    except (OverflowError, UnicodeEncodeError, RecursionError):
        return draw.some()
    for _ in range(max(0, draw.number(7) - 5)):
        at = draw.number(len(payload) - 1)
        payload = payload[:at] + draw.some(3) + payload[at + draw.number(3) :] or b"\xc0"
    return payload


def _frames(draw: Draw) -> bytes:
    """Return a deflated message in one frame or more, good or not, or another frame."""
    match draw.number(7):
        case 0:
            return draw.some()
        case 1:
            return frame(draw.number(15), draw.some(130), fin=draw.chance(), rsv=draw.number(7))
        case 2:
            return close(draw.number(5000), draw.some(20))
        case 3:
            return _long(draw.one_of(_LONG))
        case 4:
            return frame(1, draw.some(), rsv=_RSV1)
        case 5:
            deflated = _deflated(request(draw))
            cut = draw.number(len(deflated))
            first = frame(1, deflated[:cut], fin=False, rsv=_RSV1)
            return first + frame(0, deflated[cut:], rsv=draw.number(1) * _RSV1)
        case 6:
            deflated = _deflated(request(draw))
            at = draw.number(len(deflated) - 1)
            return frame(1, deflated[:at] + draw.some(3) + deflated[at:], rsv=_RSV1)
        case _:
            return frame(1, _deflated(request(draw)), rsv=_RSV1)


@cache
def _long(size: int) -> bytes:
    return frame(1, _deflated(b"x" * size), rsv=_RSV1)


def _deflated(payload: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-15)
    return (deflater.compress(payload) + deflater.flush(zlib.Z_SYNC_FLUSH))[:-4]
