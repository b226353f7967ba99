"""The data directory: private, and held by one process."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.store import DataDir, DataDirError


def test_it_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    held = DataDir(tmp_path / "deep" / "data")
    assert stat.S_IMODE(held.path.stat().st_mode) == 0o700
    held.release()


def test_a_directory_open_to_others_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.mkdir(mode=0o755)
    DataDir(path).release()
    assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_a_second_process_is_told_who_holds_it(tmp_path: Path) -> None:
    held = DataDir(tmp_path)
    code = (
        "import sys; from pathlib import Path; from gateway.store import DataDir\nDataDir(Path(sys.argv[1]))"
    )
    second = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert f"in use by process {os.getpid()}" in second.stderr
    held.release()
    DataDir(tmp_path).release()


def test_a_path_that_cannot_be_a_directory_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataDirError, match=r"data_dir .*file/data: Not a directory") as caught:
        DataDir(tmp_path / "file" / "data")
    assert "\n" not in str(caught.value)


def test_a_file_in_its_place_is_named(tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.touch()
    with pytest.raises(DataDirError, match=r"^data_dir .*data: is not a directory$"):
        DataDir(path)


def test_a_new_directory_has_a_durable_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[Path] = []
    monkeypatch.setattr("gateway.store.data_dir.sync_directory", synced.append)
    for _ in range(2):
        DataDir(tmp_path / "a" / "b").release()
    assert synced == [tmp_path / "a", tmp_path]
