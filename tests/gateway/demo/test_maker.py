import random

from hypothesis import given
from hypothesis import strategies as st

from gateway.demo.maker import Maker, MoveOrder, OpenOrder, PlaceOrder, PullOrder, Refused, Report, Request
from gateway.demo.quoting import BUY, SELL, Quoter, QuoteStyle
from tests.gateway.demo.pairs import BTC

SECOND = 1_000_000_000
STYLE = QuoteStyle(levels=2, cancel_share=0.2)


def maker(seed: int = 1, style: QuoteStyle = STYLE) -> Maker:
    return Maker(Quoter(BTC, style, random.Random(seed)), "SIM1-1")


def accepted(request: PlaceOrder | MoveOrder, cum_qty: int = 0) -> Report:
    return Report(request.cl_ord_id, True, False, False, request.price, cum_qty, request.quantity - cum_qty)


def ended(cl_ord_id: str, *, is_fill: bool = False, is_reject: bool = False) -> Report:
    return Report(cl_ord_id, False, is_fill, is_reject, 0, 0, 0)


def placed(subject: Maker) -> list[PlaceOrder]:
    orders = [request for request in subject.requests(0) if isinstance(request, PlaceOrder)]
    for order in orders:
        subject.on_report(accepted(order), 0)
    return orders


def requests_until(subject: Maker, kind: type[Request]) -> Request:
    """Accept everything until a request of ``kind`` comes; return it unanswered."""
    for _ in range(500):
        for request in subject.requests(0):
            if isinstance(request, kind):
                return request
            if isinstance(request, PullOrder):
                subject.on_report(ended(request.cl_ord_id), 0)
            else:
                subject.on_report(accepted(request), 0)
    raise AssertionError(f"no {kind.__name__}")


def test_the_ladder_is_entered_at_once_and_each_order_waits_for_its_answer() -> None:
    subject = maker()
    first = subject.requests(0)
    assert len(first) == 4
    assert all(isinstance(request, PlaceOrder) for request in first)
    assert subject.requests(0) == []
    assert subject.open_orders == 4


def test_an_accepted_order_may_be_moved_by_its_cl_ord_id() -> None:
    subject = maker()
    ids = {order.cl_ord_id for order in placed(subject)}
    [request] = subject.requests(0)
    assert isinstance(request, (MoveOrder, PullOrder))
    assert request.orig_cl_ord_id in ids
    assert request.cl_ord_id not in ids


def test_a_moved_order_goes_by_its_new_cl_ord_id() -> None:
    subject = maker()
    move = requests_until(subject, MoveOrder)
    assert isinstance(move, MoveOrder)
    subject.on_report(accepted(move), 0)
    subject.on_report(ended(move.orig_cl_ord_id), 0)
    assert subject.open_orders == 4
    subject.on_report(ended(move.cl_ord_id, is_fill=True), 0)
    assert subject.open_orders == 3


def test_a_filled_order_is_entered_again() -> None:
    subject = maker()
    order = placed(subject)[0]
    subject.on_report(ended(order.cl_ord_id, is_fill=True), 0)
    assert subject.open_orders == 3
    [request] = subject.requests(0)
    assert isinstance(request, PlaceOrder)
    assert request.side == order.side


def test_a_move_adds_what_was_filled_before() -> None:
    subject = maker(style=QuoteStyle(levels=1, cancel_share=0, tolerance=10**9))
    orders = placed(subject)
    for order in orders:
        subject.on_report(accepted(order, cum_qty=7)._replace(is_fill=True), 0)
    [move] = subject.requests(0)
    assert isinstance(move, MoveOrder)
    assert move.quantity % 10 == 7


def test_a_fill_while_a_move_is_under_way_leaves_the_move_open() -> None:
    subject = maker()
    move = requests_until(subject, MoveOrder)
    assert isinstance(move, MoveOrder)
    subject.on_report(Report(move.orig_cl_ord_id, True, True, False, move.price, 5, 10), 0)
    subject.on_report(accepted(move, cum_qty=5), 0)
    subject.on_report(ended(move.cl_ord_id, is_fill=True), 0)
    assert subject.open_orders == 3


def test_a_rejected_order_leaves_its_place_and_pauses_the_maker() -> None:
    subject = maker()
    for request in subject.requests(0):
        subject.on_report(ended(request.cl_ord_id, is_reject=True), 0)
    assert subject.open_orders == 0
    assert subject.requests(SECOND - 1) == []
    assert len(subject.requests(SECOND)) == 4


def test_a_refused_move_leaves_the_order_as_it_was() -> None:
    subject = maker()
    move = requests_until(subject, MoveOrder)
    subject.on_refused(Refused(move.cl_ord_id, is_gone=False), 0)
    assert subject.open_orders == 4
    assert subject.requests(SECOND - 1) == []
    assert len(subject.requests(SECOND)) == 1


