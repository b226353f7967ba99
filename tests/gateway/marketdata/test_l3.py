"""The books order by order against the engine's own, and a reader that has the changes alone."""

from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.marketdata import L3Action, L3Books, L3Change, L3State, OrderIds
from gateway.matching import MatchingEngine
from gateway.model import BookDelta, Command, MassCancelScope, Side, Trade
from tests.gateway.matching import flows
from tests.gateway.matching.trading_floor import (
    BTC,
    BUY,
    ETH,
    FOK,
    IOC,
    SELL,
    TradingFloor,
    order_id,
    two_instruments,
)

IDS = OrderIds(b"a secret of the log")
ADD, EXECUTE, CHANGE, REMOVE = L3Action

Told = tuple[L3Action, Side, int, int, int, int]


def _told(changes: list[L3Change]) -> list[Told]:
    """Return changes with the order ids that the public ids stand for; they must be small."""
    known = {IDS.public(number): number for number in range(1, 20)}
    return [(c.action, c.side, known[c.id], c.price, c.quantity, c.last_qty) for c in changes]


class Floor(TradingFloor):
    """An engine whose books are followed."""

    def __init__(self) -> None:
        super().__init__()
        self.l3 = L3Books(self.instruments, IDS)

    def told(self, command: Command) -> dict[str, list[Told]]:
        changes = self.l3.apply(self.engine.work(command))
        return {symbol: _told(of_symbol) for symbol, of_symbol in changes.items()}


def test_orders_that_rest_are_added_at_the_end_of_their_queue() -> None:
    floor = Floor()
    assert floor.told(floor.order(BUY, 5, 99)) == {BTC: [(ADD, BUY, 1, 99, 5, 0)]}
    assert floor.told(floor.order(BUY, 6, 100)) == {BTC: [(ADD, BUY, 2, 100, 6, 0)]}
    assert floor.told(floor.order(BUY, 7, 99)) == {BTC: [(ADD, BUY, 3, 99, 7, 0)]}
    assert floor.told(floor.order(SELL, 8, 101, symbol=ETH)) == {ETH: [(ADD, SELL, 4, 101, 8, 0)]}
    book = floor.l3.book(BTC)
    one, two, three = map(IDS.public, (1, 2, 3))
    assert book.orders() == ([(two, 100, 6), (one, 99, 5), (three, 99, 7)], [])
    assert book.levels() == ([(100, 6), (99, 12)], [])
    assert len(book) == 3


def test_an_incoming_order_executes_those_it_meets_and_adds_what_is_left() -> None:
    floor = Floor()
    floor.told(floor.order(SELL, 5, 100))
    floor.told(floor.order(SELL, 5, 101))
    assert floor.told(floor.order(BUY, 7, 101)) == {
        BTC: [(EXECUTE, SELL, 1, 100, 0, 5), (EXECUTE, SELL, 2, 101, 3, 2)]
    }
    assert floor.told(floor.order(BUY, 10, 101)) == {
        BTC: [(EXECUTE, SELL, 2, 101, 0, 3), (ADD, BUY, 4, 101, 7, 0)]
    }


@pytest.mark.parametrize("terms", [(IOC, 101), (IOC, 0), (FOK, 101)])
def test_what_does_not_rest_never_appears(terms: tuple[object, int]) -> None:
    time_in_force, price = terms
    floor = Floor()
    floor.told(floor.order(SELL, 5, 100))
    order = floor.order(BUY, 7, price, time_in_force=time_in_force)  # type: ignore[arg-type] # a member
    executed = [] if time_in_force is FOK else [(EXECUTE, SELL, 1, 100, 0, 5)]
    assert floor.told(order) == ({BTC: executed} if executed else {})


def test_refused_orders_and_other_events_change_nothing() -> None:
    floor = Floor()
    floor.told(floor.order(SELL, 5, 100))
    assert floor.told(floor.order(BUY, 7, 101, post_only=True)) == {}
    assert floor.told(floor.cancel_command(b"nothing")) == {}
    assert floor.told(floor.replace_command(b"nothing", b"n", 1, 1)) == {}


def test_less_keeps_its_place_and_all_else_loses_it() -> None:
    floor = Floor()
    for _ in range(3):
        floor.told(floor.order(BUY, 5, 99))
    assert floor.told(floor.replace_command(b"c1", b"r1", 4, 99)) == {BTC: [(CHANGE, BUY, 1, 99, 4, 0)]}
    lost = {BTC: [(REMOVE, BUY, 1, 99, 0, 0), (ADD, BUY, 1, 99, 6, 0)]}
    assert floor.told(floor.replace_command(b"r1", b"r2", 6, 99)) == lost
    assert [order.order_id for order in floor.l3.book(BTC).resting()[0]] == [2, 3, 1]
    assert floor.told(floor.replace_command(b"c2", b"r3", 5, 99)) == {
        BTC: [(REMOVE, BUY, 2, 99, 0, 0), (ADD, BUY, 2, 99, 5, 0)]
    }
    assert floor.told(floor.replace_command(b"c3", b"r4", 5, 98)) == {
        BTC: [(REMOVE, BUY, 3, 99, 0, 0), (ADD, BUY, 3, 98, 5, 0)]
    }


def test_a_replaced_order_that_trades_comes_in_again() -> None:
    floor = Floor()
    floor.told(floor.order(SELL, 5, 100))
    floor.told(floor.order(BUY, 5, 99))
    assert floor.told(floor.replace_command(b"c2", b"r", 8, 100)) == {
        BTC: [(REMOVE, BUY, 2, 99, 0, 0), (EXECUTE, SELL, 1, 100, 0, 5), (ADD, BUY, 2, 100, 3, 0)]
    }
    floor.told(floor.order(SELL, 9, 101))
    assert floor.told(floor.replace_command(b"r", b"s", 8, 101)) == {
        BTC: [(REMOVE, BUY, 2, 100, 0, 0), (EXECUTE, SELL, 4, 101, 6, 3)]
    }
    assert len(floor.l3.book(BTC)) == 1


