"""One configured FIX client: its session over all its connections, and the reports of its orders.

It exists as long as the gateway runs. While the client is away its reports are numbered and stored; the
client's resend fetches them. NOT here: sockets (``fix_connection``), credentials (``fix_acceptor``).
"""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, Protocol

from gateway.dialects.native import fix_orders
from gateway.dialects.native.fix_orders import BusinessReject
from gateway.dialects.native.fix_reports import reports_for
from gateway.dialects.native.origin import Origin
from gateway.dialects.native.terms import places_of
from gateway.model import Command, Instruments, OrderEvent
from gateway.net.counters import FrontCounters
from gateway.net.desk import Desk
from gateway.net.fix_schedule import schedule_of
from gateway.net.outbox import Outbox
from gateway.net.turns import Unit
from gateway.orders import Order
from gateway.ports import SessionNumbers, StoredMessage
from gateway.settings import FixSession
from protocols.fix import (
    BusinessRejectReason,
    Disconnect,
    DisconnectReason,
    Established,
    Framer,
    LoggedOut,
    LogonReceived,
    Message,
    MessageRejected,
    RejectReceived,
    ResendRequested,
    SequenceReset,
    Session,
    SessionEvent,
    SessionReject,
    Timestamps,
    msg_types,
)

NO_PLACES: Final = (0, 0)
"""Decimals of a symbol that does not exist."""

_UNSUPPORTED: Final = BusinessRejectReason.UNSUPPORTED_MESSAGE_TYPE

RESEND_CHUNK: Final = 32
"""Stored messages handed to the session at a time: what an order of another session may have to wait for."""

_DECODE: Final[Mapping[bytes, Callable[[Message, Origin, Instruments], Command]]] = {
    msg_types.NEW_ORDER_SINGLE: fix_orders.decode_new_order,
    msg_types.ORDER_CANCEL_REQUEST: fix_orders.decode_cancel,
    msg_types.ORDER_CANCEL_REPLACE_REQUEST: fix_orders.decode_replace,
}

log = logging.getLogger(__name__)


class FixLine(Protocol):
    """The connection that a client is on."""

    outbox: Outbox

    def arm(self, deadline: int | None, now: int) -> None:
        """Call ``on_deadline`` at ``deadline`` (monotonic ns)."""

    def end(self, reason: DisconnectReason, text: str) -> None:
        """Close the connection once what was said is written."""


class _Resend(NamedTuple):
    """What is left of an asked range, on the connection and in the epoch that asked for it."""

    begin: int
    end: int
    line: FixLine | None
    epoch: int


