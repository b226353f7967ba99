"""The source keeps to the floor plan, and the checker that says so catches what it should."""

import fnmatch
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import floor_plan

# Nothing of the product runs here.
pytestmark = pytest.mark.unmeasured

ROOT = Path(__file__).resolve().parent.parent

TOP_LEVEL = {
    ".ci",
    ".gitignore",
    "Makefile",
    "README.md",
    "config",
    "docs",
    "gateway",
    "protocols",
    "pyproject.toml",
    "setup.py",
    "tests",
}


def _sources(*folders: str) -> Iterator[tuple[str, str]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


PRODUCT = list(_sources("gateway", "protocols"))
TESTS = list(_sources("tests"))


def _module(path: str) -> tuple[str, bool]:
    dotted = path.removesuffix(".py").replace("/", ".")
    return dotted.removesuffix(".__init__"), dotted.endswith(".__init__")


# ---- the tree is clean


def test_each_module_imports_its_own_package_and_lower_floors_only() -> None:
    found = []
    for path, source in PRODUCT:
        module, is_package = _module(path)
        found += floor_plan.import_violations(module, source, is_package=is_package)
    assert found == []


def test_no_module_below_floor_5_asks_a_clock() -> None:
    assert [
        v for path, source in PRODUCT for v in floor_plan.clock_violations(_module(path)[0], source)
    ] == []


def test_the_product_imports_declared_dependencies_only() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {_import_name(requirement) for requirement in project["dependencies"]}
    known = declared | set(sys.stdlib_module_names) | {"gateway", "protocols"}
    found = [
        f"{path}:{line} {name}"
        for path, source in PRODUCT
        for line, name in floor_plan.imports(*_module(path)[:1], source, is_package=_module(path)[1])
        if name.partition(".")[0] not in known
    ]
    assert found == []


def _import_name(requirement: str) -> str:
    end = next((i for i, char in enumerate(requirement) if not (char.isalnum() or char in "-_.")), None)
    name = requirement[:end].replace("-", "_")
    return {"hdrhistogram": "hdrh"}.get(name, name)


def test_every_file_keeps_the_rules_of_form() -> None:
    """File length, names, constructor arguments."""
    rules = (floor_plan.size_violations, floor_plan.name_violations, floor_plan.constructor_violations)
    assert [v for path, source in PRODUCT + TESTS for rule in rules for v in rule(path, source)] == []


def test_no_test_outside_the_system_tests_sleeps() -> None:
    """Benches pace what they send by the clock; they are no tests."""
    found = [
        v
        for path, source in TESTS
        if not path.startswith(("tests/system/", "tests/bench/"))
        for v in floor_plan.sleep_violations(path, source)
    ]
    assert found == []


def test_the_repository_has_no_stray_top_level_entries() -> None:
    ignored = [".git", *(line.rstrip("/") for line in (ROOT / ".gitignore").read_text().split())]
    names = {entry.name for entry in ROOT.iterdir()}
    assert {n for n in names if not any(fnmatch.fnmatch(n, pattern) for pattern in ignored)} <= TOP_LEVEL


def test_configuration_is_settings_and_not_code() -> None:
    assert [path for path, _ in _sources("config")] == []


def test_each_package_of_the_tree_has_a_floor() -> None:
    packages = {_module(path)[0] for path, _ in PRODUCT} - {"gateway", "protocols"}
    assert {package for package in packages if floor_plan.package_of(package) is None} == set()


# ---- the checker catches


@pytest.mark.parametrize(
    ("module", "source", "why"),
    [
        ("gateway.model.events", "import gateway.ports", "floor 1 sees lower floors only"),
        ("gateway.model.events", "from gateway import ports", "floor 1 sees lower floors only"),
        ("gateway.orders.risk", "from gateway.matching import MatchingEngine", "gateway.matching is on 3"),
        ("gateway.orders.risk", "from ..matching.book import Book", "gateway.matching is on 3"),
        ("gateway.orders.risk", "def f():\n    import gateway.net", "gateway.net is on 5"),
        ("gateway.app", "import gateway.loadtest", "gateway.loadtest is on 6"),
        ("gateway.net.fix", "import gateway.cli", "gateway.cli is on 7"),
        ("protocols.fix.session", "from gateway.model import Side", "floor 0 sees lower floors only"),
        ("protocols.fix.session", "import protocols.ws", "protocols.ws is on 0"),
        ("gateway.orders.router", "from protocols.fix import tags", "protocols are not visible"),
        ("gateway.cli", "from protocols import fix", "protocols are not visible"),
        ("gateway.demo.maker", "from protocols.fix import tags", "imports no core"),
        ("gateway.demo.maker", "from gateway.model import Side", "imports no core"),
        ("gateway.demo.maker", "import msgspec", "uses only the standard library"),
        ("gateway.loadtest.run", "import gateway.settings", "imports no core"),
        ("gateway.matching.engine", "import asyncio", "I/O starts on floor 5"),
        ("gateway.dialects.native", "from concurrent.futures import Future", "I/O starts on floor 5"),
        ("gateway.dialects.native", "from http.server import HTTPServer", "I/O starts on floor 5"),
        ("gateway.marketdata.hub", "from http import server", "I/O starts on floor 5"),
        ("protocols.ws.connection", "import websockets.asyncio.server", "I/O starts on floor 5"),
        ("gateway.auth", "from tests.conftest import account", "does not know its tests"),
        ("gateway.net", "import gateway.network", "no such package"),
        ("gateway", "import gateway.model", "imports nothing"),
        ("gateway.stray", "", "has no floor"),
    ],
)
def test_a_forbidden_import_is_caught(module: str, source: str, why: str) -> None:
    [violation] = floor_plan.import_violations(module, source)
    assert why in violation
    assert module in violation


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("gateway.model.events", "from gateway.model.commands import Refusal"),
        ("gateway.model.events", "from .commands import Refusal"),
        ("gateway.dialects.native.fix_orders", "from protocols.fix import tags\nimport gateway.model"),
        ("gateway.dialects.native.statuses", "from http import HTTPStatus"),
        ("gateway.net.fix", "import asyncio, socket, ssl\nfrom protocols.fix import Session"),
        ("gateway.loadtest.run", "import protocols.fix, asyncio, simplefix"),
        ("gateway.demo.maker", "import asyncio, simplefix, orjson, uvloop\nimport websockets.asyncio.client"),
        ("gateway.app", "import gateway.net, gateway.engine, protocols.ws"),
        ("gateway.__main__", "from gateway.cli import main"),
    ],
)
def test_an_allowed_import_passes(module: str, source: str) -> None:
    assert floor_plan.import_violations(module, source) == []


