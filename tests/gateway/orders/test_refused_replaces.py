"""A replace that was refused is remembered with its refusal, unless its ClOrdID is another order's."""

import msgspec
import pytest

from gateway.model import (
    CancelOrder,
    CancelRejected,
    OrderRejected,
    OrdStatus,
    Refusal,
    Refuse,
    RejectReason,
    ReplaceOrder,
)
from gateway.orders import OrderLimits, Repeat
from tests.gateway.orders.floor import Floor, order
from tests.gateway.orders.repeating import cancel, keeping, known, replace

UNSUPPORTED = Refusal(RejectReason.UNSUPPORTED, "stop_px", value="5")


@pytest.fixture
def forgetful() -> Floor:
    """A router that lets go of a closed order when the next one closes."""
    return Floor(OrderLimits(closed_max=1))


BY_RISK = replace("r", "a", price=1)
BY_ENGINE = replace("r", "none")
CLOSED = replace("r", "c")
BY_DIALECT = Refuse(replace("r", "a"), UNSUPPORTED)


def asked(refused: Refuse | ReplaceOrder) -> ReplaceOrder:
    request = refused.request if isinstance(refused, Refuse) else refused
    assert isinstance(request, ReplaceOrder)
    return request


@pytest.mark.parametrize("request_", [BY_RISK, BY_ENGINE, CLOSED, BY_DIALECT])
@pytest.mark.parametrize("where", ["recent", "restored", "past"])
def test_a_refused_replace_is_known_with_its_refusal(request_: Refuse | ReplaceOrder, where: str) -> None:
    floor = Floor(OrderLimits(closed_max=1 if where == "past" else 100))
    kept = keeping(floor)
    session = floor.session("S1")
    floor.submit(order("c"), cancel("c"), order("a"), request_)
    refused = session.events[-1]
    assert isinstance(refused, CancelRejected)
    router = floor.router
    if where == "restored":
        router = Floor().router
        router.restore(floor.router.snapshot())
    elif where == "past":
        floor.submit(order("y", price=1), order("z", price=1))
        assert floor.router.registry.accounts["A"].replaces == {}
    assert router.repeated(request_) == Repeat(None, same_terms=True, refused=refused)
    assert router.submit(request_, 0, once=True) == refused
    terms = asked(request_)
    for other in (
        msgspec.structs.replace(terms, order_qty=45),
        msgspec.structs.replace(terms, price=5_010),
        msgspec.structs.replace(terms, orig_cl_ord_id=b"other"),
        order("r"),
        Refuse(order("r"), UNSUPPORTED),
        Refuse(terms, Refusal(RejectReason.UNSUPPORTED, "stop_px", value="6")),
    ):
        assert router.repeated(other) == Repeat(None, same_terms=False, refused=refused)
    floor.submit(order("r"))
    rejected = session.events[-1]
    assert isinstance(rejected, OrderRejected)
    assert rejected.refusal.reason is RejectReason.DUPLICATE_CL_ORD_ID
    kept.pruned = True
    if where == "past":
        assert router.repeated(request_) == Repeat(None, same_terms=False)


def test_a_replace_by_order_id_is_the_same_by_it() -> None:
    floor = Floor()
    session = floor.session("S1")
    floor.submit(order("a"), replace("r", "", price=1, order_id=1), replace("s", "", order_id=77))
    risk, engine = session.events[-2:]
    assert floor.router.submit(replace("r", "", price=1, order_id=1), 0, once=True) == risk
    assert floor.router.submit(replace("r", "", price=1, order_id=2), 0, once=True) is None
    assert floor.router.submit(replace("s", "", order_id=77), 0, once=True) == engine


def test_a_refused_replace_leaves_no_trace_when_its_name_is_an_order_s_or_may_be_sent_again() -> None:
    floor = Floor(OrderLimits(throttle_rate=1, throttle_burst=2))
    floor.session("S1")
    floor.submit(order("a"), replace("a", "other"), replace("t", "a"))
    replaces = floor.router.registry.accounts["A"].replaces
    assert replaces == {}
    floor.submit(CancelOrder("S1", 9, "A", 1, b"c", b"none", 0, ""))
    floor.now += 10**10
    floor.submit(replace("", "a", price=1))
    assert replaces == {}
    assert floor.router.repeated(replace("t", "a")) is None


def test_an_order_behind_a_refused_replace_of_one_batch_has_the_name(forgetful: Floor) -> None:
    keeping(forgetful)
    session = forgetful.session("S1")
    # The engine does not know that the name has been used.
    forgetful.engine.submit(replace("x", "none"))
    forgetful.engine.submit(order("x"))
    forgetful.deliver()
    assert session.kinds == ["CancelRejected", "OrderAccepted"]
    assert known(forgetful.router.repeated(order("x"))) == (b"x", OrdStatus.NEW, True)
    forgetful.submit(order("y", price=1), order("z", price=1))
    assert known(forgetful.router.repeated(order("x"))) == (b"x", OrdStatus.NEW, True)
    forgetful.submit(replace("y2", "x"), order("u", price=1), order("v", price=1))
    assert known(forgetful.router.repeated(order("x"))) == (b"y2", OrdStatus.NEW, True)
