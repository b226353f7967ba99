"""Whatever clients do: each is told the same, in the same order, whoever has the connections."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import orjson
import uvloop
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from gateway.app import persistence
from gateway.store.log_identity import LogIdentity
from tests.gateway.net.running import Running, WsPeer, order, signed

PUBLIC: Final = (
    "book.BTC-KRW",
    "book.BTC-KRW.5.raw",
    "trades.BTC-KRW",
    "bbo.BTC-KRW",
    "l3.BTC-KRW",
    "ticker.BTC-KRW",
)
TIMES: Final = {"sent", "ts", "time", "since", "session"}
"""What tells one run from another."""

CHANNELS = st.lists(
    st.sampled_from((*PUBLIC, "executions", "nothing.X")), min_size=1, max_size=3, unique=True
)
PRICE = st.integers(4, 6).map(lambda n: str(n * 10_000_000))
NAME = st.integers(0, 9).map(lambda n: f"o{n}")
REQUEST = st.one_of(
    st.tuples(
        st.just("order.place"),
        st.builds(
            lambda name, side, price: order(name, side, price=price),
            NAME,
            st.sampled_from(["buy", "sell"]),
            PRICE,
        ),
    ),
    st.tuples(st.just("order.cancel"), st.builds(lambda name: {"cl_ord_id": name}, NAME)),
    st.tuples(st.just("order.status"), st.builds(lambda name: {"cl_ord_id": name}, NAME)),
    st.tuples(st.just("subscribe"), st.builds(lambda names: {"channels": names}, CHANNELS)),
    st.tuples(
        st.just("subscribe"),
        st.builds(lambda names, n: {"channels": [*names], "from_exec_id": n}, CHANNELS, st.integers(1, 4)),
    ),
    st.tuples(
        st.just("subscribe"),
        st.builds(
            lambda name, n: {"channels": [name], "from_seq": n}, st.sampled_from(PUBLIC), st.integers(0, 9)
        ),
    ),
    st.tuples(st.just("unsubscribe"), st.builds(lambda names: {"channels": names}, CHANNELS)),
    st.tuples(st.just("book.snapshot"), st.just({"channel": PUBLIC[0], "max_levels": 10})),
    st.tuples(st.just("executions.replay"), st.builds(lambda n: {"from_exec_id": n}, st.integers(1, 4))),
    st.sampled_from(
        [("orders.open", {}), ("ping", {}), ("ping", {"x": 1}), ("fly", {}), ("session.logon", {})]
    ),
    st.sampled_from([("log on", {})]),
)
ACT = st.tuples(st.integers(0, 2), st.lists(REQUEST, min_size=1, max_size=3))
NAMES: Final = ("ALICE", "BOB", "")
"""The third client logs on when it likes."""


class Stage:
    """A gateway and three clients, all of whose messages are kept."""

    def __init__(self, folder: Path, workers: int) -> None:
        self.running = Running(
            folder,
            {
                "ws": {"workers": workers, "requests_rate": 0},
                "market_data": {"heartbeat_s": 3600.0},
                "orders": {"price_bands": False},
            },
        )

    async def open(self) -> None:
        await self.running.start()
        # Channels on demand are at every worker from the beginning, as they are for all in one process.
        while not all(door._sockets for door in self.running.doors):
            peer = await self.running.ws()
            await peer.request("subscribe", channels=PUBLIC)
        books: list[Any] = [door._feed.publisher._catalog.l3 for door in self.running.doors]
        await self.running.until(lambda: all(l3.is_ready(0) for l3 in books), "the orders")
        self.peers = [await self.running.ws(name) for name in NAMES]
        self.said: list[list[Any]] = [[] for _ in NAMES]

    async def act(self, who: int, requests: list[tuple[str, dict[str, Any]]]) -> None:
        """Send requests in one segment; wait until all that they lead to has come."""
        await self.peers[who].send_together(*(self.complete(*request) for request in requests))
        last = self.peers[who].count
        waiting = set(range(last - len(requests) + 1, last + 1))
        while waiting:
            waiting.discard((await self.take(who)).get("id"))
        await self.running.until(self.is_settled, "all that is published")
        for number, peer in enumerate(self.peers):
            await self.drain(number, peer)

    def complete(self, method: str, params: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        if method == "log on":
            return "session.logon", signed("CAROL")
        if "from_seq" in params:
            return method, {**params, "epoch": self.running.gateway.ws.epoch}
        return method, params

    def is_settled(self) -> bool:
        gateway = self.running.gateway
        eseq = gateway.feed.publisher.eseq
        return gateway.turns.is_idle and all(
            door.eseq == eseq and door.turns.is_idle and not door._feed.hub.queued
            for door in self.running.doors
        )

    async def drain(self, number: int, peer: WsPeer) -> None:
        """Take what a client has been told, up to the answer to a ping that was sent behind it all."""
        asked = await peer.send("ping")
        while (await self.take(number)).get("id") != asked:
            pass

    async def take(self, number: int) -> dict[str, Any]:
        message = await self.peers[number].receive()
        self.said[number].append(timeless(message))
        return message


def timeless(value: Any) -> Any:
    """Return a message without what tells one run from another."""
    if isinstance(value, dict):
        return {name: "" if name in TIMES else timeless(member) for name, member in value.items()}
    return [timeless(element) for element in value] if isinstance(value, list) else value


async def play(acts: list[tuple[int, list[tuple[str, dict[str, Any]]]]], workers: int) -> list[list[Any]]:
    with tempfile.TemporaryDirectory() as folder:
        with patch.object(persistence, "new_identity", lambda: LogIdentity(epoch="e" * 16, secret=bytes(32))):
            stage = Stage(Path(folder), workers)
        try:
            await stage.open()
            for who, requests in acts:
                # With workers a resume and a logon take a little longer than what comes with them.
                apart = any(method == "log on" or "from_seq" in params for method, params in requests)
                for together in [[request] for request in requests] if apart else [requests]:
                    await stage.act(who, together)
        finally:
            await stage.running.stop()
        assert stage.running.failures == []
        return stage.said


# Without shrinking, which would take minutes.
@settings(deadline=None, max_examples=15, phases=[Phase.explicit, Phase.generate])
@example([(0, [("executions.replay", {"from_exec_id": 1}), ("subscribe", {"channels": ["book.BTC-KRW"]})])])
@given(st.lists(ACT, max_size=12))
def test_clients_are_told_the_same(acts: list[tuple[int, list[tuple[str, dict[str, Any]]]]]) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        alone = runner.run(play(acts, 0))
        apart = runner.run(play(acts, 2))
    for number in range(3):
        assert pieces(apart[number]) == pieces(alone[number])


def pieces(said: list[Any]) -> list[bytes]:
    return [orjson.dumps(message) for message in said]
