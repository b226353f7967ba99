"""``bdax loadtest``: options, exit codes, and what is written."""

import os
import resource
import signal
import socket
from pathlib import Path

import pytest

from gateway.cli import main
from gateway.cli.loadtest import NAMED
from gateway.loadtest import results, scenario
from gateway.loadtest.descriptors import make_room
from tests.gateway.loadtest.venue import Fields, Habits, Venue, at, dropped

QUICK = ["--sessions", "2", "--count", "40", "--window", "5", "--warmup", "0", "--no-subscribers"]


def _run(venue: Venue, *options: str) -> int:
    fix = "{}:{}".format(*venue.address)
    return main(["loadtest", "run", "throughput", "--fix", fix, *QUICK, *options])


def test_a_good_run_writes_its_result_and_its_report(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    paths = tmp_path / "a.json", tmp_path / "a.html"
    with Venue() as venue:
        mix = ("--mix", "rest=3,cross=1,cancel=1", "--label", "a <venue>")
        code = _run(venue, *mix, "--json", str(paths[0]), "--html", str(paths[1]))
    out, err = capfd.readouterr()
    assert code == 0, err
    result = results.read(paths[0])
    assert result.complete
    assert result.counts.requests_answered == 40
    assert result.counts.cancels > 0
    assert result.target.label == "a <venue>"
    assert "a &lt;venue&gt;" in paths[1].read_text()
    assert "passed" in err
    assert out == ""


def test_a_wrong_answer_is_exit_1_and_the_result_is_written(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with Venue(Habits(tamper=at(10, dropped))) as venue:
        code = _run(venue, "--mix", "rest=1", "--patience-s", "0.3", "--json", str(path))
    assert code == 1
    assert [fault.kind for fault in results.read(path).faults] == ["missing answer"]


def test_each_scenario_that_comes_along_is_named_and_can_be_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert sorted(NAMED) == scenario.names()
    for name in NAMED:
        assert main(["loadtest", "show", name]) == 0
        assert f'name = "{name}"' in capsys.readouterr().out
        assert scenario.load(name).description


@pytest.mark.parametrize(
    ("argv", "line"),
    [
        (
            ["nope"],
            "nope: neither a scenario (fan-out, latency, mixed-day, open-auction, storm, throughput)",
        ),
        (["latency", "--window", "0"], "latency: load.window: Expected `int` >= 1"),
        (["latency", "--price", "x"], "latency: orders.price: not a decimal: x"),
        (
            ["latency", "--mix", "rest=1,stop=2"],
            "argument --mix: one of rest, cross, cancel, replace: stop=2",
        ),
        (["latency", "--mix", "rest=many"], "argument --mix: not a share: rest=many"),
        (["latency", "--fix", "9880"], "argument --fix: not HOST:PORT: 9880"),
        (["latency", "--fix", "localhost:70000"], "argument --fix: not HOST:PORT: localhost:70000"),
        (["latency", "--ws", "http://localhost"], "argument --ws: not ws://HOST:PORT/PATH: http://localhost"),
        (
            ["latency", "--ws", "ws://localhost:x/"],
            "argument --ws: not ws://HOST:PORT/PATH: ws://localhost:x/",
        ),
        (["latency", "--fix", "127.0.0.1:\u00b2"], "argument --fix: not HOST:PORT: 127.0.0.1:"),
        (["latency", "--ws", "ws://[::1"], "argument --ws: not ws://HOST:PORT/PATH: ws://[::1"),
        (["latency", "--price", "1e30"], "latency: orders.price: not below"),
        (["latency", "--rate", "5e-324"], "latency: load.rate: 0, or at least 0.001"),
        (["latency", "--sender", "ME"], "latency: fix.sender_comp_id: several sessions need {n} in it"),
        (["latency", "--password", "a\x01b"], "latency: fix.password: Expected `str` matching regex"),
        (["latency", "--json", "/proc/x"], "argument --json: /proc/x: "),
        (["latency", "--html", "/"], "argument --html: /: Is a directory"),
        (
            ["latency", "--json", "same.json", "--html", "./same.json"],
            "arguments --json and --html: the same",
        ),
        (["latency", "--set", "load.windows=1"], "latency: load.windows=1: a scenario has no load.windows"),
        (["latency", "--pid", "99999999"], "argument --pid: there is no process 99999999 to watch"),
        (["latency", "--json", "/nowhere/a.json"], "argument --json: no folder /nowhere"),
        (["latency", "--html", "/nowhere/a.html"], "argument --html: no folder /nowhere"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    argv: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["loadtest", "run", *argv]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"bdax: {line}")
    assert err.count("\n") == 1


def test_what_cannot_be_written_after_a_run_is_one_line_and_exit_1(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.html"
    with Venue() as venue:
        code = _run(venue, "--json", "/dev/full", "--html", str(path))
    err = capfd.readouterr().err
    assert code == 1
    assert err.endswith("bdax: /dev/full: No space left on device\n")
    assert path.stat().st_size > 1000


@pytest.mark.parametrize("host", ["no-such-host.invalid", "x" * 70 + ".invalid"])
def test_a_host_that_is_not_known_is_a_refused_connection(
    host: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(-2, "Name or service not known")

    if len(host) < 64:  # longer ones never reach the resolver
        monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert main(["loadtest", "run", "throughput", "--fix", f"{host}:9880", *QUICK]) == 1
    assert f"  connection refused: 1 ({host}: " in capfd.readouterr().err


def test_sigterm_ends_a_run_as_ctrl_c_does(capfd: pytest.CaptureFixture[str]) -> None:
    def tamper(n: int, report: Fields) -> list[Fields]:
        if n == 20:
            os.kill(os.getpid(), signal.SIGTERM)
        return [report]

    with Venue(Habits(tamper=tamper)) as venue:
        code = _run(venue, "--rate", "100", "--count", "3000")
    assert code == 1
    assert "failed\n  stopped early: 1 (interrupted by the operator)\n" in capfd.readouterr().err


def test_more_connections_than_files_may_be_open_are_refused_before_the_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    limits = [(1024, 4096)]
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _, new: limits.append(new))
    plan = scenario.load("storm")
    assert make_room(plan) == ""
    assert limits == [(1024, 4096), (1075, 4096)]
    assert main(["loadtest", "run", "latency", "--sessions", "9000"]) == 2
    line = "bdax: 9065 open files are needed in a worker, and the limit is 4096 (ulimit -Hn)\n"
    assert capsys.readouterr().err == line
