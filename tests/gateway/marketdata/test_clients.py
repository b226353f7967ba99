"""Clients rebuild all channels from pushes alone, whatever happens, and are right at each of them.

Commands, batches, subscriptions in all modes, refusals, slices of the queue, ticks, lost connections with
resumes, and restarts come at random. At each push what a client has rebuilt is compared with the engine's own
state at the push's ``eseq``; when all is delivered, with the last state.
"""

from collections.abc import Iterable
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.marketdata import ChannelError, Mode, Subscription, parse_channel
from gateway.model import Command
from tests.gateway.marketdata.client import INTERVALS, Client, true_view
from tests.gateway.marketdata.exchange import EPOCH, Exchange, S, channels
from tests.gateway.matching.flows import FLOWS, random_flow
from tests.gateway.matching.trading_floor import two_instruments

CHANNELS = channels()
START = 1_700_000_000 * S

_clients = st.integers(0, 2)
_named = st.sampled_from(CHANNELS)
_modes = st.sampled_from([Mode.EVERY, Mode.EVERY, Mode.CONFLATE, Mode.INTERVAL])
_acts = st.one_of(
    st.tuples(st.just("work"), FLOWS),
    st.tuples(st.just("work"), FLOWS),
    st.tuples(st.just("publish"), st.integers(1, 30)),
    st.tuples(st.just("publish"), st.integers(1, 30)),
    st.tuples(st.just("pump"), st.integers(1, 9)),
    st.tuples(st.just("tick"), st.sampled_from([1, S // 100, S // 10, S, 3 * S])),
    st.tuples(st.just("subscribe"), st.tuples(_clients, _named, _modes, st.booleans())),
    st.tuples(st.just("subscribe"), st.tuples(_clients, _named, _modes, st.booleans())),
    st.tuples(st.just("subscribe"), st.tuples(_clients, _named, _modes, st.booleans())),
    st.tuples(
        st.sampled_from(["unsubscribe", "fill", "drain", "drain", "reconnect", "stay_away"]),
        st.tuples(_clients, _named),
    ),
    st.tuples(st.just("pass_time"), st.none()),
    st.tuples(st.just("restart"), st.none()),
)


class Session:
    """Plays acts with three clients."""

    def __init__(self, max_inline: int) -> None:
        self.exchange = Exchange(max_inline=max_inline)
        self.clients = [Client(self.exchange) for _ in range(3)]
        self.commands = 0
        self.recovered = 0
        self.passed = 0

    def play(self, act: str, argument: Any) -> None:
        getattr(self, act)(*(argument if isinstance(argument, tuple) else (argument,)))

    def work(self, flow: list[Command]) -> None:
        timed = []
        for command in flow:
            self.commands += 1
            if hasattr(command, "transact_time"):
                command = msgspec.structs.replace(command, transact_time=START + self.commands * S // 3)
            timed.append(command)
        self.exchange.work(timed)

    def publish(self, count: int) -> None:
        self.exchange.publish(count)

    def pump(self, budget: int) -> None:
        self.exchange.pump(budget)

    def pass_time(self, nothing: None) -> None:
        del nothing
        if not self.exchange.waiting:
            self.passed = START + self.commands * S // 3 + S // 2
            self.exchange.publisher.pass_time(self.passed)

    def tick(self, ns: int) -> None:
        self.exchange.tick(ns)

    def subscribe(self, number: int, channel: str, mode: Mode, checksum: bool) -> None:
        client = self.clients[number]
        if channel in self.exchange.hub.followed(client):
            assert self.exchange.publisher.subscribe(channel, client) is None
            return
        client.forget(channel)
        self._subscribe(client, channel, Subscription(mode=mode, interval_ns=S // 4, checksum=checksum))

    def _subscribe(self, client: Client, channel: str, wish: Subscription) -> None:
        if wish.mode is not Mode.EVERY:
            client.conflating.add(channel)
        if wish.from_seq is not None:
            client.resume(channel)
        publisher = self.exchange.publisher
        try:
            joined = publisher.subscribe(channel, client, wish, now=self.exchange.now)
        except ChannelError as error:
            # The only reason that there can be.
            client.forget(channel)
            if error.part != "variant" or publisher.streams < self.exchange.settings.streams.max_streams:
                raise
            return
        assert joined is not None
        assert (joined.recovered is None) == (wish.from_seq is None)
        if joined.recovered is not None:
            self.recovered += joined.recovered
            client.resumed[channel] = joined.seq

    def unsubscribe(self, number: int, channel: str) -> None:
        client = self.clients[number]
        known = channel in self.exchange.hub.followed(client)
        assert self.exchange.publisher.unsubscribe(channel, client) == known
        client.forget(channel)

    def fill(self, number: int, channel: str) -> None:
        del channel
        self.clients[number].full = True

    def drain(self, number: int, channel: str) -> None:
        del channel
        client = self.clients[number]
        client.full = False
        assert self.exchange.hub.resync(client, self.exchange.now)

    def reconnect(self, number: int, channel: str) -> None:
        del channel
        client, hub = self.clients[number], self.exchange.hub
        followed = hub.followed(client)
        hub.drop(client)
        self._resume(client, followed)

    def stay_away(self, number: int, channel: str) -> None:
        """Come back when streams that nobody else follows are gone."""
        del channel
        client, hub = self.clients[number], self.exchange.hub
        followed = hub.followed(client)
        hub.drop(client)
        for _ in range(2):
            self.exchange.tick(3 * S)
        self.pass_time(None)
        self._resume(client, followed)

    def restart(self, nothing: None) -> None:
        del nothing
        followed = [self.exchange.hub.followed(client) for client in self.clients]
        self.exchange.restart()
        for client, names in zip(self.clients, followed, strict=True):
            self._resume(client, names)

    def _resume(self, client: Client, names: Iterable[str]) -> None:
        client.connect()
        for channel in names:
            # A gap, or a push that was still on its way: it asks from where it stands.
            known = client.seq.get(channel)
            self._subscribe(client, channel, Subscription(from_seq=known, epoch=EPOCH))

    def end(self) -> None:
        exchange = self.exchange
        exchange.settle()
        self.pass_time(None)
        for _ in range(2):
            for client in self.clients:
                client.full = False
                assert exchange.hub.resync(client, exchange.now)
            exchange.settle()
        truths = exchange.at[exchange.engine.eseq]
        for client in self.clients:
            for name in exchange.hub.followed(client):
                channel = parse_channel(name, two_instruments())
                view = true_view(channel, truths)
                assert client.view(name) == view, name
                if channel.interval:
                    ends = max(view, default=0) + INTERVALS[channel.interval]
                    assert (name in client.running) == (bool(view) and ends > self.passed), name
        assert exchange.publisher.eseq == exchange.engine.eseq
        assert (exchange.hub.lagging, exchange.hub.queued) == (0, 0)
        assert exchange.publisher.streams <= exchange.settings.streams.max_streams


@settings(max_examples=100)
@given(st.lists(_acts, max_size=40), st.sampled_from([0, 2, 100]))
def test_clients_are_right_at_each_push_and_miss_nothing_unsaid(
    acts: list[tuple[str, Any]], max_inline: int
) -> None:
    session = Session(max_inline)
    for act, argument in acts:
        session.play(act, argument)
    session.end()


def _random_act(random: Random) -> tuple[str, Any]:
    act = random.choices(
        [
            "work",
            "publish",
            "pump",
            "tick",
            "subscribe",
            "unsubscribe",
            "fill",
            "drain",
            "reconnect",
            "stay_away",
            "restart",
            "pass_time",
        ],
        [8, 8, 4, 4, 10, 1, 2, 4, 2, 1, 0.3, 2],
    )[0]
    client, channel = random.randrange(3), random.choice(CHANNELS)
    arguments: dict[str, Any] = {
        "work": random_flow(random, random.randint(1, 12)),
        "publish": random.randint(1, 12),
        "pump": random.randint(1, 9),
        "tick": random.choice([1, S // 100, S // 10, S, 3 * S]),
        "subscribe": (client, channel, random.choice(list(Mode)), random.random() < 0.3),
        "restart": None,
        "pass_time": None,
    }
    return act, arguments.get(act, (client, channel))


@pytest.mark.parametrize("seed", range(12))
def test_clients_are_right_through_long_sessions(seed: int) -> None:
    random = Random(seed)
    session = Session(random.choice([0, 2, 100]))
    for _ in range(200):
        session.play(*_random_act(random))
    session.end()
    assert session.recovered
