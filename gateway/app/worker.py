"""``python -m gateway.app.worker LINK SOCKETS``: a process that has WebSocket connections for the engine's.

``LINK`` is the number of the descriptor that is its end of the link, ``SOCKETS`` those of its listening
sockets, joined by commas. It opens no file but the certificate's and knows no credentials. It follows what is
published, serves anonymous clients by itself, and hands the requests of the others on. It ends with the link:
signals are for the engine's process, which says goodbye through it. NOT here: that side (``workers``).
"""

import asyncio
import logging
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

import uvloop

from gateway.app import survivors
from gateway.app.bounds import hub_settings, stream_bounds
from gateway.app.front_metrics import door_samples, front_samples, market_data_samples
from gateway.app.logs import set_up_logging
from gateway.app.origin import Origin
from gateway.dialects.native.ws_market_data import NativeEncoder
from gateway.marketdata import Hub, OrderIds, Publisher, PublisherSettings
from gateway.marketdata.publisher_state import PackedChanges
from gateway.model import Command, Event
from gateway.net import worker_link as wire
from gateway.net.desk import Desk
from gateway.net.listeners import Listener, ListenError, listen_on
from gateway.net.pump import Pump
from gateway.net.turns import Turns
from gateway.net.worker_door import WorkerAcceptor
from gateway.net.worker_end import WorkerEnd
from gateway.net.worker_guests import SharedGuests
from gateway.net.ws_acceptor import MarketDataFeed
from gateway.orders import OrderLimits, OrderRouter
from gateway.ports import Sample
from gateway.store import MemoryStore

EXIT_GOOD: Final = 0
EXIT_FAILED: Final = 1
REPORT_S: Final = 1.0
_NS_PER_US: Final = 1_000
_NO_BOUND: Final = 1 << 62
NICER: Final = 5
"""Steps of nice(2) below the engine's process: where they share a core, orders go before guests."""
_PASSED_OVER: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

log = logging.getLogger(__name__)


class Worker:
    """A worker inside a running event loop. ``run`` returns when the link has ended: the exit status.

    ``is_process``: the process is its own, logging and memory with it.
    """

    def __init__(
        self, link: socket.socket, listening: Sequence[socket.socket], *, is_process: bool = False
    ) -> None:
        self._is_process = is_process
        self._link = link
        self._listening = listening
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[int] = self._loop.create_future()
        self._end = WorkerEnd(self._begin, self._lost)
        self._parts: _Parts | None = None
        self._opening: asyncio.Task[None] | None = None

    async def run(self) -> int:
        """Serve until the link ends, or something fails."""
        await self._loop.create_unix_connection(lambda: self._end, sock=self._link)
        status = await self._ended
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.wait((self._opening,))
        if self._parts is not None:
            await self._parts.stop()
        for listening in self._listening:
            listening.close()
        return status

    def _begin(self, begin: wire.Begin, kept: Sequence[PackedChanges]) -> "_Parts":
        if self._is_process:
            set_up_logging(begin.log)
            logging.getLogger().handlers[0].addFilter(_Tag(begin.worker))
        self._parts = parts = _Parts(begin, kept, self._end, self._fail)
        self._opening = self._loop.create_task(self._open(parts))
        return parts

    async def _open(self, parts: "_Parts") -> None:
        try:
            await parts.listen(self._listening)
        except ListenError as error:
            log.error("worker cannot listen", extra={"reason": str(error)})  # noqa: TRY400 - one line
            self._fail(error)
            return
        if self._is_process:
            survivors.settle()
        self._end.tell(wire.Ready())

    def _fail(self, error: Exception) -> None:
        del error
        if not self._ended.done():
            self._ended.set_result(EXIT_FAILED)

    def _lost(self) -> None:
        if not self._ended.done():
            self._ended.set_result(EXIT_GOOD if self._parts is not None else EXIT_FAILED)


