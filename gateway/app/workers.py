"""The engine's process' side of the workers: their sockets bound, their processes started and started again.

NOT here: what is said on the links (``gateway.net.worker_links``), what a worker does (``worker``).
"""

import asyncio
import contextlib
import logging
import socket
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol

from gateway.marketdata.publisher_state import PackedChanges
from gateway.net import worker_link as wire
from gateway.net.listeners import Certificate, ListenError, bind_shared
from gateway.net.worker_links import WorkerLink, WorkerLinks
from gateway.ports import Sample
from gateway.settings import WsSettings

MODULE: Final = "gateway.app.worker"
READY_TIMEOUT_S: Final = 20.0
END_TIMEOUT_S: Final = 1.0
FIRST_BACKOFF_S: Final = 0.1
LAST_BACKOFF_S: Final = 10.0
LOOK_S: Final = 1.0
MAX_SILENT: Final = 10
"""Looks in a row at which a worker, which reports each second, had said nothing: it hangs."""
STEADY_S: Final = 10.0
"""A worker that ran so long is started again at once."""

log = logging.getLogger(__name__)


class Child(Protocol):
    """A started worker."""

    async def wait(self) -> int:
        """Return its exit status when it has ended."""

    def kill(self) -> None:
        """End it at once."""


class Spawn(Protocol):
    """Starts a worker on its end of the link and its listening sockets, of which it gets copies."""

    async def __call__(self, link: socket.socket, listening: Sequence[socket.socket]) -> Child:
        """Return the started worker. Raises ``OSError``."""


async def spawn_process(link: socket.socket, listening: Sequence[socket.socket]) -> Child:
    """Start a worker in a process of its own."""
    descriptors = [sock.fileno() for sock in listening]
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        MODULE,
        str(link.fileno()),
        ",".join(map(str, descriptors)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        pass_fds=(link.fileno(), *descriptors),
    )


