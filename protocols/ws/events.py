"""What a WebSocket connection tells its owner."""

import enum
from collections.abc import Mapping
from typing import TypeAlias

import msgspec


class CloseCause(enum.Enum):
    """Why a connection ended. Closed, so that each end is counted under one of these."""

    PEER = "peer"
    """The peer sent a close frame."""
    LOCAL = "local"
    """``close`` was called."""
    VIOLATION = "violation"
    """The peer broke the protocol or a limit."""
    REFUSED = "refused"
    """The handshake was answered with an HTTP error; ``Closed.status`` says which."""
    HANDSHAKE_TIMEOUT = "handshake_timeout"
    """The handshake did not come in time."""
    PING_TIMEOUT = "ping_timeout"
    """A ping was not answered in time."""
    CLOSE_TIMEOUT = "close_timeout"
    """The peer did not answer the close frame in time."""
    EOF = "eof"
    """The stream ended without a close frame."""


class Opened(msgspec.Struct, frozen=True):
    """The handshake was accepted. ``headers`` have lower-case names; ``path`` is without ``query``.

    ``deflate_bits``: permessage-deflate is agreed, and what this side deflates may need a window of at most
    that many bits; 0: it is not agreed.
    """

    path: str
    subprotocol: str | None
    headers: Mapping[str, str]
    query: str = ""
    deflate_bits: int = 0


class Text(msgspec.Struct, frozen=True, gc=False):
    """One whole text message, valid UTF-8."""

    payload: bytes


class Binary(msgspec.Struct, frozen=True, gc=False):
    """One whole binary message (only where ``WsLimits`` lets binary messages in)."""

    payload: bytes


class Closed(msgspec.Struct, frozen=True, gc=False):
    """The connection is over; the last event, exactly one.

    ``code`` is the close code of RFC 6455 section 7.4 (1006: none was exchanged), ``status`` the HTTP status
    of a refused handshake, else 0.
    """

    code: int
    reason: str
    cause: CloseCause
    status: int = 0


WsEvent: TypeAlias = Opened | Text | Binary | Closed
