"""A WebSocket client on the ``websockets`` package, written from the documentation only."""

import hashlib
import hmac
import itertools
import json
import ssl
import time
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from websockets.sync.client import connect

TIMEOUT_S = 5.0

Message = dict[str, Any]


class WsPeer:
    """One connection. Pushes that come while a reply is awaited are kept in order.

    Over TLS it is of version 1.2, from here on in ``trust`` too.
    """

    def __init__(self, url: str, trust: ssl.SSLContext | None = None) -> None:
        if trust is not None:
            # The package reads in a thread of its own. OpenSSL takes no write while a read works a message
            # of the handshake: in TLS 1.3 tickets follow it, and one connection in a hundred said nothing.
            trust.maximum_version = ssl.TLSVersion.TLSv1_2
        self._connecting = connect(
            url,
            ssl=trust,
            server_hostname="localhost" if trust else None,
            compression=None,
            open_timeout=TIMEOUT_S,
            close_timeout=1,
        )
        self._ids = itertools.count(1)
        self._pushes: deque[Message] = deque()

    def __enter__(self) -> Self:
        self.socket = self._connecting.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connecting.__exit__(kind, error, trace)

    def ask(self, method: str, **params: object) -> Message:
        """Send a request and return its whole reply."""
        request_id = next(self._ids)
        self.socket.send(json.dumps({"id": request_id, "method": method, "params": params}))
        return self.reply(request_id)

    def result(self, method: str, **params: object) -> Any:
        """Send a request that must succeed and return its result."""
        reply = self.ask(method, **params)
        assert reply["status"] == 200, reply
        return reply["result"]

    def error(self, method: str, **params: object) -> Message:
        """Send a request that must fail and return the error."""
        reply = self.ask(method, **params)
        assert "result" not in reply, reply
        assert 400 <= reply["status"] < 600
        error: Message = reply["error"]
        return error

    def reply(self, request_id: object) -> Message:
        """Wait for the reply to a request."""
        deadline = time.monotonic() + TIMEOUT_S
        while "ch" in (message := self._read(deadline)):
            self._pushes.append(message)
        assert message["id"] == request_id, message
        return message

    def logon(self, key: str, secret: str) -> None:
        """Log on with a signature made now."""
        self.result("session.logon", **signed_logon(key, secret))

    def push(
        self, channel: str, where: Callable[[Message], bool] = lambda _: True, timeout_s: float = TIMEOUT_S
    ) -> Message:
        """Return the first unread push of ``channel`` for which ``where`` holds; earlier ones are dropped."""
        deadline = time.monotonic() + timeout_s
        while True:
            message = self.next_push(deadline - time.monotonic())
            if message["ch"] == channel and where(message):
                return message

    def push_each(self, wanted: dict[str, Callable[[Message], bool]]) -> None:
        """Wait for one push of each channel of ``wanted`` for which its condition holds, in any order."""
        deadline = time.monotonic() + TIMEOUT_S
        missing = dict(wanted)
        while missing:
            message = self.next_push(deadline - time.monotonic())
            channel = message["ch"]
            if channel in missing and missing[channel](message):
                del missing[channel]

    def next_push(self, timeout_s: float) -> Message:
        """Return the next unread push of any channel; ``TimeoutError`` when none comes."""
        message = self._pushes.popleft() if self._pushes else self._read(time.monotonic() + timeout_s)
        assert "ch" in message, message
        return message

    def drain(self) -> None:
        """Read until the gateway closes; ``ConnectionClosed`` says how, ``TimeoutError`` that it does not."""
        deadline = time.monotonic() + TIMEOUT_S
        while True:
            self._read(deadline)

    def _read(self, deadline: float) -> Message:
        message: Message = json.loads(self.socket.recv(timeout=max(0.0, deadline - time.monotonic())))
        return message


def signed_logon(key: str, secret: str, *, timestamp_ms: int | None = None) -> dict[str, object]:
    """Return the params of ``session.logon`` for an HMAC key."""
    timestamp = time.time_ns() // 1_000_000 if timestamp_ms is None else timestamp_ms
    text = f"{timestamp}\nsession.logon\n{key}"
    signature = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return {"key": key, "timestamp": timestamp, "signature": signature}
