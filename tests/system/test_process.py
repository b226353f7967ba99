"""How the gateway starts and ends: one line and exit 2 for what cannot be, goodbyes and exit 0 at the end."""

import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from tests.system.conftest import DEMO_PASSWORD
from tests.system.gateway_process import FREE_PORTS, ROOT, STOP_TIMEOUT_S, GatewayProcess, bdax
from tests.system.raw_fix import RawFix
from tests.system.ws_client import TIMEOUT_S, WsPeer

CONFIG = str(ROOT / "config" / "gateway.toml")


def only_line(ended: "subprocess.CompletedProcess[str]") -> str:
    """Return the one line on stderr of a start that failed with exit 2, log lines apart."""
    assert ended.returncode == 2, ended.stderr
    assert ended.stdout == ""
    [line] = [line for line in ended.stderr.splitlines() if not line.startswith('{"ts":')]
    return line


def test_the_ready_line_says_what_scripts_rely_on(gateway: GatewayProcess) -> None:
    assert set(gateway.ready) == {"event", "fix", "fix_tls", "ws", "http", "durability", "pid"}
    assert gateway.ready["event"] == "ready"
    assert gateway.ready["pid"] == gateway.pid
    assert gateway.ready["fix_tls"] is None
    assert gateway.ready["ws"].endswith("/v1")
    assert gateway.data_dir.stat().st_mode & 0o777 == 0o700
    with urllib.request.urlopen(f"{gateway.http}/healthz", timeout=5) as answer:  # noqa: S310 - http, ours
        assert answer.status == 200


def test_a_port_in_use_is_one_line(gateway: GatewayProcess, folder: Path) -> None:
    host, port = gateway.fix
    options = ("--data", str(folder / "data"), *FREE_PORTS, "--fix", f"{host}:{port}")
    assert str(port) in only_line(bdax("run", "--config", CONFIG, *options))


def test_a_data_directory_in_use_is_one_line(gateway: GatewayProcess) -> None:
    line = only_line(bdax("run", "--config", CONFIG, "--data", str(gateway.data_dir), *FREE_PORTS))
    assert str(gateway.data_dir) in line


def test_a_data_directory_that_cannot_be_made_is_one_line(folder: Path) -> None:
    (folder / "file").write_text("in the way")
    target = folder / "file" / "data"
    line = only_line(bdax("run", "--config", CONFIG, "--data", str(target), *FREE_PORTS))
    assert "data" in line


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[fix]\nprot = 9880\n", ("fix.prot",)),
        ("[fix]\nport = 99999\n", ("fix.port", "99999", "65535")),
        ("[fix]\nhost = '0.0.0.0'\n", ("fix",)),
        ("[fix\n", ("line 1",)),
        ('accounts_file = "missing.toml"\n', ("missing.toml",)),
    ],
    ids=["unknown key", "bad value", "open to the world", "no TOML", "missing file"],
)
def test_a_wrong_configuration_is_one_line_with_file_and_key(
    folder: Path, text: str, words: tuple[str, ...]
) -> None:
    for name in ("accounts.toml", "instruments.toml"):
        (folder / name).write_text((ROOT / "config" / name).read_text())
    path = folder / "wrong.toml"
    path.write_text(text)
    for command in (("run", "--data", str(folder / "data"), *FREE_PORTS[2:]), ("check-config",)):
        line = only_line(bdax(*command, "--config", str(path)))
        assert all(word in line for word in words)
        assert str(folder) in line


def test_a_configuration_that_is_not_there_is_one_line(folder: Path) -> None:
    assert "nowhere.toml" in only_line(bdax("run", "--config", str(folder / "nowhere.toml")))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_at_its_end_it_says_goodbye_to_everybody(folder: Path, number: signal.Signals) -> None:
    with (
        GatewayProcess(folder, at_full_speed=False) as gateway,
        RawFix(gateway.fix, "DEMO1") as fix,
        WsPeer(gateway.ws) as ws,
        RawFix(gateway.fix, "DEMO2"),  # a stranger that never says anything
    ):
        fix.logon(DEMO_PASSWORD)
        gateway.signal(number)
        assert fix.receive()[35] == "5"
        fix.send("5")
        assert ws.next_push(TIMEOUT_S)["ch"] == "system"
        with pytest.raises(ConnectionClosed) as caught:
            ws.socket.recv(timeout=TIMEOUT_S)
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1001
        assert gateway.wait() == 0


def test_clients_that_never_answer_do_not_hold_it_up(folder: Path) -> None:
    with GatewayProcess(folder) as gateway, RawFix(gateway.fix, "DEMO1") as fix:
        fix.logon(DEMO_PASSWORD)
        host, _, port = gateway.ws.removeprefix("ws://").partition("/")[0].partition(":")
        with socket.create_connection((host, int(port)), timeout=TIMEOUT_S) as deaf:
            deaf.sendall(
                b"GET /v1 HTTP/1.1\r\nHost: bdax\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
            )
            assert b"101" in deaf.recv(4096)
            began = time.monotonic()
            gateway.signal(signal.SIGTERM)
            assert gateway.wait() == 0
            assert time.monotonic() - began < STOP_TIMEOUT_S
            assert fix.receive()[35] == "5"
            announced = deaf.makefile("rb").read()
            _, close, goodbye = announced.rpartition(b"\x88")
            assert announced[0] == 0x81  # a text frame: the announcement
            assert b'"shutdown"' in announced
            assert close, "no close frame"
            assert goodbye[1:3] == (1001).to_bytes(2, "big")


def test_a_second_start_finds_the_data_directory_free(folder: Path) -> None:
    for _ in range(2):
        with GatewayProcess(folder) as gateway:
            gateway.signal(signal.SIGTERM)
            assert gateway.wait() == 0
