"""Views of a book: what changed in them, applied to what they were, is what the book says."""

import random
from collections.abc import Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.marketdata import Book, DepthView
from gateway.marketdata.grouping import MAX_NOTED, Groupings
from gateway.matching import MatchingEngine
from gateway.model import BookDelta, Command, Side
from tests.gateway.marketdata.market import BTC, INSTRUMENTS, ask, bid
from tests.gateway.matching import flows
from tests.gateway.matching.trading_floor import two_instruments

Levels = list[tuple[int, int]]


class View:
    """A view of a book that may change, its prices grouped by ``step`` if that is above 0."""

    def __init__(self, book: Book, depth: int | None, step: int = 0) -> None:
        self._book = book
        self._view = DepthView(depth)
        self._groupings = Groupings(book)
        self._grouping = self._groupings.open(step) if step else None
        self._seen = -1

    def note(self, *deltas: BookDelta) -> None:
        self._groupings.note(deltas)

    def changes(self, deltas: Iterable[BookDelta], *, at_all: bool = False) -> tuple[Levels, Levels]:
        """Look where ``deltas`` changed the book, or ``at_all``; return what is not as at the look before."""
        grouping = self._grouping
        if grouping is None:
            sides = self._book.sides()
            if at_all:
                return self._view.compare(sides)
            prices: dict[Side, list[int]] = {Side.BUY: [], Side.SELL: []}
            for delta in deltas:
                prices[delta.side].append(delta.price)
            return self._view.changes(sides, prices[Side.BUY], prices[Side.SELL])
        grouping.look()
        seen, self._seen = self._seen, grouping.at
        if seen != grouping.since or at_all:
            return self._view.compare(grouping.sides())
        return self._view.changes(grouping.sides(), *grouping.touched)

    def levels(self) -> tuple[Levels, Levels]:
        return self._view.levels()


def _book(bids: Levels, asks: Levels) -> Book:
    book = Book(INSTRUMENTS[BTC])
    for price, quantity in bids:
        book.apply(bid(1, price, quantity))
    for price, quantity in asks:
        book.apply(ask(1, price, quantity))
    return book


def _apply(book: Book, *deltas: BookDelta) -> tuple[BookDelta, ...]:
    for delta in deltas:
        book.apply(delta)
    return deltas


def test_a_view_shows_nothing_before_the_first_look_and_returns_all_of_it_then() -> None:
    book = _book([(99, 1), (98, 2), (97, 3)], [(101, 4)])
    view = View(book, 2)
    assert view.levels() == ([], [])
    assert view.changes(()) == ([(99, 1), (98, 2)], [(101, 4)])
    assert view.levels() == ([(99, 1), (98, 2)], [(101, 4)])
    assert view.changes([bid(1, 99, 1), ask(1, 101, 4)]) == ([], [])


def test_a_better_level_pushes_the_last_one_out_and_lets_it_in_again() -> None:
    book = _book([(99, 1), (98, 2)], [(101, 4), (102, 5)])
    view = View(book, 2)
    view.changes(())
    assert view.changes(_apply(book, bid(2, 100, 7))) == ([(100, 7), (98, 0)], [])
    assert view.changes(_apply(book, bid(3, 100, 0))) == ([(100, 0), (98, 2)], [])
    assert view.changes(_apply(book, ask(4, 101, 0), ask(4, 104, 1))) == ([], [(101, 0), (104, 1)])
    assert view.changes(_apply(book, ask(5, 103, 9))) == ([], [(103, 9), (104, 0)])


def test_changes_below_a_full_view_are_not_seen_until_they_come_into_it() -> None:
    book = _book([(99, 1), (98, 2)], [])
    view = View(book, 2)
    view.changes(())
    assert view.changes(_apply(book, bid(2, 97, 3))) == ([], [])
    assert view.changes(_apply(book, bid(3, 97, 4), bid(3, 96, 1))) == ([], [])
    assert view.changes(_apply(book, bid(4, 99, 0))) == ([(99, 0), (97, 4)], [])


def test_a_level_that_came_and_went_between_two_looks_is_not_told() -> None:
    book = _book([(99, 1)], [])
    view = View(book, None)
    view.changes(())
    assert view.changes(_apply(book, bid(2, 98, 3), bid(3, 98, 0), bid(3, 99, 2), bid(4, 99, 1))) == (
        [],
        [],
    )


def test_grouped_prices_are_rounded_away_from_the_best_and_summed() -> None:
    book = _book([(109, 1), (100, 2), (99, 4)], [(110, 8), (111, 16), (120, 32), (121, 64)])
    view = View(book, 2, 10)
    assert view.changes(()) == ([(100, 3), (90, 4)], [(110, 8), (120, 48)])
    for deltas, changes in (
        ([bid(2, 109, 0)], ([(100, 2)], [])),
        ([ask(3, 110, 0)], ([], [(110, 0), (130, 64)])),
        ([ask(4, 135, 1)], ([], [])),
        ([ask(5, 135, 0), bid(5, 109, 1)], ([(100, 3)], [])),
        ([bid(6, 109, 0)], ([(100, 2)], [])),
    ):
        view.note(*_apply(book, *deltas))
        assert view.changes(()) == changes
    assert view.levels() == ([(100, 2), (90, 4)], [(120, 48), (130, 64)])


