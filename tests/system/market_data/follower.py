"""A client that follows public channels over a bad line: it drops, dawdles, changes its mind and resumes.

What it rebuilds goes to ``Evidence``, to be compared with what was true. NOT here: what a push means
(``rebuilding``), what it does to itself and when (``plans``), and the gateway (``market``).
"""

import asyncio
import contextlib
import itertools
import socket
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.system.chaos.ws_peer import GONE, RECONNECT_S
from tests.system.market_data.plans import Fault, Plan
from tests.system.market_data.rebuilding import Observation, Push, Rebuilt, ViolationError
from tests.system.market_data.truth import Truth

RECEIVE_BUFFER: Final = 4096
SEGMENT_SIZE: Final = 1200
"""Small segments keep the gateway's side of a slow line from buffering megabytes for it."""

MSGPACK: Final = Subprotocol("bdax.v1.msgpack")
IDLE_S: Final = 0.4
SHORT_STALL: Final = 300
LONG_STALL: Final = 600
"""Pushes that a follower misses who does not read."""

MAX_STALL_S: Final = 3.0
STALL_STEP_S: Final = 0.05
SHORT_PAUSE_S: Final = 0.1
LONG_PAUSE_S: Final = 0.5
CHANGE_PAUSE_S: Final = 0.3


@dataclass
class Evidence:
    """What all followers have rebuilt, once for each channel and engine sequence, and what happened.

    Of a view its hash is kept, and the view itself where another follower rebuilt another one.
    """

    views: dict[tuple[str, int], int] = field(default_factory=dict)
    contradictions: list[Observation] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    happened: Counter[str] = field(default_factory=Counter)
    witnessed: int = 0
    """Pushes that followers on good lines were told."""

    def add(self, seen: Observation) -> None:
        """Take what a follower has rebuilt."""
        found = hash(seen.view)
        if self.views.setdefault((seen.channel, seen.eseq), found) != found:
            self.contradictions.append(seen)

    def judge(self, truth: Truth) -> list[str]:
        """Return what is not as it was, one line for each."""
        wrong = [
            f"{channel} at {eseq}: rebuilt something else than {true}"
            for (channel, eseq), found in self.views.items()
            if found != hash(true := truth.view(channel, eseq))
        ]
        for channel, eseq, view in self.contradictions:
            if view != (true := truth.view(channel, eseq)):
                wrong.append(f"{channel} at {eseq}: rebuilt {view}, true is {true}")
        return wrong


