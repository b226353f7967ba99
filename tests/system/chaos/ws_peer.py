"""Connections on WebSocket that come back: to trade, to follow the public feed, to ask in the end."""

import asyncio
import hashlib
import hmac
import itertools
import time
from collections.abc import Callable
from typing import Any, Final

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage

from tests.system.chaos.records import Push

SECRET: Final = "the secret of the crash test"
SYSTEM: Final = "system"
"""The channel that nobody subscribes to: what the gateway says of itself."""

RECONNECT_S: Final = 0.02
GONE: Final = (OSError, ConnectionClosed, InvalidHandshake, InvalidMessage)
"""What a client sees of a gateway that was killed."""


class WsPeer:
    """One connection. ``on_push`` takes what is no reply."""

    def __init__(self, socket: ClientConnection, on_push: Callable[[Push], None]) -> None:
        self._socket = socket
        self._on_push = on_push
        self._ids = itertools.count(1)
        self._replies: dict[int, Callable[[Push], None]] = {}

    async def read(self) -> None:
        """Hand on what comes; ends by ``ConnectionClosed``."""
        while True:
            message = orjson.loads(await self._socket.recv())
            if "ch" in message:
                if message["ch"] != SYSTEM:
                    self._on_push(message)
            else:
                self._replies.pop(message["id"])(message)

    async def send(self, method: str, params: dict[str, object], on_reply: Callable[[Push], None]) -> None:
        """Send a request; ``on_reply`` is called with the reply, if it ever comes."""
        request_id = next(self._ids)
        self._replies[request_id] = on_reply
        request = {"id": request_id, "method": method, "params": params}
        await self._socket.send(orjson.dumps(request).decode())

    async def ask(self, method: str, **params: object) -> Push:
        """Send a request and return its reply, which ``read`` brings."""
        reply: asyncio.Future[Push] = asyncio.get_running_loop().create_future()
        await self.send(method, params, reply.set_result)
        return await reply

    async def result(self, method: str, **params: object) -> Any:
        """Send a request that must succeed and return its result."""
        reply = await self.ask(method, **params)
        assert reply["status"] == 200, reply
        return reply["result"]

    async def logon(self, account: str, *, cancel_on_disconnect: bool = False) -> None:
        """Log on as an account."""
        timestamp = time.time_ns() // 1_000_000
        text = f"{timestamp}\nsession.logon\n{account}"
        signature = hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
        await self.result(
            "session.logon",
            key=account,
            timestamp=timestamp,
            signature=signature,
            cancel_on_disconnect=cancel_on_disconnect,
        )

    def abort(self) -> None:
        """End the connection without a word."""
        self._socket.transport.abort()


def connecting(url: str) -> connect:
    """Return a connection in the making, for ``async with``."""
    return connect(
        url,
        compression=None,
        proxy=None,
        open_timeout=2,
        close_timeout=0.5,
        ping_interval=None,
        max_size=None,
    )
