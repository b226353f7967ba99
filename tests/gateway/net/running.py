"""A gateway inside the test's own event loop, and the doors to it."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import socket
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec
import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from websockets.asyncio.client import ClientConnection, connect

from gateway.app.gateway import Endpoints, Gateway
from gateway.auth import ScryptCost, hash_password, logon_text
from gateway.net.ws_acceptor import WsAcceptor
from gateway.settings import Account, AccountsSettings, ApiKey, FixSession, GatewaySettings, load
from tests.gateway.net.fix_peer import FixPeer
from tests.gateway.net.worker_here import Here

CONFIG: Final = Path(__file__).resolve().parents[3] / "config" / "gateway.toml"
TIMEOUT_S: Final = 5.0
PASSWORD: Final = "correct horse"
# A random secret needs no stretching, and the suite has no time for it.
CHEAP: Final = ScryptCost(n=2, r=1, p=1)
ED25519: Final = Ed25519PrivateKey.generate()
NAMES: Final = ("ALICE", "BOB", "CAROL", "DAVE")
QUOTES: Final = "QUOTES"
"""A session of market data."""

StartRunning: TypeAlias = Callable[..., Awaitable["Running"]]


def secret_of(name: str) -> str:
    """Return the HMAC secret of an API key."""
    return f"a secret that only {name} knows"


def accounts() -> AccountsSettings:
    """ALICE to DAVE, each by FIX and WebSocket; DAVE's orders go when his line does; ERIN is far away.

    QUOTES is a session of market data.
    """
    password_hash = hash_password(PASSWORD, CHEAP)
    sessions = [
        FixSession(
            sender_comp_id=name,
            account=name,
            username=name,
            password_hash=password_hash,
            cancel_on_disconnect=name == "DAVE",
            allow_addresses=("10.0.0.0/8",) if name == "ERIN" else (),
        )
        for name in (*NAMES, "ERIN")
    ]
    sessions.append(
        FixSession(
            sender_comp_id=QUOTES,
            account="ALICE",
            kind="market_data",
            username=QUOTES,
            password_hash=password_hash,
        )
    )
    public = ED25519.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    keys = [ApiKey(id=name, account=name, hmac_secret=secret_of(name)) for name in NAMES]
    keys.append(ApiKey(id="ED", account="BOB", ed25519_public_key=base64.b64encode(public).decode()))
    return AccountsSettings(
        accounts=tuple(Account(id=name) for name in (*NAMES, "ERIN")),
        fix_sessions=tuple(sessions),
        api_keys=tuple(keys),
    )


def settings_for(data_dir: Path, changes: dict[str, Any]) -> GatewaySettings:
    """Return the shipped settings on free ports; ``changes`` are keys of each component."""
    settings = load(CONFIG)
    parts: dict[str, dict[str, Any]] = {
        "fix": {"port": 0},
        "ws": {"port": 0},
        "http": {"port": 0},
        "store": {"data_dir": str(data_dir), "durability": "none"},
    }
    for component, keys in changes.items():
        parts[component] = {**parts.get(component, {}), **keys}
    replaced = {
        component: msgspec.structs.replace(getattr(settings, component), **keys)
        for component, keys in parts.items()
    }
    return msgspec.structs.replace(settings, accounts=accounts(), **replaced)


class Running:
    """A started gateway. What a client of it opens is closed with it."""

    endpoints: Endpoints

    def __init__(self, data_dir: Path, changes: dict[str, Any]) -> None:
        self.settings = settings_for(data_dir, changes)
        self.failures: list[Exception] = []
        self.here = Here()
        self.gateway = Gateway(self.settings, self.failures.append, self.here)
        self._doors = contextlib.AsyncExitStack()
        self._stopped = False

    async def start(self) -> None:
        self.endpoints = await self.gateway.start()

    async def stop(self) -> None:
        """Stop the gateway; the clients leave first."""
        if not self._stopped:
            self._stopped = True
            await self._doors.aclose()
            async with asyncio.timeout(TIMEOUT_S):
                await self.gateway.stop()

    async def shut_down(self) -> None:
        """Stop the gateway under its clients' feet."""
        self._stopped = True
        async with asyncio.timeout(TIMEOUT_S):
            await self.gateway.stop()
        await self._doors.aclose()

    @property
    def fix_port(self) -> int:
        return int(self.endpoints.fix.rpartition(":")[2])

    @property
    def ws_port(self) -> int:
        return int(self.endpoints.ws.removesuffix(self.settings.ws.path).rpartition(":")[2])

    async def fix(self, name: str = "ALICE", **connection: Any) -> FixPeer:
        """Open a FIX connection that has said nothing yet."""
        connection = {"host": "127.0.0.1", "port": self.fix_port, **connection}
        peer = await FixPeer.connect(name, **connection)
        self._doors.push_async_callback(peer.close)
        return peer

    async def fix_session(self, name: str = "ALICE", **connection: Any) -> FixPeer:
        """Open a FIX session."""
        peer = await self.fix(name, **connection)
        await peer.log_on(PASSWORD)
        return peer

    async def deaf_fix_session(self, name: str = "ALICE", **connection: Any) -> FixPeer:
        """Open a FIX session whose client reads nothing more."""
        narrow = narrow_socket()
        await asyncio.get_running_loop().sock_connect(narrow, ("127.0.0.1", self.fix_port))
        peer = await FixPeer.connect(name, sock=narrow, **connection)
        self._doors.push_async_callback(peer.close)
        await peer.log_on(PASSWORD)
        squeeze(self.client(name).line)
        peer.deafen()
        return peer

    async def ws(self, name: str = "", **connection: Any) -> "WsPeer":
        """Open a WebSocket connection, logged on when a name is given."""
        url = connection.pop("url", self.endpoints.ws)
        peer = WsPeer(await connect(url, compression=None, max_queue=None, close_timeout=1, **connection))
        self._doors.push_async_callback(peer.close)
        if name:
            await peer.log_on(name)
        return peer

    async def deaf_ws(self, name: str = "", *channels: str) -> "WsPeer":
        """Open a WebSocket connection that is subscribed, and then reads nothing more."""
        known = self.ws_connections
        narrow = narrow_socket()
        await asyncio.get_running_loop().sock_connect(narrow, ("127.0.0.1", self.ws_port))
        peer = await self.ws(name, sock=narrow)
        if channels:
            await peer.request("subscribe", channels=list(channels))
            await peer.request("ping")
        for connection in self.ws_connections - known:
            squeeze(connection)
        peer.deafen()
        return peer

    def ws_connection(self) -> Any:
        """Return the gateway's side of the one WebSocket connection."""
        [connection] = self.ws_connections
        return connection

    @property
    def doors(self) -> list[WsAcceptor]:
        """Who has WebSocket connections: the gateway, or its workers."""
        return [worker.door for worker in self.here.started] if self.here.started else [self.gateway.ws]

    @property
    def door(self) -> WsAcceptor:
        """Who has the one WebSocket connection."""
        [door] = [door for door in self.doors if door._sockets]
        return door

    @property
    def ws_connections(self) -> set[Any]:
        """The gateway's side of all WebSocket connections."""
        return {connection for door in self.doors for connection in door._sockets}

    async def until(self, condition: Callable[[], object], what: str) -> None:
        """Let the loop run until something has come over the links."""
        tries = 20_000
        while not condition():
            tries -= 1
            assert tries, f"waited in vain for {what}"
            await asyncio.sleep(0)

    async def raw(self, port: int | None = None) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a bare connection, to the FIX listener unless told otherwise."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port or self.fix_port)
        self._doors.push_async_callback(hang_up, writer)
        return reader, writer

    def client(self, name: str = "ALICE") -> Any:
        """Return the gateway's side of a FIX client."""
        return self.gateway.fix.clients[name.encode()]


