"""One HTTP/1.1 connection (RFC 9112): h11's Sans-I/O protocol between a transport and the pages.

Every bound closes the connection: size of head and body, time for a request, requests of one connection, and
an answer that is not read.
"""

import asyncio
import email.utils
import http
from typing import Final, Protocol, cast

import h11

from gateway.admin.pages import Answer, plain

MAX_HEAD_BYTES: Final = 16_384
MAX_BODY_BYTES: Final = 65_536
MAX_REQUESTS: Final = 1_000
WRITE_BUFFER_BYTES: Final = 65_536


class Desk(Protocol):
    """What a connection needs of its server."""

    timeout_s: float

    def opened(self, connection: "AdminConnection") -> bool:
        """Take note of a connection; ``False`` when there are too many."""

    def closed(self, connection: "AdminConnection") -> None:
        """Forget a connection."""

    def answer(self, method: bytes, target: bytes) -> Answer:
        """Answer one request."""

    def answered(self, status: int) -> None:
        """Count an answer."""


class AdminConnection(asyncio.Protocol):
    """Reads requests one after another and answers each when it is whole."""

    _transport: asyncio.Transport

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD_BYTES)
        self._method = self._target = b""
        self._body_bytes = 0
        self._requests = 0
        self._paused = False
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the clock of the first request, or turn the client away when there are too many."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(WRITE_BUFFER_BYTES)
        if self._desk.opened(self):
            self._restart_timer()
        else:
            self._finish(plain(503, "too many connections"))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # either way it is gone
        """Release the timer and the server's note."""
        self._stop_timer()
        self._desk.closed(self)

    def data_received(self, data: bytes) -> None:
        """Work the requests in ``data``; a violation of HTTP is answered and ends the connection."""
        if not self._transport.is_closing():
            self._http.receive_data(data)
            self._work()

    def eof_received(self) -> bool:
        """Close: who sends no more is answered no more."""
        return False

    def pause_writing(self) -> None:
        """Read no further request while the answers are not read; the timer goes on."""
        self._paused = True
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Go on with requests that came meanwhile."""
        self._paused = False
        if not self._transport.is_closing():
            self._transport.resume_reading()
            self._work()

    def close(self) -> None:
        """End the connection at once."""
        self._transport.abort()

    def _work(self) -> None:
        while not self._paused and not self._transport.is_closing():
            try:
                event = self._http.next_event()
            except h11.RemoteProtocolError as error:
                # h11 leaves the error in a frame of its traceback, and so in a cycle with this connection.
                error.with_traceback(None)
                self._finish(plain(error.error_status_hint, "not a request that can be served"))
                return
            if isinstance(event, h11.Request):
                self._method, self._target, self._body_bytes = event.method, event.target, 0
            elif isinstance(event, h11.Data):
                self._body_bytes += len(event.data)
                if self._body_bytes > MAX_BODY_BYTES:
                    self._finish(plain(413, "request body too large"))
                    return
            elif isinstance(event, h11.EndOfMessage):
                self._answer()
            else:  # NEED_DATA, PAUSED or ConnectionClosed
                return

    def _answer(self) -> None:
        answer = self._desk.answer(self._method, self._target)
        self._requests += 1
        self._send(answer, last=self._requests >= MAX_REQUESTS)
        if self._http.our_state is h11.MUST_CLOSE:
            self._end()
            return
        self._http.start_next_cycle()
        self._method = self._target = b""
        self._restart_timer()

    def _finish(self, answer: Answer) -> None:
        """Answer a request that is not whole, or none, and close."""
        self._send(answer, last=True)
        self._end()

    def _end(self) -> None:
        # The timer stays: a client that does not read the answer is cut off.
        self._restart_timer()
        self._transport.close()

    def _send(self, answer: Answer, *, last: bool) -> None:
        headers = [
            (b"Date", email.utils.formatdate(usegmt=True).encode("ascii")),
            (b"Content-Type", answer.content_type),
            (b"Content-Length", b"%d" % len(answer.body)),
            (b"Cache-Control", b"no-store"),
            *answer.headers,
        ]
        if last:
            headers.append((b"Connection", b"close"))
        reason = http.HTTPStatus(answer.status).phrase.encode("ascii")
        response = h11.Response(status_code=answer.status, headers=headers, reason=reason)
        parts = [self._http.send(response)]
        if self._method != b"HEAD":
            parts.append(self._http.send(h11.Data(data=answer.body)))
        parts.append(self._http.send(h11.EndOfMessage()))
        self._transport.write(b"".join(part for part in parts if part))
        self._desk.answered(answer.status)

    def _restart_timer(self) -> None:
        self._stop_timer()
        self._timer = asyncio.get_running_loop().call_later(self._desk.timeout_s, self._timed_out)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _timed_out(self) -> None:
        if self._paused or self._transport.is_closing():
            self._transport.abort()
        elif self._http.their_state is h11.IDLE and not self._http.trailing_data[0]:
            self._end()
        else:
            self._finish(plain(408, "request not complete in time"))
