"""The FIX acceptors of ``make bench-peers``: how each is built and started, and what it does not do.

Each prints ``ready PORT``, serves LOAD1 ... to BDAX in FIX 4.4 and ends with its input. What a machine lacks
is named as absent.
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Final, NamedTuple

from tests.bench.building import built

GATEWAY_OS: Final = "gateway, os"
BUSY_POLL_US: Final = 300
GATEWAY_AWAKE: Final = f"gateway, os, busy_poll_us = {BUSY_POLL_US}"
GATEWAY_FSYNC: Final = "gateway, fsync"
QUICKFIX_FILE: Final = "QuickFIX C++, FileStore"
QUICKFIX_MEMORY: Final = "QuickFIX C++, MemoryStore"
QUICKFIX_PYTHON: Final = "QuickFIX Python, MemoryStore"
SIMPLEFIX: Final = "simplefix on asyncio streams"
PATCHED: Final = "uvloop, patched bytes"
LIMIT: Final = "C epoll limit"
LIMIT_FSYNC: Final = "C epoll limit, fsync"

STOP_TIMEOUT_S: Final = 10.0
_SOURCES: Final = Path(__file__).parent / "peers"
_ANSWERS_ONLY: Final = "one report per order; no engine, risk, market data"


class Acceptor(NamedTuple):
    """A peer: ``command`` for a number of sessions and an empty folder, and what it leaves out.

    ``pace`` is about how many orders it answers a second, so that all are measured for as long.
    """

    name: str
    command: Callable[[int, Path], list[str]]
    pace: int
    omits: str


class Absent(NamedTuple):
    """A peer that this machine cannot run, and why."""

    name: str
    reason: str


def _module(name: str) -> list[str]:
    return [sys.executable, "-m", f"tests.bench.peers.{name}"]


SIMPLEFIX_STREAMS: Final = Acceptor(
    SIMPLEFIX,
    lambda _sessions, _folder: _module("simplefix_acceptor"),
    10_000,
    f"{_ANSWERS_ONLY}, no disk, no session rules",
)
PATCHED_BYTES: Final = Acceptor(
    PATCHED,
    lambda _sessions, _folder: _module("patched_bytes"),
    400_000,
    "reads ClOrdID(11) only; the limit of a Python event loop",
)


def acceptors() -> tuple[list[Acceptor], list[Absent]]:
    """Build what can be built; return the peers of this machine, and what is missing."""
    found = [*_quickfix_cpp(), _quickfix_python(), SIMPLEFIX_STREAMS, PATCHED_BYTES, *limits()]
    return (
        [each for each in found if isinstance(each, Acceptor)],
        [each for each in found if isinstance(each, Absent)],
    )


@contextmanager
def running(acceptor: Acceptor, sessions: int) -> Iterator[tuple[int, int]]:
    """Start a peer; yield its port and its process id."""
    with tempfile.TemporaryDirectory() as folder:
        command = acceptor.command(sessions, Path(folder))
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            word, _, port = process.stdout.readline().partition(" ")
            if word != "ready":
                raise AssertionError(f"{acceptor.name} did not start")
            yield int(port), process.pid
        finally:
            process.stdin.close()
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()


def _quickfix_cpp() -> list[Acceptor | Absent]:
    names = QUICKFIX_FILE, QUICKFIX_MEMORY
    program = built(
        _SOURCES / "quickfix_acceptor.cpp", "g++", ["-O2", "-std=c++14", "-Wno-deprecated"], ["-lquickfix"]
    )
    if isinstance(program, str):
        return [Absent(name, f"{program} (Debian: g++, libquickfix-dev)") for name in names]
    return [
        Acceptor(
            QUICKFIX_FILE,
            lambda sessions, folder: [str(program), str(sessions), str(folder)],
            35_000,
            f"{_ANSWERS_ONLY}; messages and numbers in files, never synced",
        ),
        Acceptor(
            QUICKFIX_MEMORY,
            lambda sessions, _folder: [str(program), str(sessions), "memory"],
            70_000,
            f"{_ANSWERS_ONLY}, no disk",
        ),
    ]


def _quickfix_python() -> Acceptor | Absent:
    if find_spec("quickfix") is None:
        return Absent(QUICKFIX_PYTHON, "the package quickfix is not installed")
    return Acceptor(
        QUICKFIX_PYTHON,
        lambda sessions, _folder: [*_module("quickfix_python"), str(sessions)],
        6_000,
        f"{_ANSWERS_ONLY}, no disk",
    )


def limits() -> list[Acceptor | Absent]:
    """Return the servers in C that do the least that a server can, with and without a disk."""
    program = built(_SOURCES / "epoll_limit.c", "gcc", ["-O2"], [])
    if isinstance(program, str):
        return [Absent(name, program) for name in (LIMIT, LIMIT_FSYNC)]
    return [
        Acceptor(
            LIMIT,
            lambda sessions, _folder: [str(program), str(sessions)],
            800_000,
            "reads ClOrdID(11) only; the physical limit",
        ),
        Acceptor(
            LIMIT_FSYNC,
            lambda sessions, folder: [str(program), str(sessions), str(folder)],
            400_000,
            "reads ClOrdID(11) only, and writes 700 bytes an order; the physical limit",
        ),
    ]
