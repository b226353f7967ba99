"""Server frames (RFC 6455 section 5.2), built once and shared: whole, unmasked, deflated or not.

NOT here: parsing, which websockets' ``ServerProtocol`` does.
"""

import zlib
from struct import Struct
from typing import Final

_TEXT: Final = 0x81
_BINARY: Final = 0x82
_CLOSE: Final = 0x88
_PING: Final = 0x89
_PONG: Final = 0x8A

_RSV1: Final = 0x40

_MAX_CONTROL: Final = 125
_NO_STATUS: Final = 1005

_SHORT: Final = tuple(bytes((_TEXT, size)) for size in range(126))
_pack_medium: Final = Struct("!BBH").pack
_pack_long: Final = Struct("!BBQ").pack
_pack_code: Final = Struct("!H").pack


def text_frame(payload: bytes) -> bytes:
    """Return the frame of one text message. ``payload`` is UTF-8, which is not checked."""
    size = len(payload)
    if size < 126:
        return _SHORT[size] + payload
    if size < 65536:
        return _pack_medium(_TEXT, 126, size) + payload
    return _pack_long(_TEXT, 127, size) + payload


def binary_frame(payload: bytes) -> bytes:
    """Return the frame of one binary message."""
    return _framed(_BINARY, payload)


def deflated_frame(payload: bytes, *, binary: bool = False, window_bits: int = 15, level: int = 1) -> bytes:
    """Return the frame of one message, deflated by itself (RFC 7692 section 7.2.1, no context takeover).

    Every connection that agreed on ``server_no_context_takeover`` and on a window of at least ``window_bits``
    (9 to 15) can read it, whatever it was sent before. ``level`` is zlib's, 1 to 9.
    """
    deflater = zlib.compressobj(level, zlib.DEFLATED, -window_bits)
    deflated = deflater.compress(payload) + deflater.flush(zlib.Z_SYNC_FLUSH)
    # The flush ends with an empty block's length, 00 00 ff ff, which is left out.
    return _framed((_BINARY if binary else _TEXT) | _RSV1, deflated[:-4])


def payload_of(frame: bytes) -> bytes:
    """Return the payload of one whole server frame."""
    size = frame[1]
    if size < 126:
        return frame[2:]
    return frame[4:] if size == 126 else frame[10:]


def close_frame(code: int, reason: str = "") -> bytes:
    """Return a close frame; ``code`` 1005 stands for a close frame without a body.

    A reason longer than fits a control frame (123 bytes) is cut between characters. Raises ``ValueError``
    for a code that may not be sent (RFC 6455 section 7.4).
    """
    if code == _NO_STATUS:
        return bytes((_CLOSE, 0))
    if not is_close_code(code):
        raise ValueError(f"close code {code} may not be sent")
    text = reason.encode("utf-8", "replace")[: _MAX_CONTROL - 2].decode("utf-8", "ignore")
    return _control(_CLOSE, _pack_code(code) + text.encode("utf-8"))


def ping_frame(payload: bytes) -> bytes:
    """Return a ping. Raises ``ValueError`` above 125 bytes."""
    return _control(_PING, payload)


def pong_frame(payload: bytes) -> bytes:
    """Return a pong that answers a ping with the same payload. Raises ``ValueError`` above 125 bytes."""
    return _control(_PONG, payload)


def is_close_code(code: int) -> bool:
    """Whether ``code`` may stand in a close frame: 1000 to 1014 without the reserved ones, 3000 to 4999."""
    return (1000 <= code <= 1014 and code not in {1004, 1005, 1006}) or 3000 <= code <= 4999


def _framed(head: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        return bytes((head, size)) + payload
    if size < 65536:
        return _pack_medium(head, 126, size) + payload
    return _pack_long(head, 127, size) + payload


def _control(head: int, payload: bytes) -> bytes:
    # RFC 6455 section 5.5: control frames carry at most 125 bytes and are not fragmented.
    if len(payload) > _MAX_CONTROL:
        raise ValueError(f"control frame too long, limit {_MAX_CONTROL}")
    return bytes((head, len(payload))) + payload
