"""Instruments and their tick tables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model import Instrument, Instruments, TickTable, TradingStatus

# KRW with one decimal: from 2,000,000 by 1,000; from 1,000,000 by 500; from 100 by 0.1.
BANDS = [(0, 1), (1_000, 1), (10_000_000, 5_000), (20_000_000, 10_000)]

BAND_LISTS = st.dictionaries(st.integers(1, 10**12), st.integers(1, 10**6), max_size=8).flatmap(
    lambda bands: st.integers(1, 10**6).map(lambda lowest: [(0, lowest), *bands.items()])
)


def btc(symbol: str = "BTC-KRW") -> Instrument:
    return Instrument(
        symbol=symbol,
        base="BTC",
        quote="KRW",
        price_places=1,
        qty_places=8,
        ticks=TickTable(BANDS),
        lot=1,
        min_qty=1,
        max_qty=10**12,
        min_notional=0,
        max_notional=10**30,
        reference_price=10**9,
        band_pct=30,
    )


# ---- tick tables


@pytest.mark.parametrize(
    ("price", "tick"),
    [
        (0, 1),
        (999, 1),
        (1_000, 1),
        (9_999_999, 1),
        (10_000_000, 5_000),
        (19_999_999, 5_000),
        (20_000_000, 10_000),
        (2**63 - 1, 10_000),
    ],
)
def test_a_band_holds_from_its_price_up_to_the_next(price: int, tick: int) -> None:
    assert TickTable(BANDS).tick(price) == tick


@given(BAND_LISTS, st.integers(0, 2 * 10**12))
def test_the_tick_is_that_of_the_highest_band_at_or_below_the_price(
    bands: list[tuple[int, int]], price: int
) -> None:
    expected = max(band for band in bands if band[0] <= price)[1]
    assert TickTable(bands).tick(price) == expected


@given(BAND_LISTS.flatmap(lambda bands: st.tuples(st.just(bands), st.permutations(bands))))
def test_bands_may_come_in_any_order(
    bands_and_shuffled: tuple[list[tuple[int, int]], list[tuple[int, int]]],
) -> None:
    bands, shuffled = bands_and_shuffled
    assert TickTable(shuffled) == TickTable(bands)
    assert hash(TickTable(shuffled)) == hash(TickTable(bands))
    assert list(TickTable(shuffled)) == sorted(bands)


def test_tables_with_other_bands_differ() -> None:
    assert TickTable(BANDS) != TickTable(BANDS[:-1])
    assert TickTable(BANDS) != BANDS


@pytest.mark.parametrize("bands", [[], [(1, 1)], [(100, 5), (1, 1)]])
def test_a_table_without_a_lowest_band_is_refused(bands: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="starts at 0"):
        TickTable(bands)


@pytest.mark.parametrize("tick", [0, -1])
def test_a_tick_that_is_not_positive_is_refused(tick: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        TickTable([(0, 1), (5, tick)])


# ---- instruments


def test_an_instrument_is_open_unless_it_says_otherwise() -> None:
    assert btc().status is TradingStatus.OPEN


def test_an_instrument_does_not_change() -> None:
    with pytest.raises(AttributeError):
        btc().lot = 5  # type: ignore[misc] # the point of the test


def test_instruments_are_found_by_symbol_and_by_wire_bytes() -> None:
    instrument = btc()
    instruments = Instruments([instrument])
    assert instruments["BTC-KRW"] is instrument
    assert instruments.by_wire[b"BTC-KRW"] is instrument
    assert list(instruments) == ["BTC-KRW"]
    assert len(instruments) == 1
    assert "ETH-KRW" not in instruments
    assert instruments.get("ETH-KRW") is None
    with pytest.raises(KeyError):
        instruments["ETH-KRW"]


def test_what_is_not_among_later_instruments_is_retired() -> None:
    old = Instruments([btc(), btc("ETH-KRW"), btc("XRP-KRW")])
    new = Instruments([btc()]).after(old)
    assert list(new) == ["BTC-KRW"]
    assert list(new.retired) == ["ETH-KRW", "XRP-KRW"]
    assert new != Instruments([btc()])
    assert list(Instruments([btc()]).after(new).retired) == ["ETH-KRW", "XRP-KRW"]
    back = Instruments([btc("XRP-KRW")]).after(new)
    assert (list(back), list(back.retired)) == (["XRP-KRW"], ["BTC-KRW", "ETH-KRW"])
    assert back != dict(back)
