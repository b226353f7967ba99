"""The log says once which hot modules are in plain Python, and why; nothing when all are compiled."""

import logging
import sys
from pathlib import Path
from types import ModuleType

import pytest

from gateway.app import twins
from tests.other_form import BUILT, COMPILED

ROOT = Path(__file__).parents[3]


def _compile(monkeypatch: pytest.MonkeyPatch, *left_out: str) -> None:
    """Have all modules look compiled, but those that are left out."""
    monkeypatch.setattr(twins, "IS_PLAIN", False)
    for name in twins.COMPILED:
        # None in its place is what makes an import fail.
        monkeypatch.setitem(sys.modules, name, None if name in left_out else ModuleType(name))


def test_all_that_can_be_compiled_are_known() -> None:
    sources = [path for package in ("gateway", "protocols") for path in (ROOT / package).rglob("*.pyx")]
    names = sorted(".".join(path.relative_to(ROOT).with_suffix("").parts) for path in sources)
    assert names == sorted(twins.COMPILED)


@pytest.mark.parametrize(
    ("why_pure", "reason"),
    [("", "the compiled form is not built, or for other sources"), ("BDAX_PURE=1", "BDAX_PURE=1")],
)
def test_modules_in_plain_python_are_told_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, why_pure: str, reason: str
) -> None:
    _compile(monkeypatch, "gateway.store._noting", "gateway.net._send")
    monkeypatch.setattr(twins, "WHY_PURE", why_pure)
    twins.tell_of_plain_modules()
    [record] = caplog.records
    assert (record.levelno, record.getMessage()) == (logging.WARNING, "hot modules in plain Python")
    assert vars(record)["modules"] == "gateway.net._send, gateway.store._noting"
    assert vars(record)["reason"] == reason
    assert twins.hot_form() == "compiled, but for gateway.net._send, gateway.store._noting"


@BUILT
@COMPILED
def test_where_all_are_built_none_is_named() -> None:
    assert twins.plain_modules() == []


def test_where_plain_python_is_asked_for_all_are_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twins, "IS_PLAIN", True)
    assert twins.hot_form() == "plain Python"


def test_none_compiled_needs_no_names(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _compile(monkeypatch, *twins.COMPILED)
    twins.tell_of_plain_modules()
    [record] = caplog.records
    assert vars(record)["modules"] == "all"
    assert twins.hot_form() == "plain Python"


def test_all_compiled_is_not_worth_a_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _compile(monkeypatch)
    twins.tell_of_plain_modules()
    assert caplog.records == []
    assert twins.hot_form() == "compiled"