class FixClient:
    """One FIX client, connected or not."""

    def __init__(
        self,
        entry: FixSession,
        session: Session,
        desk: Desk,
        timestamps: Timestamps,
        counters: FrontCounters,
        max_pending_bytes: int,
    ) -> None:
        self.entry = entry
        self.key = entry.sender_comp_id
        self.account = entry.account
        self.session = session
        self.line: FixLine | None = None
        self.desk = desk
        self._turns = desk.turns
        self._touch = desk.turns.touch
        self._submit = desk.router.submit
        self._send = session.send
        self._is_touched = False  # by a report of this turn
        self.schedule = schedule_of(entry)
        self._reports = reports_for(entry.begin_string.encode("ascii"), extra_tags=entry.extra_tags)
        self._places = {symbol: places_of(desk.instruments, symbol) for symbol in ("", *desk.instruments)}
        self._timestamps = timestamps
        self._counters = counters
        self._max_pending_bytes = max_pending_bytes
        self._kept = desk.store.numbers(self.key)
        self._opened_at = self._kept.opened_at
        self._resend_waits: _Resend | None = None
        self._instruments = desk.instruments
        self._origin = Origin(self.key, self.account, 0)
        self._origin_now = 0

    # ---- from the connection

    def connect(self, line: FixLine, framer: Framer, logon: Message, now: int) -> None:
        """Go on with the session on a new connection; its credentials have been verified."""
        self.keep_schedule(now)
        self.line = line
        self.session.connect(framer, logon, now)
        if self.schedule is not None and not self.schedule.is_open(self._timestamps.utc(now)):
            text = "the session is closed at this time"
            self.session.terminate(DisconnectReason.OUTSIDE_SCHEDULE, text, now)
        self._follow(now)

    def receive_data(self, data: bytes, now: int) -> None:
        """Work what the client sent."""
        self.session.receive_data(data, now)
        self._follow(now)

    def on_deadline(self, now: int) -> None:
        """Do what the session has to do at ``now``."""
        self.session.on_deadline(now)
        self._follow(now)

    def drained(self) -> None:
        """Go on with a resend: the client reads again."""
        waiting, self._resend_waits = self._resend_waits, None
        if waiting is not None:
            self._go_on(waiting)

    def disconnected(self, now: int) -> None:
        """Go on without a connection."""
        self.line = None
        self.session.disconnected(now)
        # What the session still had to tell is not the next connection's.
        self._handle_events(now)
        if self.entry.cancel_on_disconnect:
            self.desk.router.cancel_on_disconnect(self, self._timestamps.utc(now), now)
        self.keep_schedule(now)
        self.desk.turns.touch(self)

    def keep_schedule(self, now: int) -> None:
        """Log the client out at the end of its session; begin a new epoch, once, in the next one."""
        schedule = self.schedule
        if schedule is None:
            return
        utc = self._timestamps.utc(now)
        is_due = schedule.needs_reset(self._opened_at, utc)
        if not is_due and schedule.is_open(utc):
            return
        if self.line is not None:
            self.session.terminate(DisconnectReason.OUTSIDE_SCHEDULE, "the session has ended", now)
            self._follow(now)
        elif is_due:
            self.session.reset()
            self._follow(now)

    def logout(self, text: str, now: int) -> None:
        """Say goodbye; the connection ends when the client has answered, or too late."""
        self.session.logout(text, now)
        self._follow(now)

    # ---- from the order path

    def report(self, event: OrderEvent, order: Order | None) -> None:
        """Number and store one report, and say it when the client is there."""
        places = self._places.get("" if order is None else order.symbol, NO_PLACES)
        encoded = self._reports.report(event, order, places)
        if encoded is not None:
            msg_type, body = encoded
            self._send(msg_type, body, self._turns.now)
            if not self._is_touched:
                self._is_touched = True
                self._touch(self)

    def collect(self, unit: Unit) -> None:
        """Move what the session has numbered and said into ``unit``.

        A client that does not read, and has more than the bound waiting, is logged out; what it has not got
        stays stored.
        """
        self._is_touched = False
        now = time.monotonic_ns()
        self._handle_events(now)
        self._keep(unit)
        data = self.session.data_to_send()
        line = self.line
        if not data or line is None:
            return
        outbox = line.outbox
        if outbox.paused and outbox.backlog + len(data) > self._max_pending_bytes:
            text = f"slow consumer: more than {self._max_pending_bytes} bytes wait to be read"
            self.session.terminate(DisconnectReason.SLOW_CONSUMER, text, now)
            self._handle_events(now)
            self._keep(unit)
            data = self.session.data_to_send() or data
        unit.say(outbox, data)

    def _keep(self, unit: Unit) -> None:
        numbers = self.session.numbers
        epoch = numbers.epoch
        key = self.key
        unit.batch.messages += [
            StoredMessage(key, epoch, number, frame) for number, frame in self.session.outbound()
        ]
        kept = self._kept
        if numbers.next_out != kept.next_out or numbers.next_in != kept.next_in or epoch != kept.epoch:
            counts = SessionNumbers(numbers.next_out, numbers.next_in, epoch, self._opened_at)
            self._kept = unit.batch.sessions[self.key] = counts

    # ---- from the session

    def _follow(self, now: int) -> None:
        """Do what the session's last call led to, and collect its output at the end of the turn."""
        self._handle_events(now)
        self.desk.turns.touch(self)

    def _handle_events(self, now: int) -> None:
        while events := self.session.events():
            for event in events:
                if isinstance(event, Message):
                    self._work(event, now)
                else:
                    self._note(event, now)
        if self.line is not None:
            self.line.arm(self.session.next_deadline(), now)

    def _work(self, message: Message, now: int) -> None:
        msg_type = message.msg_type
        decode = _DECODE.get(msg_type)
        if decode is None and msg_type != msg_types.ORDER_STATUS_REQUEST:
            text = f"MsgType(35) {msg_type.decode('ascii', 'replace')} is not supported"
            self._business_reject(message, BusinessReject(_UNSUPPORTED, text), now)
            return
        self._counters.messages_in[msg_type] += 1
        try:
            if now != self._origin_now:
                # One for all messages of a read.
                self._origin_now = now
                self._origin = Origin(self.key, self.account, self._timestamps.utc(now))
            if decode is not None:
                self._submit(decode(message, self._origin, self._instruments), now)
            else:
                self._answer_status(message, self._origin, now)
        except BusinessReject as error:
            self._business_reject(message, error, now)
        except SessionReject as error:
            self.session.reject(message, error, now)

    def _business_reject(self, message: Message, error: BusinessReject, now: int) -> None:
        reason = self._reports.business_reject_reason(error.reason)
        self.session.business_reject(message, reason, error.text, now)
        self._counters.rejects["business"] += 1

    def _answer_status(self, message: Message, origin: Origin, now: int) -> None:
        query = fix_orders.decode_status(message, origin)

        def answer() -> None:
            registry = self.desk.router.registry
            if query.order_id:
                order = registry.order_by_id(self.account, query.order_id)
            else:
                order = registry.order(self.account, query.cl_ord_id)
            transact_time = origin.transact_time
            if order is None:
                body = self._reports.unknown_status(query, transact_time)
            else:
                places = self._places[order.symbol]
                body = self._reports.status(order, places, transact_time, query.request_id)
            self.session.send(msg_types.EXECUTION_REPORT, body, now)
            self.desk.turns.touch(self)

        self.desk.turns.ask(answer)

    def _note(self, event: SessionEvent, now: int) -> None:
        if isinstance(event, LogonReceived):
            self.session.accept_logon(now)
        elif isinstance(event, Established):
            log.info("fix session established", extra=self._facts(heart_bt_int=event.heart_bt_int))
        elif isinstance(event, ResendRequested):
            self._go_on(_Resend(event.begin, event.end, self.line, self.session.numbers.epoch))
        elif isinstance(event, SequenceReset):
            self._reset(event)
        elif isinstance(event, MessageRejected):
            self._counters.rejects["session"] += 1
        elif isinstance(event, RejectReceived):
            log.warning("fix client rejected a message", extra=self._facts())
        elif isinstance(event, LoggedOut):
            log.info("fix session logged out", extra=self._facts(text=event.text.decode("utf-8", "replace")))
        elif isinstance(event, Disconnect) and self.line is not None:
            self.line.end(event.reason, event.text)

    def _go_on(self, asked: _Resend) -> None:
        self.desk.turns.after_commit(lambda: self._resend(asked))

    def _resend(self, asked: _Resend) -> None:
        """Hand the next chunk of stored messages to the session; the rest after what that chunk says.

        A client that does not read gets the rest when it does.
        """
        begin, end, line, epoch = asked
        session = self.session
        if line is None or line is not self.line or epoch != session.numbers.epoch or not session.resending:
            return
        if line.outbox.paused:
            self._resend_waits = asked
            return
        last = min(end, begin + RESEND_CHUNK - 1)
        stored = self.desk.store.messages(self.key, epoch, begin, last)
        messages = [(message.msg_seq_num, message.message) for message in stored]
        now = time.monotonic_ns()
        session.resend(messages, now, last=last == end)
        self._follow(now)
        if last < end:
            self._go_on(asked._replace(begin=last + 1))

    def _reset(self, event: SequenceReset) -> None:
        unit = self.desk.turns.unit
        for number, frame in event.unsaved:
            unit.keep(StoredMessage(self.key, event.epoch - 1, number, frame))
        self._opened_at = self._timestamps.utc(time.monotonic_ns())
        log.info("fix sequence reset", extra=self._facts(epoch=event.epoch))

    def _facts(self, **facts: object) -> dict[str, object]:
        numbers = self.session.numbers
        return {"session": self.key, "next_out": numbers.next_out, "next_in": numbers.next_in, **facts}