def squeeze(connection: Any) -> None:
    """Let the kernel keep next to nothing of what the gateway writes to a connection."""
    connection._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)


def narrow_socket() -> socket.socket:
    """Return a client's socket that takes next to nothing from the gateway before it is read."""
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    narrow.setblocking(False)
    return narrow


def watched(owner: Any, method: str) -> "asyncio.Queue[tuple[Any, ...]]":
    """Return a queue of the arguments of each call of ``owner.method`` from now on."""
    calls: asyncio.Queue[tuple[Any, ...]] = asyncio.Queue()
    original = getattr(owner, method)

    def watch(*arguments: Any, **options: Any) -> Any:
        result = original(*arguments, **options)
        calls.put_nowait(arguments)
        return result

    setattr(owner, method, watch)
    return calls


async def soon(calls: "asyncio.Queue[tuple[Any, ...]]") -> tuple[Any, ...]:
    """Return the next call of a watched method."""
    async with asyncio.timeout(TIMEOUT_S):
        return await calls.get()


async def report(peer: FixPeer, exec_type: str, cl_ord_id: str) -> dict[int, str]:
    """Return the next message, which is that report."""
    message = await peer.expect("8")
    assert (message[150], message[11]) == (exec_type, cl_ord_id), message
    return message


async def back(gateway: Running, peer: FixPeer, **terms: Any) -> FixPeer:
    """Return the client on a new connection, its numbers going on."""
    again = await gateway.fix(peer.name, next_out=gateway.client(peer.name).session.numbers.next_in)
    await again.log_on(PASSWORD, **terms)
    return again


