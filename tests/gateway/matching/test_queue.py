"""The queue of one price level: orders leave from anywhere, and its places stay bounded."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.matching.book import ROOM
from tests.gateway.matching.trading_floor import BTC, BUY, TradingFloor

# What becomes of a queue: an order comes, the one at a share of the queue leaves or moves to its end, or the
# first ones are traded away.
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("come"), st.just(0)),
        st.tuples(st.sampled_from(["leave", "move", "shrink"]), st.integers(0, 99)),
        st.tuples(st.just("trade"), st.integers(1, 7)),
    ),
    max_size=200,
)


def walk(floor: TradingFloor, steps: Sequence[tuple[str, int]]) -> None:
    """Take the steps, and hold the queue to a plain list of [order_id, quantity]."""
    expected: list[list[int]] = []
    for step, share in steps:
        floor.msg_seq_num += 1
        at = share * len(expected) // 100
        name = b"%d" % floor.msg_seq_num
        if step == "come":
            floor.buy(3, 100, cl_ord_id=name)
            expected.append([floor.engine.eseq, 3])
        elif step == "trade":
            left = share
            floor.sell(share, 100)
            while left and expected:
                traded = min(left, expected[0][1])
                left -= traded
                expected[0][1] -= traded
                if not expected[0][1]:
                    expected.pop(0)
            if left:
                floor.cancel(order_id=floor.engine.eseq)
        elif expected and step == "leave":
            floor.cancel(order_id=expected.pop(at)[0])
        elif expected:
            order_id, quantity = expected[at]
            [order] = [order for order in floor.engine.book(BTC).bids.orders() if order.order_id == order_id]
            change = 1 if step == "move" else -1
            if quantity + change:
                floor.replace(b"", name, order.order_qty + change, 100, order_id=order_id)
                expected[at][1] += change
                if step == "move":
                    expected.append(expected.pop(at))
        bids = floor.engine.book(BTC).bids
        assert [[order.order_id, order.leaves_qty] for order in bids.orders()] == expected
        assert floor.bids() == ([(100, sum(quantity for _, quantity in expected))] if expected else [])


@settings(max_examples=60)
@given(STEPS)
def test_any_steps(steps: list[tuple[str, int]]) -> None:
    walk(TradingFloor(), steps)


@pytest.mark.parametrize("share", [0, 50, 99])
def test_a_queue_whose_orders_come_and_go_has_few_places(share: int) -> None:
    floor = TradingFloor()
    first = [("come", 0)] * 40
    walk(floor, first + [("come", 0), ("leave", share)] * 100)
    [level] = floor.engine.book(BTC).bids.depth()
    assert len(level.orders) <= level.room <= 2 * 41 + ROOM
    assert [order.place for order in level.orders if order is not None] == [
        place for place, order in enumerate(level.orders) if order is not None
    ]


def test_an_order_at_the_head_stays_first_however_many_come_and_go_behind_it() -> None:
    floor = TradingFloor()
    walk(floor, [("come", 0)] + [("come", 0), ("leave", 99)] * 60)
    assert floor.queue(BUY) == [1]
    [level] = floor.engine.book(BTC).bids.depth()
    assert len(level.orders) <= 2 + ROOM


def test_trading_from_the_head_of_a_long_queue_looks_at_each_order_once() -> None:
    floor = TradingFloor()
    for _ in range(200):
        floor.buy(1, 100)
    heads = []
    for _ in range(150):
        floor.sell(1, 100)
        [level] = floor.engine.book(BTC).bids.depth()
        heads.append(level.head)
    assert heads == list(range(150))
