"""docs/operations.md lists every settings key with its default, in the table it belongs to, and no other."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.settings.accounts import Account, AccountsSettings, ApiKey
from gateway.settings.components import (
    FixSettings,
    HttpSettings,
    LogonSettings,
    LogSettings,
    OrderSettings,
    StoreSettings,
    TlsFiles,
    TlsSettings,
    WsSettings,
)
from gateway.settings.fix_sessions import FixSession
from gateway.settings.gateway import GatewayFile
from gateway.settings.instruments import InstrumentEntry, InstrumentsFile, TickBand, TickTableEntry
from gateway.settings.market_data import MarketDataSettings
from gateway.settings.schedules import ScheduleSettings

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "operations.md").read_text(encoding="utf-8")

LISTED: dict[type[msgspec.Struct], str] = {
    GatewayFile: "### Main file",
    FixSettings: "\n`[fix]`",
    TlsSettings: "\n`[fix.tls]`",
    WsSettings: "\n`[ws]`",
    TlsFiles: "\n`[ws.tls]`",
    HttpSettings: "\n`[http]`",
    MarketDataSettings: "\n`[market_data]`",
    StoreSettings: "\n`[store]`",
    OrderSettings: "\n`[orders]`",
    LogonSettings: "\n`[logons]`",
    LogSettings: "\n`[log]`",
    Account: "`[[accounts]]`, whom",
    FixSession: "\n`[[fix_sessions]]`:",
    ScheduleSettings: "\n`[fix_sessions.schedule]`",
    ApiKey: "\n`[[api_keys]]`,",
    InstrumentEntry: "`[[instruments]]` (",
}
"""Each struct that has a table of keys, with the text in front of that table."""

IN_PROSE: list[type[msgspec.Struct]] = [AccountsSettings, InstrumentsFile, TickTableEntry, TickBand]


def rows(heading: str) -> dict[str, str]:
    """Return key and default of the first table behind ``heading``."""
    assert PAGE.count(heading) == 1
    table = re.search(r"(?m)^\| key \| default .*\n\| ---.*\n((?:\|.*\n)+)", PAGE[PAGE.index(heading) :])
    assert table is not None
    cells = [[cell.strip() for cell in line.split(" | ")] for line in table[1].splitlines()]
    return {key.strip("|` "): default.strip("`") for key, default, *_ in cells}


def structs_in(kind: Any) -> set[type[msgspec.Struct]]:
    """Return the settings structs that a type leads to."""
    if isinstance(kind, msgspec.inspect.StructType):
        return {kind.cls}.union(*(structs_in(field.type) for field in kind.fields))
    if isinstance(kind, msgspec.inspect.UnionType):
        return set[type[msgspec.Struct]]().union(*map(structs_in, kind.types))
    if isinstance(kind, msgspec.inspect.VarTupleType):
        return structs_in(kind.item_type)
    return set()


def written(value: object) -> str:
    """Return a default as the page writes it."""
    match value:
        case msgspec.NODEFAULT:
            return "required"
        case None:
            return "none"
        case bool():
            return str(value).lower()
        case str():
            return f'"{value}"'
        case tuple():
            return "[" + ", ".join(map(written, value)) + "]"
        case float():
            return f"{value:g}"
        case _:
            return str(value)


def test_no_struct_of_the_files_is_left_out() -> None:
    files = (GatewayFile, AccountsSettings, InstrumentsFile)
    found = set[type[msgspec.Struct]]().union(
        *(structs_in(msgspec.inspect.type_info(file)) for file in files)
    )
    assert found == {*LISTED, *IN_PROSE}


@pytest.mark.parametrize("struct", LISTED, ids=lambda struct: struct.__name__)
def test_the_page_lists_the_keys_and_their_defaults(struct: type[msgspec.Struct]) -> None:
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    if struct is GatewayFile:
        fields = {name: field for name, field in fields.items() if name.endswith("_file")}
    # "every day" is what a schedule without days says.
    special = {"days": "every day"} if struct is ScheduleSettings else {}
    assert rows(LISTED[struct]) == {
        name: special.get(name, written(field.default)) for name, field in fields.items()
    }


@pytest.mark.parametrize("struct", IN_PROSE)
def test_the_page_names_the_keys_of_the_lists(struct: type[msgspec.Struct]) -> None:
    for field in msgspec.structs.fields(struct):
        assert re.search(rf"[`\[ {{]{field.encode_name}[`\] ]", PAGE), field.encode_name
