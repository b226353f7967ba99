"""A venue for the demo market's tests: both front doors of the gateway, answering as its contracts say.

It has no book: every order is accepted, and the best prices are always the same.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Self

import orjson
from simplefix import FixMessage
from websockets.asyncio.server import Server, ServerConnection, serve

from gateway.demo.briefing import Briefing, Participant
from tests.gateway.demo.acceptor import Acceptor
from tests.gateway.demo.instruments import BTC_ON_THE_WIRE

PARTICIPANTS = tuple(Participant(f"SIM{n}", f"password {n}", f"SIM{n}", f"secret {n}") for n in (1, 2))

BEST = {"bid": ["99998000", "1"], "ask": ["100002000", "1"]}

Answer = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


class Venue:
    """Servers on loopback. What clients said is in ``fix_messages`` and ``ws_requests``."""

    def __init__(self) -> None:
        self.fix_messages: asyncio.Queue[FixMessage] = asyncio.Queue()
        self.ws_requests: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.open_orders: list[dict[str, Any]] = []
        self.ws_errors: dict[str, str] = {}
        self.lines: list[asyncio.StreamWriter] = []
        self.sockets: list[ServerConnection] = []
        self._fix: asyncio.Server
        self._ws: Server

    async def __aenter__(self) -> Self:
        self._fix = await asyncio.start_server(self._serve_fix, "127.0.0.1", 0)
        self._ws = await serve(self._serve_ws, "127.0.0.1", 0, compression=None)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._fix.close()
        for line in self.lines:
            line.close()
        self._ws.close()
        await self._ws.wait_closed()

    @property
    def briefing(self) -> Briefing:
        fix_port = self._fix.sockets[0].getsockname()[1]
        ws_port = next(iter(self._ws.sockets)).getsockname()[1]
        return Briefing("127.0.0.1", fix_port, f"ws://127.0.0.1:{ws_port}/v1", PARTICIPANTS, ())

    async def fix_message(self, msg_type: bytes) -> FixMessage:
        """Return the next FIX message of a type, passing others over."""
        async with asyncio.timeout(5):
            while (message := await self.fix_messages.get()).message_type != msg_type:
                pass
        return message

    async def ws_request(self, method: str) -> dict[str, Any]:
        """Return the next request of a method, passing others over."""
        async with asyncio.timeout(5):
            while (request := await self.ws_requests.get())["method"] != method:
                pass
        return request

    async def _serve_fix(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.lines.append(writer)
        acceptor = Acceptor()
        while data := await reader.read(65536):
            for message in acceptor.read(data):
                self.fix_messages.put_nowait(message)
                writer.write(self._answer_fix(acceptor, message))
        writer.close()

    def _answer_fix(self, acceptor: Acceptor, message: FixMessage) -> bytes:
        if message.message_type == b"A":
            return acceptor.accept_logon()
        if message.message_type not in (b"D", b"F", b"G"):
            return b""
        state = {b"D": "0", b"G": "5", b"F": "4"}[message.message_type]
        return acceptor.say(
            "8",
            (11, message.get(11)),
            (150, state),
            (39, "4" if state == "4" else "0"),
            (44, message.get(44)),
            (14, 0),
            (151, message.get(38) or 0),
        )

    async def _serve_ws(self, socket: ServerConnection) -> None:
        self.sockets.append(socket)
        async for text in socket:
            request = orjson.loads(text)
            self.ws_requests.put_nowait(request)
            for message in self._answer_ws(request):
                await socket.send(orjson.dumps(message).decode())

    def _answer_ws(self, request: dict[str, Any]) -> list[dict[str, Any]]:
        method, params = request["method"], request["params"]
        if method in self.ws_errors:
            error = {"name": self.ws_errors[method], "msg": "as told"}
            return [{"id": request["id"], "status": 409, "error": error}]
        result: Any = {}
        if method == "instruments":
            result = [BTC_ON_THE_WIRE]
        elif method == "orders.open":
            result = self.open_orders
        reply = {"id": request["id"], "status": 200, "result": result}
        if method != "subscribe":
            return [reply]
        return [
            reply,
            *({"ch": channel, "type": "snapshot", "data": BEST} for channel in params["channels"]),
            *({"ch": channel, "type": "heartbeat", "seq": 1} for channel in params["channels"]),
        ]
