"""A process that is killed at each step of a commit, and one whose disk is full: what was said is there."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gateway.store.batches import is_prefix, read_numbers

POINTS = [
    "commit.encoded:6",
    "commit.before_write:6",
    "commit.half_written:6",
    "commit.written:6",
    "rotate.before:1",
    "rotate.after:1",
]
ROOT = Path(__file__).resolve().parents[3]


def run(data_dir: Path, durability: str, fault: str, count: int, *under: str) -> tuple[int, list[str]]:
    """Run the committing process; return how it ended and what it said."""
    command = [*under, sys.executable, "-m", "tests.gateway.store.committing"]
    ended = subprocess.run(
        [*command, str(data_dir), durability, fault, str(count)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=False,
        text=True,
        timeout=60,
    )
    return ended.returncode, ended.stdout.splitlines()


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("durability", ["fsync", "os"])
def test_what_was_said_before_a_kill_is_there_after_it(tmp_path: Path, durability: str, point: str) -> None:
    code, said = run(tmp_path, durability, point, 20)
    assert code == -signal.SIGKILL
    acknowledged = [int(number) for number in said]
    there = read_numbers(tmp_path)
    assert is_prefix(there)
    # At most the batch that was under way is there unsaid.
    assert len(acknowledged) <= len(there) <= len(acknowledged) + 1
    assert (len(there) > len(acknowledged)) <= (
        point in ("commit.written:6", "rotate.before:1", "rotate.after:1")
    )
    code, said = run(tmp_path, durability, "", 5)
    assert code == 0
    assert [int(number) for number in said] == list(range(len(there) + 1, len(there) + 6))
    assert is_prefix(read_numbers(tmp_path))


def has_own_file_systems() -> bool:
    probe = subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False)
    return probe.returncode == 0


FILL = """
mount -t tmpfs -o size=64k tiny "$1" || exit 77
shift
data=$1 kept=$2
shift 2
"$@"
cp -r "$data/log" "$kept"
"""


@pytest.mark.parametrize("durability", ["fsync", "os"])
def test_a_full_disk_is_said_and_nothing_else(tmp_path: Path, durability: str) -> None:
    try:
        allowed = has_own_file_systems()
    except OSError:
        allowed = False
    if not allowed:
        pytest.skip("this machine does not let its users mount a tiny file system")
    tiny, kept = tmp_path / "tiny", tmp_path / "kept"
    tiny.mkdir()
    kept.mkdir()
    under = ("unshare", "-rm", "sh", "-c", FILL, "fill", str(tiny), str(tiny), str(kept))
    code, said = run(tiny, durability, "", 30, *under)
    if code == 77:
        pytest.skip("this machine does not let its users mount a tiny file system")
    failed = next(index for index, line in enumerate(said) if not line.isdecimal())
    assert said[:failed] == [str(number) for number in range(1, failed + 1)]
    assert failed > 4
    # The failed one and all later ones.
    assert len(said) == 30
    (line,) = set(said[failed:])
    assert line.endswith(".log: No space left on device: free space on its disk, then start again")
    assert read_numbers(kept) == list(range(1, failed + 1))
