"""Pushes to a few connections are written behind answers, together, and never late."""

import asyncio
from typing import cast
from unittest import mock

import pytest

from gateway.net.outbox import Outbox
from gateway.net.push_writes import MOST_HELD_NS, PushWrites


class Work:
    """A gateway that reads, or does not."""

    failed = False
    is_ending = False

    def fail(self, error: Exception) -> None:
        self.failed = True
        self.error = error


class Box:
    """Counts its writes."""

    def __init__(self) -> None:
        self.writes = 0

    def flush(self) -> None:
        self.writes += 1


class Stage:
    """Connections with pushes, at a time that is set."""

    def __init__(self) -> None:
        self.work = Work()
        self.now = 0
        self.writes = PushWrites(self.work)
        self.boxes = [Box(), Box()]

    async def pushed(self, *numbers: int) -> None:
        """Push to the connections of these numbers; let the loop run once."""
        with mock.patch("time.monotonic_ns", return_value=self.now):
            for number in numbers:
                self.writes.later(cast("Outbox", self.boxes[number]))
            await asyncio.sleep(0)

    @property
    def written(self) -> list[int]:
        return [box.writes for box in self.boxes]


async def test_where_nothing_is_read_each_is_written_once_and_soon() -> None:
    stage = Stage()
    await stage.pushed(0, 1, 0)
    assert stage.written == [1, 1]
    await stage.pushed()
    await stage.pushed(1)
    assert stage.written == [1, 2]


async def test_what_is_read_meanwhile_goes_first() -> None:
    stage = Stage()
    stage.work.is_ending = True
    for _ in range(3):
        await stage.pushed(0)
    assert stage.written == [0, 0]
    stage.work.is_ending = False
    await stage.pushed(1)
    assert stage.written == [1, 1]


async def test_pushes_do_not_wait_for_a_gateway_that_always_reads() -> None:
    stage = Stage()
    stage.work.is_ending = True
    await stage.pushed(0)
    stage.now = MOST_HELD_NS - 1
    await stage.pushed(1)
    assert stage.written == [0, 0]
    stage.now = MOST_HELD_NS
    await stage.pushed()
    assert stage.written == [1, 1]
    await stage.pushed(0)
    assert stage.written == [1, 1]


async def test_a_gateway_that_failed_says_nothing_more() -> None:
    stage = Stage()
    stage.work.is_ending = True
    await stage.pushed(0)
    stage.work.failed = True
    await stage.pushed()
    await stage.pushed()
    assert stage.written == [0, 0]


async def test_what_cannot_be_written_ends_all_talk(caplog: pytest.LogCaptureFixture) -> None:
    stage = Stage()
    error = RuntimeError("no such transport")
    stage.boxes[0].flush = mock.Mock(side_effect=error)  # type: ignore[method-assign]  # it fails for once
    await stage.pushed(0, 1)
    await stage.pushed()
    assert stage.work.error is error
    await stage.pushed(1)
    await stage.pushed()
    assert stage.written == [0, 0]
    assert [record.message for record in caplog.records] == ["pushes could not be written"]