def test_a_mass_cancel_removes_from_several_books() -> None:
    floor = Floor()
    floor.told(floor.order(BUY, 5, 99))
    floor.told(floor.order(SELL, 5, 101, symbol=ETH))
    changes = floor.l3.apply(floor.mass_cancel(MassCancelScope.ACCOUNT))
    assert {symbol: _told(of_symbol) for symbol, of_symbol in changes.items()} == {
        BTC: [(REMOVE, BUY, 1, 99, 0, 0)],
        ETH: [(REMOVE, SELL, 2, 101, 0, 0)],
    }


def test_an_order_whose_past_was_left_out_is_an_error() -> None:
    floor = Floor()
    accepted = floor.buy(5, 99)
    assert order_id(accepted) == 1
    with pytest.raises(KeyError):
        floor.l3.apply(floor.cancel(b"c1"))


def test_books_that_are_not_listed_any_more_are_left_out_of_a_restart() -> None:
    floor = Floor()
    floor.told(floor.order(BUY, 5, 99))
    floor.told(floor.order(SELL, 5, 101, symbol=ETH))
    only_eth = L3Books([ETH], IDS)
    only_eth.restore(floor.l3.state())
    assert only_eth.book(ETH).orders() == floor.l3.book(ETH).orders()
    with pytest.raises(KeyError):
        only_eth.book(BTC)


# ---- over flows of all kinds


class Reader:
    """One side's orders as a client of the channel keeps them, from the changes alone."""

    def __init__(self) -> None:
        self.queues: dict[int, list[list[int]]] = {}

    def follow(self, change: L3Change) -> int:
        """Take a change over; return the quantity that traded."""
        if change.action is ADD:
            queue = self.queues.setdefault(change.price, [])
            assert change.id not in [entry[0] for queue in self.queues.values() for entry in queue]
            queue.append([change.id, change.quantity])
            return 0
        queue = self.queues[change.price]
        [place] = [i for i, entry in enumerate(queue) if entry[0] == change.id]
        entry = queue[place]
        if change.action is EXECUTE:
            assert place == 0
            assert entry[1] - change.last_qty == change.quantity
        elif change.action is CHANGE:
            assert 0 < change.quantity < entry[1]
        else:
            assert change.quantity == 0
        entry[1] = change.quantity
        if not change.quantity:
            del queue[place]
            if not queue:
                del self.queues[change.price]
        return change.last_qty

    def orders(self, *, is_bid: bool) -> list[tuple[int, int, int]]:
        return [
            (number, price, quantity)
            for price in sorted(self.queues, reverse=is_bid)
            for number, quantity in self.queues[price]
        ]


def _restored(books: L3Books) -> L3Books:
    """Return what a restart makes of ``books``."""
    encoded = msgspec.msgpack.encode(books.state())
    restored = L3Books([BTC, ETH], IDS)
    restored.restore(msgspec.msgpack.decode(encoded, type=L3State))
    assert msgspec.msgpack.encode(restored.state()) == encoded
    return restored


def _follow(commands: list[Command], chance: Random) -> None:
    engine = MatchingEngine(two_instruments())
    books = L3Books([BTC, ETH], IDS)
    readers = {(symbol, side): Reader() for symbol in (BTC, ETH) for side in Side}
    totals: dict[tuple[str, Side], dict[int, int]] = {place: {} for place in readers}
    for command in commands:
        events = engine.work(command)
        changes = books.apply(events)
        executed = {
            symbol: [readers[symbol, change.side].follow(change) for change in of_symbol]
            for symbol, of_symbol in changes.items()
        }
        for symbol in (BTC, ETH):
            trades = [e.quantity for e in events if isinstance(e, Trade) and e.symbol == symbol]
            assert [quantity for quantity in executed.get(symbol, []) if quantity] == trades
        for event in events:
            if isinstance(event, BookDelta):
                levels = totals[event.symbol, event.side]
                levels[event.price] = event.quantity
                if not event.quantity:
                    del levels[event.price]
        if chance.random() < 0.1:
            books = _restored(books)
        for symbol in (BTC, ETH):
            book, engines = books.book(symbol), engine.book(symbol)
            orders = book.orders()
            for side, own, mine, resting, public in zip(
                (BUY, SELL), (engines.bids, engines.asks), book.levels(), book.resting(), orders, strict=True
            ):
                expected = [(o.order_id, o.price, o.leaves_qty) for o in own.orders()]
                assert [(o.order_id, o.price, o.quantity) for o in resting] == expected
                assert public == [(IDS.public(n), price, quantity) for n, price, quantity in expected]
                assert public == readers[symbol, side].orders(is_bid=side is BUY)
                assert mine == sorted(totals[symbol, side].items(), reverse=side is BUY)
            assert len(book) == len(orders[0]) + len(orders[1])
    resting_ids = {o.order_id for s in (BTC, ETH) for side in books.book(s).resting() for o in side}
    assert books._orders.keys() == resting_ids


@given(flows.FLOWS, st.integers())
def test_the_books_are_the_engines_after_each_command(commands: list[Command], seed: int) -> None:
    _follow(commands, Random(seed))


@pytest.mark.parametrize("seed", range(4))
def test_the_books_are_the_engines_through_a_long_flow(seed: int) -> None:
    chance = Random(seed)
    _follow(flows.random_flow(chance, 800), chance)
