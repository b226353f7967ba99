"""A replace that is sent again while it is on its way to the engine."""

import pytest

from gateway.model import CancelRejected, OrderRejected, Refusal, Refuse, RejectReason, ReplaceOrder
from gateway.orders import OrderLimits, Repeat
from tests.gateway.orders.floor import Floor, order
from tests.gateway.orders.repeating import replace

UNSUPPORTED = Refusal(RejectReason.UNSUPPORTED, "stop_px", value="5")


def replaces_of(floor: Floor) -> list[object]:
    return list(floor.router.registry.accounts["A"].replaces.values())


@pytest.mark.parametrize(
    "asked",
    [
        replace("b", "a"),
        replace("b", "", order_id=1),
        replace("b", "a", price=1),
        Refuse(replace("b", "a"), UNSUPPORTED),
    ],
)
def test_it_is_worked_once_and_answered_with_its_outcome(asked: ReplaceOrder | Refuse) -> None:
    floor = Floor()
    session, router = floor.session("S1"), floor.router
    floor.submit(order("a"))
    assert router.submit(asked, 0, once=True) is None
    assert router.submit(asked, 0, once=True) is asked
    for other in (replace("b", "a", qty=55), Refuse(replace("b", "a", qty=55), UNSUPPORTED), order("b")):
        assert router.repeated(other) == Repeat(None, same_terms=False, asked=asked)
        assert router.submit(other, 0, once=True) is None
    with pytest.raises(LookupError):
        router.settled(asked)
    floor.deliver()
    settled = router.settled(asked)
    if session.kinds[1] == "OrderReplaced":
        assert settled is router.registry.order("A", b"b")
    else:
        assert settled == session.events[1]
    assert session.kinds[2:] == ["CancelRejected", "CancelRejected", "OrderRejected"]
    for event in session.events[2:]:
        assert isinstance(event, CancelRejected | OrderRejected)
        assert event.refusal.reason is RejectReason.DUPLICATE_CL_ORD_ID
    assert not any(isinstance(known, ReplaceOrder | Refuse) for known in replaces_of(floor))


def test_it_is_not_in_a_snapshot() -> None:
    floor = Floor()
    floor.submit(order("a"))
    before = floor.router.snapshot()
    floor.router.submit(replace("b", "a"), 0)
    assert floor.router.snapshot() == before


def test_one_that_keeps_its_name_or_is_throttled_uses_none_up() -> None:
    floor = Floor(OrderLimits(throttle_rate=1, throttle_burst=2))
    floor.session("S1")
    for command in (order("a"), replace("a", "a"), replace("b", "a")):
        floor.router.submit(command, 0)
    assert replaces_of(floor) == []
