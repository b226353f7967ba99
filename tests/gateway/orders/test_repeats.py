"""A ClOrdID used again: which order had it, and whether the request says the same, however long ago."""

from typing import Any

import msgspec
import pytest

from gateway.model import (
    CancelOrder,
    MassCancel,
    MassCancelScope,
    NewOrder,
    OrderRejected,
    OrdStatus,
    OrdType,
    Refusal,
    Refuse,
    RejectReason,
    Side,
    TimeInForce,
)
from gateway.orders import OrderLimits, Repeat, idempotency
from gateway.orders.order import EnteredTerms, ReplaceTerms
from gateway.orders.past_orders import PastOrder, PastOrders
from tests.gateway.orders.floor import Floor, order
from tests.gateway.orders.repeating import cancel, keeping, known, replace

UNSUPPORTED = Refusal(RejectReason.UNSUPPORTED, "stop_px", value="5")


@pytest.fixture
def floor() -> Floor:
    return Floor()


@pytest.fixture
def forgetful() -> Floor:
    """A router that lets go of a closed order when the next one closes."""
    return Floor(OrderLimits(closed_max=1))


def test_a_new_cl_ord_id_repeats_nothing(floor: Floor) -> None:
    floor.submit(order("a"))
    assert floor.router.repeated(order("b")) is None
    assert floor.router.repeated(order("a", account="B")) is None
    assert floor.router.repeated(replace("b", "a")) is None
    assert floor.router.repeated(Refuse(order("b"), UNSUPPORTED)) is None


def test_a_cancel_or_a_replace_that_keeps_its_cl_ord_id_repeats_nothing(floor: Floor) -> None:
    floor.submit(order("a"))
    assert floor.router.repeated(Refuse(cancel("a"), UNSUPPORTED)) is None
    assert floor.router.repeated(replace("a", "a")) is None
    assert floor.router.repeated(replace("", "a")) is None


def test_a_repeated_order_shows_the_state_of_the_first(floor: Floor) -> None:
    floor.router.submit(order("a"), 0)
    assert known(floor.router.repeated(order("a"))) == (b"a", OrdStatus.PENDING_NEW, True)
    floor.deliver()
    assert known(floor.router.repeated(order("a"))) == (b"a", OrdStatus.NEW, True)
    floor.submit(order("b", Side.SELL, qty=60))
    assert known(floor.router.repeated(order("a"))) == (b"a", OrdStatus.PARTIALLY_FILLED, True)
    assert known(floor.router.repeated(order("b", Side.SELL, qty=60))) == (b"b", OrdStatus.FILLED, True)
    again = order("a", session="ws:1.1", msg_seq_num=77, transact_time=99)
    assert known(floor.router.repeated(again)) == (b"a", OrdStatus.PARTIALLY_FILLED, True)