def test_a_relative_import_in_a_package_is_resolved_against_the_package() -> None:
    assert list(floor_plan.imports("gateway.model", "from .events import Trade", is_package=True)) == [
        (1, "gateway.model.events.Trade")
    ]
    assert list(floor_plan.imports("gateway.model.events", "from . import commands")) == [
        (1, "gateway.model.commands")
    ]


@pytest.mark.parametrize(
    "source",
    [
        "import time\ntime.monotonic_ns()",
        "from time import time_ns as now\nnow()",
        "import datetime as dt\ndt.datetime.now()",
        "from datetime import datetime\ndatetime.utcnow()",
    ],
)
def test_a_clock_is_caught_below_floor_5_only(source: str) -> None:
    [violation] = floor_plan.clock_violations("gateway.orders.throttle", source)
    assert "time is an argument" in violation
    assert floor_plan.clock_violations("gateway.net.turns", source) == []


@pytest.mark.parametrize(
    "source",
    [
        "import time\ntime.sleep(1)",
        "from time import sleep\nsleep(0)",
        "import asyncio as aio\nasync def f():\n    await aio.sleep(0.1)",
        "from asyncio import sleep\nasync def f(n):\n    await sleep(n)",
    ],
)
def test_a_sleep_is_caught(source: str) -> None:
    [violation] = floor_plan.sleep_violations("tests/gateway/test_x.py", source)
    assert "sleeps" in violation


@pytest.mark.parametrize(
    "source", ["import asyncio\nasync def f():\n    await asyncio.sleep(0)", "def sleep(): ...\nsleep()"]
)
def test_a_yield_to_the_loop_is_no_sleep(source: str) -> None:
    assert floor_plan.sleep_violations("tests/gateway/test_x.py", source) == []


def test_a_long_file_is_caught() -> None:
    assert floor_plan.size_violations("a.py", "\n" * 400) == []
    assert floor_plan.size_violations("a.py", "\n" * 401) == ["a.py has 401 lines, at most 400"]


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("gateway/net/utils.py", ""),
        ("gateway/net/order_helpers.py", ""),
        ("gateway/common/orders.py", ""),
        ("gateway/net/data.py", ""),
        ("gateway/net/sessions.py", "class SessionManager: ..."),
        ("gateway/net/sessions.py", "class FIXUtils: ..."),
        ("gateway/net/sessions.py", "class OrderData: ..."),
    ],
)
def test_a_name_that_says_nothing_is_caught(path: str, source: str) -> None:
    [violation] = floor_plan.name_violations(path, source)
    assert "says nothing" in violation


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("gateway/ports/market_data.py", "class MarketDataEncoder: ..."),
        ("protocols/fix/dictionary.py", "class Database: ..."),
        ("gateway/store/data_dir.py", "class DataDirError: ..."),
    ],
)
def test_a_term_of_the_field_passes(path: str, source: str) -> None:
    assert floor_plan.name_violations(path, source) == []


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("class A:\n    def __init__(self, a, b, c, d, e, f): ...", 0),
        ("class A:\n    def __init__(self, a, b, c, /, d, *, e, f, g): ...", 1),
        ("@dataclass\nclass A:\n" + "".join(f"    f{i}: int\n" for i in range(7)), 1),
        ("@dataclasses.dataclass(slots=True)\nclass A:\n" + "".join(f"    f{i}: int\n" for i in range(7)), 1),
        ("@dataclass(frozen=True)\nclass A:\n" + "".join(f"    f{i}: int\n" for i in range(7)), 0),
        ("@dataclass\nclass A:\n" + "".join(f"    f{i}: int = 0\n" for i in range(7)), 0),
        ("class A(Struct, frozen=True):\n" + "".join(f"    f{i}: int\n" for i in range(7)), 0),
    ],
)
def test_a_seventh_constructor_argument_is_caught(source: str, count: int) -> None:
    assert len(floor_plan.constructor_violations("a.py", source)) == count
