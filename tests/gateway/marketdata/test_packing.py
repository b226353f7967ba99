"""Both forms of packing give the same bytes for any changes."""

import sys
from unittest import mock

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.marketdata import packing as packed
from gateway.marketdata.packing import packing, plain_pack
from gateway.model import BookDelta, Side, Trade
from tests.other_form import COMPILED

NUMBERS = st.one_of(
    st.integers(0, 300),
    st.integers(0, 2**62),
    st.sampled_from([2**16 - 1, 2**16, 2**32 - 1, 2**32, 2**60, 2**63 - 1, 2**63, 2**64 - 1, -1, -(2**40)]),
)
USUAL = st.integers(0, 2**63 - 1)
SYMBOLS = st.sampled_from(["BTC-KRW", "", "X" * 31, "X" * 32, "원-KRW"])
SIDES = st.sampled_from(Side)
DELTAS = st.builds(BookDelta, NUMBERS, NUMBERS, NUMBERS, SYMBOLS, SIDES, NUMBERS, NUMBERS)
TRADES = st.builds(Trade, NUMBERS, NUMBERS, NUMBERS, SYMBOLS, NUMBERS, NUMBERS, SIDES)
USUAL_DELTAS = st.builds(BookDelta, USUAL, USUAL, USUAL, st.just("BTC-KRW"), SIDES, USUAL, USUAL)
USUAL_TRADES = st.builds(Trade, USUAL, USUAL, USUAL, st.just("BTC-KRW"), USUAL, USUAL, SIDES)
LISTS = st.one_of(
    st.lists(USUAL_DELTAS, max_size=40),
    st.lists(USUAL_TRADES, max_size=40),
    st.lists(DELTAS, max_size=3),
    st.lists(TRADES, max_size=3),
    st.lists(st.one_of(DELTAS, TRADES), max_size=3),
)


@given(LISTS)
def test_any_changes(changes: list[BookDelta | Trade]) -> None:
    assert packing()(changes) == plain_pack(changes)


@pytest.mark.parametrize("size", [15, 16, 255, 256, 70_000])
def test_any_number_of_changes(size: int) -> None:
    changes = [BookDelta(n, 1, n << 30, "BTC-KRW", Side.SELL, 2**63 - 1, n) for n in range(size)]
    packed = packing()(changes)
    assert msgspec.msgpack.decode(packed, type=list[BookDelta]) == changes
    assert packed == plain_pack(changes)


def test_what_is_no_change_is_encoded_all_the_same() -> None:
    assert packing()([1, "x"]) == plain_pack([1, "x"])


@COMPILED
def test_the_compiled_form_is_used_where_it_is_built() -> None:
    assert packing() is not plain_pack


def test_plain_python_works_where_nothing_was_compiled() -> None:
    with mock.patch.dict(sys.modules, {"gateway.marketdata._packing": None}):
        assert packing() is plain_pack
    with mock.patch.object(packed, "IS_PLAIN", True):
        assert packing() is plain_pack
