"""One configured FIX client: its session over all its connections, and the reports of its orders.

It exists as long as the gateway runs. While the client is away its reports are numbered and stored; the
client's resend fetches them. NOT here: sockets (``fix_connection``), credentials (``fix_acceptor``).
"""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Final, Protocol, TypeAlias

from gateway.dialects.native import fix_orders
from gateway.dialects.native.fix_orders import BusinessReject
from gateway.dialects.native.fix_recovery import (
    EXECUTIONS_COMPLETE,
    EXECUTIONS_REQUEST,
    POSS_RESEND,
    decode_executions_request,
)
from gateway.dialects.native.fix_reports import reports_for
from gateway.dialects.native.origin import Origin
from gateway.dialects.native.terms import places_of
from gateway.model import CancelOrder, Instruments, NewOrder, OrderEvent, Refuse, ReplaceOrder
from gateway.net.counters import FrontCounters
from gateway.net.desk import Desk
from gateway.net.fix_recovery import FixRecovery
from gateway.net.fix_resend import FixResend
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

OrderRequest: TypeAlias = NewOrder | CancelOrder | ReplaceOrder | Refuse

HISTORY_UNREADABLE: Final = "the history cannot be read; nothing was left out, ask again later"

_QUESTIONS: Final = frozenset({msg_types.ORDER_STATUS_REQUEST, EXECUTIONS_REQUEST})

_DECODE: Final[Mapping[bytes, Callable[[Message, Origin, Instruments], OrderRequest]]] = {
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
        self._recovery = FixRecovery(self, desk)
        self._resend = FixResend(self, desk, self._recovery.resume)
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
        self.follow(now)

    def receive_data(self, data: bytes, now: int) -> None:
        """Work what the client sent."""
        self.session.receive_data(data, now)
        self.follow(now)

    def on_deadline(self, now: int) -> None:
        """Do what the session has to do at ``now``."""
        self.session.on_deadline(now)
        self.follow(now)

    def drained(self) -> None:
        """Go on with a resend, or with executions told again: the client reads again."""
        self._resend.resume()
        self._recovery.resume()

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
            self.follow(now)
        elif is_due:
            self.session.reset()
            self.follow(now)

    def logout(self, text: str, now: int) -> None:
        """Say goodbye; the connection ends when the client has answered, or too late."""
        self.session.logout(text, now)
        self.follow(now)

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

    # ---- executions told again (``fix_recovery``)

    @property
    def connection(self) -> object:
        """The line, and the epoch of the numbers on it."""
        return self.line, self.session.numbers.epoch

    @property
    def can_recover(self) -> bool:
        """Whether the client reads, and no resend by number is under way."""
        return self.line is not None and not self.line.outbox.paused and not self.session.resending

    def tell_again(self, event: OrderEvent, order: Order | None) -> bool:
        """Say a report with PossResend(97); return whether the event has an ExecutionReport."""
        places = self._places.get("" if order is None else order.symbol, NO_PLACES)
        encoded = self._reports.report(event, order, places)
        if encoded is None or encoded[0] != msg_types.EXECUTION_REPORT:
            return False
        self.session.send(*encoded, self._turns.now, POSS_RESEND)
        self._turns.touch(self)
        return True

    def complete_recovery(self, body: bytes) -> None:
        """Say ExecutionsComplete(U2)."""
        self.session.send(EXECUTIONS_COMPLETE, body, self._turns.now)
        self._turns.touch(self)

    def refuse_recovery(self, request: Message, error: BusinessReject) -> None:
        """Say why a request is not worked."""
        self._business_reject(request, error, self._turns.now)
        self._turns.touch(self)

    def history_failed(self, error: Exception) -> None:
        """End the connection: what it asked for cannot be read. Nothing is passed over."""
        log.error("fix history not read", extra=self._facts(reason=str(error)))
        now = time.monotonic_ns()
        self.session.terminate(DisconnectReason.HISTORY_UNREADABLE, HISTORY_UNREADABLE, now)
        self.follow(now)

    # ---- to the turn

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

    def follow(self, now: int) -> None:
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
        if decode is None and msg_type not in _QUESTIONS:
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
                command = decode(message, self._origin, self._instruments)
                if not (message.poss_resend and self._answer_again(command, now)):
                    self._submit(command, now)
            elif msg_type == EXECUTIONS_REQUEST:
                self._recovery.ask(decode_executions_request(message), message)
            else:
                self._answer_status(message, self._origin, now)
        except BusinessReject as error:
            self._business_reject(message, error, now)
        except SessionReject as error:
            self.session.reject(message, error, now)

    def _answer_again(self, command: OrderRequest, now: int) -> bool:
        """Answer a request that was worked before with its order's state; return whether it was.

        FIX 4.4 vol. 2, "PossResend": the application looks whether it has the order already.
        """
        repeat = None if isinstance(command, CancelOrder) else self.desk.router.repeated(command)
        if repeat is None or not repeat.same_terms or repeat.order is None:
            return False
        order = repeat.order
        transact_time = (
            command.request.transact_time if isinstance(command, Refuse) else command.transact_time
        )
        # The earlier one may have come in this turn.
        self._turns.ask(lambda: self._say_status(order, transact_time, b"", now))
        return True

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
            if order is not None:
                self._say_status(order, transact_time, query.request_id, now)
                return
            body = self._reports.unknown_status(query, transact_time)
            self.session.send(msg_types.EXECUTION_REPORT, body, now)
            self.desk.turns.touch(self)

        self.desk.turns.ask(answer)

    def _say_status(self, order: Order, transact_time: int, request_id: bytes, now: int) -> None:
        places = self._places.get(order.symbol, NO_PLACES)
        body = self._reports.status(order, places, transact_time, request_id)
        self.session.send(msg_types.EXECUTION_REPORT, body, now)
        self.desk.turns.touch(self)

    def _note(self, event: SessionEvent, now: int) -> None:
        if isinstance(event, LogonReceived):
            self.session.accept_logon(now)
        elif isinstance(event, Established):
            log.info("fix session established", extra=self._facts(heart_bt_int=event.heart_bt_int))
        elif isinstance(event, ResendRequested):
            self._resend.begin(event.begin, event.end)
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

    def _reset(self, event: SequenceReset) -> None:
        unit = self.desk.turns.unit
        for number, frame in event.unsaved:
            unit.keep(StoredMessage(self.key, event.epoch - 1, number, frame))
        self._opened_at = self._timestamps.utc(time.monotonic_ns())
        log.info("fix sequence reset", extra=self._facts(epoch=event.epoch))

    def _facts(self, **facts: object) -> dict[str, object]:
        numbers = self.session.numbers
        return {"session": self.key, "next_out": numbers.next_out, "next_in": numbers.next_in, **facts}
