"""The rules of the house as functions from source text to violations, each one line of text.

Floors, visibility and I/O are read from a module's syntax tree; nothing is imported. NOT here: which files
exist and the assertion that they are clean (``test_layers``).
"""

import ast
import functools
import re
import sys
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

FLOORS: Final = {
    "protocols.fix": 0,
    "protocols.ws": 0,
    "gateway.model": 1,
    "gateway.ports": 2,
    "gateway.settings": 2,
    "gateway.matching": 3,
    "gateway.orders": 3,
    "gateway.marketdata": 3,
    "gateway.auth": 3,
    "gateway.dialects": 4,
    "gateway.net": 5,
    "gateway.engine": 5,
    "gateway.store": 5,
    "gateway.admin": 5,
    "gateway.app": 6,
    "gateway.loadtest": 6,
    "gateway.demo": 6,
    "gateway.cli": 7,
    "gateway.__main__": 8,
}
"""Each package and its floor. ``python -m gateway`` stands on the command line's shoulders."""

PROTOCOL_USERS: Final = {
    "gateway.dialects",
    "gateway.net",
    "gateway.store",
    "gateway.loadtest",
    "gateway.app",
}

CLIENTS: Final = {
    "gateway.loadtest": {"protocols.fix", "protocols.ws"},
    "gateway.demo": set(),
}
"""Clients of the gateway live in its tree but import none of its core: only what stands beside them."""

CLIENT_LIBRARIES: Final = {"gateway.demo": {"orjson", "simplefix", "uvloop", "websockets"}}
"""Where a client's third-party imports are closed too."""

FIRST_IO_FLOOR: Final = 5

IO_MODULES: Final = (
    "asyncio",
    "concurrent",
    "http.server",
    "multiprocessing",
    "nats",
    "select",
    "selectors",
    "socket",
    "socketserver",
    "sqlite3",
    "ssl",
    "subprocess",
    "threading",
    "uvloop",
    "websockets.asyncio",
    "websockets.sync",
)

CLOCKS: Final = {
    f"time.{name}{suffix}" for name in ("time", "monotonic", "perf_counter") for suffix in ("", "_ns")
} | {
    "time.sleep",
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.datetime.today",
    "datetime.date.today",
}

MAX_LINES: Final = 400
MAX_CONSTRUCTOR_ARGUMENTS: Final = 6

BANNED_WORDS: Final = {"manager", "helper", "util", "common", "misc"}
_DATA_TERMS: Final = {("market", "data"), ("data", "dir"), ("data", "dictionary")}  # the field's own words
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def package_of(module: str) -> str | None:
    """Return the package of the floor plan that ``module`` (or a name in it) belongs to."""
    return next((name for name in FLOORS if module == name or module.startswith(name + ".")), None)


