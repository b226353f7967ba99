"""The engine's end of the links to the workers.

What is said to a worker rides the batches: first what sessions say to its connections, then the public events
of the same unit, then what waits for both. A connection that has asked for a logon has its session here, the
same as one of this process has. NOT here: the processes (``gateway.app``), the other end (``worker_door``).
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, cast

from gateway.auth import Guests
from gateway.marketdata import OrderSource
from gateway.marketdata.l3 import SavedL3Book
from gateway.marketdata.publisher_state import PackedChanges
from gateway.model import Event
from gateway.net import worker_link as wire
from gateway.net.counters import FrontCounters
from gateway.net.outbox import Outbox
from gateway.net.turns import Turns, Unit
from gateway.net.worker_guests import GuestLedger
from gateway.net.worker_lines import RemoteLine, RemoteServices
from gateway.net.ws_services import WsServices
from gateway.net.ws_session import WsSession
from gateway.ports import Sample

INTERNAL_ERROR: Final = 1011

log = logging.getLogger(__name__)


class WorkerLinks:
    """All links. ``max_pending_bytes`` is what may wait for one worker beyond its first words.

    ``open_orders`` is asked when a worker's client follows a book order by order.
    """

    def __init__(
        self, services: WsServices, turns: Turns, open_orders: OrderSource, max_pending_bytes: int
    ) -> None:
        self.services = services
        self.turns = turns
        self.open_orders = open_orders
        self.max_pending_bytes = max_pending_bytes
        self.ledger = GuestLedger()
        self.behind = 0
        self._links: dict[int, WorkerLink] = {}

    def publish(self, events: Sequence[Event]) -> None:
        """Tell every worker what was committed; for after the commit."""
        if not self._links:
            return
        eseq = events[-1].eseq
        plain = wire.pack_message(wire.Events(eseq, wire.market_events(events)))
        full = b""
        for each in list(self._links.values()):
            if each.wants_orders and not full:
                full = wire.pack_message(wire.Events(eseq, wire.events_with_orders(events)))
            self.turns.push(each.outbox, full if each.wants_orders else plain)
            each.check_bound()

    def pass_time(self, utc_ns: int) -> None:
        """Tell every worker that all is told which was stamped before ``utc_ns``."""
        passed = wire.pack_message(wire.Passed(utc_ns))
        for each in list(self._links.values()):
            self.turns.push(each.outbox, passed)
            each.check_bound()

    def add(self, each: "WorkerLink") -> None:
        """Tell ``each`` what is published from now on."""
        self._links[each.number] = each

    def remove(self, each: "WorkerLink") -> None:
        """Forget ``each``, which has gone, and all that its worker had open."""
        if self._links.get(each.number) is each:
            del self._links[each.number]
            self._spread(each, self.ledger.forget(each.number))

    def hear(self, each: "WorkerLink", changes: Sequence[wire.GuestChange]) -> None:
        """Let all others know what a worker's connections do."""
        self.ledger.note(each.number, changes)
        self._spread(each, changes)

    def say_goodbye(self) -> None:
        """Have every worker close its connections, told how far they got."""
        self._tell_all(wire.Goodbye())

    def reload(self) -> None:
        """Have every worker read the certificate again."""
        self._tell_all(wire.Reload())

    def abort(self) -> None:
        """Cut every link: its worker drops what is left, and ends."""
        for each in list(self._links.values()):
            each.abort()

    def samples(self) -> Iterable[Sample]:
        """Return what the workers measure, as they said last, and how much waits for them."""
        for number, each in sorted(self._links.items()):
            worker = ("worker", str(number))
            for sample in each.samples:
                yield sample._replace(labels=(*sample.labels, worker))
            yield Sample(
                "bdax_worker_backlog_bytes",
                "Bytes that wait for a worker.",
                "gauge",
                each.outbox.backlog,
                (worker,),
            )
        yield Sample(
            "bdax_workers_behind", "Workers killed because too much waited for them.", "counter", self.behind
        )

    def _tell_all(self, message: wire.Said) -> None:
        for each in self._links.values():
            each.tell(message)

    def _spread(self, source: "WorkerLink", changes: Sequence[wire.GuestChange]) -> None:
        if changes:
            for each in self._links.values():
                if each is not source:
                    each.tell(wire.GuestNews(list(changes)))


