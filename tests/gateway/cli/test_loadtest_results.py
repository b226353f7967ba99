"""``bdax loadtest compare`` and ``report``: exit codes, and one line where something is wrong."""

import argparse
from pathlib import Path

import msgspec
import pytest

from gateway.cli.loadtest_results import add_results_commands, write_html
from gateway.cli.usage import UsageError
from gateway.loadtest import results
from tests.gateway.loadtest import made


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    add_results_commands(parser.add_subparsers())
    options = parser.parse_args(arguments)
    code: int = options.loadtest(options)
    return code


@pytest.fixture
def before(tmp_path: Path) -> str:
    path = tmp_path / "before.json"
    results.write(made.result(), path)
    return str(path)


@pytest.fixture
def after(tmp_path: Path) -> str:
    """A run whose target took twice the memory."""
    server = made.result().server
    assert server is not None
    larger = msgspec.structs.replace(server, rss_max_bytes=2 * server.rss_max_bytes)
    path = tmp_path / "after.json"
    results.write(msgspec.structs.replace(made.result(), run="2", server=larger), path)
    return str(path)


def test_what_is_worse_is_shown_and_is_an_exit_code_where_it_is_demanded(
    before: str, after: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("compare", before, after) == 0
    out = capsys.readouterr().out
    assert f"A: {before}\nB: {after}\n" in out
    assert "2.00x  worse" in out
    assert run("compare", before, after, "--threshold", "1.5") == 1
    assert run("compare", before, after, "--threshold", "2.5") == 0
    assert run("compare", after, before, "--threshold", "1") == 0


@pytest.mark.parametrize("threshold", ["0.9", "nan", "inf", "-1"])
def test_a_threshold_is_a_factor(before: str, after: str, threshold: str) -> None:
    with pytest.raises(UsageError, match="argument --threshold: a factor of 1 or more"):
        run("compare", before, after, "--threshold", threshold)


@pytest.mark.parametrize("text", ["", "{}", '{"schema": 99}', "[1", "\x00"])
def test_what_is_no_result_is_wrong_usage(before: str, tmp_path: Path, text: str) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text(text)
    for arguments in (("compare", before, str(wrong)), ("compare", str(wrong), before)):
        with pytest.raises(UsageError, match=r"wrong\.json"):
            run(*arguments)
    with pytest.raises(UsageError, match=r"wrong\.json"):
        run("report", str(wrong), "--html", str(tmp_path / "a.html"))
    assert not (tmp_path / "a.html").exists()


def test_a_report_is_made_of_a_result(
    before: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.html"
    assert run("report", before, "--html", str(path)) == 0
    assert capsys.readouterr().out == f"{path}\n"
    assert "<h1>Load test: latency</h1>" in path.read_text(encoding="utf-8")


def test_a_report_that_cannot_be_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none/a\.html: No such file or directory"):
        write_html(made.result(), tmp_path / "none" / "a.html")
    broken = msgspec.structs.replace(made.result().measures[0], histogram="AAAA")
    with pytest.raises(UsageError, match="order_to_ack: no histogram"):
        write_html(msgspec.structs.replace(made.result(), measures=(broken,)), tmp_path / "a.html")
