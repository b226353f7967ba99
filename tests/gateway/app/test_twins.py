"""The log says once when the codec is in plain Python, and why; nothing when it is compiled."""

import logging

import pytest

from gateway.app import twins


def test_a_codec_in_plain_python_is_told_with_its_reason(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(twins, "WHY_PURE", "BDAX_PURE=1")
    twins.tell_of_pure_codec()
    [record] = caplog.records
    assert (record.levelno, record.getMessage()) == (logging.WARNING, "codec in plain Python")
    assert vars(record)["reason"] == "BDAX_PURE=1"
    assert twins.codec_form() == "plain Python"


def test_a_compiled_codec_is_not_worth_a_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(twins, "WHY_PURE", "")
    twins.tell_of_pure_codec()
    assert caplog.records == []
    assert twins.codec_form() == "compiled"
