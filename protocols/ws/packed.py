"""MessagePack in place of JSON: the same members with the same values, in binary messages.

A message is the one from the other; there is no second schema. NOT here: what the members mean.
"""

from math import isfinite
from typing import Any, Final

import msgspec
import orjson

from protocols.ws.envelope import EnvelopeError, WireError

INVALID_MSGPACK: Final = 1012

_FLOATS: Final = (b"\xca", b"\xcb")
_WHY_NOT: Final = (
    "only maps with text keys, arrays, text, integers, finite floats, booleans and nil are served"
)
_encode: Final = msgspec.msgpack.Encoder().encode


def pack(payload: bytes) -> bytes:
    """Return the MessagePack of a JSON message, which is our own."""
    return _encode(orjson.loads(payload))


def unpack(payload: bytes) -> bytes:
    """Return the JSON of a client's MessagePack message.

    Of a key given twice the last one counts. Raises ``EnvelopeError`` (status 400) for what is not one whole
    value, and for what JSON cannot say: binary, extensions, timestamps, keys that are not text, NaN.
    """
    try:
        value = _decoder.decode(payload)
        if any(mark in payload for mark in _FLOATS):
            _check_floats(value)
        return orjson.dumps(value, option=orjson.OPT_PASSTHROUGH_DATETIME)
    except TypeError:
        # orjson's JSONEncodeError is one.
        raise _invalid(_WHY_NOT) from None
    except RecursionError:
        raise _invalid("nested too deeply") from None
    except ValueError as error:
        raise _invalid(str(error)) from None


def _check_floats(value: Any) -> None:
    # orjson writes null in place of NaN and the infinities, which means another thing.
    if isinstance(value, float):
        if not isfinite(value):
            raise TypeError
    elif isinstance(value, dict):
        for member in value.values():
            _check_floats(member)
    elif isinstance(value, list):
        for element in value:
            _check_floats(element)


def _refuse_extension(code: int, content: memoryview) -> Any:
    del code, content
    raise TypeError


_decoder: Final = msgspec.msgpack.Decoder(Any, ext_hook=_refuse_extension)


def _invalid(text: str) -> EnvelopeError:
    return EnvelopeError(None, WireError(INVALID_MSGPACK, "INVALID_MSGPACK", text[:200]))
