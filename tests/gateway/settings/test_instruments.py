# ruff: noqa: E501  # a row of a table is one line
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model import parse_scaled
from gateway.settings import load_instruments

TICKS = """
[[tick_tables]]
name = "KRW"
bands = [ %s ]
"""


def test_amounts_become_scaled_integers(files: Any) -> None:
    instrument = load_instruments(files.folder / "instruments.toml")["BTC-KRW"]
    assert (instrument.base, instrument.quote) == ("BTC", "KRW")
    assert (instrument.price_places, instrument.qty_places) == (2, 8)
    assert instrument.lot == 10_000
    assert instrument.min_qty == 100_000
    assert instrument.max_qty == 100 * 10**8
    assert instrument.min_notional == 5_000 * 10**10
    assert instrument.max_notional == 10**9 * 10**10
    assert instrument.reference_price == 50_000_00
    assert instrument.band_pct == 30
    assert list(instrument.ticks) == [(0, 10), (1_000_00, 100)]


def test_instruments_share_a_table_at_their_own_places(files: Any) -> None:
    text = (files.folder / "instruments.toml").read_text()
    second = (
        text[text.index("[[instruments]]") :]
        .replace("BTC", "ETH")
        .replace("price_places = 2", "price_places = 4")
    )
    files.write("instruments.toml", text + second)
    instruments = load_instruments(files.folder / "instruments.toml")
    assert list(instruments) == ["BTC-KRW", "ETH-KRW"]
    assert instruments["ETH-KRW"].ticks.tick(0) == 1_000


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('symbol = "BTC-KRW"', 'symbol = "BTCKRW"', 'instruments[0].symbol: must be base-quote (limit BTC-KRW, value "BTCKRW")'),
        ('base = "BTC"', 'base = "btc"', 'instruments[0].base: not of the right form (limit [A-Z0-9]{1,12}, value "btc")'),
        ('base = "BTC"', 'base = "BTC\\n"', 'instruments[0].base: not of the right form (limit [A-Z0-9]{1,12}, value "BTC\\n")'),
        ('tick_table = "KRW"', 'tick_table = "USD"', 'instruments[0].tick_table: unknown tick table (value "USD")'),
        ("price_places = 2", "price_places = 13", "instruments[0].price_places: too large (limit 12, value 13)"),
        ("price_places = 2", "price_places = 0", 'tick_tables[0].bands[1].tick: too many decimals (limit 0, value "0.1")'),
        ('lot = "0.0001"', "lot = 0.0001", "instruments[0].lot: must be a string (value 0.0001)"),
        ('lot = "0.0001"', 'lot = "0"', 'instruments[0].lot: must be above 0 (value "0")'),
        ('lot = "0.0001"', 'lot = "-1"', 'instruments[0].lot: negative (value "-1")'),
        ('lot = "0.0001"', 'lot = "1e-4"', 'instruments[0].lot: not a decimal number (value "1e-4")'),
        ('lot = "0.0001"', 'lot = "nan"', 'instruments[0].lot: not a decimal number (value "nan")'),
        ('lot = "0.0001"', 'lot = "0.000000001"', 'instruments[0].lot: too many decimals (limit 8, value "0.000000001")'),
        ('lot = "0.0001"', 'lot = "0.002"', 'instruments[0].min_qty: not a multiple of the lot (limit 0.002, value "0.001")'),
        ('min_qty = "0.001"', 'min_qty = "0"', 'instruments[0].min_qty: must be above 0 (value "0")'),
        ('max_qty = "100"', 'max_qty = "0.0001"', 'instruments[0].max_qty: below min_qty (limit 0.001, value "0.0001")'),
        ('max_qty = "100"', 'max_qty = "92233720369"', 'instruments[0].max_qty: too large (limit 92233720368.54775807, value "92233720369")'),
        ('max_notional = "1000000000"', 'max_notional = "4999"', 'instruments[0].max_notional: below min_notional (limit 5000, value "4999")'),
        ('reference_price = "50000"', 'reference_price = "50000.5"', 'instruments[0].reference_price: not a multiple of the tick (value "50000.5")'),
        ('reference_price = "50000"', 'reference_price = "0"', 'instruments[0].reference_price: must be above 0 (value "0")'),
        ("band_pct = 30", "band_pct = 101", "instruments[0].band_pct: too large (limit 100, value 101)"),
        ("band_pct = 30", "", "instruments[0].band_pct: missing"),
        ('from = "0", tick = "0.1"', 'from = "1", tick = "0.1"', "tick_tables[0].bands: no band starts at 0"),
        ('from = "0", tick = "0.1"', 'from = "1000.0", tick = "0.1"', 'tick_tables[0].bands[1].from: given twice (value "1000.0")'),
        ('from = "0", tick = "0.1"', 'from = "0", tick = "0"', 'tick_tables[0].bands[1].tick: must be above 0 (value "0")'),
        ('from = "1000", tick = "1"', 'from = "1000", tick = "3"', 'tick_tables[0].bands[0].from: band does not start at a multiple of its tick (limit 3, value "1000")'),
        ('tick = "0.1"', 'tock = "0.1"', 'tick_tables[0].bands[1].tock: unknown key, did you mean "tick"?'),
        ('from = "0", ', "", "tick_tables[0].bands[1].from: missing"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named(files: Any, old: str, new: str, line: str) -> None:
    files.edit("instruments.toml", old, new)
    assert files.fault() == f"instruments.toml: {line}"


@pytest.mark.parametrize("entry", ["tick_tables", "instruments"])
def test_what_is_given_twice_is_named(files: Any, entry: str) -> None:
    text = (files.folder / "instruments.toml").read_text()
    start = text.index(f"[[{entry}]]")
    end = text.index("[[instruments]]") if entry == "tick_tables" else len(text)
    files.write("instruments.toml", text + text[start:end])
    key, value = ("name", "KRW") if entry == "tick_tables" else ("symbol", "BTC-KRW")
    assert files.fault() == f'instruments.toml: {entry}[1].{key}: given twice (value "{value}")'


def test_no_instrument_is_no_exchange(files: Any) -> None:
    files.write("instruments.toml", "tick_tables = []\ninstruments = []")
    assert files.fault() == "instruments.toml: instruments: too short (limit 1, value [])"


@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 10**4)), min_size=1, unique_by=lambda b: b[0])
)
def test_any_table_of_whole_bands_is_kept(tmp_path_factory: Any, bands: list[tuple[int, int]]) -> None:
    expected = dict(sorted((start * tick, tick) for start, tick in bands)) | {0: 7}
    path: Path = tmp_path_factory.mktemp("i") / "i.toml"
    rows = ", ".join(f'{{ from = "{start}", tick = "{tick}" }}' for start, tick in expected.items())
    path.write_text(
        TICKS
        % rows
        + '[[instruments]]\nsymbol = "A-B"\nbase = "A"\nquote = "B"\nprice_places = 3\nqty_places = 0\n'
        'tick_table = "KRW"\nlot = "1"\nmin_qty = "1"\nmax_qty = "1"\nmin_notional = "0"\nmax_notional = "1"\n'
        f'reference_price = "{max(expected) + expected[max(expected)]}"\nband_pct = 0\n'
    )
    table = load_instruments(path)["A-B"].ticks
    assert dict(table) == {
        parse_scaled(str(start).encode(), 3): parse_scaled(str(tick).encode(), 3)
        for start, tick in expected.items()
    }