class WorkerLink(asyncio.Protocol):
    """The link to one worker. ``begin`` it once it is connected.

    ``fell_behind`` is called when more waits for the worker than may: nothing is said to it any more, and its
    process is to be killed. ``ready``, ``quiet`` and ``lost`` are set when the worker takes connections, has
    none after the goodbye, and is not there any more.
    """

    def __init__(self, links: WorkerLinks, number: int, fell_behind: Callable[[], None]) -> None:
        self.number = number
        self.wants_orders = False
        self.samples: Sequence[Sample] = ()
        self.counters = FrontCounters()
        self.ready = asyncio.Event()
        self.quiet = asyncio.Event()
        self.lost = asyncio.Event()
        self._links = links
        self._turns = links.turns
        self._fell_behind = fell_behind
        self._bound = links.max_pending_bytes
        self._services = RemoteServices(links.services, self)
        self._guests = Guests(links.services.settings)
        self._reader = wire.to_engine()
        self._lines: dict[int, RemoteLine] = {}
        self._said: list[bytes] = []
        self._kept: deque[PackedChanges] = deque()
        self._is_begun = False
        self._is_heard = True
        self._is_held = False

    # ---- from the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the link's end."""
        # uvloop's transports have the interface without the base class.
        self._transport = cast("asyncio.Transport", transport)
        self.outbox = Outbox(self._transport, self.counters)
        self._turns.add_reader(self)

    def begin(self, message: wire.Begin, kept: Iterable[PackedChanges] = ()) -> None:
        """Tell the worker what it serves; from now on it is told what is published.

        What is kept comes part by part, so that the engine's work goes on in between.
        """
        if self.lost.is_set():
            return
        self._kept.extend(kept)
        self._write(message)
        self._links.add(self)
        self._tell_kept()

    def pause_writing(self) -> None:
        """Tell no more of what is kept for now."""
        self.outbox.paused = True

    def resume_writing(self) -> None:
        """Go on with it."""
        self.outbox.paused = False
        self._tell_kept()

    def data_received(self, data: bytes) -> None:
        """Work what the worker says."""
        self._is_heard = True
        now = time.monotonic_ns()
        try:
            messages = self._reader.feed(data)
        except wire.LinkError:
            log.exception("a worker cannot be understood", extra={"worker": self.number})
            self._transport.abort()
            return
        for message in messages:
            self._acts[type(message)](self, message, now)

    def connection_lost(self, exc: Exception | None) -> None:
        """End the sessions of the worker's connections."""
        del exc
        self._turns.remove_reader(self)
        self._links.remove(self)
        self._is_begun = True
        self._kept.clear()
        lines, self._lines = self._lines, {}
        for line in lines.values():
            line.end()
        self.ready.set()
        self.quiet.set()
        self.lost.set()

    # ---- from the turns

    def pause_reading(self) -> None:
        """Read nothing more for now."""
        self._is_held = True
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read on."""
        self._is_held = False
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def collect(self, unit: Unit) -> None:
        """Move what is to be said to the worker into ``unit``."""
        if self._said:
            said, self._said = self._said, []
            unit.say(self.outbox, b"".join(said))
            self.check_bound()

    def is_silent(self) -> bool:
        """Return whether the worker, if it is read from, has said nothing since the last call."""
        is_silent = not self._is_heard and not self._is_held
        self._is_heard = False
        return is_silent

    def abort(self) -> None:
        """Cut the link."""
        self._transport.abort()

    def _tell_kept(self) -> None:
        """Tell the next part of what is kept, or that it was all; the rest when there is room."""
        if self._is_begun or self.outbox.paused:
            return
        if self._kept:
            self._write(wire.Kept(self._kept.popleft()))
            asyncio.get_running_loop().call_soon(self._tell_kept)
        else:
            self._is_begun = True
            self._write(wire.Complete())

    def _write(self, message: wire.Said) -> None:
        """Write one of the first words, which may take more than may wait otherwise."""
        data = wire.pack_message(message)
        self._bound += len(data)
        self.outbox.add(data)
        self.outbox.flush()

    # ---- for the lines

    def tell(self, message: wire.Said) -> None:
        """Say something with the current batch."""
        self._said.append(wire.pack_message(message))
        self._turns.touch(self)

    def tell_now(self, message: wire.Said) -> None:
        """Say something that only says what is committed, behind what was said since. For after the commit.

        What was said since the last turn depends on no commit: a turn's outcome is collected within the turn.
        """
        said, self._said = self._said, []
        said.append(wire.pack_message(message))
        self._turns.push(self.outbox, b"".join(said))

    def check_bound(self) -> None:
        """Give the worker up when too much waits for it."""
        if self.outbox.backlog > self._bound and not self._transport.is_closing():
            self._links.behind += 1
            log.error(
                "worker does not keep up", extra={"worker": self.number, "waiting": self.outbox.backlog}
            )
            self._transport.abort()
            self._fell_behind()

    # ---- what the worker says

    def _on_ready(self, message: wire.Ready, now: int) -> None:
        del message, now
        self.ready.set()

    def _on_log_on(self, message: wire.LogOn, now: int) -> None:
        del now
        line = RemoteLine(self, message.line, message.address, self._guests)
        session = line.session = WsSession(message.key, line, self._services)
        self._lines[message.line] = line
        session.adopt(message.channels, message.full_at)
        session.log_on(message.request_id, message.params)
        if session.account:
            self.tell(wire.LoggedOn(message.line, session.key, session.account))

    def _on_request(self, message: wire.Request, now: int) -> None:
        line = self._lines.get(message.line)
        # After our close nothing is taken.
        if line is None or line.closed:
            return
        try:
            line.session.receive(message.payload, now)
        except Exception:
            # Of this process's own connections the transport would drop the one.
            log.exception("a request failed", extra={"session": line.session.key})
            line.close(INTERNAL_ERROR, "")

    def _on_taken(self, message: wire.Taken, now: int) -> None:
        del now
        line = self._lines.get(message.line)
        if line is not None and line.taken(message.size):
            self._turns.after_commit(line.session.drained)

    def _on_refused(self, message: wire.Refused, now: int) -> None:
        del now
        line = self._lines.get(message.line)
        if line is not None:
            line.session.refused(message.channel)

    def _on_gone(self, message: wire.Gone, now: int) -> None:
        del now
        line = self._lines.pop(message.line, None)
        if line is not None:
            line.end()

    def _on_ask_mark(self, message: wire.AskMark, now: int) -> None:
        del now
        self.tell(wire.Mark(message.number))

    def _on_ask_orders(self, message: wire.AskOrders, now: int) -> None:
        del now
        self.wants_orders = message.wanted
        if message.wanted:
            found = self._links.open_orders()
            if found is None:
                return
            eseq, books = found
            saved = [SavedL3Book(symbol, list(bids), list(asks)) for symbol, bids, asks in books]
            self.tell(wire.OpenOrders(eseq, saved))

    def _on_guests(self, message: wire.GuestNews, now: int) -> None:
        del now
        self._links.hear(self, message.changes)

    def _on_report(self, message: wire.Report, now: int) -> None:
        del now
        self.samples = message.samples

    def _on_quiet(self, message: wire.Quiet, now: int) -> None:
        del message, now
        self.quiet.set()

    _acts: Final[dict[type, Any]] = {
        wire.Ready: _on_ready,
        wire.LogOn: _on_log_on,
        wire.Request: _on_request,
        wire.Taken: _on_taken,
        wire.Refused: _on_refused,
        wire.Gone: _on_gone,
        wire.AskMark: _on_ask_mark,
        wire.AskOrders: _on_ask_orders,
        wire.GuestNews: _on_guests,
        wire.Report: _on_report,
        wire.Quiet: _on_quiet,
    }
