"""``bdax fix-echo``: its options, and the process as a suite starts it."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gateway.app import fix_echo as app
from gateway.cli import main
from tests.protocols.fix.wire import message

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ("--begin-string FIX.4.4", "the following arguments are required: --port (see bdax fix-echo --help)"),
        ("--port 0", "the following arguments are required: --begin-string (see bdax fix-echo --help)"),
        ("--port 0 --begin-string FIX.4.3", "argument --begin-string: invalid choice: 'FIX.4.3'"),
        ("--port x --begin-string FIX.4.4", "argument --port: invalid int value: 'x'"),
        ("--port 65536 --begin-string FIX.4.4", "argument --port: not a port: 65536"),
        ("--port -1 --begin-string FIX.4.4", "argument --port: not a port: -1"),
        ("--port 0 --begin-string FIX.4.4 --unknown", "argument --unknown: expected at least one argument"),
        ("--port 0 --begin-string FIX.4.4 --dictionary no.xml", "no.xml: No such file or directory"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(
    options: str, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fix-echo", *options.split()]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"bdax: {line}")
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "settings"),
    [
        ("--port 7 --begin-string FIX.4.2", {"port": 7, "begin_string": "FIX.4.2"}),
        ("--port 7 --begin-string FIX.5.0SP2", {"port": 7, "begin_string": "FIXT.1.1"}),
        (
            "--port 0 --begin-string FIXT.1.1 --dictionary a.xml --transport-dictionary t.xml --target X"
            " --unknown A B --unknown C --reset-on-logon",
            {
                "begin_string": "FIXT.1.1",
                "dictionary": Path("a.xml"),
                "transport": Path("t.xml"),
                "target_comp_id": "X",
                "unknown": frozenset("ABC"),
                "reset_on_logon": True,
            },
        ),
    ],
)
def test_the_options_reach_the_acceptor(
    options: str, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[app.EchoSettings] = []

    def run(given: app.EchoSettings) -> int:
        taken.append(given)
        return 0

    monkeypatch.setattr(app, "run_fix_echo", run)
    assert main(["fix-echo", *options.split()]) == 0
    assert taken == [app.EchoSettings(**settings)]


def test_the_process_is_ready_echoes_and_ends() -> None:
    command = [sys.executable, "-m", "gateway", "fix-echo", "--port", "0", "--begin-string", "FIX.4.4"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        ready = json.loads(process.stdout.readline())
        assert ready.keys() == {"event", "fix"}
        host, _, port = ready["fix"].rpartition(":")
        with socket.create_connection((host, int(port)), timeout=10) as line:
            line.sendall(message("35=A|34=1|49=A|52=20010101-00:00:00|56=ISLD|98=0|108=30|"))
            assert line.recv(1) == b""
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert process.stderr.read() == b""
