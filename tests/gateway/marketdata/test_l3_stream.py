"""Books order by order whose orders come from another process: later than they are asked for."""

from gateway.marketdata import OrderIds, Publisher
from gateway.model import Event, OrderAccepted, OrderCanceled, OrdType, Side, TimeInForce, TradingStatus
from gateway.model.vocabulary import CancelCause
from tests.gateway.marketdata.market import BTC, TS, Inbox, Market, ask, bid, brief, status

L3 = f"l3.{BTC}"
RESTING = [(BTC, [(1, 990, 5)], [(2, 1010, 7)])]


def remote() -> tuple[Publisher, list[str]]:
    """Return a publisher whose orders come later, and what is noted each time they are asked for."""
    asked: list[str] = []

    def ask_for_orders() -> None:
        asked.append("orders")

    publisher = Market().publisher
    publisher.follow_orders(ask_for_orders, OrderIds(bytes(16)))
    return publisher, asked


def accepted(eseq: int, price: int, quantity: int) -> Event:
    return OrderAccepted(
        eseq,
        1,
        TS + eseq,
        "",
        0,
        "",
        b"",
        eseq,
        BTC,
        Side.BUY,
        OrdType.LIMIT,
        TimeInForce.GTC,
        quantity,
        price,
        False,
    )


def canceled(eseq: int, order_id: int) -> Event:
    return OrderCanceled(eseq, 1, TS + eseq, "", "", order_id, 0, 5, CancelCause.REQUESTED)


def test_a_follower_waits_for_the_orders_and_for_what_is_published_up_to_them() -> None:
    publisher, asked = remote()
    publisher.apply([bid(1, 990, 5), ask(2, 1010, 7)])
    assert not publisher.follows_orders
    inbox = Inbox()
    publisher.subscribe(L3, inbox)
    publisher.apply([canceled(3, 1), bid(3, 990, 0)])
    assert (asked, inbox.frames, publisher.follows_orders) == (["orders"], [], True)
    # The engine has worked the next command when it gives its orders.
    publisher.orders_arrived(4, [(BTC, [(4, 985, 1)], [(2, 1010, 7)])])
    assert inbox.frames == []
    publisher.apply([accepted(4, 985, 1), bid(4, 985, 1)])
    publisher.apply([accepted(5, 984, 2), bid(5, 984, 2)])
    snapshot, change = inbox.take()
    assert brief(snapshot) == (L3, "snapshot", 4, 0)
    assert [len(snapshot["bids"]), len(snapshot["asks"])] == [1, 1]
    assert brief(change) == (L3, "delta", 5, 4)


def test_orders_that_come_twice_or_for_nobody_are_dropped() -> None:
    publisher, asked = remote()
    publisher.orders_arrived(0, RESTING)
    inbox = Inbox()
    publisher.subscribe(L3, inbox)
    publisher.orders_arrived(0, RESTING)
    publisher.orders_arrived(0, [])
    [snapshot] = inbox.take()
    assert [len(snapshot["bids"]), len(snapshot["asks"])] == [1, 1]
    # A second channel of a book that is there does not ask again.
    publisher.subscribe("l3.ETH-KRW", inbox)
    assert len(inbox.take()) == 1
    assert asked == ["orders"]


def test_a_command_that_changes_no_market_lets_a_book_by_order_begin() -> None:
    publisher, _ = remote()
    inbox = Inbox()
    publisher.subscribe(L3, inbox)
    publisher.orders_arrived(4, RESTING)
    publisher.reach(3)
    assert (publisher.eseq, inbox.frames) == (3, [])
    publisher.reach(4)
    publisher.reach(2)
    [snapshot] = inbox.take()
    assert (publisher.eseq, snapshot["seq"]) == (4, 4)


def test_a_book_by_order_begins_before_the_first_command_that_is_not_in_it() -> None:
    publisher, _ = remote()
    inbox = Inbox()
    publisher.subscribe(L3, inbox)
    publisher.apply([bid(2, 990, 5)])
    # Nobody is told of the command 3, which was refused.
    publisher.orders_arrived(3, RESTING)
    publisher.apply([accepted(4, 985, 1), bid(4, 985, 1)])
    snapshot, change = inbox.take()
    assert (brief(snapshot), len(snapshot["bids"])) == ((L3, "snapshot", 3, 0), 1)
    assert brief(change) == (L3, "delta", 4, 3)


def test_a_publisher_without_orders_takes_none() -> None:
    publisher = Market().publisher
    publisher.orders_arrived(0, RESTING)
    publisher.reach(1)
    assert not publisher.follows_orders


def test_the_status_is_as_published() -> None:
    publisher = Market().publisher
    assert publisher.trading_status(BTC) is TradingStatus.OPEN
    publisher.apply([status(1, TradingStatus.HALTED)])
    assert publisher.trading_status(BTC) is TradingStatus.HALTED
