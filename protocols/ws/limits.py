"""The bounds and deadlines of one WebSocket connection."""

import msgspec

_SECOND = 1_000_000_000


class WsLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What one connection may ask for, and how long it may take. Sizes in bytes, times in ns.

    ``max_handshake_size`` bounds the HTTP request head, ``max_message_size`` a whole message whatever its
    fragments, ``max_fragments`` their number. ``ping_interval_ns`` 0 sends no pings. ``close_timeout_ns``
    bounds the wait for the peer's close frame, and for its end of stream after a failure. ``paths`` are the
    request paths that are served; ``subprotocols`` are offered in order of preference, and none is required.
    On a connection that chose one of ``binary_subprotocols``, messages are binary only; else text only, and
    binary too with ``allow_binary``. ``deflate`` accepts offers of permessage-deflate (RFC 7692).
    """

    max_handshake_size: int = 16_384
    max_message_size: int = 65_536
    max_fragments: int = 64
    handshake_timeout_ns: int = 10 * _SECOND
    ping_interval_ns: int = 20 * _SECOND
    ping_timeout_ns: int = 20 * _SECOND
    close_timeout_ns: int = 3 * _SECOND
    allow_binary: bool = False
    paths: frozenset[str] = frozenset({"/v1"})
    subprotocols: tuple[str, ...] = ()
    binary_subprotocols: frozenset[str] = frozenset()
    deflate: bool = False

    def __post_init__(self) -> None:
        for name in (
            "max_handshake_size",
            "max_message_size",
            "max_fragments",
            "handshake_timeout_ns",
            "ping_timeout_ns",
            "close_timeout_ns",
        ):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be positive")
        if self.ping_interval_ns < 0:
            raise ValueError("ping_interval_ns must not be negative")
