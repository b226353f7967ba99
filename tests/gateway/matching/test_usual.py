"""Both forms of the engine say and keep the same: compiled for usual orders, and plain Python for all."""

import sys
from unittest import mock

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.matching import MatchingEngine, usual
from gateway.model import (
    CancelOrder,
    Command,
    NewOrder,
    OrdType,
    Refusal,
    Refuse,
    RejectReason,
    ReplaceOrder,
    Side,
    TimeInForce,
)
from tests.gateway.matching.flows import FLOWS, random_flow
from tests.gateway.matching.trading_floor import BTC, two_instruments
from tests.other_form import BUILT, COMPILED, hold_for_the_other_form

TESTS = ("order_entry", "cancel", "queue", "replace")
HUGE = 2**63 - 1

LONG_FLOWS = st.randoms(use_true_random=True).map(lambda random: random_flow(random, 300))


def engine_of(*, is_plain: bool, closed_kept: int = 12) -> MatchingEngine:
    with mock.patch.object(usual, "IS_PLAIN", is_plain):
        return MatchingEngine(two_instruments(), closed_kept=closed_kept)


def assert_equal_forms(flow: list[Command], closed_kept: int) -> None:
    plain = engine_of(is_plain=True, closed_kept=closed_kept)
    compiled = engine_of(is_plain=False, closed_kept=closed_kept)
    for command in flow:
        said = compiled.work(command)
        expected = plain.work(command)
        assert said == expected
        assert repr(said) == repr(expected), "the same types too"
    assert compiled.snapshot() == plain.snapshot()


@settings(max_examples=100)
@given(FLOWS, st.integers(0, 12))
def test_any_flow(flow: list[Command], closed_kept: int) -> None:
    assert_equal_forms(flow, closed_kept)


@settings(max_examples=25)
@given(LONG_FLOWS, st.sampled_from([0, 30, 1000]))
def test_long_flows(flow: list[Command], closed_kept: int) -> None:
    assert_equal_forms(flow, closed_kept)


def test_amounts_whose_products_and_sums_exceed_64_bits() -> None:
    flow: list[Command] = [
        NewOrder(
            "DEMO1", n, "ACC1", n, b"%d" % n, BTC, side, OrdType.LIMIT, TimeInForce.GTC, quantity, HUGE - n
        )
        for n, (side, quantity) in enumerate(
            [(Side.SELL, HUGE), (Side.SELL, HUGE), (Side.BUY, HUGE - 1), (Side.BUY, 7), (Side.SELL, HUGE)]
        )
    ]
    # The same price again, so that the total of a level exceeds 64 bits before it trades.
    flow += [
        NewOrder("DEMO2", 9, "ACC2", 9, name, BTC, side, OrdType.LIMIT, TimeInForce.GTC, HUGE, HUGE)
        for name, side in [(b"x", Side.SELL), (b"y", Side.SELL), (b"z", Side.BUY), (b"q", Side.BUY)]
    ]
    assert_equal_forms(flow, 1000)


@pytest.mark.parametrize("order_qty", [-(2**63), -HUGE, -(2**63) - 1, -(2**64), 0, 4, 5, 2**63])
def test_a_replace_below_what_is_filled_is_refused_however_low(order_qty: int) -> None:
    entered = NewOrder("DEMO1", 1, "ACC1", 1, b"a", BTC, Side.BUY, OrdType.LIMIT, TimeInForce.GTC, 9, 100)
    taken = msgspec.structs.replace(entered, cl_ord_id=b"b", side=Side.SELL, order_qty=5)
    assert_equal_forms(
        [entered, taken, ReplaceOrder("DEMO1", 2, "ACC1", 2, b"", b"a", 0, BTC, order_qty, 100)], 9
    )


@BUILT
@COMPILED
def test_usual_commands_are_worked_by_the_compiled_form() -> None:
    engine = engine_of(is_plain=False)
    assert engine.usual is not None
    work = engine.usual.work
    order = NewOrder("DEMO1", 1, "ACC1", 1, b"a", BTC, Side.BUY, OrdType.LIMIT, TimeInForce.GTC, 5, 100)
    cancel = CancelOrder("DEMO1", 1, "ACC1", 1, b"c", b"b", 0, BTC)
    replace = ReplaceOrder("DEMO1", 1, "ACC1", 1, b"b", b"a", 0, BTC, 4, 100)
    assert [command for command in (order, replace, cancel) if work(command, 1) is None] == []
    immediate = msgspec.structs.replace(order, time_in_force=TimeInForce.IOC)
    unusual = (cancel, replace, immediate, Refuse(order, Refusal(RejectReason.THROTTLED)))
    assert [command for command in unusual if work(command, 2) is not None] == []


def test_plain_python_can_be_chosen() -> None:
    engine = engine_of(is_plain=True)
    assert engine.usual is None


def test_without_the_compiled_form_plain_python_works() -> None:
    with mock.patch.dict(sys.modules, {"gateway.matching._usual": None}):
        assert engine_of(is_plain=False).usual is None


@BUILT
def test_the_tests_of_the_engine_hold_for_the_other_form() -> None:
    hold_for_the_other_form(f"tests/gateway/matching/test_{name}.py" for name in TESTS)
