"""Both forms of the order path say and keep the same: compiled for usual orders, and plain Python for all."""

import sys
from typing import Any, cast
from unittest import mock

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model import (
    BookDelta,
    CancelCause,
    CancelOrder,
    Command,
    NewOrder,
    OrderAccepted,
    OrderCanceled,
    OrderEvent,
    OrderFilled,
    OrderRejected,
    OrderReplaced,
    OrdStatus,
    OrdType,
    RejectReason,
    Side,
    TickTable,
    TimeInForce,
)
from gateway.orders import Order, OrderLimits, usual
from gateway.orders.executions import encode_execution
from gateway.orders.idempotency import UsedIds, _fingerprint
from gateway.orders.order import EnteredTerms
from tests.gateway.orders.floor import BTC, Floor, Following, order
from tests.gateway.orders.flows import LIMITS, NAMES, SESSIONS, TURNS, Place, at_time, new_of
from tests.other_form import BUILT, COMPILED, hold_for_the_other_form

TESTS = ("registry", "risk", "router")
HUGE = 2**63 - 1

EDGES = st.builds(
    new_of,
    SESSIONS,
    NAMES | st.just(b""),
    st.sampled_from(Side),
    st.sampled_from([0, -1, 9, 999, 1_000, 1_005, 2_500, 2_490, 7_500, 7_510, 5_000, HUGE, HUGE + 1]),
    st.sampled_from([0, -5, 5, 10, 15, 20, 22, 10_000, 10_005, 1_000_000, HUGE]),
    ord_type=st.sampled_from([OrdType.LIMIT, OrdType.LIMIT, OrdType.LIMIT, OrdType.MARKET]),
    time_in_force=st.sampled_from(TimeInForce),
    symbol=st.sampled_from(["BTC-KRW", "BTC-KRW", "ETH-KRW", "X"]),
    post_only=st.booleans(),
)
EDGE_TURNS = st.lists(
    st.tuples(st.integers(0, 60), st.lists(EDGES, min_size=1, max_size=5)), min_size=1, max_size=8
)


class Told:
    """A session that notes its reports, the orders as they were then."""

    def __init__(self, key: str, account: str) -> None:
        self.key, self.account = key, account
        self.heard: list[tuple[OrderEvent, Order | None]] = []

    def report(self, event: OrderEvent, order: Any) -> None:
        self.heard.append((event, msgspec.structs.replace(order) if order is not None else None))


class Form:
    """One form of the order path, with sessions and a listener."""

    def __init__(self, limits: OrderLimits, *, is_plain: bool) -> None:
        self.is_plain = is_plain
        with self._form():
            self.place = Place(limits)
        self.sessions = [Told("S1", "A"), Told("S2", "A"), Told("S3", "B")]
        self.listener = Following()
        self._join()

    def _form(self) -> Any:
        return mock.patch.object(usual, "IS_PLAIN", self.is_plain)

    def _join(self) -> None:
        for session in self.sessions:
            self.place.router.attach(session)
        self.place.router.listen("A", self.listener)

    def reopen(self) -> None:
        with self._form():
            self.place.reopen()
        self._join()

    def followed(self) -> bytes:
        """Return the state of a router that follows the same events."""
        with self._form():
            follower = Place(self.place.limits)
        follower.router.follow(self.place.events)
        return follower.router.snapshot()

    def state(self) -> dict[str, Any]:
        """Return all that is there to be seen."""
        router, kept = self.place.router, self.place.kept
        return {
            "recorded": self.place.recorded,
            "events": self.place.events,
            "executions": kept.executions,
            "heard": [session.heard for session in self.sessions],
            "listener": self.listener.heard,
            "counts": [
                sorted((repr(of), count) for of, count in counts.items())
                for counts in (router.commands, router.events, router.rejects)
            ],
            "throttles": {key: bucket.full_at for key, bucket in router._throttles.items()},
            "accounts": {
                account: (orders.pending, orders.exec_id, orders.by_cl_ord_id, orders.open_by_id)
                for account, orders in router.registry.accounts.items()
                if orders.by_cl_ord_id or orders.exec_id
            },
            "replaces": {
                account: list(orders.replaces.items())
                for account, orders in router.registry.accounts.items()
                if orders.replaces
            },
            "past": router.registry.past.used.snapshot(),
            "evicted": router.registry.evicted,
        }


def assert_equal_forms(limits: OrderLimits, turns: list[tuple[int, list[Command]]]) -> None:
    plain, compiled = Form(limits, is_plain=True), Form(limits, is_plain=False)
    time = 1_000
    for elapsed, commands in turns:
        time += elapsed
        for command in commands:
            now = time * 20_000_000
            once = elapsed % 3 == 0
            said = [
                form.place.router.submit(at_time(time, command), now, once=once) for form in (plain, compiled)
            ]
            assert said[0] == said[1]
        for form in (plain, compiled):
            form.place.deliver()
        assert repr(compiled.state()) == repr(plain.state()), "the same types too"
        assert compiled.place.router.snapshot() == plain.place.router.snapshot()
        if elapsed % 7 == 0:
            plain.reopen()
            compiled.reopen()
    assert compiled.followed() == plain.followed()


