import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.gateway.demo.pairs import BTC, EDGE, USDT

prices = st.integers(min_value=1, max_value=10**12)


@pytest.mark.parametrize(
    ("price", "tick"), [(1, 1), (999_99, 1), (1_000_00, 1_00), (2_000_000_00, 1_000_00), (10**12, 1_000_00)]
)
def test_the_tick_is_that_of_the_band(price: int, tick: int) -> None:
    assert BTC.tick(price) == tick


@given(prices)
def test_rounding_gives_valid_neighbours(price: int) -> None:
    below, above = BTC.round_down(price), BTC.round_up(price)
    assert below <= price <= above
    assert below % BTC.tick(below) == 0
    assert above % BTC.tick(above) == 0
    assert above - below <= BTC.tick(price)


@given(prices, st.integers(min_value=0, max_value=5_000))
def test_shifts_stay_valid_and_lead_back(price: int, ticks: int) -> None:
    start = BTC.round_up(price)
    up = BTC.shift(start, ticks)
    assert up % BTC.tick(up) == 0
    assert up >= start + ticks * BTC.bands[0][1]
    assert BTC.shift(up, -ticks) == start


def test_a_shift_takes_the_tick_of_the_band_it_is_in() -> None:
    assert BTC.shift(2_000_000_00, 2) == 2_002_000_00
    assert BTC.shift(2_000_000_00, -2) == 1_999_000_00
    assert BTC.shift(1_999_500_00, 2) == 2_001_000_00
    assert EDGE.shift(2_001_000_00, -3) == 1_999_000_00


def test_a_shift_below_everything_ends_at_the_lowest_price() -> None:
    assert BTC.shift(5, -100) == 1


@given(st.integers(min_value=0, max_value=10**20), prices)
def test_a_quantity_is_whole_lots_and_worth_enough(notional: int, price: int) -> None:
    quantity = USDT.quantity(notional, price)
    assert quantity % USDT.lot == 0
    assert quantity >= USDT.min_qty
    assert quantity * price >= USDT.min_notional
    assert quantity * price >= notional - price


def test_a_quantity_has_three_significant_digits() -> None:
    assert BTC.quantity(123_456 * 10**10, 1_00) == 12_400_000 * 10**6
