"""The FIX layer a second time in one process, on the codec in plain Python, beside the one that works."""

import importlib
import os
import sys
from types import ModuleType
from typing import Any, Final, NamedTuple
from unittest import mock

import protocols
from tests.fuzz import fix_session

_PACKAGES: Final = ("protocols.fix", "tests.protocols.fix", "tests.fuzz.fix_")


class Twin(NamedTuple):
    """One of both: the codec, the package on it, and the session's fuzz target on that."""

    codec: Any
    fix: Any
    session: Any


def _imported_anew() -> Twin:
    """Import all that is on the codec once more, and leave what was imported before as it was."""
    before = dict(sys.modules)
    package = protocols.fix
    for name in before:
        if name.startswith(_PACKAGES):
            del sys.modules[name]
    try:
        with mock.patch.dict(os.environ, {"BDAX_PURE": "1"}):
            session = importlib.import_module("tests.fuzz.fix_session")
            return Twin(_module("protocols.fix.codec"), _module("protocols.fix"), session)
    finally:
        for name in list(sys.modules):
            if name.startswith(_PACKAGES):
                del sys.modules[name]
        sys.modules.update({name: module for name, module in before.items() if name.startswith(_PACKAGES)})
        protocols.fix = package


def _module(name: str) -> ModuleType:
    return sys.modules[name]


WORKING: Final = Twin(_module("protocols.fix.codec"), _module("protocols.fix"), fix_session)
PLAIN: Final = _imported_anew()
