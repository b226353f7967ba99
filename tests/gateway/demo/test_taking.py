import random
from collections import Counter

from gateway.demo.quoting import BUY, SELL
from gateway.demo.taking import MAX_RESTING, Taker, TakerCancel, TakerOrder, TakerStyle, Touch
from tests.gateway.demo.pairs import BTC

TOUCH = Touch(bid=99_999_000_00, ask=100_001_000_00)


def taker(seed: int = 1) -> Taker:
    return Taker(BTC, TakerStyle(), "SIM5-1", random.Random(seed))


def test_an_empty_side_is_waited_out() -> None:
    subject = taker()
    assert subject.next_action(Touch(0, 0)) is None
    assert subject.next_action(TOUCH._replace(bid=0)) is None
    assert subject.next_action(TOUCH._replace(ask=0)) is None


def test_orders_cross_the_spread_or_rest_at_the_touch() -> None:
    subject = taker()
    for _ in range(500):
        order = subject.next_action(TOUCH)
        if not isinstance(order, TakerOrder):
            continue
        assert order.price % BTC.tick(TOUCH.ask) == 0
        assert order.quantity * TOUCH.bid >= BTC.min_notional
        if order.time_in_force == "gtc":
            assert order.price == (TOUCH.bid if order.side == BUY else TOUCH.ask)
        elif order.price:
            assert order.price >= TOUCH.ask if order.side == BUY else order.price <= TOUCH.bid


def test_every_kind_of_order_occurs_on_both_sides() -> None:
    subject = taker()
    orders = [action for _ in range(500) if isinstance(action := subject.next_action(TOUCH), TakerOrder)]
    kinds = Counter((order.side, order.time_in_force, bool(order.price)) for order in orders)
    assert set(kinds) == {
        (side, *kind) for side in (BUY, SELL) for kind in (("ioc", False), ("ioc", True), ("gtc", True))
    }


def test_resting_orders_are_bounded_and_the_oldest_goes_first() -> None:
    subject = taker()
    resting: list[str] = []
    for _ in range(500):
        action = subject.next_action(TOUCH)
        if isinstance(action, TakerCancel):
            assert action.cl_ord_id == resting.pop(0)
        elif isinstance(action, TakerOrder) and action.time_in_force == "gtc":
            resting.append(action.cl_ord_id)
        assert len(resting) <= MAX_RESTING


def test_cl_ord_ids_are_unique_and_carry_the_prefix() -> None:
    subject = taker()
    orders = [action for _ in range(300) if isinstance(action := subject.next_action(TOUCH), TakerOrder)]
    ids = [order.cl_ord_id for order in orders]
    assert len(set(ids)) == len(ids)
    assert all(cl_ord_id.startswith("SIM5-1-") for cl_ord_id in ids)


def test_pauses_are_bounded_and_average_out() -> None:
    subject = taker()
    pauses = [subject.pause_s() for _ in range(2000)]
    assert min(pauses) >= 0
    assert max(pauses) <= 5 * TakerStyle().interval_s
    assert 0.7 * TakerStyle().interval_s < sum(pauses) / len(pauses) < 1.2 * TakerStyle().interval_s
