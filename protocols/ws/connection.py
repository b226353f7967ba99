"""One WebSocket connection, server side, without I/O (RFC 6455).

websockets' ``ServerProtocol`` reads the handshake and parses frames; what this side says, when it says it
and when it has said enough is decided here. NOT here: what messages mean (``envelope``), and the clock.

A connection is in one of four states:

- HANDSHAKE: waiting for the HTTP request. Answered with 101 it is OPEN; answered otherwise, ENDED.
- OPEN: messages go both ways, pings are sent and answered.
- CLOSING: ``close`` sent the close frame; only the peer's close frame counts.
- ENDED: ``Closed`` was emitted; input is ignored, and nothing is sent any more.

When it is ENDED, the transport is the last to go. ``finished`` says that it can be closed (flushing). Where
the peer may still be sending, closing at once would reset the stream and lose the close frame on its way:
then ``half_close`` says to end only this direction, and ``finished`` follows at the peer's end of stream or
at the close deadline. A transport that cannot be half-closed is closed.
"""

from typing import Final

from websockets.exceptions import PayloadTooBig, ProtocolError
from websockets.frames import Close, Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from protocols.ws.assembly import (
    INVALID_PAYLOAD,
    MESSAGE_TOO_BIG,
    PROTOCOL_ERROR,
    Assembly,
    ViolationError,
)
from protocols.ws.events import Binary, CloseCause, Closed, Opened, Text, WsEvent
from protocols.ws.frames import binary_frame, close_frame, ping_frame, pong_frame, text_frame
from protocols.ws.handshake import (
    Decide,
    HttpRefusal,
    deflate_bits,
    garbage_refusal,
    header_map,
    refusal_of,
    refuse,
    server_protocol,
)
from protocols.ws.keepalive import Deadline, Keepalive
from protocols.ws.limits import WsLimits

_ABNORMAL: Final = 1006
_INTERNAL_ERROR: Final = 1011

# A byte of what is deflated may stand for a thousand. So it is read in small pieces, and what one call of
# receive_data makes of it is bounded, in messages of the greatest size.
_PIECE: Final = 4096
_MAX_INFLATED: Final = 16

# Plain integers: they are compared on the hot path.
_HANDSHAKE: Final = 0
_OPEN: Final = 1
_CLOSING: Final = 2
_ENDED: Final = 3
_CLOSE: Final = Opcode.CLOSE
_PING: Final = Opcode.PING
_PONG: Final = Opcode.PONG


