"""The instruments file: decimal text to the model's scaled integers, and the rules between them."""

import os
from pathlib import Path
from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

from gateway.model import Instrument, Instruments, ScaledError, TickTable, parse_scaled
from gateway.settings.errors import SettingsError
from gateway.settings.toml_file import read_toml, shown

Decimal: TypeAlias = Annotated[str, Meta(min_length=1, max_length=40)]
Asset: TypeAlias = Annotated[str, Meta(pattern=r"^[A-Z0-9]{1,12}\Z")]
Places: TypeAlias = Annotated[int, Meta(ge=0, le=12)]


class TickBand(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The price increment ``tick`` that holds from a price on."""

    from_price: Decimal = msgspec.field(name="from")
    tick: Decimal


class TickTableEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A named tick table, which instruments share. Its lowest band starts at 0."""

    name: Annotated[str, Meta(min_length=1, max_length=32)]
    bands: tuple[TickBand, ...]


class InstrumentEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One instrument as the file spells it: amounts are decimal strings, notionals are in the quote asset."""

    symbol: Annotated[str, Meta(min_length=1, max_length=32)]
    base: Asset
    quote: Asset
    price_places: Places
    qty_places: Places
    tick_table: str
    lot: Decimal
    min_qty: Decimal
    max_qty: Decimal
    min_notional: Decimal
    max_notional: Decimal
    reference_price: Decimal
    band_pct: Annotated[int, Meta(ge=0, le=100)]


class InstrumentsFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    tick_tables: tuple[TickTableEntry, ...]
    instruments: Annotated[tuple[InstrumentEntry, ...], Meta(min_length=1)]


def load_instruments(path: str | os.PathLike[str]) -> Instruments:
    """Return the checked instruments file, or raise ``SettingsError``."""
    file = read_toml(Path(path), InstrumentsFile)
    name = str(path)
    tables: dict[str, tuple[int, TickTableEntry]] = {}
    for index, table in enumerate(file.tick_tables):
        if table.name in tables:
            raise SettingsError(name, f"tick_tables[{index}].name", "given twice", "", shown(table.name))
        tables[table.name] = (index, table)

    instruments: dict[str, Instrument] = {}
    for index, entry in enumerate(file.instruments):
        key = f"instruments[{index}]"
        if entry.symbol in instruments:
            raise SettingsError(name, f"{key}.symbol", "given twice", "", shown(entry.symbol))
        if entry.tick_table not in tables:
            raise SettingsError(name, f"{key}.tick_table", "unknown tick table", "", shown(entry.tick_table))
        instruments[entry.symbol] = _instrument(name, key, entry, *tables[entry.tick_table])
    return Instruments(instruments.values())


def _instrument(
    file: str, key: str, entry: InstrumentEntry, table_index: int, table: TickTableEntry
) -> Instrument:
    if entry.symbol != f"{entry.base}-{entry.quote}":
        limit = f"{entry.base}-{entry.quote}"
        raise SettingsError(file, f"{key}.symbol", "must be base-quote", limit, shown(entry.symbol))

    def price(field: str, text: str) -> int:
        return _amount(file, f"{key}.{field}", text, entry.price_places)

    def quantity(field: str, text: str) -> int:
        return _amount(file, f"{key}.{field}", text, entry.qty_places)

    instrument = Instrument(
        symbol=entry.symbol,
        base=entry.base,
        quote=entry.quote,
        price_places=entry.price_places,
        qty_places=entry.qty_places,
        ticks=_ticks(file, f"tick_tables[{table_index}]", table, entry),
        lot=quantity("lot", entry.lot),
        min_qty=quantity("min_qty", entry.min_qty),
        max_qty=quantity("max_qty", entry.max_qty),
        min_notional=price("min_notional", entry.min_notional) * 10**entry.qty_places,
        max_notional=price("max_notional", entry.max_notional) * 10**entry.qty_places,
        reference_price=price("reference_price", entry.reference_price),
        band_pct=entry.band_pct,
    )
    _check(file, key, entry, instrument)
    return instrument


def _ticks(file: str, key: str, table: TickTableEntry, entry: InstrumentEntry) -> TickTable:
    bands: dict[int, int] = {}
    for index, band in enumerate(table.bands):
        where = f"{key}.bands[{index}]"
        start = _amount(file, f"{where}.from", band.from_price, entry.price_places)
        tick = _amount(file, f"{where}.tick", band.tick, entry.price_places)
        if start in bands:
            raise SettingsError(file, f"{where}.from", "given twice", "", shown(band.from_price))
        if not tick:
            raise SettingsError(file, f"{where}.tick", "must be above 0", "", shown(band.tick))
        if start % tick:
            what = "band does not start at a multiple of its tick"
            raise SettingsError(file, f"{where}.from", what, band.tick, shown(band.from_price))
        bands[start] = tick
    if 0 not in bands:
        raise SettingsError(file, f"{key}.bands", "no band starts at 0")
    return TickTable(bands.items())


def _check(file: str, key: str, entry: InstrumentEntry, instrument: Instrument) -> None:
    reference_tick = instrument.ticks.tick(instrument.reference_price)
    lots = instrument.min_qty % max(instrument.lot, 1) == 0
    off_tick = instrument.reference_price % reference_tick
    rules = (
        ("lot", instrument.lot > 0, "must be above 0", "", entry.lot),
        ("min_qty", instrument.min_qty > 0, "must be above 0", "", entry.min_qty),
        ("min_qty", lots, "not a multiple of the lot", entry.lot, entry.min_qty),
        ("max_qty", instrument.max_qty >= instrument.min_qty, "below min_qty", entry.min_qty, entry.max_qty),
        ("max_notional", instrument.max_notional > 0, "must be above 0", "", entry.max_notional),
        ("max_notional", instrument.max_notional >= instrument.min_notional, "below min_notional",
         entry.min_notional, entry.max_notional),
        ("reference_price", instrument.reference_price > 0, "must be above 0", "", entry.reference_price),
        ("reference_price", not off_tick, "not a multiple of the tick", "", entry.reference_price),
    )  # fmt: skip
    for field, holds, problem, limit, value in rules:
        if not holds:
            raise SettingsError(file, f"{key}.{field}", problem, limit, shown(value))


def _amount(file: str, key: str, text: str, places: int) -> int:
    try:
        return parse_scaled(text.encode("utf-8"), places)
    except ScaledError as error:
        raise SettingsError(file, key, error.rule, error.limit, shown(text)) from None