class _Tag(logging.Filter):
    """Says in every record which worker it is of."""

    def __init__(self, worker: int) -> None:
        super().__init__()
        self._worker = worker

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the number, and let the record pass."""
        record.worker = self._worker
        return True


class _Parts:
    """What a worker is made of (``worker_end.WorkerParts``)."""

    def __init__(
        self,
        begin: wire.Begin,
        kept: Sequence[PackedChanges],
        end: WorkerEnd,
        failed: Callable[[Exception], None],
    ) -> None:
        self._begin = begin
        self._end = end
        self._loop = asyncio.get_running_loop()
        origin = Origin.decode(begin.origin)
        engine = NoEngine()
        store = MemoryStore()
        # Nothing waits for a commit here.
        self.turns = Turns(engine, store, max_uncommitted_bytes=_NO_BOUND, on_failure=failed)
        hub = Hub(hub_settings(begin.market_data))
        bounds = PublisherSettings(ring=origin.rings, streams=stream_bounds(begin.market_data))
        self.publisher = Publisher(origin.instruments, NativeEncoder(time.time_ns), hub, bounds)
        self.publisher.restore_state(begin.state, kept)
        self.publisher.set_epoch(begin.epoch)
        self.publisher.follow_orders(end.ask_orders, OrderIds(begin.secret))
        self._pump = Pump(hub, self.publisher, self.turns, begin.market_data.slice_us * _NS_PER_US)
        self._feed = MarketDataFeed(hub, self.publisher, self._pump)
        self.guests = SharedGuests(begin.ws, end.guests_changed)
        self.guests.hear(begin.guests)
        # Nobody trades here: a session that would is the engine's process'.
        router = OrderRouter(engine, origin.instruments, OrderLimits(), engine.submit)
        desk = Desk(origin.instruments, router, store, self.turns)
        self.door = WorkerAcceptor(begin.ws, desk, self._feed, end, self.guests, begin.boot)
        self._listeners: list[Listener] = []
        self._report: asyncio.TimerHandle | None = None
        self._goodbye: asyncio.Task[None] | None = None

    async def listen(self, listening: Sequence[socket.socket]) -> None:
        """Take connections. Raises ``ListenError``."""
        ws = self._begin.ws
        for bound in listening:
            listener = await listen_on("ws", bound, ws.host, self.door, ws.tls)
            listener.bound_kernel(unsent_bytes=ws.unsent_bytes, send_buffer=ws.send_buffer)
            self._listeners.append(listener)
        self._tell_report()

    def reload(self) -> None:
        """Read the certificate again; a fault is logged and the old one stays in use."""
        for listener in self._listeners:
            try:
                if listener.reload():
                    log.info("certificate reloaded", extra={"address": listener.address})
            except ListenError as error:
                log.error("certificate not reloaded", extra={"reason": str(error)})  # noqa: TRY400 - one line

    def say_goodbye(self) -> None:
        """Take nobody new, and close every connection, told how far it got."""
        self._close_listeners()
        self.door.say_goodbye()
        self._goodbye = self._loop.create_task(self._tell_quiet())

    async def stop(self) -> None:
        """Drop what is left."""
        self._close_listeners()
        if self._goodbye is not None:
            self._goodbye.cancel()
        if self._report is not None:
            self._report.cancel()
        self.door.abort()
        self._pump.end()
        # The transports' last callbacks.
        await asyncio.sleep(0)

    def _close_listeners(self) -> None:
        for listener in self._listeners:
            listener.close()

    async def _tell_quiet(self) -> None:
        await self.door.quiet.wait()
        self._end.tell(wire.Quiet())

    def _tell_report(self) -> None:
        self._end.tell(wire.Report(list(self._samples())))
        self._end.look_at_orders()
        self._report = self._loop.call_later(REPORT_S, self._tell_report)

    def _samples(self) -> Iterable[Sample]:
        yield from front_samples("ws", self.door)
        yield from self.guests.samples()
        yield from market_data_samples(self._feed)
        yield from door_samples(self.door)
        used = resource.getrusage(resource.RUSAGE_SELF)
        cpu_s = used.ru_utime + used.ru_stime
        yield Sample("bdax_worker_cpu_seconds", "CPU time of a worker, user and system.", "counter", cpu_s)
        yield Sample("bdax_worker_resident_bytes", "Memory of a worker.", "gauge", _resident_bytes())


class NoEngine:
    """The engine of a process that has none (``ports.EnginePort``)."""

    def submit(self, command: Command) -> None:
        """Refuse, which is never asked."""
        raise RuntimeError(f"{type(command).__name__} in a worker")

    def drain(self) -> list[Event]:
        """Return nothing."""
        return []


def _resident_bytes() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * resource.getpagesize()


def main() -> int:
    """Serve until the link ends; return the exit status."""
    for number in _PASSED_OVER:
        signal.signal(number, signal.SIG_IGN)
    os.nice(NICER)
    link, listening = (
        [socket.socket(fileno=int(number)) for number in argument.split(",")] for argument in sys.argv[1:3]
    )
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_serve(link[0], listening))


async def _serve(link: socket.socket, listening: Sequence[socket.socket]) -> int:
    return await Worker(link, listening, is_process=True).run()


if __name__ == "__main__":
    sys.exit(main())