class Follower:
    """Follows the channels of ``plan`` on one connection at a time, and does to itself what stands there."""

    def __init__(self, url: str, evidence: Evidence, plan: Plan) -> None:
        self.url = url
        self.rebuilt = {channel: Rebuilt(channel) for channel in plan.channels}
        self._evidence = evidence
        self._slow = plan.slow
        self._witnesses = not plan.faults
        self._forms = itertools.cycle(plan.forms)
        self._wishes = itertools.cycle(plan.wishes)
        self._faults = deque(plan.faults)
        self._modes: dict[str, str] = {}
        self._following: set[str] = set()
        self._replies: dict[int, tuple[str, str]] = {}
        self._requests = 0
        self._stalled: Fault | None = None
        self._last_news = 0.0
        self._news = asyncio.Event()
        self._steady = False
        self._end = 0

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            with contextlib.suppress(*GONE):
                await self._follow()
            await asyncio.sleep(RECONNECT_S)

    async def settle(self, eseq: int) -> None:
        """Make no more faults; wait until every channel is known up to ``eseq`` and nothing new comes."""
        self._steady = True
        self._end = eseq
        self._last_news = asyncio.get_running_loop().time()
        while (wait := self._unsettled_s()) > 0:
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._news.wait()

    def _unsettled_s(self) -> float:
        """Return how long to wait at least before all may be known, or 0."""
        known = all(state.is_known and state.eseq >= self._end for state in self.rebuilt.values())
        if not known or len(self._following) < len(self.rebuilt):
            return 0.05
        return max(0.0, self._last_news + IDLE_S - asyncio.get_running_loop().time())

    # ---- one connection

    async def _follow(self) -> None:
        self._following.clear()
        self._replies.clear()
        line = narrow_line(self.url) if self._slow else None
        packed, deflated = next(self._forms)
        connecting = connect(
            self.url,
            sock=line,
            subprotocols=[MSGPACK] if packed else None,
            compression="deflate" if deflated else None,
            proxy=None,
            open_timeout=2,
            close_timeout=0.1,
            ping_interval=None,
            max_size=None,
            max_queue=4,
        )
        async with connecting as connection:
            assert connection.subprotocol == (MSGPACK if packed else None)
            self._evidence.happened["packed"] += packed
            self._evidence.happened["deflated"] += deflated
            for channel in self.rebuilt:
                await self._subscribe(connection, channel)
            faults = asyncio.create_task(self._fault(connection))
            try:
                await self._read(connection)
            except ConnectionClosed as closed:
                if closed.rcvd is not None:
                    self._evidence.happened[f"closed {closed.rcvd.code} {closed.rcvd.reason}"] += 1
                raise
            finally:
                faults.cancel()
                await asyncio.gather(faults, return_exceptions=True)

    async def _read(self, connection: ClientConnection) -> None:
        while True:
            received = await connection.recv()
            if isinstance(received, bytes):
                message = msgspec.msgpack.decode(received)
            else:
                message = orjson.loads(received)
            if self._stalled is not None:
                await self._stall(self._stalled)
                self._stalled = None
            if "ch" not in message:
                self._on_reply(message)
            elif message["ch"] in self._following:
                self._on_push(message)

    def _on_push(self, push: Push) -> None:
        kind = push["type"]
        if kind != "heartbeat":
            self._last_news = asyncio.get_running_loop().time()
            self._news.set()
        self._evidence.happened[kind] += 1
        self._evidence.witnessed += self._witnesses
        self._evidence.happened["conflated"] += "conflated" in push
        self._evidence.happened["checked"] += "checksum" in push
        try:
            seen = self.rebuilt[push["ch"]].take(push)
        except ViolationError as violation:
            self._evidence.violations.append(f"{violation}")
            self.rebuilt[push["ch"]].forget()
            self._following.discard(push["ch"])
            raise ConnectionResetError from None
        if seen is not None:
            self._evidence.add(seen)

    # ---- requests

    async def _subscribe(self, connection: ClientConnection, channel: str) -> None:
        """Follow a channel as the next wish says."""
        state, wish = self.rebuilt[channel], next(self._wishes)
        self._modes[channel] = wish.mode
        params: dict[str, Any] = {"channels": [channel], "mode": wish.mode}
        if wish.mode == "interval":
            params["interval_ms"] = wish.interval_ms
        if wish.checksum and channel.startswith("book."):
            params["checksum"] = True
        if wish.resumes and state.is_known and state.epoch:
            params |= {"from_seq": state.seq, "epoch": state.epoch}
        else:
            state.forget()
        await self._send(connection, "subscribe", channel, params)

    async def _send(
        self, connection: ClientConnection, method: str, channel: str, params: Mapping[str, object]
    ) -> None:
        self._requests += 1
        self._replies[self._requests] = method, channel
        request = {"id": self._requests, "method": method, "params": params}
        if connection.subprotocol == MSGPACK:
            await connection.send(msgspec.msgpack.encode(request))
        else:
            await connection.send(orjson.dumps(request).decode())

    def _on_reply(self, reply: Push) -> None:
        method, channel = self._replies.pop(reply["id"])
        assert reply["status"] == 200, reply
        if method == "unsubscribe":
            return
        (entry,) = reply["result"]
        assert entry["outcome"] == "subscribed", reply
        recovered = entry.get("recovered")
        self._evidence.happened[f"recovered {recovered}"] += 1
        state = self.rebuilt[channel]
        if recovered is not True:
            state.forget()
        state.begin(mode=self._modes[channel])
        self._following.add(channel)

    # ---- faults

    async def _fault(self, connection: ClientConnection) -> None:
        """Let what is planned happen, each once, over all connections."""
        while self._faults:
            await asyncio.sleep(self._faults[0].after_ms / 1000)
            if self._steady:
                return
            fault = self._faults.popleft()
            self._evidence.happened[fault.kind] += 1
            if fault.kind == "drop":
                connection.transport.abort()
            elif fault.kind == "leave":
                await connection.close()
            elif fault.kind == "stall":
                self._stalled = fault
            else:
                await self._change(connection, fault)

    async def _stall(self, fault: Fault) -> None:
        """Wait a while, on a slow line until those who read have been told enough."""
        if not self._slow:
            await asyncio.sleep(_between(SHORT_PAUSE_S, LONG_PAUSE_S, fault))
            return
        enough = self._evidence.witnessed + _between(SHORT_STALL, LONG_STALL, fault)
        for _ in range(int(MAX_STALL_S / STALL_STEP_S)):
            if self._steady or self._evidence.witnessed >= enough:
                return
            await asyncio.sleep(STALL_STEP_S)

    async def _change(self, connection: ClientConnection, fault: Fault) -> None:
        """Leave a channel and follow it in another way. What still comes of the old one is not looked at."""
        followed = sorted(self._following)
        if followed:
            channel = followed[fault.extent % len(followed)]
            self._following.remove(channel)
            await self._send(connection, "unsubscribe", channel, {"channels": [channel]})
            if fault.extent % 2:
                await asyncio.sleep(_between(0, CHANGE_PAUSE_S, fault))
            await self._subscribe(connection, channel)


def _between(least: float, most: float, fault: Fault) -> float:
    return least + (most - least) * fault.extent / 100


def narrow_line(url: str) -> socket.socket:
    """Return a connected socket that takes little at a time."""
    address = urlsplit(url)
    line = socket.socket()
    try:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT_SIZE)
        line.connect((address.hostname, address.port))
    except OSError:
        line.close()
        raise
    return line
