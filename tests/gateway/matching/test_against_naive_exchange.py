"""The engine does what the naive exchange does, and keeps the invariants of any exchange."""

from collections import Counter

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.matching import Book, MatchingEngine
from gateway.model import (
    BookDelta,
    Command,
    Event,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderReplaced,
    Side,
    Trade,
)
from tests.gateway.matching.flows import FLOWS, random_flow
from tests.gateway.matching.naive_exchange import NaiveExchange, Totals
from tests.gateway.matching.trading_floor import BTC, ETH, two_instruments

SYMBOLS = (BTC, ETH)
CLOSED_KEPT = st.integers(0, 12)
LONG_FLOWS = st.randoms(use_true_random=True).map(lambda random: random_flow(random, 300))


def totals_of(engine: MatchingEngine) -> Totals:
    totals: Totals = Counter()
    for symbol in SYMBOLS:
        book = engine.book(symbol)
        for side in (book.bids, book.asks):
            for level in side.depth():
                totals[symbol, side.side, level.price] = level.quantity
    return totals


def is_crossed(totals: Totals, symbol: str) -> bool:
    bids = [price for (s, side, price), quantity in totals.items() if s == symbol and side is Side.BUY]
    asks = [price for (s, side, price), quantity in totals.items() if s == symbol and side is Side.SELL]
    return bool(bids and asks) and max(bids) >= min(asks)


@settings(max_examples=200)
@given(FLOWS, CLOSED_KEPT)
def test_every_command_has_the_naive_answer_and_the_naive_book(flow: list[Command], closed_kept: int) -> None:
    assert_equal_answers(flow, closed_kept)


@settings(max_examples=25)
@given(LONG_FLOWS, st.sampled_from([0, 30, 1000]))
def test_a_long_flow_has_the_naive_answers_and_books(flow: list[Command], closed_kept: int) -> None:
    assert_equal_answers(flow, closed_kept)


def assert_equal_answers(flow: list[Command], closed_kept: int) -> None:
    naive = NaiveExchange(two_instruments(), closed_kept)
    engine = MatchingEngine(two_instruments(), closed_kept=closed_kept)
    seen: Totals = Counter()
    for eseq, command in enumerate(flow, 1):
        expected = naive.work(command)
        events = engine.work(command)
        deltas = [event for event in events if isinstance(event, BookDelta)]
        assert events == [*expected, *deltas]
        assert [event.n for event in events] == list(range(1, len(events) + 1))
        assert {event.eseq for event in events} == {eseq} == {engine.eseq}

        before = Counter(seen)
        for delta in deltas:
            key = (delta.symbol, delta.side, delta.price)
            assert delta.quantity != before[key], "a delta changes its level"
            seen[key] = delta.quantity
            if not delta.quantity:
                del seen[key]
            assert not is_crossed(seen, delta.symbol), "not even between the deltas of a command"
        assert len({(d.symbol, d.side, d.price) for d in deltas}) == len(deltas), "one delta per level"
        assert seen == naive.totals() == totals_of(engine)
    for symbol in SYMBOLS:
        assert_in_priority(engine.book(symbol), naive, symbol)


def assert_in_priority(book: Book, naive: NaiveExchange, symbol: str) -> None:
    # Whom an incoming market order of the other side would meet, in order.
    for side, resting in ((Side.SELL, book.bids), (Side.BUY, book.asks)):
        assert [order.order_id for order in resting.orders()] == [
            order.order_id for order in naive.opposite(symbol, side, None)
        ]


@settings(max_examples=50)
@given(st.one_of(FLOWS, LONG_FLOWS))
def test_no_quantity_is_made_or_lost(flow: list[Command]) -> None:
    """For each order: what it asked for is what it filled, canceled, and still has open."""
    engine = MatchingEngine(two_instruments())
    asked: Counter[int] = Counter()
    filled: Counter[int] = Counter()
    canceled: Counter[int] = Counter()
    bought_and_sold: Counter[bool] = Counter()
    traded = 0
    for command in flow:
        for event in engine.work(command):
            match event:
                case OrderAccepted() | OrderReplaced():
                    asked[event.order_id] = event.order_qty
                case OrderFilled():
                    filled[event.order_id] += event.last_qty
                    assert event.cum_qty == filled[event.order_id]
                    assert event.leaves_qty == asked[event.order_id] - filled[event.order_id]
                    bought_and_sold[event.aggressor] += event.last_qty
                case OrderCanceled():
                    canceled[event.order_id] += event.canceled_qty
                case Trade():
                    traded += event.quantity
    open_orders = {
        order.order_id: order.leaves_qty
        for symbol in SYMBOLS
        for side in (engine.book(symbol).bids, engine.book(symbol).asks)
        for order in side.orders()
    }
    for order_id, quantity in asked.items():
        assert quantity == filled[order_id] + canceled[order_id] + open_orders.get(order_id, 0)
    assert bought_and_sold[True] == bought_and_sold[False] == traded


@settings(max_examples=50)
@given(st.one_of(FLOWS, LONG_FLOWS))
def test_the_same_commands_give_the_same_bytes(flow: list[Command]) -> None:
    encoder = msgspec.msgpack.Encoder()
    decoder: msgspec.msgpack.Decoder[list[Command]] = msgspec.msgpack.Decoder(list[Command])
    first, second = MatchingEngine(two_instruments()), MatchingEngine(two_instruments())
    once: list[list[Event]] = [first.work(command) for command in flow]
    again = [second.work(command) for command in decoder.decode(encoder.encode(flow))]
    assert encoder.encode(once) == encoder.encode(again)
    assert first.snapshot() == second.snapshot()