class Workers:
    """Keeps ``settings.workers`` workers running; one that ends is started again, by and by later.

    ``describe`` gives the first words for a worker, by its number and how often one was started. The
    listening sockets are this process' own too: connections that come while a worker is away wait for the
    next.
    """

    def __init__(
        self,
        settings: WsSettings,
        links: WorkerLinks,
        describe: Callable[[int, int], tuple[wire.Begin, Iterable[PackedChanges]]],
        spawn: Spawn = spawn_process,
    ) -> None:
        self._settings = settings
        self._links = links
        self._describe = describe
        self._spawn = spawn
        self._listening: list[list[socket.socket]] = []
        self._keepers: list[asyncio.Task[None]] = []
        self._children: dict[int, Child] = {}
        self._live: dict[int, WorkerLink] = {}
        self._ending = asyncio.Event()
        self._starts = 0
        self.restarts = 0

    async def start(self) -> str:
        """Start the workers; return ``HOST:PORT`` when all take connections. Raises ``ListenError``."""
        ws = self._settings
        if ws.tls is not None:
            Certificate(ws.tls)
        self._listening = bind_shared("ws", ws.host, ws.port, ws.workers)
        loop = asyncio.get_running_loop()
        ready = [loop.create_future() for _ in self._listening]
        self._keepers = [
            loop.create_task(self._keep(number, listening, first))
            for number, (listening, first) in enumerate(zip(self._listening, ready, strict=True), 1)
        ]
        try:
            async with asyncio.timeout(READY_TIMEOUT_S):
                await asyncio.gather(*ready)
        except TimeoutError:
            raise ListenError(f"ws.workers: not all are ready after {READY_TIMEOUT_S:.0f} s") from None
        port = self._listening[0][0].getsockname()[1]
        return f"[{ws.host}]:{port}" if ":" in ws.host else f"{ws.host}:{port}"

    @property
    def connected(self) -> int:
        """Connections of all workers."""
        return self._links.ledger.connected

    def reload(self) -> None:
        """Have every worker read the certificate again."""
        self._links.reload()

    def close(self) -> None:
        """Take no new connections, as far as it is for this process."""
        for listening in self._listening:
            for sock in listening:
                sock.close()
        self._listening = []

    def say_goodbye(self) -> None:
        """Have every worker close its connections, told how far they got."""
        self._ending.set()
        self._links.say_goodbye()

    async def wait_until_quiet(self) -> None:
        """Return when no worker has a connection, after the goodbye."""
        for each in list(self._live.values()):
            await each.quiet.wait()

    def abort(self) -> None:
        """Have every worker drop what is left, and end."""
        self._ending.set()
        self._links.abort()

    async def stop(self) -> None:
        """End the workers that have not ended by themselves."""
        self.close()
        self.abort()
        if self._keepers:
            await asyncio.wait(self._keepers, timeout=END_TIMEOUT_S)
            for child in self._children.values():
                with contextlib.suppress(ProcessLookupError):
                    child.kill()
            await asyncio.gather(*self._keepers)

    def samples(self) -> Iterable[Sample]:
        """Return what can be measured: of the workers, and in them."""
        yield from self._links.samples()
        ready = sum(each.ready.is_set() and not each.lost.is_set() for each in self._live.values())
        yield Sample("bdax_workers", "Workers that take connections.", "gauge", ready)
        yield Sample("bdax_worker_restarts", "Workers started again.", "counter", self.restarts)

    async def _keep(
        self, number: int, listening: Sequence[socket.socket], first: "asyncio.Future[None]"
    ) -> None:
        backoff_s = FIRST_BACKOFF_S
        while True:
            began = time.monotonic()
            reason = await self._run(number, listening, first)
            if not first.done():
                first.set_exception(ListenError(f"ws.workers: worker {number}: {reason}"))
                return
            if self._ending.is_set():
                return
            if time.monotonic() - began >= STEADY_S:
                backoff_s = FIRST_BACKOFF_S
            self.restarts += 1
            log.error("worker ended", extra={"worker": number, "reason": reason, "again_in_s": backoff_s})
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), backoff_s)
                return
            backoff_s = min(2 * backoff_s, LAST_BACKOFF_S)

    async def _run(
        self, number: int, listening: Sequence[socket.socket], first: "asyncio.Future[None]"
    ) -> str:
        """Run a worker once; return why it ended."""
        try:
            ours, theirs = socket.socketpair()
        except OSError as error:
            return f"{MODULE}: {error.strerror or error}"
        try:
            child = await self._spawn(theirs, listening)
        except OSError as error:
            ours.close()
            return f"{MODULE}: {error.strerror or error}"
        finally:
            theirs.close()
        self._children[number] = child
        loop = asyncio.get_running_loop()
        ours.setblocking(False)  # noqa: FBT003 - the socket's own interface
        link = WorkerLink(self._links, number, lambda: _kill(child))
        await loop.create_unix_connection(lambda: link, sock=ours)
        self._live[number] = link
        self._starts += 1
        link.begin(*self._describe(number, self._starts))
        if self._ending.is_set():
            link.abort()
        # How long all may take the first time is for ``start``.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(READY_TIMEOUT_S if first.done() else None):
                await link.ready.wait()
        if not link.lost.is_set() and not first.done():
            first.set_result(None)
        ended = loop.create_task(child.wait())
        lost = loop.create_task(link.lost.wait())
        if link.ready.is_set():
            await _watch(number, link, (ended, lost))
        link.abort()
        if not ended.done():
            # Without its link it is of no use; it ends by itself, or is made to.
            await asyncio.wait((ended,), timeout=END_TIMEOUT_S)
            _kill(child)
        status = await ended
        await lost
        del self._children[number]
        return f"ended with {status}"


async def _watch(number: int, link: WorkerLink, ends: "Sequence[asyncio.Task[object]]") -> None:
    """Return when a worker comes to one of its ends, or hangs."""
    silent = 0
    while silent < MAX_SILENT:
        done, _ = await asyncio.wait(ends, timeout=LOOK_S, return_when=asyncio.FIRST_COMPLETED)
        if done:
            return
        # A look that comes late, as this process was busy, is one look.
        silent = silent + 1 if link.is_silent() else 0
    log.error("worker does not answer", extra={"worker": number})


def _kill(child: Child) -> None:
    with contextlib.suppress(ProcessLookupError):
        child.kill()
