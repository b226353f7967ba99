"""A storm of connections takes its part of each turn of the loop; what a client sent keeps its order."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.net import ws_lobby
from gateway.net.ws_lobby import Lobby
from tests.gateway.net.running import Running, watched

SLICE = 100


class Clock:
    """Stands for the module ``time``: moves when the test says so."""

    def __init__(self) -> None:
        self.now = 1_000
        self.pauses = 0

    def monotonic_ns(self) -> int:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert 0 < seconds < 1e-4
        self.pauses += 1


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(ws_lobby, "time", clock)
    return clock


class Caller:
    """A visitor whose input takes time."""

    def __init__(self, lobby: Lobby, clock: Clock, log: list[bytes]) -> None:
        self.lobby = lobby
        self.clock = clock
        self.log = log

    def send(self, data: bytes) -> bool:
        admitted = self.lobby.admit(self, data)
        if admitted:
            self.work(data)
        return admitted

    def work(self, data: bytes) -> None:
        self.clock.now += len(data)
        self.log.append(data)


async def next_turn() -> None:
    await asyncio.sleep(0)


async def test_what_does_not_fit_into_a_slice_waits_for_the_next_turns(clock: Clock) -> None:
    log: list[bytes] = []
    lobby = Lobby(SLICE)
    callers = [Caller(lobby, clock, log) for _ in range(6)]
    pieces = [bytes([n]) * 60 for n in range(6)]
    assert [caller.send(piece) for caller, piece in zip(callers, pieces, strict=True)] == [True] * 2 + [
        False
    ] * 4
    assert (lobby.waiting, lobby.waited) == (4, 4)
    await next_turn()
    assert log == pieces[:4]
    # Nobody overtakes.
    assert not callers[0].send(b"late")
    await next_turn()
    assert log == pieces
    assert not callers[1].send(b"later")
    await next_turn()
    assert log == [*pieces, b"late", b"later"]
    await next_turn()
    await next_turn()
    assert callers[0].send(b"x" * SLICE)
    assert not callers[0].send(b"y")
    await next_turn()
    assert (log[-1], lobby.waiting, lobby.waited) == (b"y", 0, 7)


async def test_the_thread_that_commits_is_let_through_in_front_of_each_slice_of_a_storm(clock: Clock) -> None:
    lobby = Lobby(SLICE)
    caller = Caller(lobby, clock, [])
    assert caller.send(b"x" * SLICE)
    for _ in range(3):
        assert not caller.send(b"y" * SLICE)
    for pauses in (1, 2, 3, 3, 3):
        await next_turn()
        assert (clock.pauses, lobby.waiting) == (pauses, 3 - pauses)
    # Who comes alone costs no pause.
    assert caller.send(b"z")
    await next_turn()
    assert clock.pauses == 3


async def test_in_the_rest_of_a_slice_somebody_else_may_come_in(clock: Clock) -> None:
    lobby = Lobby(SLICE)
    caller = Caller(lobby, clock, [])
    assert caller.send(b"x" * 150)
    assert not caller.send(b"y")
    await next_turn()
    assert lobby.waiting == 0
    assert caller.send(b"z")


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 150), st.booleans()), max_size=40))
def test_all_is_worked_once_and_in_order(sent: list[tuple[int, int, bool]]) -> None:
    clock = Clock()

    async def play() -> None:
        lobby = Lobby(SLICE)
        log: list[bytes] = []
        expected: list[bytes] = []
        callers = [Caller(lobby, clock, log) for _ in range(4)]
        for number, (who, size, turns) in enumerate(sent):
            piece = b"%03d" % number + b"." * size
            expected.append(piece)
            callers[who].send(piece)
            if turns:
                await next_turn()
        for _ in sent:
            await next_turn()
        assert log == expected
        assert lobby.waiting == 0

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ws_lobby, "time", clock)
        asyncio.run(play())


async def test_clients_that_wait_in_the_lobby_get_all_that_they_ask_for(gateway: Running) -> None:
    # Every piece of input is a slice.
    gateway.gateway.ws.lobby = lobby = Lobby(0)
    peers = await asyncio.gather(*(gateway.ws() for _ in range(20)))
    answers = await asyncio.gather(*(peer.request("subscribe", channels=["bbo.BTC-KRW"]) for peer in peers))
    assert [answer[0]["channel"] for answer in answers] == ["bbo.BTC-KRW"] * 20
    assert len(await asyncio.gather(*(peer.request("ping") for peer in peers))) == 20
    trader = await gateway.ws("ALICE")
    waited = lobby.waited
    assert waited > 0
    assert (await trader.place("o1"))["status"] == "new"
    for peer in peers:
        assert (await peer.push("bbo.BTC-KRW"))["type"] == "snapshot"
        assert (await peer.push("bbo.BTC-KRW"))["type"] == "event"
    # Who is logged on never waits.
    assert lobby.waited == waited


async def test_who_leaves_while_waiting_is_forgotten(gateway: Running) -> None:
    gateway.gateway.ws.lobby = lobby = Lobby(0)
    peer = await gateway.ws()
    connection = gateway.ws_connection()
    closed = watched(gateway.gateway.ws, "closed")
    # Somebody else has this turn's slice.
    lobby._begin()
    connection.data_received(b"garbage")
    assert lobby.waiting == 1
    connection.eof_received()
    assert lobby.waiting == 2
    connection._transport.abort()
    async with asyncio.timeout(5):
        assert (await closed.get())[0] is connection
        while lobby.waiting:
            await next_turn()
    del peer