@settings(max_examples=60)
@given(limits=LIMITS, turns=TURNS)
def test_any_turns(limits: OrderLimits, turns: list[tuple[int, list[Command]]]) -> None:
    assert_equal_forms(limits, turns)


@settings(max_examples=60)
@given(limits=LIMITS, turns=EDGE_TURNS, own=st.sampled_from([{}, {"A": 1}]), bands=st.booleans())
def test_orders_at_the_edges_of_what_is_allowed(
    limits: OrderLimits, turns: list[tuple[int, list[Command]]], own: dict[str, int], *, bands: bool
) -> None:
    limits = msgspec.structs.replace(limits, max_open_orders_of=own, price_bands=bands)
    assert_equal_forms(limits, turns)


TEXTS = st.sampled_from(["", "A", "LOAD1", "x" * 31, "x" * 32, "x" * 255, "x" * 256, "x" * 900, "부산"])
NAMES_OF_ANY_LENGTH = st.sampled_from([b"", b"a", b"\x00\xff", b"n" * 255, b"n" * 256, b"n" * 1000])
NUMBERS = st.one_of(
    st.sampled_from([0, 127, 128, 255, 256, 65_535, 65_536, 2**30, 2**32 - 1, 2**32, 2**60, HUGE, HUGE + 1]),
    st.integers(-40_000, 2**64 - 1),
)
FIELDS: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXTS,
    bytes: NAMES_OF_ANY_LENGTH,
    int: NUMBERS,
    bool: st.booleans(),
    Side: st.sampled_from(Side),
    OrdType: st.sampled_from(OrdType),
    TimeInForce: st.sampled_from(TimeInForce),
    OrdStatus: st.sampled_from(OrdStatus),
    CancelCause: st.sampled_from(CancelCause),
}


def any_of(kind: type[Any]) -> st.SearchStrategy[Any]:
    return st.builds(kind, *[FIELDS.get(field.type, st.none()) for field in msgspec.structs.fields(kind)])


@BUILT
@given(
    st.one_of(any_of(OrderAccepted), any_of(OrderFilled), any_of(OrderCanceled), any_of(OrderReplaced)),
    any_of(Order),
)
def test_an_execution_has_the_same_bytes_or_is_not_usual(event: OrderEvent, record: Order) -> None:
    from gateway.orders._executions import encode

    assert encode(event, record) in (encode_execution(event, record), None)


@BUILT
def test_which_executions_are_usual() -> None:
    from gateway.orders._executions import encode

    floor = Floor()
    session = floor.session("S1")
    floor.submit(order("a", Side.SELL), order("b", qty=60), order("c", price=1))
    floor.submit(CancelOrder("S1", 5, "A", 1, b"d", b"a", 0, "BTC-KRW"))
    executions = [(event, record) for event, record in session.heard if record is not None]
    usual_kinds = [type(event) for event, record in executions if encode(event, record) is not None]
    assert usual_kinds == [OrderAccepted, OrderAccepted, OrderFilled, OrderFilled, OrderCanceled]
    event, record = executions[0]
    assert encode(event, None) is None
    record.entered = EnteredTerms(b"x", 1, 1)
    assert encode(event, record) is None


@BUILT
@given(st.text(max_size=80), st.binary(max_size=140))
def test_a_fingerprint_is_the_same(account: str, cl_ord_id: bytes) -> None:
    from gateway.orders._used_ids import fingerprint

    is_short = len(account.encode()) + 1 + len(cl_ord_id) <= 128
    assert fingerprint(account, cl_ord_id) == (_fingerprint(account, cl_ord_id) if is_short else None)


@BUILT
@given(
    st.integers(1, 200),
    st.lists(
        st.tuples(st.sampled_from("AB"), st.binary(max_size=2) | st.just(b"x" * 130), st.integers(0, 2)),
        max_size=400,
    ),
)
def test_used_ids_are_remembered_and_forgotten_alike(
    capacity: int, names: list[tuple[str, bytes, int]]
) -> None:
    from gateway.orders import _used_ids

    plain, compiled = (UsedIds(capacity=capacity, keep_ns=50) for _ in range(2))
    eseq = 0
    for number, (account, cl_ord_id, step) in enumerate(names):
        eseq += step
        assert _used_ids.find(compiled, account, cl_ord_id) is bool(plain.find(account, cl_ord_id))
        plain.add(account, cl_ord_id, eseq, number)
        _used_ids.add(compiled, account, cl_ord_id, eseq, number)
        plain.expire(number)
        _used_ids.expire(compiled, number)
    assert compiled.snapshot() == plain.snapshot()
    assert compiled._buckets == plain._buckets


