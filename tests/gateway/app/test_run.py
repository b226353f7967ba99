"""The run as a whole: signals, the ready line, exit codes."""

import io
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway.app import survivors
from gateway.app.run import run_gateway
from gateway.ports import Batch, StoreError
from gateway.settings import GatewaySettings
from gateway.store import MemoryStore
from tests.gateway.net.fix_peer import encoded_logon
from tests.gateway.net.running import PASSWORD, settings_for


class Terminal(io.StringIO):
    """Stands where the terminal is; ``on_ready`` is called with each line."""

    def __init__(self, on_ready: Callable[[dict[str, Any]], None]) -> None:
        super().__init__()
        self._on_ready = on_ready

    def write(self, text: str) -> int:
        size = super().write(text)
        self._on_ready(orjson.loads(text))
        return size


@pytest.fixture
def settings(tmp_path: Path) -> GatewaySettings:
    return settings_for(tmp_path / "data", {})


@pytest.fixture(autouse=True)
def _thaw() -> Iterator[None]:
    yield
    survivors.unsettle()


def run(
    settings: GatewaySettings,
    monkeypatch: pytest.MonkeyPatch,
    on_ready: Callable[[dict[str, Any]], None],
    *,
    demo: bool = False,
) -> tuple[int, str]:
    """Run the gateway in this process; return the exit code and what it printed."""
    terminal = Terminal(on_ready)
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", terminal)
        code = run_gateway(settings, demo=demo)
    return code, terminal.getvalue()


def tell(number: signal.Signals) -> Callable[[object], None]:
    """Return an act that sends this process a signal."""
    return lambda _ready: os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_well(
    settings: GatewaySettings, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    code, printed = run(settings, monkeypatch, tell(number))
    assert code == 0
    [line] = printed.splitlines()
    ready = orjson.loads(line)
    assert ready["event"] == "ready"
    assert ready["pid"] == os.getpid()
    assert (ready["fix_tls"], ready["durability"]) == (None, "none")
    assert ready["ws"].startswith("ws://127.0.0.1:")
    assert ready["ws"].endswith("/v1")
    assert ready["http"].startswith("http://127.0.0.1:")


def test_a_second_signal_changes_nothing(settings: GatewaySettings, monkeypatch: pytest.MonkeyPatch) -> None:
    def twice(_ready: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)

    assert run(settings, monkeypatch, twice)[0] == 0


def test_the_demo_market_comes_and_goes_with_it(
    settings: GatewaySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(f"/proc/self/task/{os.getpid()}/children")
    # Other tests of this process may have left some, as multiprocessing does with its tracker.
    before = set(path.read_text().split())
    children: set[str] = set()

    def look(_ready: object) -> None:
        children.update(set(path.read_text().split()) - before)
        os.kill(os.getpid(), signal.SIGTERM)

    assert run(settings, monkeypatch, look, demo=True)[0] == 0
    assert children
    assert not any(Path(f"/proc/{pid}").exists() for pid in children)


def test_a_port_in_use_is_one_line(
    settings: GatewaySettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    del settings
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        unusable = settings_for(tmp_path / "data", {"http": {"port": port}})
        code, printed = run(unusable, monkeypatch, tell(signal.SIGTERM))
    assert (code, printed) == (2, "")
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"bdax: http listener 127.0.0.1:{port}: ")


def test_a_data_directory_that_cannot_be_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    unusable = settings_for(tmp_path / "file" / "data", {})
    code, printed = run(unusable, monkeypatch, tell(signal.SIGTERM))
    assert (code, printed) == (2, "")
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("bdax: data_dir ")


def test_a_store_that_fails_ends_the_run_with_nothing_said(
    settings: GatewaySettings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_store: object, _batch: Batch, done: Callable[[StoreError | None], None]) -> None:
        done(StoreError("store: disk full"))

    monkeypatch.setattr(MemoryStore, "commit", fail)
    said: list[bytes] = []

    def log_on(address: tuple[str, int]) -> None:
        with socket.create_connection(address, timeout=10) as client:
            client.sendall(encoded_logon("ALICE", PASSWORD))
            said.append(client.recv(4096))

    clients: list[threading.Thread] = []

    def start_client(ready: dict[str, Any]) -> None:
        host, _, port = ready["fix"].rpartition(":")
        clients.append(threading.Thread(target=log_on, args=((host, int(port)),)))
        clients[0].start()

    code, printed = run(settings, monkeypatch, start_client)
    clients[0].join()
    assert code == 1
    assert len(printed.splitlines()) == 1
    assert said == [b""]
    assert capsys.readouterr().err == "bdax: store: disk full\n"


def test_a_log_that_cannot_be_is_one_line_and_a_failed_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_for(tmp_path, {"store": {"data_dir": str(tmp_path), "durability": "fsync"}})
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / f"{1:016}.log").write_bytes(b"nothing")
    assert run(settings, monkeypatch, tell(signal.SIGTERM)) == (1, "")
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("bdax: ")
    assert f"{1:016}.log" in line


def test_a_signal_ends_a_recovery(
    settings: GatewaySettings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def recover(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        raise AssertionError("it went on")

    monkeypatch.setattr("gateway.app.gateway.open_state", recover)
    assert run(settings, monkeypatch, tell(signal.SIGTERM)) == (0, "")
    assert capsys.readouterr().err == ""


def test_commits_with_fsync_make_the_threads_take_turns_more_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_for(tmp_path, {"store": {"data_dir": str(tmp_path), "durability": "fsync"}})
    before, seen = sys.getswitchinterval(), []

    def look(_ready: object) -> None:
        seen.append(sys.getswitchinterval())
        os.kill(os.getpid(), signal.SIGTERM)

    try:
        assert run(settings, monkeypatch, look)[0] == 0
    finally:
        sys.setswitchinterval(before)
    assert seen == [pytest.approx(0.0005)]


def test_a_fault_point_that_is_none_is_one_line(
    settings: GatewaySettings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BDAX_CRASH_AT", "commit.written")
    assert run(settings, monkeypatch, tell(signal.SIGTERM)) == (2, "")
    assert capsys.readouterr().err.startswith("bdax: BDAX_CRASH_AT: 'commit.written' is not")
