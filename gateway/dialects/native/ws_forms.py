"""The wire forms of WebSocket pushes besides plain JSON, each made once from the JSON of the same push.

So all forms of a push say the same, ``sent`` included. NOT here: the JSON itself (``ws_market_data``).
"""

from typing import Final

from gateway.ports.market_data import (
    JSON,
    JSON_DEFLATED,
    MSGPACK,
    MSGPACK_DEFLATED,
    Push,
    PushEncoder,
)
from protocols.ws.frames import binary_frame, deflated_frame, payload_of
from protocols.ws.packed import pack

JSON_SUBPROTOCOL: Final = "bdax.v1.json"
MSGPACK_SUBPROTOCOL: Final = "bdax.v1.msgpack"
FULL_WINDOW_BITS: Final = 15
"""What pushes are deflated with; a connection that agreed on a smaller window gets them plain."""


class MsgpackEncoder:
    """Frames a push as MessagePack (``gateway.ports.PushEncoder``)."""

    def encode(self, push: Push) -> bytes:
        """Return ``push`` as a binary frame."""
        return binary_frame(pack(payload_of(push.frame(JSON))))


class DeflatedEncoder:
    """Frames a push deflated by itself, for all connections that agreed on permessage-deflate.

    ``plain`` is the form that is deflated.
    """

    def __init__(self, plain: int) -> None:
        self._plain = plain

    def encode(self, push: Push) -> bytes:
        """Return ``push`` as a deflated frame."""
        payload = payload_of(push.frame(self._plain))
        return deflated_frame(payload, binary=self._plain == MSGPACK, window_bits=FULL_WINDOW_BITS)


def further_encoders() -> dict[int, PushEncoder]:
    """Return an encoder for each form of a WebSocket push but plain JSON."""
    return {
        JSON_DEFLATED: DeflatedEncoder(JSON),
        MSGPACK: MsgpackEncoder(),
        MSGPACK_DEFLATED: DeflatedEncoder(MSGPACK),
    }


def form_of(subprotocol: str | None, deflate_bits: int) -> int:
    """Return the form of a connection's pushes, by what its handshake agreed on."""
    deflates = deflate_bits == FULL_WINDOW_BITS
    if subprotocol == MSGPACK_SUBPROTOCOL:
        return MSGPACK_DEFLATED if deflates else MSGPACK
    return JSON_DEFLATED if deflates else JSON


def is_packed(form: int) -> bool:
    """Whether messages of a connection with this form are MessagePack."""
    return form in {MSGPACK, MSGPACK_DEFLATED}
