"""Both forms of the embedded engine work and tell the same."""

import importlib.util
import sys
from unittest import mock

import pytest
from hypothesis import given, settings

from gateway.engine import embedded
from gateway.engine.working import Working
from gateway.matching import MatchingEngine, usual
from gateway.model import Command
from tests.gateway.matching.flows import FLOWS
from tests.gateway.matching.trading_floor import BUY, TradingFloor, two_instruments
from tests.other_form import BUILT, COMPILED, hold_for_the_other_form


@BUILT
@settings(max_examples=60)
@given(FLOWS)
def test_any_flow(flow: list[Command]) -> None:
    from gateway.engine import _working

    engines: list[Working | _working.Working] = [_working.Working(MatchingEngine(two_instruments()))]
    with mock.patch.object(usual, "IS_PLAIN", True):
        engines += [kind(MatchingEngine(two_instruments())) for kind in (Working, _working.Working)]
    for n, command in enumerate(flow):
        for engine in engines:
            engine.submit(command)
        if n % 3 == 0:
            told = [engine.drain() for engine in engines]
            assert told[1:] == told[:-1]
    assert {engine.matching.eseq for engine in engines} == {len(flow)}
    assert len({engine.matching.snapshot() for engine in engines}) == 1


@BUILT
@COMPILED
def test_usual_commands_need_no_call_of_the_matching_engine() -> None:
    from gateway.engine import _working

    assert issubclass(embedded.EmbeddedEngine, _working.Working)
    engine = embedded.EmbeddedEngine(two_instruments())
    with mock.patch.object(MatchingEngine, "work", side_effect=AssertionError):
        engine.submit(TradingFloor().order(BUY, 5, 100))
    assert [event.n for event in engine.drain()] == [1, 2]


@BUILT
def test_only_a_matching_engine_is_worked() -> None:
    from gateway.engine import _working

    with pytest.raises(TypeError, match="no engine"):
        _working.Working(object())  # type: ignore[arg-type]  # what is asked


def test_without_the_compiled_form_plain_python_works() -> None:
    spec = importlib.util.find_spec("gateway.engine.embedded")
    assert spec is not None
    assert spec.loader is not None
    again = importlib.util.module_from_spec(spec)
    with mock.patch.dict(sys.modules, {"gateway.engine._working": None}):
        spec.loader.exec_module(again)
    assert issubclass(again.EmbeddedEngine, Working)


@BUILT
def test_the_tests_of_the_engine_hold_for_the_other_form() -> None:
    hold_for_the_other_form(
        ["tests/gateway/engine/test_embedded.py", "tests/contracts/test_engine_contract.py"]
    )