@BUILT
@COMPILED
@pytest.mark.parametrize(
    "instrument",
    [
        msgspec.structs.replace(BTC, max_notional=2**200),
        msgspec.structs.replace(BTC, min_notional=0),
    ],
)
def test_usual_orders_are_taken_by_the_compiled_form(instrument: Any) -> None:
    place = Place(OrderLimits(), [instrument])
    compiled = place.router._usual
    assert compiled is not None
    place.router.submit(order("a"), 0)
    place.deliver()
    assert compiled.reserves(order("b"), 0) is True
    assert compiled.reserves(order("b"), 0) is False, "a duplicate"
    assert compiled.reserves(order("c", price=5_001), 0) is False, "no multiple of the tick"
    assert list(place.router.registry.accounts["A"].by_cl_ord_id) == [b"a", b"b"]
    assert len(place.recorded) == 1, "nothing is handed on"


@BUILT
@COMPILED
def test_notional_amounts_may_exceed_64_bits() -> None:
    large = msgspec.structs.replace(BTC, max_notional=2**80, band_pct=0, max_qty=2**62)
    place = Place(OrderLimits(), [large])
    place.router.submit(order("a"), 0)
    compiled = place.router._usual
    assert compiled is not None
    assert 2**58 * 10 * 160 % 2**64 == 0
    assert compiled.reserves(order("b", price=2**58 * 10, qty=160), 0) is True
    assert compiled.reserves(order("c", price=2**58 * 10, qty=2**40 * 5), 0) is False, "above 2**80"


@BUILT
@COMPILED
@pytest.mark.parametrize("field", ["max_qty", "reference_price", "min_qty"])
def test_numbers_beyond_64_bits_are_left_to_plain_python(field: str) -> None:
    place = Place(OrderLimits(), [msgspec.structs.replace(BTC, **{field: 2**70})])
    compiled = place.router._usual
    assert compiled is not None
    place.router.registry.accounts["A"].exec_id = 0
    assert compiled.reserves(order("a"), 0) is False


@BUILT
@COMPILED
def test_a_recorder_and_a_record_may_change() -> None:
    place = Place(OrderLimits())
    place.router.record_executions(None)
    recorded: list[Command] = []
    place.router.record_commands(recorded.append)
    place.router.submit(order("a"), 0)
    place.router.submit(order("b"), 0)
    place.deliver()
    assert place.kept.executions == []
    assert [type(command) for command in recorded] == [NewOrder, NewOrder]
    assert place.recorded == []


@BUILT
@COMPILED
def test_only_new_orders_are_reserved() -> None:
    place = Place(OrderLimits())
    compiled = place.router._usual
    assert compiled is not None
    other: Any = CancelOrder("S1", 1, "A", 1, b"x", b"a", 0, "BTC-KRW")
    for command in (other, cast("Any", None)):
        assert compiled.reserves(command, 0) is False


def test_bounds_beyond_64_bits_hold_in_both_forms() -> None:
    far = OrderLimits(throttle_rate=1, throttle_burst=2**40, idempotency_ns=2**70, closed_max=1)
    names = [b"%d" % n for n in range(70)]
    flow: list[Command] = [new_of(("S1", "A"), name, Side.BUY, 5_000, 20) for name in names]
    flow += [CancelOrder("S1", 1, "A", 1, b"x", name, 0, "BTC-KRW") for name in names]
    assert_equal_forms(msgspec.structs.replace(far, idempotency_max=100), [(1, flow)])


def test_a_last_price_beyond_64_bits_is_the_centre_of_the_band_in_both_forms() -> None:
    banded = msgspec.structs.replace(BTC, ticks=TickTable([(0, 1)]), max_notional=2**80)
    said = []
    for is_plain in (True, False):
        with mock.patch.object(usual, "IS_PLAIN", is_plain):
            place = Place(OrderLimits(), [banded])
        place.router._risk._last_px["BTC-KRW"] = 2**63 + 2
        for name, price in (("a", 2**63 - 1), ("b", 2**61)):
            place.router.submit(order(name, price=price), 0)
        place.deliver()
        said.append(place.events)
    assert repr(said[0]) == repr(said[1])
    assert [type(event) for event in said[1]] == [OrderAccepted, BookDelta, OrderRejected]


def test_plain_python_can_be_chosen() -> None:
    with mock.patch.object(usual, "IS_PLAIN", True):
        assert Place(OrderLimits()).router._usual is None


def test_without_the_compiled_form_plain_python_works() -> None:
    with mock.patch.dict(sys.modules, {"gateway.orders._taking": None}):
        place = Place(OrderLimits())
    assert place.router._usual is None
    place.router.submit(order("a"), 0)
    place.router.submit(order("a"), 0)
    place.deliver()
    assert place.router.rejects == {RejectReason.DUPLICATE_CL_ORD_ID: 1}


@BUILT
def test_the_tests_of_the_order_path_hold_for_the_other_form() -> None:
    hold_for_the_other_form(f"tests/gateway/orders/test_{name}.py" for name in TESTS)
