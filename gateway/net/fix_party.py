"""One configured FIX counterparty: its session over all its connections, whatever it is served.

It exists as long as the gateway runs. NOT here: orders (``fix_client``), market data (``fix_market_data``),
sockets (``fix_connection``), credentials (``fix_acceptor``), what every turn asks of it (``usual_party``).
"""

import logging
import time
from abc import ABC, abstractmethod
from typing import Final

from gateway.dialects.native.fix_orders import BusinessReject
from gateway.dialects.native.fix_recovery import EXECUTIONS_REQ_ID, EXECUTIONS_REQUEST
from gateway.dialects.native.fix_reports import reports_for
from gateway.net.counters import FrontCounters
from gateway.net.desk import Desk
from gateway.net.fix_schedule import schedule_of
from gateway.net.turns import Unit
from gateway.net.usual_fix import UsualParty
from gateway.net.usual_party import FixLine
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
    tags,
)

UNSUPPORTED: Final = BusinessRejectReason.UNSUPPORTED_MESSAGE_TYPE

NOT_WORKED: Final = "the gateway could not work it; its number is used"

ORDER_TYPES: Final = frozenset(
    {
        msg_types.NEW_ORDER_SINGLE,
        msg_types.ORDER_CANCEL_REQUEST,
        msg_types.ORDER_CANCEL_REPLACE_REQUEST,
        msg_types.ORDER_STATUS_REQUEST,
        EXECUTIONS_REQUEST,
    }
)
"""What sessions of kind ``orders`` serve."""

MARKET_DATA_TYPES: Final = frozenset(
    {
        msg_types.MARKET_DATA_REQUEST,
        msg_types.SECURITY_LIST_REQUEST,
        msg_types.SECURITY_STATUS_REQUEST,
        msg_types.TRADING_SESSION_STATUS_REQUEST,
    }
)
"""What sessions of kind ``market_data`` serve."""

_ID_TAGS: Final = {
    msg_types.MARKET_DATA_REQUEST: tags.MD_REQ_ID,
    msg_types.SECURITY_LIST_REQUEST: tags.SECURITY_REQ_ID,
    msg_types.SECURITY_STATUS_REQUEST: tags.SECURITY_STATUS_REQ_ID,
    msg_types.TRADING_SESSION_STATUS_REQUEST: tags.TRAD_SES_REQ_ID,
    EXECUTIONS_REQUEST: EXECUTIONS_REQ_ID,
}
"""What a reject names in BusinessRejectRefID(379), by type; the ClOrdID of all others."""

log = logging.getLogger(__name__)


class FixParty(UsualParty, ABC):
    """One FIX client, connected or not. A kind of client says what it works, keeps and resends."""

    def __init__(
        self,
        entry: FixSession,
        session: Session,
        desk: Desk,
        timestamps: Timestamps,
        counters: FrontCounters,
        max_pending_bytes: int,
    ) -> None:
        key = entry.sender_comp_id
        super().__init__(key, session, desk.turns, desk.store.numbers(key), max_pending_bytes)
        self.entry = entry
        self.account = entry.account
        self.desk = desk
        self.schedule = schedule_of(entry)
        self._reports = reports_for(entry.begin_string.encode("ascii"), extra_tags=entry.extra_tags)
        self._timestamps = timestamps
        self._counters = counters

    # ---- what a kind of client says

    @abstractmethod
    def drained(self) -> None:
        """Go on with what waits for a client that reads: it reads again."""

    @abstractmethod
    def _work(self, message: Message, now: int) -> None:
        """Work an application message. Raises ``BusinessReject`` or ``SessionReject`` where one answers."""

    @abstractmethod
    def _gone(self, now: int) -> None:
        """Do what the end of a connection leads to."""

    @abstractmethod
    def _resend_asked(self, begin: int, end: int) -> None:
        """Serve a resend of our messages ``begin`` to ``end``, both included."""

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

    def on_deadline(self, now: int) -> None:
        """Do what the session has to do at ``now``."""
        self.session.on_deadline(now)
        self.follow(now)

    def disconnected(self, now: int) -> None:
        """Go on without a connection."""
        self.line = None
        self.session.disconnected(now)
        # What the session still had to tell is not the next connection's.
        self._handle_events(now)
        self._gone(now)
        self.keep_schedule(now)
        self._turns.touch(self)

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

    # ---- from the session

    def follow(self, now: int) -> None:
        """Do what the session's last call led to, and collect its output at the end of the turn."""
        self._handle_events(now)
        self._turns.touch(self)

    def _log_out_slow(self, unit: Unit, now: int) -> bytes:
        """Log a client out that does not read; return what is said last."""
        text = f"slow consumer: more than {self._max_pending_bytes} bytes wait to be read"
        self.session.terminate(DisconnectReason.SLOW_CONSUMER, text, now)
        self._handle_events(now)
        self._keep(unit)
        return self.session.data_to_send()

    def _handle_events(self, now: int) -> None:
        """Do what the session's last call led to."""
        while events := self.session.events():
            for event in events:
                if isinstance(event, Message):
                    self._take(event, now)
                else:
                    self._note(event, now)

    def _take(self, message: Message, now: int) -> None:
        """Work an application message or reject it."""
        try:
            self._work(message, now)
        except Exception as error:
            self._answer_failure(message, error, now)

    def _answer_failure(self, message: Message, error: Exception, now: int) -> None:
        """Answer an application message that could not be worked, for ``error``."""
        if isinstance(error, BusinessReject):
            self._business_reject(message, error, now)
        elif isinstance(error, SessionReject):
            self.session.reject(message, error, now)
        else:
            # Those behind it in the same read have their numbers already: they are not lost with it.
            facts = self._facts(msg_seq_num=message.msg_seq_num)
            log.error("fix message not worked", exc_info=error, extra=facts)
            self._business_reject(message, BusinessReject(BusinessRejectReason.OTHER, NOT_WORKED), now)

    def _business_reject(self, message: Message, error: BusinessReject, now: int) -> None:
        """Answer an application message with BusinessMessageReject(j)."""
        reason = self._reports.business_reject_reason(error.reason)
        id_tag = _ID_TAGS.get(message.msg_type, tags.CL_ORD_ID)
        self.session.business_reject(message, reason, error.text, now, id_tag)
        self._counters.rejects["business"] += 1

    def _refuse_type(self, message: Message, now: int, where: str = "") -> None:
        """Answer a message of a type that this kind of client does not serve; ``where`` says which does."""
        text = f"MsgType(35) {message.msg_type.decode('ascii', 'replace')} is not supported{where}"
        self._business_reject(message, BusinessReject(UNSUPPORTED, text), now)

    def _note(self, event: SessionEvent, now: int) -> None:
        if isinstance(event, LogonReceived):
            self.session.accept_logon(now)
        elif isinstance(event, Established):
            log.info("fix session established", extra=self._facts(heart_bt_int=event.heart_bt_int))
        elif isinstance(event, ResendRequested):
            self._resend_asked(event.begin, event.end)
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
        self._keep_messages(self._turns.unit, event.epoch - 1, event.unsaved)
        self._opened_at = self._timestamps.utc(time.monotonic_ns())
        log.info("fix sequence reset", extra=self._facts(epoch=event.epoch))

    def _facts(self, **facts: object) -> dict[str, object]:
        numbers = self.session.numbers
        return {"session": self.key, "next_out": numbers.next_out, "next_in": numbers.next_in, **facts}
