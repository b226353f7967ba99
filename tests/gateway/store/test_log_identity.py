"""A log keeps its identity, a new one has another, and what is no identity is refused."""

import stat
from pathlib import Path

import pytest

from gateway.ports import StoreError
from gateway.store.log_identity import FILE_NAME, new_identity, read_identity


def test_a_log_keeps_its_identity(tmp_path: Path) -> None:
    identity = read_identity(tmp_path, is_new=True)
    assert read_identity(tmp_path, is_new=False) == identity
    assert len(identity.epoch) == 16
    assert identity.secret.hex() not in identity.epoch
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_each_log_has_its_own(tmp_path: Path) -> None:
    first = read_identity(tmp_path, is_new=True)
    second = read_identity(tmp_path, is_new=True)
    assert len({first, second, new_identity(), new_identity()}) == 4


def test_a_log_without_one_is_given_one(tmp_path: Path) -> None:
    identity = read_identity(tmp_path, is_new=False)
    assert read_identity(tmp_path, is_new=False) == identity


@pytest.mark.parametrize("text", ["", "zz", "00" * 31, "é"])
def test_what_is_no_identity_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE_NAME).write_text(text, encoding="utf-8")
    with pytest.raises(StoreError, match="remove it, and a new one is made"):
        read_identity(tmp_path, is_new=False)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"log\.id: No such file or directory"):
        read_identity(tmp_path / "none", is_new=True)