@pytest.mark.parametrize(
    "change",
    [
        {"symbol": "ETH-KRW"},
        {"side": Side.SELL},
        {"ord_type": OrdType.MARKET},
        {"time_in_force": TimeInForce.IOC},
        {"qty": 105},
        {"price": 5_010},
        {"post_only": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("is_past", [False, True])
def test_an_order_with_other_terms_is_not_the_same(change: dict[str, Any], is_past: bool) -> None:
    floor = Floor(OrderLimits(closed_max=1))
    keeping(floor)
    floor.submit(order("a"))
    if is_past:
        floor.submit(cancel("a"), order("b", price=1))
    status = OrdStatus.CANCELED if is_past else OrdStatus.NEW
    assert known(floor.router.repeated(order("a", **change))) == (b"a", status, False)
    assert known(floor.router.repeated(order("a"))) == (b"a", status, True)


def test_a_replaced_order_is_compared_with_what_was_first_sent(floor: Floor) -> None:
    floor.submit(order("a"), replace("r", "a", qty=50, price=5_010), replace("r", "r", qty=40, price=5_020))
    record = floor.router.registry.order("A", b"r")
    assert record is not None
    assert record.entered == EnteredTerms(b"a", 100, 5_000, ReplaceTerms(b"a", 50, 5_010))
    assert floor.router.registry.order("A", b"a") is None
    assert known(floor.router.repeated(order("a"))) == (b"r", OrdStatus.NEW, True)
    assert known(floor.router.repeated(order("a", qty=40, price=5_020))) == (b"r", OrdStatus.NEW, False)
    assert known(floor.router.repeated(order("r", qty=40, price=5_020))) == (b"r", OrdStatus.NEW, False)


def test_a_repeated_replace_has_its_own_terms_whatever_came_later(floor: Floor) -> None:
    floor.submit(order("a"), order("other"), replace("r", "a"))
    assert known(floor.router.repeated(replace("r", "a"))) == (b"r", OrdStatus.NEW, True)
    assert known(floor.router.repeated(replace("r", "", order_id=1))) == (b"r", OrdStatus.NEW, True)
    for different in (
        replace("r", "other"),
        replace("r", "a", qty=45),
        replace("r", "a", price=5_010),
        replace("r", "", order_id=2),
        replace("a", "r"),
        replace("other", "a"),
        replace("other", "", qty=100, order_id=2),
        msgspec.structs.replace(replace("r", "a"), symbol="ETH-KRW"),
        Refuse(replace("r", "a"), UNSUPPORTED),
    ):
        repeat = floor.router.repeated(different)
        assert repeat is not None
        assert not repeat.same_terms
    # One that keeps the name, and two that take another.
    for number, later in enumerate((replace("", "r", qty=60), replace("s", "r", qty=45), replace("t", "s"))):
        floor.submit(later)
        name = b"rst"[number : number + 1]
        assert known(floor.router.repeated(replace("r", "a"))) == (name, OrdStatus.NEW, True)
        assert known(floor.router.repeated(replace("r", "a", qty=60))) == (name, OrdStatus.NEW, False)
        assert known(floor.router.repeated(replace("r", "other"))) == (name, OrdStatus.NEW, False)
    assert known(floor.router.repeated(replace("s", "r", qty=45))) == (b"t", OrdStatus.NEW, True)


def test_a_refused_order_is_known_with_its_refusal(floor: Floor) -> None:
    floor.router.submit(order("a", price=1), 0)
    assert known(floor.router.repeated(order("a", price=1))) == (b"a", OrdStatus.REJECTED, True)
    floor.deliver()
    repeat = floor.router.repeated(order("a", price=1))
    assert known(repeat) == (b"a", OrdStatus.REJECTED, True)
    assert repeat is not None
    assert repeat.order is not None
    assert repeat.order.refusal == Refusal(RejectReason.PRICE_OUT_OF_BAND, "price", "2500", "1")
    assert known(floor.router.repeated(order("a"))) == (b"a", OrdStatus.REJECTED, False)


def test_what_a_dialect_refuses_is_the_same_for_the_same_reason(floor: Floor) -> None:
    refuse = Refuse(order("a"), UNSUPPORTED)
    floor.submit(refuse)
    assert known(floor.router.repeated(refuse)) == (b"a", OrdStatus.REJECTED, True)
    other = Refuse(order("a"), Refusal(RejectReason.UNSUPPORTED, "stop_px", value="6"))
    assert known(floor.router.repeated(other)) == (b"a", OrdStatus.REJECTED, False)


def test_a_throttled_order_may_be_sent_again() -> None:
    floor = Floor(OrderLimits(throttle_rate=1, throttle_burst=1))
    floor.session("S1")
    floor.submit(order("a"), order("b"))
    assert floor.router.repeated(order("b")) is None


def test_an_old_order_is_read_from_the_store(forgetful: Floor) -> None:
    kept = keeping(forgetful)
    forgetful.submit(order("a"), order("b", Side.SELL), order("c", price=1))
    assert forgetful.router.registry.order("A", b"a") is None
    repeat = forgetful.router.repeated(order("a"))
    assert known(repeat) == (b"a", OrdStatus.FILLED, True)
    assert repeat is not None
    assert repeat.order is not None
    assert (repeat.order.cum_qty, repeat.order.avg_px) == (100, 5_000)
    kept.pruned = True
    assert forgetful.router.repeated(order("a")) == Repeat(None, same_terms=False)
    kept.pruned, kept.broken = False, True
    assert forgetful.router.repeated(order("a")) == Repeat(None, same_terms=False)
    forgetful.router.find_executions(None)
    assert forgetful.router.repeated(order("a")) == Repeat(None, same_terms=False)


@pytest.mark.parametrize("is_readable", [True, False])
def test_an_old_cl_ord_id_is_not_worked_again(forgetful: Floor, is_readable: bool) -> None:
    keeping(forgetful).pruned = not is_readable
    session = forgetful.session("S1")
    forgetful.submit(order("a"), cancel("a"), order("b", price=1), order("c"))
    refusal = Refusal(RejectReason.DUPLICATE_CL_ORD_ID, "cl_ord_id", value="a")
    forgetful.submit(order("a"), Refuse(order("a"), UNSUPPORTED), replace("a", "c"))
    assert session.kinds[-3:] == ["OrderRejected", "OrderRejected", "CancelRejected"]
    assert [event.refusal for event in session.events[-3:]] == [refusal] * 3  # type: ignore[union-attr]  # all rejects


def test_every_cl_ord_id_of_a_replaced_order_leads_to_it(forgetful: Floor) -> None:
    keeping(forgetful)
    forgetful.submit(order("a"), replace("r", "a"), replace("s", "r", qty=40))
    registry = forgetful.router.registry
    assert len(registry.past.used) == 1
    assert known(forgetful.router.repeated(order("a"))) == (b"s", OrdStatus.NEW, True)
    assert known(forgetful.router.repeated(replace("r", "a"))) == (b"s", OrdStatus.NEW, True)
    assert known(forgetful.router.repeated(replace("r", "a", qty=40))) == (b"s", OrdStatus.NEW, False)
    forgetful.submit(cancel("s"), order("b", price=1), order("c", price=1))
    assert len(registry.past.used) == 4
    assert registry.accounts["A"].by_cl_ord_id.keys() == {b"c"}
    assert known(forgetful.router.repeated(order("a"))) == (b"s", OrdStatus.CANCELED, True)
    assert known(forgetful.router.repeated(replace("s", "r", qty=40))) == (b"s", OrdStatus.CANCELED, True)
    assert known(forgetful.router.repeated(replace("r", "a"))) == (b"s", OrdStatus.CANCELED, True)
    assert known(forgetful.router.repeated(replace("r", "a", qty=40))) == (b"s", OrdStatus.CANCELED, False)
    assert all(registry.is_used("A", name) for name in (b"a", b"r", b"s", b"b", b"c"))


def test_a_past_order_whose_end_cannot_be_told_is_not_shown_as_open(forgetful: Floor) -> None:
    kept = keeping(forgetful)
    forgetful.submit(order("a"), replace("r", "a"), cancel("r"), order("b", price=1), order("c", price=1))
    end = next(one for one in kept.executions if one.eseq == 3)
    kept.executions.remove(end)
    assert forgetful.router.repeated(order("a")) == Repeat(None, same_terms=False)
    kept.executions.append(end)
    assert known(forgetful.router.repeated(order("a"))) == (b"r", OrdStatus.CANCELED, True)


def test_one_order_of_a_mass_cancel_is_found_among_all(forgetful: Floor) -> None:
    keeping(forgetful)
    forgetful.submit(*(order(name) for name in "abc"), order("z", account="B"))
    forgetful.submit(MassCancel("S1", 3, "A", 1, b"m", MassCancelScope.ACCOUNT), order("d", price=1))
    for name in "abc":
        assert known(forgetful.router.repeated(order(name))) == (name.encode(), OrdStatus.CANCELED, True)


def test_another_cl_ord_id_with_the_same_fingerprint_is_new(
    forgetful: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "_fingerprint", lambda *_: b"\x05" * 8)
    kept = keeping(forgetful)
    session = forgetful.session("S1")
    forgetful.submit(order("a"), cancel("a"), order("b", price=1))
    assert forgetful.router.repeated(order("x")) is None
    assert kept.reads == 1
    forgetful.submit(order("x"))
    assert session.kinds[-1] == "OrderAccepted"
    # A ClOrdID within another one, and one that the cancel had for itself, are not the order's either.
    forgetful.submit(order("long"), CancelOrder("S1", 9, "A", 1, b"own", b"long", 0, ""), order("c", price=1))
    for name in ("on", "own"):
        assert forgetful.router.repeated(order(name)) is None
    assert known(forgetful.router.repeated(order("long"))) == (b"long", OrdStatus.CANCELED, True)


def test_of_one_that_can_be_read_and_one_that_cannot_the_first_counts(
    forgetful: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "_fingerprint", lambda *_: b"\x05" * 8)
    kept = keeping(forgetful)
    forgetful.submit(order("a"), cancel("a"), order("b"), cancel("b"), order("c", price=1))
    kept.executions = [execution for execution in kept.executions if execution.eseq != 4]
    assert known(forgetful.router.repeated(order("a"))) == (b"a", OrdStatus.CANCELED, True)
    assert forgetful.router.repeated(order("b")) == Repeat(None, same_terms=False)


def test_too_old_is_unknown_by_the_times_of_the_commands() -> None:
    floor = Floor(OrderLimits(closed_max=2, idempotency_max=64, idempotency_ns=100))
    keeping(floor)

    def refused(name: str, time: int) -> NewOrder:
        return order(name, price=1, transact_time=time)

    floor.submit(order("open", transact_time=1), *(refused(name, 10) for name in "abcd"))
    registry = floor.router.registry
    assert [registry.is_used("A", name.encode()) for name in ("open", "a", "b", "c", "d")] == [True] * 5
    floor.submit(refused("e", 111))
    assert [registry.is_used("A", name.encode()) for name in "abcde"] == [False, True, False, False, True]
    assert registry.is_used("A", b"open")
    assert registry.evicted == 0


def test_a_replace_and_an_order_of_one_batch_that_want_the_same_cl_ord_id(floor: Floor) -> None:
    session = floor.session("S1")
    floor.submit(order("a"))
    floor.submit(replace("x", "a"), order("x"))
    assert session.kinds[1:] == ["OrderReplaced", "OrderRejected"]
    rejected = session.events[-1]
    assert isinstance(rejected, OrderRejected)
    assert rejected.refusal.reason is RejectReason.DUPLICATE_CL_ORD_ID
    assert floor.router.registry.accounts["A"].open_count == 1
    floor.submit(replace("y", "x"), order("y", price=1))
    assert known(floor.router.repeated(replace("y", "x"))) == (b"y", OrdStatus.NEW, True)


def test_an_order_that_gets_a_former_cl_ord_id_back_keeps_it(forgetful: Floor) -> None:
    keeping(forgetful)
    forgetful.submit(order("a"))
    # The engine decides alone what it is asked: it does not know that "x" has been used.
    for command in (replace("x", "a"), replace("y", "x"), replace("x", "y", qty=40)):
        forgetful.engine.submit(command)
    forgetful.deliver()
    forgetful.submit(order("b", price=1), order("c", price=1))
    registry = forgetful.router.registry
    record = registry.order("A", b"x")
    assert record is not None
    assert (record.order_qty, record.orig_cl_ord_id) == (40, b"y")
    assert registry.accounts["A"].by_cl_ord_id.keys() == {b"x", b"c"}


def test_a_throttled_order_sent_again_in_the_same_batch_is_worked() -> None:
    floor = Floor(OrderLimits(throttle_rate=1, throttle_burst=1))
    session = floor.session("S1")
    floor.router.submit(order("a"), 0)
    floor.router.submit(order("b"), 0)
    floor.router.submit(order("b"), 2_000_000_000)
    floor.deliver()
    assert session.kinds == ["OrderAccepted", "OrderRejected", "OrderAccepted"]
    assert floor.router.registry.accounts["A"].pending == 0
    assert known(floor.router.repeated(order("b"))) == (b"b", OrdStatus.NEW, True)


def test_executions_are_numbered_and_recorded_per_account(floor: Floor) -> None:
    kept = keeping(floor)
    floor.submit(order("a", Side.SELL), order("b", account="B", qty=60), order("c", price=1), cancel("zzz"))
    floor.router.record_executions(None)
    floor.submit(cancel("a"))
    floor.router.record_executions(kept.executions.append)
    floor.submit(MassCancel("S1", 3, "A", 1, b"m", MassCancelScope.ACCOUNT), order("d"))
    assert kept.of("A") == [
        (1, "OrderAccepted"),
        (2, "OrderFilled"),
        (3, "OrderRejected"),
        (4, "CancelRejected"),
        (6, "OrderAccepted"),
    ]
    assert kept.of("B") == [(1, "OrderAccepted"), (2, "OrderFilled")]


def test_a_request_to_be_worked_once_is_looked_up_once(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    find, asked = PastOrders.find, []

    def counted(self: PastOrders, account: str, cl_ord_id: bytes) -> PastOrder | None:
        asked.append(cl_ord_id)
        return find(self, account, cl_ord_id)

    monkeypatch.setattr(PastOrders, "find", counted)
    assert floor.router.submit(order("a"), 0, once=True) is None
    assert asked == [b"a"]
    floor.deliver()
    for again in (order("a"), order("a", qty=50)):
        found = floor.router.submit(again, 0, once=True)
        assert (found is floor.router.registry.order("A", b"a")) == (again.order_qty == 100)
    assert floor.router.submit(replace("b", "a"), 0, once=True) is None
    floor.deliver()
    found = floor.router.submit(replace("b", "a"), 0, once=True)
    assert found is floor.router.registry.order("A", b"b")


def test_a_repeat_is_answered_beyond_the_message_budget_too() -> None:
    floor = Floor(OrderLimits(throttle_rate=1, throttle_burst=1))
    floor.session("S1")
    floor.submit(order("a"))
    found = floor.router.submit(order("a"), 0, once=True)
    assert found is floor.router.registry.order("A", b"a")
    assert floor.router.submit(order("b"), 0, once=True) is None
