import os
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.app.twins import hot_form
from gateway.cli import main

ROOT = Path(__file__).resolve().parents[3]
COMMANDS = ["run", "check-config", "hash-password", "new-key", "replay", "verify", "fix-echo"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith(f"usage: bdax {command} ")
    assert "example: " in captured.out
    assert f"bdax {command}" in captured.out.partition("example: ")[2]
    assert captured.err == ""


def test_the_command_itself_has_help_that_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert "example: bdax run --demo" in out
    assert all(f"    {command}" in out for command in COMMANDS)


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"bdax 0.1.0 (hot modules: {hot_form()})\n"


@pytest.mark.parametrize(
    ("argv", "line"),
    [
        ([], "the following arguments are required: COMMAND (see bdax --help)"),
        (["--config", "x"], "argument COMMAND: invalid choice: 'x'"),
        (["nothing"], "argument COMMAND: invalid choice: 'nothing'"),
        (["run", "--fix"], "argument --fix: expected one argument (see bdax run --help)"),
        (["run", "--durability", "maybe"], "argument --durability: invalid choice: 'maybe'"),
        (["run", "--dem"], "unrecognized arguments: --dem (see bdax --help)"),
        (["run", "two\nlines"], "unrecognized arguments: two\\nlines (see bdax --help)"),
        (["check-config", "--config", "no\nfile"], "no\\nfile: no such file"),
        (["new-key"], "one of the arguments --hmac --ed25519 is required (see bdax new-key --help)"),
        (["new-key", "--hmac", "--ed25519"], "argument --ed25519: not allowed with argument --hmac"),
        (["new-key", "--hmac", "--id", "a b"], "command line: --id: not a valid name"),
        (["new-key", "--hmac", "--account", ""], "command line: --account: not a valid name"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(
    argv: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"bdax: {line}")
    assert captured.err.count("\n") == 1
    assert captured.err.endswith("\n")


def test_an_interrupt_is_no_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt() -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("gateway.cli.credentials._typed", interrupt)
    monkeypatch.setattr("gateway.cli.credentials._piped", interrupt)
    assert main(["hash-password"]) == 1
    assert capsys.readouterr().err == "bdax: interrupted\n"


@pytest.mark.parametrize("start", [["-m", "gateway"], ["-c", "import gateway.__main__"]])
def test_the_module_is_the_command(start: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, *start, "--version"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == (f"bdax 0.1.0 (hot modules: {hot_form()})\n" if start[0] == "-m" else "")
    assert done.stderr == ""


def test_the_environment_can_force_the_codec_in_plain_python() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "--version"],
        cwd=ROOT,
        env={**os.environ, "BDAX_PURE": "1"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == "bdax 0.1.0 (hot modules: plain Python)\n"


def test_the_exit_code_of_the_process() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "check-config", "--config", "none.toml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "bdax: none.toml: no such file\n")
