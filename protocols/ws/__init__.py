"""WebSocket, server side, without I/O: handshake, messages, keepalive, close; request and reply envelope.

Parsing is websockets' Sans-I/O ``ServerProtocol``; frames that are sent are built here, once.
"""

from protocols.ws.connection import WsConnection
from protocols.ws.envelope import (
    EnvelopeError,
    Request,
    RequestId,
    WireError,
    decode_request,
    encode_error,
    encode_result,
)
from protocols.ws.events import Binary, CloseCause, Closed, Opened, Text, WsEvent
from protocols.ws.frames import (
    binary_frame,
    close_frame,
    deflated_frame,
    payload_of,
    ping_frame,
    pong_frame,
    text_frame,
)
from protocols.ws.handshake import HttpRefusal
from protocols.ws.limits import WsLimits

__all__ = [
    "Binary",
    "CloseCause",
    "Closed",
    "EnvelopeError",
    "HttpRefusal",
    "Opened",
    "Request",
    "RequestId",
    "Text",
    "WireError",
    "WsConnection",
    "WsEvent",
    "WsLimits",
    "binary_frame",
    "close_frame",
    "decode_request",
    "deflated_frame",
    "encode_error",
    "encode_result",
    "payload_of",
    "ping_frame",
    "pong_frame",
    "text_frame",
]
