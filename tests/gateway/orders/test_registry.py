"""What the registry remembers, and what it forgets at its bounds."""

from gateway.model import CancelOrder, OrdStatus, Side
from gateway.orders import OrderLimits, OrderRegistry
from tests.gateway.orders.floor import Floor, order


def cancel(orig: str) -> CancelOrder:
    return CancelOrder("S1", 9, "A", 1, b"", orig.encode(), 0, "BTC-KRW")


def test_closed_orders_are_forgotten_oldest_first() -> None:
    floor = Floor(OrderLimits(closed_max=2))
    for name in "abc":
        floor.submit(order(name), cancel(name))
    registry = floor.router.registry
    assert registry.order("A", b"a") is None
    assert registry.order_by_id("A", 1) is None
    kept = registry.order("A", b"b")
    assert kept is not None
    assert kept.ord_status is OrdStatus.CANCELED
    assert registry.is_used("A", b"a")


def test_an_event_without_a_reservation_makes_the_order() -> None:
    live = Floor()
    live.submit(order("a", Side.SELL), order("b", qty=30), order("c", price=1))
    replayed = OrderRegistry(OrderLimits())
    for event in live.delivered:
        replayed.apply(event)  # type: ignore[arg-type]  # market events leave no trace
    assert replayed.order("A", b"a") == live.router.registry.order("A", b"a")
    assert replayed.order("A", b"b") == live.router.registry.order("A", b"b")
    assert replayed.order("A", b"c") == live.router.registry.order("A", b"c")
    assert replayed.is_used("A", b"a")