def imports(module: str, source: str, *, is_package: bool = False) -> Iterator[tuple[int, str]]:
    """Yield ``(line, dotted name)`` of all that ``source`` imports, also inside functions and typing blocks.

    ``from a import b`` yields ``a.b``; relative imports are resolved against ``module``.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = module.split(".")
                parts = parts[: len(parts) - node.level + is_package]
                base = ".".join([*parts, base] if base else parts)
            for alias in node.names:
                yield node.lineno, f"{base}.{alias.name}"


def import_violations(module: str, source: str, *, is_package: bool = False) -> list[str]:
    """Check the floor plan: own package and lower floors, visibility of ``protocols``, I/O, clients."""
    own = package_of(module)
    if own is None:
        if module in ("gateway", "protocols"):
            return [
                f"{module}:{line} imports {name}: a root package imports nothing"
                for line, name in imports(module, source, is_package=is_package)
            ]
        return [f"{module} has no floor"]
    found = []
    for line, name in imports(module, source, is_package=is_package):
        rule = _import_rule(own, name)
        if rule:
            found.append(f"{module}:{line} imports {name}: {rule}")
    return found


def _import_rule(own: str, name: str) -> str:
    top = name.partition(".")[0]
    if top == "tests":
        return "the product does not know its tests"
    if top not in ("gateway", "protocols"):
        return _foreign_rule(own, name, top)
    other = package_of(name)
    if other == own:
        return ""
    if other is None:
        return "no such package in the floor plan"
    if FLOORS[other] >= FLOORS[own]:
        return f"floor {FLOORS[own]} sees lower floors only, {other} is on {FLOORS[other]}"
    if own in CLIENTS and other not in CLIENTS[own]:
        return f"{own} is a client and imports no core"
    if top == "protocols" and own not in PROTOCOL_USERS:
        return f"protocols are not visible to {own}"
    return ""


def _foreign_rule(own: str, name: str, top: str) -> str:
    if FLOORS[own] < FIRST_IO_FLOOR and any(name == io or name.startswith(io + ".") for io in IO_MODULES):
        return f"I/O starts on floor {FIRST_IO_FLOOR}"
    allowed = CLIENT_LIBRARIES.get(own)
    if allowed is not None and top not in allowed and top not in sys.stdlib_module_names:
        return f"{own} uses only the standard library and {', '.join(sorted(allowed))}"
    return ""


def called_names(source: str) -> Iterator[tuple[int, str, ast.Call]]:
    """Yield ``(line, dotted name, call)`` of each call whose name leads back to an import."""
    tree = ast.parse(source)
    origin: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.partition(".")[0]
                origin[bound] = alias.name if alias.asname else bound
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                origin[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = _dotted(node.func)
            head, _, rest = name.partition(".")
            if head in origin:
                yield node.lineno, ".".join(filter(None, (origin[head], rest))), node


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return ""


def clock_violations(module: str, source: str) -> list[str]:
    """Check that below floor 5 nobody asks a clock or waits: time comes in as an argument."""
    own = package_of(module)
    if own is None or FLOORS[own] >= FIRST_IO_FLOOR:
        return []
    return [
        f"{module}:{line} calls {name}: time is an argument below floor {FIRST_IO_FLOOR}"
        for line, name, _ in called_names(source)
        if name in CLOCKS
    ]


def sleep_violations(path: str, source: str) -> list[str]:
    """Check that a test does not wait for time. ``asyncio.sleep(0)`` yields one turn and waits for none."""
    if "sleep" not in source:
        return []
    return [
        f"{path}:{line} sleeps; wait on an event, or move the test to tests/system"
        for line, name, call in called_names(source)
        if name == "time.sleep" or (name == "asyncio.sleep" and not _is_zero(call))
    ]


def _is_zero(call: ast.Call) -> bool:
    return len(call.args) == 1 and isinstance(call.args[0], ast.Constant) and call.args[0].value == 0


def size_violations(path: str, source: str) -> list[str]:
    """Check the length of a file, in lines."""
    lines = source.count("\n")
    return [f"{path} has {lines} lines, at most {MAX_LINES}"] if lines > MAX_LINES else []


def name_violations(path: str, source: str) -> list[str]:
    """Check file, folder and class names against the words that say nothing."""
    parts = path.removesuffix(".py").split("/")
    found = [f"{path}: {part!r} says nothing" for part in parts if _is_banned(part.split("_"))]
    found += [
        f"{path}:{node.lineno} class {node.name!r} says nothing"
        for node in _classes(source)
        if _is_banned(_WORD.findall(node.name))
    ]
    return found


@functools.lru_cache(maxsize=1)  # more than one rule asks for those of a file
def _classes(source: str) -> list[ast.ClassDef]:
    """Return all classes, wherever they stand: a class is a statement, and only those hold others."""
    holding: list[ast.AST] = [ast.parse(source)] if "class" in source else []
    for node in holding:
        inner = ast.iter_child_nodes(node)
        holding += [each for each in inner if isinstance(each, (ast.stmt, ast.excepthandler, ast.match_case))]
    return [node for node in holding if isinstance(node, ast.ClassDef)]


def _is_banned(words: list[str]) -> bool:
    lowered = [word.lower() for word in words]
    if any(word.removesuffix("s") in BANNED_WORDS for word in lowered):
        return True
    pairs = set(pairwise(lowered))
    return "data" in lowered and not pairs & _DATA_TERMS


def constructor_violations(path: str, source: str) -> list[str]:
    """Check that a constructor takes at most six arguments, ``self`` not counted.

    Frozen values (settings, commands, events) have no ``__init__`` of their own and are not meant.
    """
    found = []
    for node in _classes(source):
        count = _constructor_arguments(node)
        if count > MAX_CONSTRUCTOR_ARGUMENTS:
            found.append(
                f"{path}:{node.lineno} {node.name} takes {count} constructor arguments,"
                f" at most {MAX_CONSTRUCTOR_ARGUMENTS}"
            )
    return found


def _constructor_arguments(node: ast.ClassDef) -> int:
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.name == "__init__":
            arguments = item.args
            return len([*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]) - 1
    for decorator in node.decorator_list:
        call = decorator.func if isinstance(decorator, ast.Call) else decorator
        if _dotted(call).endswith("dataclass") and not _has_true(decorator, "frozen"):
            # A field with a default is state that the class starts from, not an argument one has to give.
            return sum(isinstance(item, ast.AnnAssign) and item.value is None for item in node.body)
    return 0


def _has_true(decorator: ast.expr, keyword: str) -> bool:
    return isinstance(decorator, ast.Call) and any(
        item.arg == keyword and isinstance(item.value, ast.Constant) and item.value.value is True
        for item in decorator.keywords
    )