class WsConnection:
    """One side of a WebSocket connection, without I/O.

    Bytes and the time (monotonic ns) go in; events and bytes come out. After any call, write
    ``data_to_send()``, handle ``events()``, then look at ``finished`` and ``half_close``. ``decide`` may
    refuse a handshake on a served path.
    """

    __slots__ = (
        "__weakref__",
        "_assembly",
        "_close_sent",
        "_decide",
        "_events",
        "_handshake_size",
        "_inflated",
        "_keepalive",
        "_limits",
        "_out",
        "_protocol",
        "_state",
        "finished",
        "half_close",
    )

    def __init__(self, limits: WsLimits, *, decide: Decide | None = None) -> None:
        self._limits = limits
        self._decide = decide
        self._protocol: ServerProtocol | None = server_protocol(limits)
        self._assembly = Assembly(
            limits.max_message_size, limits.max_fragments, allow_binary=limits.allow_binary
        )
        self._keepalive = Keepalive(limits)
        self._state: int = _HANDSHAKE
        self._events: list[WsEvent] = []
        self._out: list[bytes] = []
        self._handshake_size = 0
        self._inflated = 0
        self._close_sent = 0
        self.finished = False
        self.half_close = False

    @property
    def is_open(self) -> bool:
        """Whether messages can be sent."""
        return self._state == _OPEN

    @property
    def rtt_ns(self) -> int:
        """The round trip of the last answered ping; 0 before one."""
        return self._keepalive.rtt_ns

    def connect(self, now: int) -> None:
        """Start the handshake deadline: the transport is connected."""
        self._keepalive.connect(now)

    def receive_data(self, data: bytes, now: int) -> None:
        """Process bytes from the peer. Never raises: a violation becomes a close code and ``Closed``."""
        protocol = self._protocol
        if protocol is None or self._state == _ENDED:
            return
        if protocol.extensions and len(data) > _PIECE:
            self._inflated = 0
            most = len(data) + _MAX_INFLATED * self._limits.max_message_size
            for start in range(0, len(data), _PIECE):
                self._receive_piece(protocol, data[start : start + _PIECE], now)
                if self._state == _ENDED:
                    return
                if self._inflated > most:
                    self._fail(MESSAGE_TOO_BIG, "compressed messages too big together", now)
                    return
        else:
            self._receive_piece(protocol, data, now)

    def _receive_piece(self, protocol: ServerProtocol, data: bytes, now: int) -> None:
        protocol.receive_data(data)
        # What the parser wants to say by itself is dropped: pongs and closes are written here, in the order
        # of the frames they answer, so that the same bytes in other pieces get the same answer.
        protocol.data_to_send()
        if self._state == _HANDSHAKE:
            self._handshake_size += len(data)
        for event in protocol.events_received():
            if isinstance(event, Frame):
                self._on_frame(event, now)
            elif isinstance(event, Request):
                self._on_request(protocol, event, now)
            if self._state == _ENDED:
                return
        if self._state == _HANDSHAKE:
            self._on_handshake_unfinished(protocol, now)
        elif protocol.parser_exc is not None:
            self._on_parser_error(protocol, protocol.parser_exc, now)

    def eof_received(self) -> None:
        """Process the end of the peer's stream, or the loss of the transport. Idempotent."""
        if self._state == _CLOSING:
            self._end(Closed(self._close_sent, "", CloseCause.LOCAL))
        elif self._state != _ENDED:
            self._end(Closed(_ABNORMAL, "", CloseCause.EOF))
        self._finish()

    def events(self) -> list[WsEvent]:
        """Return what happened since the last call, in order."""
        events = self._events
        if events:
            self._events = []
        return events

    def data_to_send(self) -> bytes:
        """Return the bytes to write since the last call."""
        out = self._out
        if not out:
            return b""
        written = out[0] if len(out) == 1 else b"".join(out)
        out.clear()
        return written

    def send_text(self, payload: bytes) -> None:
        """Send one text message (UTF-8, not checked). Nothing is sent unless the connection is open."""
        if self._state == _OPEN:
            self._out.append(text_frame(payload))

    def send_binary(self, payload: bytes) -> None:
        """Send one binary message. Nothing is sent unless the connection is open."""
        if self._state == _OPEN:
            self._out.append(binary_frame(payload))

    def send_framed(self, frames: bytes) -> None:
        """Send frames that are built already. Nothing is sent unless the connection is open."""
        if self._state == _OPEN:
            self._out.append(frames)

    def close(self, code: int, reason: str, now: int) -> None:
        """Start the closing handshake; ``Closed`` follows the peer's answer or the close deadline.

        Before the handshake is over, HTTP says 503 instead. Does nothing when the close has begun already.
        Raises ``ValueError`` for a code that may not be sent.
        """
        frame = close_frame(code, reason)
        if self._state == _OPEN:
            self._out.append(frame)
            self._close_sent = code
            self._state = _CLOSING
            self._keepalive.closing(now)
        elif self._state == _HANDSHAKE:
            self._refuse(HttpRefusal(503, f"{reason}\n"), now, CloseCause.LOCAL)

    def next_deadline(self) -> int | None:
        """Return when to call ``on_deadline`` next (monotonic ns), or ``None``."""
        return self._keepalive.next_deadline()

    def on_deadline(self, now: int) -> None:
        """Do what is due at ``now``; called too early, nothing."""
        due = self._keepalive.due(now)
        if due is None:
            return
        if due is Deadline.PING:
            self._out.append(ping_frame(self._keepalive.ping(now)))
        elif due is Deadline.PONG:
            self._fail(_INTERNAL_ERROR, "keepalive ping timeout", now, CloseCause.PING_TIMEOUT)
        elif due is Deadline.HANDSHAKE:
            late = HttpRefusal(408, "The handshake did not come in time.\n")
            self._refuse(late, now, CloseCause.HANDSHAKE_TIMEOUT)
        else:
            if self._state == _CLOSING:
                self._end(Closed(_ABNORMAL, "close timeout", CloseCause.CLOSE_TIMEOUT))
            self._finish()

    def release(self) -> None:
        """Let go of the parser, which refers to itself, so that the connection is freed without the gc.

        For the owner's last act, after the transport is lost. Nothing is emitted or sent after it.
        """
        protocol, self._protocol = self._protocol, None
        if protocol is not None:
            # The suspended generator refers to the protocol; so do the frames of a traceback.
            protocol.parser.close()
            _forget_traceback(protocol.parser_exc)
            _forget_traceback(protocol.handshake_exc)
        self._decide = None
        self._state = _ENDED
        self._events = []
        self._out.clear()
        self._finish()

    def _on_request(self, protocol: ServerProtocol, request: Request, now: int) -> None:
        limit = self._limits.max_handshake_size
        if self._handshake_size > limit and len(request.serialize()) > limit:
            self._refuse(HttpRefusal(431, f"The request is too large, limit {limit}.\n"), now)
            return
        headers = header_map(request)
        refusal = refusal_of(request, headers, self._limits, self._decide)
        if refusal is not None:
            self._refuse(refusal, now)
            return
        response = protocol.accept(request)
        self._out.append(response.serialize())
        if response.status_code != 101:
            reason = response.body.decode("utf-8", "replace").strip()
            self._end_handshake(response.status_code, reason, now, CloseCause.REFUSED)
            return
        protocol.send_response(response)
        protocol.data_to_send()
        self._state = _OPEN
        self._keepalive.open(now)
        path, _, query = request.path.partition("?")
        subprotocol = protocol.subprotocol
        if subprotocol in self._limits.binary_subprotocols:
            self._assembly = Assembly(
                self._limits.max_message_size, self._limits.max_fragments, allow_binary=True, allow_text=False
            )
        bits = deflate_bits(protocol)
        self._events.append(Opened(path, subprotocol, headers, query, bits))

    def _on_handshake_unfinished(self, protocol: ServerProtocol, now: int) -> None:
        limit = self._limits.max_handshake_size
        if protocol.handshake_exc is not None:
            self._refuse(garbage_refusal(protocol.handshake_exc), now)
        elif self._handshake_size > limit:
            self._refuse(HttpRefusal(431, f"The request is too large, limit {limit}.\n"), now)

    def _on_frame(self, frame: Frame, now: int) -> None:
        opcode = frame.opcode
        if opcode is _CLOSE:
            self._on_close(Close.parse(frame.data))
        elif self._state != _OPEN:
            return
        elif opcode is _PING:
            self._out.append(pong_frame(bytes(frame.data)))
        elif opcode is _PONG:
            self._keepalive.pong(bytes(frame.data), now)
        else:
            self._on_message_frame(frame, now)

    def _on_message_frame(self, frame: Frame, now: int) -> None:
        payload = bytes(frame.data)
        self._inflated += len(payload)
        try:
            message = self._assembly.add(frame.opcode, payload, fin=frame.fin)
        except ViolationError as violation:
            self._fail(violation.code, violation.reason, now)
            return
        if message is not None:
            self._events.append(Text(message) if self._assembly.is_text else Binary(message))

    def _on_close(self, close: Close) -> None:
        if self._state == _CLOSING:
            self._end(Closed(self._close_sent, close.reason, CloseCause.LOCAL))
        else:
            # RFC 6455 section 5.5.1: the answer typically echoes the status code.
            self._out.append(close_frame(close.code))
            self._end(Closed(int(close.code), close.reason, CloseCause.PEER))
        # Section 7.1.1: the server closes the TCP connection first.
        self._finish()

    def _on_parser_error(self, protocol: ServerProtocol, error: Exception, now: int) -> None:
        if protocol.close_rcvd is not None:
            # A close frame between the fragments of a message: the peer gives the message up.
            self._on_close(protocol.close_rcvd)
        elif isinstance(error, ProtocolError):
            self._fail(PROTOCOL_ERROR, str(error), now)
        elif isinstance(error, PayloadTooBig):
            self._fail(MESSAGE_TOO_BIG, f"message too big, limit {self._limits.max_message_size}", now)
        elif isinstance(error, UnicodeDecodeError):
            self._fail(INVALID_PAYLOAD, "close reason is not valid UTF-8", now)
        else:
            self._fail(_INTERNAL_ERROR, "", now)

    def _fail(self, code: int, reason: str, now: int, cause: CloseCause = CloseCause.VIOLATION) -> None:
        """Fail the connection (RFC 6455 section 7.1.7): say why, end, and take nothing more."""
        if self._state == _OPEN:
            self._out.append(close_frame(code, reason))
        self._end(Closed(code, reason, cause))
        self._linger(now)

    def _refuse(self, refusal: HttpRefusal, now: int, cause: CloseCause = CloseCause.REFUSED) -> None:
        if self._protocol is not None:
            self._out.append(refuse(self._protocol, refusal).serialize())
        self._end_handshake(refusal.status, refusal.text.strip(), now, cause)

    def _end_handshake(self, status: int, reason: str, now: int, cause: CloseCause) -> None:
        self._end(Closed(_ABNORMAL, reason, cause, status))
        self._linger(now)

    def _end(self, closed: Closed) -> None:
        self._state = _ENDED
        self._events.append(closed)

    def _linger(self, now: int) -> None:
        self.half_close = True
        self._keepalive.closing(now)

    def _finish(self) -> None:
        self.finished = True
        self._keepalive.stop()


def _forget_traceback(error: BaseException | None) -> None:
    while error is not None:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__
