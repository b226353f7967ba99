"""Large blocks are not taken from the heap, whatever was freed before."""

import ctypes
import subprocess
import sys

import pytest

from gateway.app import allocator

LOOK = """
import ctypes, sys
from gateway.app.allocator import LARGE, give_back_large_blocks
if sys.argv[1] == "told":
    assert give_back_large_blocks()
block = bytearray(LARGE + 1)
del block
block = bytearray(LARGE + 1)
place = ctypes.addressof(ctypes.c_char.from_buffer(block))
with open("/proc/self/maps") as maps:
    [heap] = [line.split()[0] for line in maps if "[heap]" in line]
low, high = (int(bound, 16) for bound in heap.split("-"))
print("heap" if low <= place < high else "mapped")
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
@pytest.mark.parametrize(("how", "where"), [("told", "mapped"), ("untold", "heap")])
def test_a_large_block_is_mapped_though_one_was_freed_before(how: str, where: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LOOK, how], capture_output=True, text=True, timeout=30, check=True
    )
    assert ended.stdout.strip() == where


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    assert not allocator.give_back_large_blocks()
