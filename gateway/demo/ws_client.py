"""A small client of the gateway's WebSocket API: requests with their replies, pushes in between."""

import asyncio
import itertools
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, Final

import orjson
from websockets.asyncio.client import ClientConnection, connect

from gateway.demo.briefing import Participant
from gateway.demo.ws_wire import logon_params

REPLY_TIMEOUT_S: Final = 5.0

_log: Final = logging.getLogger("gateway.demo")


class RequestError(Exception):
    """The gateway answered with an error; ``name`` is the reason's name."""

    def __init__(self, method: str, error: Mapping[str, Any]) -> None:
        super().__init__(f"{method}: {error.get('name')}: {error.get('msg')}")
        self.name = str(error.get("name"))


class WsClient:
    """One connection. Use it as an async context manager; ``on_push`` gets each push as it comes."""

    def __init__(self, url: str, on_push: Callable[[dict[str, Any]], None] | None = None) -> None:
        self._url = url
        self._on_push = on_push
        self._ids = itertools.count(1)
        self._replies: dict[int, asyncio.Future[dict[str, Any]]] = {}

    async def __aenter__(self) -> "WsClient":
        self._connection: ClientConnection = await connect(
            self._url, compression=None, open_timeout=REPLY_TIMEOUT_S, close_timeout=0.3, max_queue=None
        )
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)
        await self._connection.close()

    async def request(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        """Send a request and return its result.

        Raise ``RequestError`` for an error reply; ``ConnectionClosed``, ``ConnectionError`` or
        ``TimeoutError`` where none comes.
        """
        request_id = next(self._ids)
        reply: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._replies[request_id] = reply
        try:
            text = orjson.dumps({"id": request_id, "method": method, "params": params or {}}).decode()
            await self._connection.send(text)
            async with asyncio.timeout(REPLY_TIMEOUT_S):
                answer = await reply
        finally:
            del self._replies[request_id]
        if "error" in answer:
            raise RequestError(method, answer["error"])
        return answer["result"]

    async def logon(self, participant: Participant) -> None:
        """Prove who we are with a fresh HMAC-SHA256 signature."""
        await self.request("session.logon", logon_params(participant, time.time_ns()))

    async def _read(self) -> None:
        try:
            async for message in self._connection:
                self._take(orjson.loads(message))
        finally:
            for reply in [reply for reply in self._replies.values() if not reply.done()]:
                reply.set_exception(ConnectionError("connection closed by the gateway"))

    def _take(self, content: dict[str, Any]) -> None:
        reply = self._replies.get(content.get("id", 0))
        if reply is not None and not reply.done():
            reply.set_result(content)
        elif self._on_push is not None and "ch" in content:
            self._on_push(content)


async def cancel_open_orders(client: WsClient) -> None:
    """Cancel what an earlier connection of the account left in the market."""
    await cancel_orders(client, [order["order_id"] for order in await client.request("orders.open")])


async def cancel_orders(client: WsClient, order_ids: Iterable[str]) -> None:
    """Cancel orders, one after the other; those that are gone already are passed over."""
    for order_id in order_ids:
        try:
            await client.request("order.cancel", {"order_id": order_id})
        except RequestError as error:
            _log.debug("demo order was gone", extra={"reason": error})
