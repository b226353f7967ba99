"""The book against a naive model."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.marketdata import Book
from gateway.model import Side
from tests.gateway.marketdata.market import BTC, INSTRUMENTS, ask, bid


def test_an_empty_book_has_no_best_and_no_levels() -> None:
    book = Book(INSTRUMENTS[BTC])
    assert book.best() == (None, None)
    assert book.levels() == ([], [])
    assert len(book) == 0
    assert book.instrument.symbol == BTC


def test_levels_come_best_first_and_no_deeper_than_asked() -> None:
    book = Book(INSTRUMENTS[BTC])
    for price in (998, 1000, 999):
        book.apply(bid(1, price, price))
    for price in (1003, 1001, 1002):
        book.apply(ask(1, price, price))
    assert book.best() == ((1000, 1000), (1001, 1001))
    assert book.levels(2) == ([(1000, 1000), (999, 999)], [(1001, 1001), (1002, 1002)])
    assert book.levels() == book.levels(3) == book.levels(9)


def test_removing_a_level_that_is_not_there_changes_nothing() -> None:
    book = Book(INSTRUMENTS[BTC])
    book.apply(bid(1, 1000, 5))
    book.apply(bid(2, 999, 0))
    book.apply(ask(2, 1000, 0))
    assert book.levels() == ([(1000, 5)], [])


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 12), st.integers(0, 3)), max_size=60))
def test_the_book_equals_a_naive_one_after_each_change(changes: list[tuple[bool, int, int]]) -> None:
    book = Book(INSTRUMENTS[BTC])
    naive: dict[Side, dict[int, int]] = {Side.BUY: {}, Side.SELL: {}}
    for is_bid, price, quantity in changes:
        best = book.best()
        touches_best = book.apply(bid(1, price, quantity) if is_bid else ask(1, price, quantity))
        assert touches_best or book.best() == best
        side = naive[Side.BUY if is_bid else Side.SELL]
        side[price] = quantity
        if not quantity:
            del side[price]
        bids = sorted(naive[Side.BUY].items(), reverse=True)
        asks = sorted(naive[Side.SELL].items())
        assert book.levels() == (bids, asks)
        assert book.levels(1) == (bids[:1], asks[:1])
        assert book.best() == (bids[0] if bids else None, asks[0] if asks else None)
        assert len(book) == len(bids) + len(asks)