def orders_at(peer: FixPeer, first: int, count: int) -> bytes:
    """Return orders at a price of their own each."""
    prices = range(70_000_000 + first * 1000, 70_000_000 + (first + count) * 1000, 1000)
    return b"".join(peer.order(f"o{price}", price=price) for price in prices)


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """Close a connection, whatever state it is in."""
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


class WsPeer:
    """A WebSocket client: requests with ids, replies and pushes apart."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.pushes: list[dict[str, Any]] = []
        self.count = 0

    async def close(self) -> None:
        if not self.connection.transport.is_closing():
            self.listen()
        await self.connection.close()

    async def send(self, method: str, **params: Any) -> int:
        """Send a request and return its id."""
        self.count += 1
        await self.connection.send(
            orjson.dumps({"id": self.count, "method": method, "params": params}).decode()
        )
        return self.count

    async def send_together(self, *requests: tuple[str, dict[str, Any]]) -> None:
        """Send requests in one segment."""
        for method, params in requests:
            self.count += 1
            request = {"id": self.count, "method": method, "params": params}
            self.connection.protocol.send_text(orjson.dumps(request))
        self.flush()

    def flush(self) -> None:
        """Write what the protocol has to say."""
        self.connection.transport.write(b"".join(self.connection.protocol.data_to_send()))

    def deafen(self) -> None:
        """Read nothing more."""
        self.connection.transport.pause_reading()

    def listen(self) -> None:
        """Read again."""
        self.connection.transport.resume_reading()

    async def receive(self) -> dict[str, Any]:
        """Return the next message."""
        async with asyncio.timeout(TIMEOUT_S):
            message: dict[str, Any] = orjson.loads(await self.connection.recv())
        return message

    async def reply(self, request_id: int | str | None) -> dict[str, Any]:
        """Return the reply to a request; pushes before it are kept in ``pushes``."""
        while True:
            message = await self.receive()
            if "ch" in message:
                self.pushes.append(message)
            else:
                assert message["id"] == request_id
                return message

    async def request(self, method: str, **params: Any) -> Any:
        """Send a request and return its result."""
        reply = await self.reply(await self.send(method, **params))
        assert reply["status"] == 200, reply
        return reply["result"]

    async def refused(self, method: str, **params: Any) -> tuple[int, dict[str, Any]]:
        """Send a request and return status and error of its refusal."""
        reply = await self.reply(await self.send(method, **params))
        assert "result" not in reply, reply
        return reply["status"], reply["error"]

    async def push(self, channel: str) -> dict[str, Any]:
        """Return the next push of a channel, which is the next push."""
        message = self.pushes.pop(0) if self.pushes else await self.receive()
        assert message.get("ch") == channel, message
        return message

    async def log_on(self, name: str, **more: Any) -> Any:
        """Log on with the key of that name."""
        return await self.request("session.logon", **signed(name, **more))

    async def place(self, cl_ord_id: str, side: str = "buy", **terms: Any) -> Any:
        """Place an order that rests, unless told otherwise."""
        return await self.request("order.place", **order(cl_ord_id, side, **terms))

    async def end(self) -> tuple[int, str]:
        """Wait for the close frame; return code and reason."""
        async with asyncio.timeout(TIMEOUT_S):
            await self.connection.wait_closed()
        received = self.connection.protocol.close_rcvd
        return (0, "") if received is None else (received.code, received.reason)


def order(cl_ord_id: str | None, side: str = "buy", **terms: Any) -> dict[str, Any]:
    """Return the params of ``order.place``."""
    price = "90000000" if side == "buy" else "110000000"
    params = {
        "symbol": "BTC-KRW",
        "side": side,
        "type": "limit",
        "quantity": "0.01",
        "price": price,
        "cl_ord_id": cl_ord_id,
        **terms,
    }
    return {name: value for name, value in params.items() if value is not None}


def signed(name: str, *, shift_ms: int = 0, **more: Any) -> dict[str, Any]:
    """Return the params of ``session.logon``, with the clock off by ``shift_ms``."""
    timestamp = time.time_ns() // 1_000_000 + shift_ms
    text = logon_text(timestamp, name)
    if name == "ED":
        signature = ED25519.sign(text).hex()
    else:
        signature = hmac.new(secret_of(name).encode(), text, hashlib.sha256).hexdigest()
    return {"key": name, "timestamp": timestamp, "signature": signature, **more}
