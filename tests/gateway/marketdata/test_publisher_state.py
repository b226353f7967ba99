"""A restored publisher says what the one it was taken from would have said."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.marketdata import Hub, Publisher, PublisherSettings, RingBounds
from gateway.marketdata.publisher_state import PublisherStateError
from gateway.marketdata.tally import MAX_PENDING
from gateway.model import Event, Instruments, TradingStatus
from gateway.ports.market_data import JSON
from tests.gateway.marketdata.market import (
    BTC,
    ETH,
    INSTRUMENTS,
    MIDNIGHT,
    Market,
    S,
    ask,
    bid,
    instrument,
    private,
    status,
    trade,
    trade_at,
)

SMALL = PublisherSettings(ring=RingBounds(changes=8))
CHANNELS = Market().publisher.channels
SYMBOLS = st.sampled_from([BTC, BTC, ETH])
KINDS = st.sampled_from(["bid", "bid", "ask", "ask", "trade", "status", "private"])


@st.composite
def commands(draw: st.DrawFn) -> list[list[Event]]:
    """The events of some commands; sides do not mix, as a book of deltas is never crossed."""
    found: list[list[Event]] = []
    for eseq in range(1, draw(st.integers(1, 12)) + 1):
        events: list[Event] = []
        for kind in draw(st.lists(KINDS, min_size=1, max_size=4)):
            symbol, quantity = draw(SYMBOLS), draw(st.integers(0, 3))
            if kind == "bid":
                events.append(bid(eseq, draw(st.integers(990, 995)), quantity, symbol))
            elif kind == "ask":
                events.append(ask(eseq, draw(st.integers(1000, 1005)), quantity, symbol))
            elif kind == "trade":
                events.append(trade(eseq, 1, 1000, quantity + 1, symbol))
            elif kind == "status":
                events.append(status(eseq, draw(st.sampled_from(TradingStatus)), symbol))
            else:
                events.append(private(eseq))
        found.append(events)
    return found


def restored(market: Market, instruments: Instruments = INSTRUMENTS) -> Market:
    """Return a market that goes on where ``market`` is."""
    other = Market()
    other.hub = Hub()
    other.publisher = Publisher(instruments, other.encoder, other.hub)
    other.publisher.restore_state(market.publisher.snapshot_state())
    return other


def test_a_state_in_parts_is_the_whole_state(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.marketdata.publisher_state.CHUNKS_PER_PART", 1)
    settings = PublisherSettings(ring=RingBounds(changes=100))
    market, other = Market(settings), Market(settings)
    for eseq in range(1, 300):
        symbol = ETH if eseq % 5 == 0 else BTC
        market.publisher.apply([trade(eseq, symbol=symbol), bid(eseq, 900 + eseq % 50, eseq, symbol)])
    state, parts = market.publisher.state_in_parts()
    whole = market.publisher.snapshot_state()
    assert max(len(part.chunks) for part in parts) == 1
    assert len(parts) >= 4
    # What comes while the parts are told changes neither.
    market.publisher.apply([bid(300 + n, 1, n + 1) for n in range(50)])
    other.publisher.restore_state(state, parts)
    assert other.publisher.snapshot_state() == whole
    other.publisher.apply([bid(300 + n, 1, n + 1) for n in range(50)])
    assert other.publisher.snapshot_state() == market.publisher.snapshot_state()


@given(commands(), st.lists(st.booleans(), min_size=12, max_size=12))
def test_events_of_an_earlier_life_leave_what_publishing_them_does(
    flow: list[list[Event]], ends_group: list[bool]
) -> None:
    told, followed = Market(SMALL), Market(SMALL)
    group: list[Event] = []
    for events, is_end in zip(flow, ends_group, strict=False):
        told.publisher.apply(events)
        group += events
        if is_end:
            followed.publisher.follow(group)
            group = []
            assert followed.publisher.snapshot_state() == told.publisher.snapshot_state()
    followed.publisher.follow(group)
    followed.publisher.follow([])
    assert followed.publisher.eseq == told.publisher.eseq == len(flow)
    assert followed.publisher.snapshot_state() == told.publisher.snapshot_state()
    pushed = []
    for market in (told, followed):
        inbox = market.subscriber(*CHANNELS)
        market.publisher.apply([bid(20, 1010, 1, BTC), ask(20, 980, 1, ETH), trade(20, 3, 1000, 5, BTC)])
        pushed.append(inbox.take())
    assert pushed[0] == pushed[1]
    assert pushed[0]


def test_trades_of_an_earlier_life_are_summed_up_as_published_ones_whatever_their_times() -> None:
    told, followed = Market(SMALL), Market(SMALL)
    # Some step back, behind other trades and behind a change of the book; each command has two.
    times = [MIDNIGHT + number % 700 * S // 10 for number in range(MAX_PENDING)]
    flow: list[Event] = [msgspec.structs.replace(ask(1, 1000, 1), transact_time=MIDNIGHT + S)]
    told.publisher.apply(flow)
    for eseq, time in enumerate(times, 2):
        first = msgspec.structs.replace(trade_at(time, 1000 + eseq % 7, eseq), eseq=eseq)
        command = [first, msgspec.structs.replace(first, n=2, price=1001)]
        told.publisher.apply(command)
        flow += command
    followed.publisher.follow(flow)
    assert followed.publisher.snapshot_state() == told.publisher.snapshot_state()


@given(commands())
def test_pushes_and_snapshots_after_a_restore_are_the_same_at_every_point(flow: list[list[Event]]) -> None:
    first, second = Market(), Market()
    for events in flow:
        second = restored(second)
        assert second.publisher.snapshot_state() == first.publisher.snapshot_state()
        assert second.publisher.eseq == first.publisher.eseq
        inboxes = [market.subscriber(*CHANNELS) for market in (first, second)]
        pushed = []
        for market, inbox in zip((first, second), inboxes, strict=True):
            market.publisher.apply(events)
            pushed.append(inbox.take())
            market.hub.drop(inbox)
        assert pushed[0] == pushed[1]
        for channel in CHANNELS:
            assert first.publisher.snapshot(channel).frame(JSON) == second.publisher.snapshot(channel).frame(
                JSON
            )


def test_instruments_may_come_and_go() -> None:
    market = Market()
    market.publisher.apply([bid(1, 999, 7), bid(1, 999, 5, ETH)])
    other = restored(market, Instruments([instrument(ETH), instrument("XRP-KRW")]))
    assert other.publisher.book(ETH).levels() == ([(999, 5)], [])
    assert other.publisher.book("XRP-KRW").levels() == ([], [])


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (b"", "damaged"),
        (b"\xc1", "damaged"),
        (msgspec.msgpack.encode(["bdax-market-data", 4, "x", []]), "damaged"),
        (msgspec.msgpack.encode(["bdax-market-data", 1]), "version 1"),
        (msgspec.msgpack.encode(["bdax-matching", 1, 5, []]), "bdax-matching"),
    ],
)
def test_what_is_no_state_of_this_version_is_refused(state: bytes, words: str) -> None:
    with pytest.raises(PublisherStateError, match=words):
        Market().publisher.restore_state(state)
