"""``bdax replay``: what it prints, and how it fails."""

import asyncio
import json
from pathlib import Path

import pytest

from gateway.app.recovery import recover
from gateway.cli import main
from gateway.model import Side
from gateway.ports import Batch
from gateway.settings import StoreSettings
from gateway.store.log_end import note_end
from tests.gateway.app.live import Live, order_maker, origin


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A data directory whose gateway still has it: two batches, of two orders and of one that meets both."""

    async def fill() -> None:
        settings = StoreSettings(data_dir=str(tmp_path), durability="os")
        recovered = recover(settings, origin(), asyncio.get_running_loop())
        live, make = Live(origin()), order_maker()
        for commands in ([make(), make(price=101)], [make(Side.SELL, 101, 6)]):
            record = live.work(commands)
            batch = Batch(record.commands, [], {}, record.executions, live.last_events)
            recovered.store.commit(batch, lambda _: None)
        recovered.store.close()

    asyncio.run(fill())
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, list[str], str]:
    """Return exit code, lines on stdout, and stderr."""
    code = main(["replay", *options])
    captured = capsys.readouterr()
    return code, captured.out.splitlines(), captured.err


def test_the_hash_is_what_is_printed_by_default(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, [line], err = run(capsys, "--data", str(data_dir))
    assert (code, err) == (0, "")
    shown = json.loads(line)
    assert (shown["eseq"], shown["batch"], len(shown["hash"])) == (3, 2, 32)
    assert run(capsys, "--data", str(data_dir), "--until", "3", "--print", "hash") == (0, [line], "")
    assert run(capsys, "--data", str(data_dir), "--until", "2")[1] != [line]


def test_books_and_orders(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, books, _ = run(capsys, "--data", str(data_dir), "--print", "book", "--until", "1")
    assert [json.loads(line)["bids"] for line in books] == [[["1", "0.00000005"]], []]
    _, orders, _ = run(capsys, "--data", str(data_dir), "--print", "orders")
    assert [(json.loads(line)["order_id"], json.loads(line)["side"]) for line in orders] == [
        ("1", "buy"),
        ("3", "sell"),
    ]


def test_a_log_whose_end_was_taken_away_is_shown_up_to_a_command_only(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    note_end(data_dir, 7)
    code, lines, err = run(capsys, "--data", str(data_dir))
    assert (code, lines) == (1, [])
    assert f"{data_dir}/log/0000000000000007.log: missing, and the log ended with it" in err
    assert run(capsys, "--data", str(data_dir), "--until", "3")[0] == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--until", "-1"), "argument --until: must be at least 0"),
        (("--until", "x"), "argument --until"),
        (("--print", "all"), "argument --print"),
        (("--data", "/nowhere/at/all"), "is no directory"),
    ],
)
def test_wrong_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], words: str
) -> None:
    code, out, err = run(capsys, "--data", str(tmp_path), *options)
    assert (code, out) == (2, [])
    assert words in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(("until", "words"), [((), "there is no log"), (("--until", "9"), "there is no log")])
def test_a_directory_without_a_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], until: tuple[str, ...], words: str
) -> None:
    code, out, err = run(capsys, "--data", str(tmp_path), *until)
    assert (code, out) == (1, [])
    assert err.startswith("bdax: ")
    assert words in err
    assert err.count("\n") == 1
