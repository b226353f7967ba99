"""``bdax verify``: what it prints, and how it fails."""

import asyncio
import json
from pathlib import Path

import pytest

from gateway.cli import main
from gateway.store.snapshots import newest_snapshots
from tests.gateway.app.live import order_maker, origin
from tests.gateway.app.starts import Start


def run(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, list[str], str]:
    """Return exit code, lines on stdout, and stderr."""
    code = main(["verify", *options])
    captured = capsys.readouterr()
    return code, captured.out.splitlines(), captured.err


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A data directory with a batch and a snapshot of it, left as by a crash."""

    async def fill() -> None:
        life = Start(tmp_path, origin())
        life.commit(order_maker()())
        life.snapshot()

    asyncio.run(fill())
    return tmp_path


def test_each_part_is_a_line(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines, err = run(capsys, "--data", str(data_dir))
    assert (code, err) == (0, "")
    assert [json.loads(line)["part"] for line in lines] == ["snapshot", "log", "index"]


def test_damage_is_one_line_behind_what_is_whole(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (log,) = (data_dir / "log").iterdir()
    content = bytearray(log.read_bytes())
    content[20] ^= 1
    log.write_bytes(content)
    code, lines, err = run(capsys, "--data", str(data_dir))
    assert (code, len(lines)) == (1, 1)
    assert err.startswith(f"bdax: {log}: damaged header at byte 0: ")
    (snapshot,) = newest_snapshots(data_dir)
    snapshot.path.write_bytes(b"")
    assert run(capsys, "--data", str(data_dir)) == (1, [], f"bdax: {snapshot.path}: damaged\n")


def test_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines, err = run(capsys, "--data", str(tmp_path / "none"))
    assert (code, lines) == (2, [])
    assert err == f"bdax: argument --data: {tmp_path / 'none'} is no directory\n"
