"""Orders come and go; what they leave behind is bounded and needs no garbage collector."""

import gc
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.matching import MatchingEngine
from tests.gateway.matching.flows import random_flow
from tests.gateway.matching.trading_floor import BTC, BUY, SELL, TradingFloor, two_instruments


@pytest.mark.unmeasured  # a collector that looks at all objects, ten times
@settings(max_examples=10)
@given(st.randoms(use_true_random=True))
def test_no_order_leaves_cyclic_garbage(random: Random) -> None:
    flow = random_flow(random, 300)
    engine = MatchingEngine(two_instruments(), closed_kept=20)
    was_enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        for command in flow:
            engine.work(command)
        assert gc.collect() == 0
    finally:
        if was_enabled:
            gc.enable()


def test_what_is_kept_of_closed_orders_is_bounded() -> None:
    floor = TradingFloor(closed_kept=50)
    sizes = set()
    for i in range(1000):
        floor.buy(1, 100 + i % 7, cl_ord_id=b"b%d" % i)
        if i % 2:
            floor.cancel(b"b%d" % i)
        else:
            floor.sell(1, 100, cl_ord_id=b"s%d" % i)
        if i >= 100:
            index = floor.engine._index
            sizes.add((len(index._by_id), len(index._by_account["ACC1"]), len(index.closed_orders())))
    assert sizes == {(50, 50, 50)}
    book = floor.engine.book(BTC)
    assert (book.bids.levels, book.asks.levels) == ({}, {})
    assert (book.bids.keys, book.asks.keys) == ([], [])


def test_a_queue_that_trades_away_from_its_head_keeps_its_order() -> None:
    """A level's queue is consumed from the front, from the middle and at the end."""
    floor = TradingFloor()
    for i in range(200):
        floor.sell(1, 100, cl_ord_id=b"%d" % i)
    expected = list(range(1, 201))
    random = Random(7)
    while expected:
        if random.random() < 0.5:
            name = expected.pop(random.randrange(len(expected)))
            floor.cancel(order_id=name)
        else:
            floor.buy(1, 100)
            expected.pop(0)
        assert floor.queue(SELL) == expected
    assert floor.queue(BUY) == []
