import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.cli import main
from gateway.settings import GatewaySettings

CONFIG = Path(__file__).resolve().parents[3] / "config"


class Runs:
    """Stands where the gateway would run and keeps what it was started with."""

    def __init__(self) -> None:
        self.code = 0
        self.interrupt = False
        self.started: list[tuple[GatewaySettings, bool]] = []

    def __call__(self, settings: GatewaySettings, *, demo: bool) -> int:
        self.started.append((settings, demo))
        if self.interrupt:
            raise KeyboardInterrupt
        return self.code


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Runs]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    gateway = Runs()
    monkeypatch.setattr("gateway.app.run.run_gateway", gateway)
    yield gateway
    root.handlers[:] = handlers
    root.setLevel(level)


def test_run_starts_the_default_gateway(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CONFIG.parent)
    assert main(["run"]) == 0
    ((settings, demo),) = runs.started
    assert (settings.file, settings.fix.port, settings.ws.port, settings.http.port, demo) == (
        "config/gateway.toml",
        9880,
        8080,
        8081,
        False,
    )


def test_options_override_the_file(runs: Runs, tmp_path: Path) -> None:
    argv = ["run", "--config", str(CONFIG / "loadtest.toml"), "--data", str(tmp_path), "--durability", "os"]
    argv += ["--fix", "127.0.0.1:0", "--ws", "[::1]:0", "--http", "localhost:0", "--demo"]
    assert main(argv) == 0
    ((settings, demo),) = runs.started
    assert demo
    assert settings.store.data_dir == str(tmp_path)
    assert settings.store.durability == "os"
    assert (settings.fix.host, settings.fix.port) == ("127.0.0.1", 0)
    assert (settings.ws.host, settings.ws.port) == ("::1", 0)
    assert (settings.http.host, settings.http.port) == ("localhost", 0)
    assert settings.orders.throttle_rate == 0


def test_the_exit_code_is_the_runs(runs: Runs) -> None:
    runs.code = 1
    assert main(["run", "--config", str(CONFIG / "gateway.toml")]) == 1


def test_an_interrupt_ends_the_run_well(runs: Runs) -> None:
    runs.interrupt = True
    assert main(["run", "--config", str(CONFIG / "gateway.toml")]) == 0


def test_run_sets_logging_up(runs: Runs, tmp_path: Path) -> None:
    for name in ("accounts.toml", "instruments.toml"):
        (tmp_path / name).write_bytes((CONFIG / name).read_bytes())
    (tmp_path / "gateway.toml").write_text('[log]\nlevel = "error"\nformat = "json"')
    assert main(["run", "--config", str(tmp_path / "gateway.toml")]) == 0
    root = logging.getLogger()
    assert root.level == logging.ERROR
    (handler,) = root.handlers
    assert type(handler.formatter).__name__ == "JsonFormatter"
    assert len(runs.started) == 1


@pytest.mark.parametrize(
    ("argv", "line"),
    [
        (["--config", "none.toml"], "none.toml: no such file"),
        (["--fix", "0.0.0.0:1"], "command line: --fix: plaintext on an address that is not loopback"),
        (["--ws", "80"], 'command line: --ws: not HOST:PORT (value "80")'),
    ],
)
def test_a_wrong_configuration_starts_nothing(
    runs: Runs,
    argv: list[str],
    line: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(CONFIG.parent)
    assert main(["run", *argv]) == 2
    assert runs.started == []
    captured = capsys.readouterr()
    assert captured.err.startswith(f"bdax: {line}")
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize(
    ("file", "counts"),
    [
        ("gateway.toml", "2 accounts, 3 FIX sessions, 2 API keys, 4 instruments"),
        ("loadtest.toml", "200 accounts, 200 FIX sessions, 200 API keys, 4 instruments"),
    ],
)
def test_check_config_says_what_a_good_file_holds(
    file: str, counts: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check-config", "--config", str(CONFIG / file)]) == 0
    assert capsys.readouterr() == (f"{CONFIG / file}: good ({counts})\n", "")


def test_check_config_names_the_fault_of_a_bad_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text("[fix]\nport = 99999")
    assert main(["check-config", "--config", str(path)]) == 2
    assert capsys.readouterr() == ("", f"bdax: {path}: fix.port: too large (limit 65535, value 99999)\n")
