"""Recent changes as msgpack, compiled where that is built: the same bytes in both forms.

``BDAX_PURE=1`` in the environment forces plain Python. NOT here: what is kept, and how long (``raw_ring``).
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from gateway.ports.forms import IS_PLAIN

plain_pack: Final = msgspec.msgpack.Encoder().encode


def packing() -> Callable[[list[Any]], bytes]:
    """Return what encodes a list of book changes or of trades."""
    if IS_PLAIN:
        return plain_pack
    try:
        from gateway.marketdata._packing import pack
    except ImportError:
        return plain_pack
    return pack
