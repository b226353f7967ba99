import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from gateway.ports.faults import FAULT, arm, reach

PASSES = """
import sys
from gateway.ports.faults import arm, reach
arm(sys.argv[1])
for number in range(5):
    print(number, flush=True)
    reach("other")
    reach("here")
"""


@pytest.fixture(autouse=True)
def _disarm() -> Iterator[None]:
    yield
    arm("")


def test_the_process_is_killed_at_the_given_passage() -> None:
    ended = subprocess.run([sys.executable, "-c", PASSES, "here:3"], capture_output=True, check=False)
    assert (ended.returncode, ended.stdout.split()) == (-signal.SIGKILL, [b"0", b"1", b"2"])


def test_nothing_happens_where_nothing_is_armed() -> None:
    ended = subprocess.run([sys.executable, "-c", PASSES, "elsewhere:1"], capture_output=True, check=False)
    assert (ended.returncode, len(ended.stdout.split())) == (0, 5)


def test_a_point_can_be_asked_for() -> None:
    arm("commit.written:2")
    assert FAULT.point == "commit.written"
    reach("commit.written")
    arm("")
    assert FAULT.point == ""
    reach("commit.written")


@pytest.mark.parametrize("spec", ["point", "point:0", "point:x", ":1", "point:-1", ":"])
def test_any_other_form_is_refused(spec: str) -> None:
    with pytest.raises(ValueError, match="is not <point>:<n>"):
        arm(spec)
