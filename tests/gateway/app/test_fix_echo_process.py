"""`fix-echo` as a command: its ready line, its end, and one line for what cannot be used."""

import os
import re
import signal
import socket
import sys
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway.app.fix_echo import EchoSettings, run_fix_echo

SPECS = Path(str(distribution("fixcore-engine").locate_file("fixcore/specs")))


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"dictionary": Path("missing.xml")}, "missing.xml: No such file or directory"),
        ({"dictionary": SPECS / "FIX42.xml"}, "FIX42.xml: a dictionary of FIX.4.2, not FIX.4.4"),
        ({"transport": SPECS / "FIXT11.xml"}, "FIXT11.xml: an application dictionary is needed beside it"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_exit_2(
    settings: dict[str, Any], line: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(SPECS.parent)
    assert run_fix_echo(EchoSettings(begin_string="FIX.4.4", **settings)) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("bdax: ")
    assert line in captured.err
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize(
    ("begin_string", "name", "application"), [("FIX.4.4", "FIX44", ""), ("FIXT.1.1", "FIXT11", "FIX50SP2")]
)
def test_a_dictionary_without_the_messages_of_a_session_is_one_line_and_exit_2(
    begin_string: str, name: str, application: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (SPECS / f"{name}.xml").read_text(encoding="utf-8")
    path = tmp_path / f"{name}.xml"
    edited = re.sub(r"""msgtype=(['"])0\1""", "msgtype='U0'", text)
    assert edited != text
    path.write_text(edited, encoding="utf-8")
    files: dict[str, Any] = {"dictionary": path}
    if application:
        files = {"dictionary": SPECS / f"{application}.xml", "transport": path}
    assert run_fix_echo(EchoSettings(begin_string=begin_string, **files)) == 2
    line = f"bdax: {path}: no session can be held without Heartbeat\n"
    assert capsys.readouterr() == ("", line)


def test_a_port_that_is_taken_is_one_line_and_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert run_fix_echo(EchoSettings(begin_string="FIX.4.4", port=port)) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"bdax: fix-echo listener 127.0.0.1:{port}: ")
    assert captured.err.count("\n") == 1


class _EndsAtTheReadyLine:
    """A stdout whose first line is answered with SIGTERM."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        os.kill(os.getpid(), signal.SIGTERM)


def test_it_says_that_it_is_ready_and_ends_at_sigterm(monkeypatch: pytest.MonkeyPatch) -> None:
    stdout = _EndsAtTheReadyLine()
    monkeypatch.setattr(sys, "stdout", stdout)
    assert run_fix_echo(EchoSettings(begin_string="FIX.4.4")) == 0
    ready = orjson.loads(stdout.text)
    assert ready.keys() == {"event", "fix"}
    assert ready["event"] == "ready"
    assert ready["fix"].startswith("127.0.0.1:")
