"""Workers in the test's own event loop: all of a worker but its process."""

import asyncio
import os
import socket
from collections.abc import Sequence
from typing import Final

import pytest

from gateway.app.worker import Worker
from gateway.net.worker_door import WorkerAcceptor

BOTH: Final = pytest.mark.parametrize("workers", [0, 2], ids=["one process", "two workers"])
"""For a test of what clients see, whoever has their connections."""


class WorkerHere:
    """A started worker (``gateway.app.workers.Child``)."""

    def __init__(self, link: socket.socket, listening: Sequence[socket.socket]) -> None:
        self.link = copied(link)
        self.worker = Worker(self.link, [copied(sock) for sock in listening])
        self._task = asyncio.create_task(self.worker.run())

    @property
    def door(self) -> WorkerAcceptor:
        """What has its connections."""
        assert self.worker._parts is not None
        return self.worker._parts.door

    async def wait(self) -> int:
        return await self._task

    def kill(self) -> None:
        """End it as a signal would: nothing is said any more."""
        transport = getattr(self.worker._end, "_transport", None)
        if transport is not None:
            transport.abort()


class Here:
    """Starts workers in this process (``gateway.app.workers.Spawn``); ``started`` are those so far."""

    def __init__(self) -> None:
        self.started: list[WorkerHere] = []

    async def __call__(self, link: socket.socket, listening: Sequence[socket.socket]) -> WorkerHere:
        self.started.append(WorkerHere(link, listening))
        return self.started[-1]


def copied(sock: socket.socket) -> socket.socket:
    """Return a socket of its own on the same descriptor, as a child process has."""
    copy = socket.socket(fileno=os.dup(sock.fileno()))
    copy.setblocking(False)
    return copy
