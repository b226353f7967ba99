"""The opening handshake (RFC 6455 section 4.2): who is let in, and what HTTP says to the others.

Reading the request and the checks of section 4.2.1 are websockets' own.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

import msgspec
from websockets.exceptions import HeaderLineTooLong, RequestLineTooLong, TooManyHeaders
from websockets.extensions.permessage_deflate import PerMessageDeflate, ServerPerMessageDeflateFactory
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from protocols.ws.limits import WsLimits

# The package logs each connection and, at DEBUG, each frame: the gateway logs sessions by itself.
_log: Final = logging.getLogger("protocols.ws")
_log.setLevel(logging.WARNING)


# No context takeover in either direction: one deflated frame serves all subscribers, and a connection keeps
# no window between messages. What the server deflates has the window that the client asks for (9 to 15 bits).
_deflate: Final = ServerPerMessageDeflateFactory(
    server_no_context_takeover=True, client_no_context_takeover=True
)


class HttpRefusal(msgspec.Struct, frozen=True):
    """An HTTP error status and the plain text that goes with it.

    ``retry_after_s`` says when to try again (RFC 9110 section 10.2.3); 0: nothing is said.
    """

    status: int
    text: str
    retry_after_s: int = 0


Decide: TypeAlias = Callable[[str, Mapping[str, str]], HttpRefusal | None]
"""Decides on a handshake by path and headers (lower-case names): ``None`` accepts."""


class HandshakeProtocol(ServerProtocol):
    """A ``ServerProtocol`` that takes a client without a known subprotocol too."""

    def select_subprotocol(self, subprotocols: Sequence[Subprotocol]) -> Subprotocol | None:
        """Return the first subprotocol of ours that the client offers, or ``None``."""
        offered = set(subprotocols)
        return next((name for name in self.available_subprotocols or () if name in offered), None)


def server_protocol(limits: WsLimits) -> HandshakeProtocol:
    """Return a parser for one connection, waiting for the handshake."""
    return HandshakeProtocol(
        max_size=limits.max_message_size,
        subprotocols=[Subprotocol(name) for name in limits.subprotocols],
        extensions=[_deflate] if limits.deflate else None,
        logger=_log,
    )


def deflate_bits(protocol: ServerProtocol) -> int:
    """Return the window, in bits, that was agreed for what the server deflates; 0: nothing was."""
    for extension in protocol.extensions:
        if isinstance(extension, PerMessageDeflate):
            return extension.local_max_window_bits
    return 0


def header_map(request: Request) -> dict[str, str]:
    """Return the headers by lower-case name, repeated ones joined with a comma."""
    headers: dict[str, str] = {}
    for name, value in request.headers.raw_items():
        name = name.lower()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def refusal_of(
    request: Request, headers: Mapping[str, str], limits: WsLimits, decide: Decide | None
) -> HttpRefusal | None:
    """Return why the gateway does not serve a well-formed request, or ``None``."""
    path = request.path.partition("?")[0]
    if path not in limits.paths:
        served = ", ".join(sorted(limits.paths))
        return HttpRefusal(404, f"There is no WebSocket at this path; try {served}.\n")
    return None if decide is None else decide(path, headers)


def garbage_refusal(error: Exception | None) -> HttpRefusal:
    """Return the answer to bytes that are no HTTP request."""
    if isinstance(error, RequestLineTooLong):
        return HttpRefusal(414, "The request line is too long.\n")
    if isinstance(error, HeaderLineTooLong | TooManyHeaders):
        return HttpRefusal(431, "The header fields are too large.\n")
    return HttpRefusal(400, "This is not a WebSocket handshake.\n")


def refuse(protocol: ServerProtocol, refusal: HttpRefusal) -> Response:
    """Return the HTTP response for ``refusal``."""
    response = protocol.reject(refusal.status, refusal.text)
    if refusal.retry_after_s:
        response.headers["Retry-After"] = str(refusal.retry_after_s)
    return response
