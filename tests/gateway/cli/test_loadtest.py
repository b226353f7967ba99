"""``bdax loadtest``: options, exit codes, and what is written."""

from pathlib import Path

import pytest

from gateway.cli import main
from gateway.cli.loadtest import NAMED
from gateway.loadtest import results, scenario
from tests.gateway.loadtest.venue import Habits, Venue, at, dropped

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
