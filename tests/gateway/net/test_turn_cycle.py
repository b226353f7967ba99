"""Both forms of the turns: the same counts, the same tests; and which of them works."""

import importlib.util
import runpy
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.net import plain_turns, turn_cycle
from gateway.ports import forms
from gateway.ports.metrics import LatencyBuckets
from tests.other_form import BUILT, COMPILED, hold_for_the_other_form


@BUILT
@given(st.lists(st.tuples(st.integers(0, 2**60 - 1), st.integers(1, 10**6))))
def test_durations_are_counted_alike(durations: list[tuple[int, int]]) -> None:
    module = importlib.import_module("gateway.net._turns")
    plain, compiled = LatencyBuckets(), LatencyBuckets()
    for ns, times in durations:
        plain.record(ns, times)
        module.count_ns(compiled, ns, times)
    assert (compiled._counts, compiled.total_ns) == (plain._counts, plain.total_ns)


@COMPILED
@BUILT
def test_the_compiled_form_works_where_it_is_built() -> None:
    assert turn_cycle.TurnCycle is not plain_turns.TurnCycle
    assert turn_cycle.Unit is not plain_turns.Unit


@pytest.mark.parametrize("why", ["asked for", "not built"])
def test_without_the_compiled_form_the_plain_one_works(why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if why == "asked for":
        monkeypatch.setattr(forms, "IS_PLAIN", True)
    else:
        monkeypatch.setitem(sys.modules, "gateway.net._turns", None)
    assert runpy.run_path(turn_cycle.__file__)["TurnCycle"] is plain_turns.TurnCycle


@BUILT
def test_the_tests_of_the_turns_hold_for_the_other_form() -> None:
    hold_for_the_other_form(["tests/gateway/net/test_turns.py", "tests/gateway/net/test_turns_in_a_row.py"])
