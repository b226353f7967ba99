"""Whatever goes on: a follower misses no execution, gets none twice, and no answer comes behind its event."""

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.settings import WsSettings
from tests.gateway.net.hall import Client, Hall, Push, kinds, replayed, settle, turn

WHO = st.sampled_from(["A", "B", "follower"])
PRICE = st.integers(4, 6).map(lambda thousands: thousands * 1_000)
KNOWN = st.integers(0, 20).map(lambda n: f"o{n}")
BACK = st.integers(-1, 20)
ACT = st.one_of(
    st.tuples(st.just("place"), WHO, st.sampled_from(["buy", "sell"]), PRICE),
    st.tuples(st.just("cancel"), WHO, KNOWN),
    st.tuples(st.just("replace"), WHO, KNOWN, PRICE),
    st.tuples(st.just("replay"), BACK),
    st.tuples(st.just("subscribe"), BACK),
    st.sampled_from([("unsubscribe",), ("pause",), ("drain",), ("commit",), ("turn",), ("burst",)]),
)


class Flow:
    """Random acts of traders and of a client that follows the executions of account A."""

    def __init__(self) -> None:
        self.hall = Hall(WsSettings(requests_rate=0, max_pending_bytes=6_000))
        self.follower = self.hall.client("A")
        self.clients = {"A": self.hall.client("A"), "B": self.hall.client("B"), "follower": self.follower}
        self.asked: list[tuple[int, int]] = []
        self.sent = 0
        self.hall.store.at_once = False

    async def act(self, kind: str, *terms: Any) -> None:
        await getattr(self, kind)(*terms)

    def name(self) -> str:
        self.sent += 1
        return f"o{self.sent}"

    async def place(self, who: str, side: str, price: int) -> None:
        self.clients[who].place(self.name(), side, price)

    async def cancel(self, who: str, cl_ord_id: str) -> None:
        self.clients[who].request("order.cancel", cl_ord_id=cl_ord_id)

    async def replace(self, who: str, cl_ord_id: str, price: int) -> None:
        terms = {"new_cl_ord_id": self.name(), "quantity": "1.5", "price": str(price)}
        self.clients[who].request("order.replace", cl_ord_id=cl_ord_id, **terms)

    async def burst(self) -> None:
        for _ in range(12):
            self.clients["A"].place(self.name())

    def from_exec_id(self, back: int) -> int:
        """Return a beginning that is ``back`` from the next execution; mostly one that may be asked for."""
        return max(1, self.hall.router.registry.accounts["A"].exec_id + 1 - back)

    async def replay(self, back: int) -> None:
        first = self.from_exec_id(back)
        self.asked.append((self.follower.request("executions.replay", from_exec_id=first), first))

    async def subscribe(self, back: int) -> None:
        first = self.from_exec_id(back)
        request = self.follower.request("subscribe", channels=["executions"], from_exec_id=first)
        self.asked.append((request, first))

    async def unsubscribe(self) -> None:
        self.follower.request("unsubscribe", channels=["executions"])

    async def pause(self) -> None:
        self.follower.pause()

    async def drain(self) -> None:
        self.follower.drain()

    async def commit(self) -> None:
        self.hall.store.finish()

    async def turn(self) -> None:
        await turn()


async def play(acts: list[tuple[Any, ...]]) -> None:
    flow = Flow()
    for act in acts:
        await flow.act(*act)
    flow.follower.drain()
    await settle(flow.hall)
    assert flow.hall.failures == []
    live = flow.hall.live["A"]
    assert [push["seq"] for push in live] == list(range(1, len(live) + 1))
    check_replays(flow, live)
    check_live(flow.follower, len(live))
    for client in flow.clients.values():
        check_order(client)


def check_replays(flow: Flow, live: list[Push]) -> None:
    """Check that each replay that was granted came whole, in one piece, behind its reply, as it was live."""
    said = flow.follower.line.said
    for push in flow.follower.pushes:
        if push["type"] != "replay.done":
            assert {**push, "type": "event", "sent": 0} == live[push["seq"] - 1]
    granted = [(request, first) for request, first in flow.asked if "result" in flow.follower.reply(request)]
    at = 0
    for request, first in granted:
        at = said.index(flow.follower.reply(request), at)
        pushes: list[Push] = []
        while not pushes or pushes[-1]["type"] != "replay.done":
            at += 1
            if "ch" in said[at] and (pushes or said[at]["type"] != "event"):
                pushes.append(said[at])
        assert kinds(pushes) == replayed(first, pushes[-1]["seq"])
    assert sum(push["type"] == "replay.done" for push in flow.follower.pushes) == len(granted)


def check_live(follower: Client, last: int) -> None:
    """Check that what is live goes on where the replay, or the event before, ended, up to the last one."""
    expected: int | None = None
    for message in follower.line.said:
        if message.get("type") == "event":
            assert message["seq"] == expected
            expected = message["seq"] + 1
        elif message.get("type") == "replay.done":
            expected = message["seq"] + 1
    outcomes = [
        message["result"][0]["outcome"]
        for message in follower.line.said
        if isinstance(message.get("result"), list)
    ]
    if outcomes and outcomes[-1] in ("subscribed", "already_subscribed"):
        assert expected == last + 1


def check_order(client: Client) -> None:
    """Check that no execution comes before the answer to the request that caused it."""
    seen: set[int] = set()
    for message in client.line.said:
        if "ch" in message:
            seen.add(message["eseq"])
        elif isinstance(message.get("result"), dict) and "eseq" in message["result"]:
            assert message["result"]["eseq"] not in seen


@settings(deadline=None)
@given(st.lists(ACT, max_size=60))
def test_nothing_is_missing_or_double_whatever_goes_on(acts: list[tuple[Any, ...]]) -> None:
    with asyncio.Runner() as runner:
        runner.run(play(acts))