@pytest.mark.parametrize("depth", [0, -1])
def test_a_view_without_depth_is_refused(depth: int) -> None:
    with pytest.raises(ValueError, match=r"at least 1"):
        DepthView(depth)


def test_after_many_changes_a_grouping_begins_anew() -> None:
    book = _book([(109, 1), (100, 2)], [])
    view = View(book, 2, 10)
    assert view.changes(()) == ([(100, 3)], [])
    for eseq in range(MAX_NOTED + 2):
        view.note(*_apply(book, bid(eseq, 95, 1 + eseq % 2)))
    assert view.changes(()) == ([(90, 1 + (MAX_NOTED + 1) % 2)], [])


def test_a_grouping_is_one_for_all_who_use_it_and_gone_with_the_last() -> None:
    book = _book([(109, 1)], [])
    groupings = Groupings(book)
    first = groupings.open(10)
    assert groupings.open(10) is first
    first.look()
    groupings.note(_apply(book, bid(2, 108, 5)))
    groupings.close(10)
    assert len(groupings) == 1
    groupings.close(10)
    assert not groupings
    groupings.note(_apply(book, bid(3, 108, 0)))
    second = groupings.open(10)
    second.look()
    assert second is not first
    assert second.sides()[0] == ({100: 1}, [100])


# ---- against a naive view, over flows through the engine


def _naive_side(levels: Levels, depth: int | None, step: int, group: Callable[[int, int], int]) -> Levels:
    groups: dict[int, int] = {}
    for price, quantity in levels:
        name = group(price, step) if step else price
        groups[name] = groups.get(name, 0) + quantity
    return list(groups.items())[:depth]


def _naive(book: Book, depth: int | None, step: int) -> tuple[Levels, Levels]:
    bids, asks = book.levels()
    return (
        _naive_side(
            bids, depth, step, lambda price, step: next(p for p in range(price, -1, -1) if p % step == 0)
        ),
        _naive_side(
            asks,
            depth,
            step,
            lambda price, step: next(p for p in range(price, 2 * price + step) if p % step == 0),
        ),
    )


def _changes_between(old: Levels, new: Levels, *, is_bid: bool) -> Levels:
    before, after = dict(old), dict(new)
    return sorted(
        (
            (price, after.get(price, 0))
            for price in before.keys() | after.keys()
            if before.get(price) != after.get(price)
        ),
        reverse=is_bid,
    )


VIEWS = [(depth, step) for depth in (1, 2, 3, 5, 500, None) for step in (0, 2, 3, 5)]


def _follow(commands: list[Command], looks: Callable[[], bool]) -> None:
    """Look at every view now and then: its changes are those between two naive views, no more and no less."""
    engine = MatchingEngine(two_instruments())
    book = Book(INSTRUMENTS[BTC])
    views = {place: View(book, *place) for place in VIEWS}
    # The first look is at a book that is not empty, or never.
    before: dict[tuple[int | None, int], tuple[Levels, Levels]] = dict.fromkeys(VIEWS, ([], []))
    changed: dict[tuple[int | None, int], list[BookDelta]] = {place: [] for place in VIEWS}
    for command in commands:
        for event in engine.work(command):
            if isinstance(event, BookDelta) and event.symbol == BTC:
                book.apply(event)
                for place, view in views.items():
                    changed[place].append(event)
                    view.note(event)
        for place, view in views.items():
            if not looks():
                continue
            told, changed[place] = changed[place], []
            now = _naive(book, *place)
            assert view.changes(told, at_all=looks()) == (
                _changes_between(before[place][0], now[0], is_bid=True),
                _changes_between(before[place][1], now[1], is_bid=False),
            )
            assert view.levels() == now
            before[place] = now


@given(flows.FLOWS, st.integers())
def test_the_changes_of_a_view_lead_from_one_look_to_the_next(commands: list[Command], seed: int) -> None:
    chance = random.Random(seed)
    _follow(commands, lambda: chance.random() < 0.5)


@pytest.mark.parametrize("seed", range(4))
def test_the_changes_of_a_view_lead_through_a_long_flow(seed: int) -> None:
    chance = random.Random(seed)
    _follow(flows.random_flow(chance, 600), lambda: chance.random() < 0.4)


_CHANGES = st.lists(
    st.tuples(st.booleans(), st.integers(1, 14), st.integers(0, 3), st.booleans()), max_size=80
)


@given(_CHANGES, st.sampled_from(VIEWS))
def test_the_changes_of_a_view_lead_through_any_changes_of_a_book(
    changes: list[tuple[bool, int, int, bool]], place: tuple[int | None, int]
) -> None:
    book = Book(INSTRUMENTS[BTC])
    view = View(book, *place)
    before: tuple[Levels, Levels] = [], []
    told: list[BookDelta] = []
    for is_bid, price, quantity, looks in changes:
        # Odd on purpose: a removal of nothing, and a crossed book.
        told += _apply(book, bid(1, price, quantity) if is_bid else ask(1, price, quantity))
        view.note(told[-1])
        if looks:
            now = _naive(book, *place)
            assert view.changes(reversed(told)) == (
                _changes_between(before[0], now[0], is_bid=True),
                _changes_between(before[1], now[1], is_bid=False),
            )
            assert view.levels() == now
            before, told = now, []
