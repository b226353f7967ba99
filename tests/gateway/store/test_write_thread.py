"""The compiled thread that makes writes durable asks for a short slice, so that it is not kept waiting."""

import ctypes
import platform
import struct
from pathlib import Path
from typing import Final

import pytest

from gateway.ports import Durability
from tests.gateway.store.batches import batch
from tests.gateway.store.running import begin, commit
from tests.other_form import COMPILED

SCHED_GETATTR: Final = {"x86_64": 315, "aarch64": 275}
FIELDS: Final = struct.Struct("IIQiIQQQ")
"""Of ``struct sched_attr``: size, policy, flags, nice, priority, slice in ns, and two that do not matter."""


def scheduling(thread: int) -> tuple[int, int, int]:
    """Return policy, nice and slice of a thread."""
    found = ctypes.create_string_buffer(FIELDS.size)
    number = SCHED_GETATTR[platform.machine()]
    assert ctypes.CDLL(None).syscall(number, thread, found, FIELDS.size, 0) == 0
    _, policy, _, nice, _, slice_ns, _, _ = FIELDS.unpack(found.raw)
    return policy, nice, slice_ns


def threads() -> set[int]:
    return {int(each.name) for each in Path("/proc/self/task").iterdir()}


@COMPILED
@pytest.mark.skipif(platform.machine() not in SCHED_GETATTR, reason="the number of the call is not known")
async def test_the_thread_has_a_short_slice_and_is_else_as_the_one_that_made_it(tmp_path: Path) -> None:
    before = threads()
    policy, nice, slice_ns = scheduling(0)
    if not slice_ns:
        pytest.skip("this kernel has the same slice for all")
    store = begin(tmp_path, Durability.FSYNC)
    assert await commit(store, batch(1)) is None
    found = [scheduling(thread) for thread in threads() - before]
    store.close()
    assert (policy, nice, 100_000) in found
    assert slice_ns > 100_000