def test_a_refusal_because_the_order_is_gone_frees_its_place() -> None:
    subject = maker()
    pull = requests_until(subject, PullOrder)
    before = subject.open_orders
    subject.on_refused(Refused(pull.cl_ord_id, is_gone=True), 0)
    assert subject.open_orders == before - 1


def test_a_canceled_order_frees_its_place() -> None:
    subject = maker()
    pull = requests_until(subject, PullOrder)
    before = subject.open_orders
    subject.on_report(ended(pull.cl_ord_id), 0)
    assert subject.open_orders == before - 1


def test_answers_of_the_past_are_ignored() -> None:
    subject = maker()
    order = placed(subject)[0]
    assert subject.resume([]) == []
    subject.on_report(accepted(order), 0)
    subject.on_refused(Refused(order.cl_ord_id, is_gone=True), 0)
    assert subject.open_orders == 0
    assert len(subject.requests(0)) == 4


def left(side: int, price: int, n: int, cum_qty: int = 0) -> OpenOrder:
    return OpenOrder(str(n), f"old-{n}", side, price, cum_qty, 10)


def test_what_an_earlier_life_left_is_taken_over_and_not_entered_again() -> None:
    subject = maker(style=QuoteStyle(levels=2, cancel_share=0, volatility=0.0, tolerance=3))
    mid = BTC.shift(BTC.reference_price, 300)
    bids = [BTC.shift(mid, -n) for n in (2, 4, 6)]
    asks = [BTC.shift(mid, n) for n in (2, 4)]
    orders = [left(BUY, price, n) for n, price in enumerate(bids)]
    orders += [left(SELL, price, 10 + n, cum_qty=3) for n, price in enumerate(asks)]
    assert [order.cl_ord_id for order in subject.resume(orders[::-1])] == ["old-2"]
    assert subject.open_orders == 4
    [request] = subject.requests(0)
    assert isinstance(request, MoveOrder)
    assert request.orig_cl_ord_id in {"old-0", "old-1", "old-10", "old-11"}
    assert request.price in (*bids[:2], *asks), "the reference went on from where it was"
    subject.on_report(accepted(request), 0)
    subject.on_report(ended("old-0" if request.side == SELL else "old-10", is_fill=True), 0)
    assert subject.open_orders == 3


def test_one_side_alone_leaves_the_reference_at_home() -> None:
    subject = maker()
    price = BTC.shift(BTC.reference_price, -3)
    assert subject.resume([left(BUY, price, 1)]) == []
    assert {type(request) for request in subject.requests(0)} == {PlaceOrder}
    assert subject.open_orders == 4


def test_a_refusal_for_another_request_than_the_one_under_way_frees_nothing() -> None:
    subject = maker()
    move = requests_until(subject, MoveOrder)
    assert isinstance(move, MoveOrder)
    subject.on_refused(Refused(move.orig_cl_ord_id, is_gone=False), 0)
    subject.on_report(accepted(move), 0)
    assert subject.open_orders == 4


@given(st.integers(min_value=0, max_value=10**6), st.lists(st.integers(0, 4), min_size=50, max_size=200))
def test_whatever_is_answered_the_maker_stays_bounded_and_never_crosses_itself(
    seed: int, fates: list[int]
) -> None:
    subject = maker(seed, QuoteStyle(levels=2, volatility=1e-3, cancel_share=0.2))
    book: dict[str, tuple[int, int]] = {}
    now = 0
    for fate in fates:
        now += SECOND
        for request in subject.requests(now):
            if isinstance(request, PlaceOrder):
                assert _uncrossed(book, request.side, request.price)
                book[request.cl_ord_id] = (request.side, request.price)
                subject.on_report(accepted(request), now)
            elif fate == 0:
                subject.on_refused(Refused(request.cl_ord_id, is_gone=False), now)
            elif fate == 1 or isinstance(request, PullOrder):
                del book[request.orig_cl_ord_id]
                subject.on_report(ended(request.orig_cl_ord_id, is_fill=True), now)
                subject.on_refused(Refused(request.cl_ord_id, is_gone=True), now)
            else:
                del book[request.orig_cl_ord_id]
                assert _uncrossed(book, request.side, request.price)
                book[request.cl_ord_id] = (request.side, request.price)
                subject.on_report(accepted(request), now)
        assert subject.open_orders == len(book) <= 4


def _uncrossed(book: dict[str, tuple[int, int]], side: int, price: int) -> bool:
    others = [other for other_side, other in book.values() if other_side != side]
    if not others:
        return True
    return price < min(others) if side == BUY else price > max(others)
