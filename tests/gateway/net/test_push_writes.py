"""Pushes to a few connections are written behind answers, together, and never late."""

import asyncio
import importlib
import runpy
import sys
from types import ModuleType
from typing import Any, cast
from unittest import mock

import pytest

from gateway.net import plain_pushes, push_writes
from gateway.net.counters import FrontCounters
from gateway.net.outbox import Outbox
from gateway.net.plain_pushes import MOST_HELD_NS, PushWrites
from gateway.net.ws_socket import WsSocket
from gateway.ports import forms
from tests.other_form import BUILT, COMPILED


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


LONG_NS = 3_600_000_000_000


class Stage:
    """Connections with pushes, which wait long for whatever is read."""

    def __init__(self, form: ModuleType) -> None:
        self.work = Work()
        self.writes: PushWrites = form.PushWrites(self.work)
        self.writes.most_held_ns = LONG_NS
        self.boxes = [Box(), Box()]

    async def pushed(self, *numbers: int) -> None:
        """Push to the connections of these numbers; let the loop run once."""
        for number in numbers:
            self.writes.later(cast("Outbox", self.boxes[number]))
        await asyncio.sleep(0)

    @property
    def written(self) -> list[int]:
        return [box.writes for box in self.boxes]


@pytest.fixture(params=[plain_pushes, push_writes], ids=["plain", "chosen"])
def form(request: pytest.FixtureRequest) -> ModuleType:
    """Return the module whose twin is tested."""
    assert isinstance(request.param, ModuleType)
    return request.param


async def test_where_nothing_is_read_each_is_written_once_and_soon(form: ModuleType) -> None:
    stage = Stage(form)
    await stage.pushed(0, 1, 0)
    assert stage.written == [1, 1]
    await stage.pushed()
    await stage.pushed(1)
    assert stage.written == [1, 2]


async def test_what_is_read_meanwhile_goes_first(form: ModuleType) -> None:
    stage = Stage(form)
    stage.work.is_ending = True
    for _ in range(3):
        await stage.pushed(0)
    assert stage.written == [0, 0]
    stage.work.is_ending = False
    await stage.pushed(1)
    assert stage.written == [1, 1]


async def test_pushes_do_not_wait_for_a_gateway_that_always_reads(form: ModuleType) -> None:
    stage = Stage(form)
    stage.work.is_ending = True
    stage.writes.most_held_ns = 0
    await stage.pushed(0)
    assert stage.written == [1, 0]
    stage.writes.most_held_ns = LONG_NS
    await stage.pushed(1)
    await stage.pushed(0)
    assert stage.written == [1, 0]
    assert form.PushWrites(stage.work).most_held_ns == MOST_HELD_NS


async def test_a_gateway_that_failed_says_nothing_more(form: ModuleType) -> None:
    stage = Stage(form)
    stage.work.is_ending = True
    await stage.pushed(0)
    stage.work.failed = True
    await stage.pushed()
    await stage.pushed()
    assert stage.written == [0, 0]


async def test_what_cannot_be_written_ends_all_talk(
    form: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    stage = Stage(form)
    error = RuntimeError("no such transport")
    stage.boxes[0].flush = mock.Mock(side_effect=error)  # type: ignore[method-assign]  # it fails for once
    await stage.pushed(0, 1)
    await stage.pushed()
    assert stage.work.error is error
    await stage.pushed(1)
    await stage.pushed()
    assert stage.written == [0, 0]
    assert [record.message for record in caplog.records] == ["pushes could not be written"]


class Transport(asyncio.Transport):
    """Takes all that is written."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[bytes] = []

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        del high, low

    def get_extra_info(self, name: str, default: object = None) -> object:
        del name
        return default

    def is_closing(self) -> bool:
        return False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.taken.append(bytes(data))


@pytest.fixture
async def line(form: ModuleType) -> Any:
    """Return a connection that is open, with its ``transport`` and ``overflows``."""

    either: Any = form.UsualSocket

    class Line(either):  # type: ignore[misc]  # which class it is, is the fixture's
        def _overflow(self) -> None:
            self.overflows += 1

    pushes = form.PushWrites(Work())
    line = Line(pushes, 5)
    line.overflows = 0
    line.transport = Transport()
    line.outbox = Outbox(line.transport, FrontCounters())
    line._is_open = True
    return line


async def test_a_connection_takes_pushes_and_writes_them_joined(line: Any) -> None:
    assert [line.push(frame) for frame in (b"ab", b"cde", b"f")] == [True] * 3
    assert (line.transport.taken, line.outbox.pending_bytes) == ([], 6)
    await asyncio.sleep(0)
    assert (line.transport.taken, line.outbox.pending_bytes) == ([b"abcdef"], 0)


async def test_who_does_not_read_takes_nothing(line: Any) -> None:
    line.outbox.paused = True
    assert not line.push(b"ab")
    await asyncio.sleep(0)
    assert (line.transport.taken, line.overflows) == ([], 0)


async def test_where_too_much_waits_it_is_said_and_nothing_is_taken(line: Any) -> None:
    assert line.push(b"abcdef")
    assert not line.push(b"g")
    assert (line.outbox.pending_bytes, line.overflows) == (6, 1)
    await asyncio.sleep(0)
    assert line.transport.taken == [b"abcdef"]


async def test_a_connection_that_closes_loses_pushes_and_does_not_lag(line: Any) -> None:
    line._is_open = False
    assert line.push(b"ab")
    await asyncio.sleep(0)
    assert (line.transport.taken, line.outbox.pending_bytes, line.overflows) == ([], 0, 0)


@COMPILED
@BUILT
def test_the_compiled_form_works_where_it_is_built() -> None:
    assert push_writes.PushWrites is not plain_pushes.PushWrites
    assert issubclass(WsSocket, push_writes.UsualSocket)
    assert not issubclass(WsSocket, plain_pushes.UsualSocket)


@pytest.mark.parametrize("why", ["asked for", "not built"])
def test_without_the_compiled_form_the_plain_one_works(why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if why == "asked for":
        monkeypatch.setattr(forms, "IS_PLAIN", True)
    else:
        monkeypatch.setitem(sys.modules, "gateway.net._pushes", None)
    chosen = runpy.run_path(push_writes.__file__)
    assert (chosen["PushWrites"], chosen["UsualSocket"]) == (
        plain_pushes.PushWrites,
        plain_pushes.UsualSocket,
    )


@BUILT
async def test_a_compiled_connection_that_is_not_made_yet_takes_nothing() -> None:
    module = importlib.import_module("gateway.net._pushes")
    with pytest.raises(AttributeError, match="not made yet"):
        module.UsualSocket(module.PushWrites(Work()), 5).push(b"")
