"""A FIX client that trades: what becomes of its orders, and the reports of them.

While the client is away its reports are numbered and stored; its resend fetches them. NOT here: the session
over its connections (``fix_party``), reports and usual requests (``usual_client``).
"""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from gateway.dialects.native import fix_orders
from gateway.dialects.native.fix_orders import BusinessReject
from gateway.dialects.native.fix_recovery import (
    EXECUTIONS_COMPLETE,
    EXECUTIONS_REQUEST,
    POSS_RESEND,
    decode_executions_request,
)
from gateway.dialects.native.origin import Origin
from gateway.dialects.native.terms import places_of
from gateway.model import CancelOrder, Instruments, NewOrder, OrderEvent, Refuse, ReplaceOrder
from gateway.net.counters import FrontCounters
from gateway.net.desk import Desk
from gateway.net.fix_party import MARKET_DATA_TYPES, FixParty
from gateway.net.fix_recovery import FixRecovery
from gateway.net.fix_resend import FixResend
from gateway.net.usual_client import NO_PLACES
from gateway.net.usual_fix import UsualClient
from gateway.orders import Order
from gateway.settings import FixSession
from protocols.fix import (
    DisconnectReason,
    Message,
    Session,
    Timestamps,
    msg_types,
)

OrderRequest: TypeAlias = NewOrder | CancelOrder | ReplaceOrder | Refuse

HISTORY_UNREADABLE: Final = "the history cannot be read; nothing was left out, ask again later"

_ELSEWHERE: Final = " on a session of kind orders: sessions of kind market_data serve it"

_QUESTIONS: Final = frozenset({msg_types.ORDER_STATUS_REQUEST, EXECUTIONS_REQUEST})

_DECODE: Final[Mapping[bytes, Callable[[Message, Origin, Instruments], OrderRequest]]] = {
    msg_types.NEW_ORDER_SINGLE: fix_orders.decode_new_order,
    msg_types.ORDER_CANCEL_REQUEST: fix_orders.decode_cancel,
    msg_types.ORDER_CANCEL_REPLACE_REQUEST: fix_orders.decode_replace,
}

log = logging.getLogger(__name__)


class FixClient(UsualClient, FixParty):
    """One FIX client of kind ``orders``, connected or not."""

    def __init__(
        self,
        entry: FixSession,
        session: Session,
        desk: Desk,
        timestamps: Timestamps,
        counters: FrontCounters,
        max_pending_bytes: int,
    ) -> None:
        super().__init__(entry, session, desk, timestamps, counters, max_pending_bytes)
        self._touch = desk.turns.touch
        self._submit = desk.router.submit
        symbols = ("", *desk.instruments, *desk.instruments.retired)
        self._places = {symbol: places_of(desk.instruments, symbol) for symbol in symbols}
        self._recovery = FixRecovery(self, desk)
        self._resend = FixResend(self, desk, self._recovery.resume)
        self._instruments = desk.instruments
        self._origin = Origin(self.key, self.account, 0)
        self._origin_now = 0

    # ---- from the connection

    def drained(self) -> None:
        """Go on with a resend, or with executions told again: the client reads again."""
        self._resend.resume()
        self._recovery.resume()

    def _gone(self, now: int) -> None:
        if self.entry.cancel_on_disconnect:
            self.desk.router.cancel_on_disconnect(self.key, self.account, self._timestamps.utc(now), now)

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

    # ---- from the session

    def _resend_asked(self, begin: int, end: int) -> None:
        self._resend.begin(begin, end)

    def _work(self, message: Message, now: int) -> None:
        msg_type = message.msg_type
        decode = _DECODE.get(msg_type)
        if decode is None and msg_type not in _QUESTIONS:
            self._refuse_type(message, now, _ELSEWHERE if msg_type in MARKET_DATA_TYPES else "")
            return
        self._counters.messages_in[msg_type] += 1
        if now != self._origin_now:
            # One for all messages of a read.
            self._origin_now = now
            self._origin = Origin(self.key, self.account, self._timestamps.utc(now))
        if decode is not None:
            command = decode(message, self._origin, self._instruments)
            if message.poss_resend:
                self._submit_once(command, now)
            else:
                self._submit(command, now)
        elif msg_type == EXECUTIONS_REQUEST:
            self._recovery.ask(decode_executions_request(message), message)
        else:
            self._answer_status(message, self._origin, now)

    def _submit_once(self, command: OrderRequest, now: int) -> None:
        """Submit a request, unless it was worked before: then its outcome is said again.

        That is its order's state, or the refusal of a replace. FIX 4.4 vol. 2, "PossResend": the application
        looks whether it has the order already.
        """
        found = self._submit(command, now, once=True)
        if found is None:
            return
        transact_time = self._origin.transact_time

        def answer() -> None:
            outcome = self.desk.router.settled(found)
            if isinstance(outcome, Order):
                self._say_status(outcome, transact_time, b"", now)
                return
            order = self.desk.router.registry.order_by_id(self.account, outcome.order_id)
            encoded = self._reports.report(outcome, order, NO_PLACES)
            if encoded is not None:
                self.session.send(*encoded, now, POSS_RESEND)
                self._turns.touch(self)

        # The earlier one may have come in this turn.
        self._turns.ask(answer)

    def _answer_status(self, message: Message, origin: Origin, now: int) -> None:
        query = fix_orders.decode_status(message, origin)

        def answer() -> None:
            order = self.desk.find(self.account, query)
            transact_time = origin.transact_time
            if order is not None:
                self._say_status(order, transact_time, query.request_id, now)
                return
            body = self._reports.unknown_status(query, transact_time)
            self.session.send(msg_types.EXECUTION_REPORT, body, now)
            self._turns.touch(self)

        self._turns.ask(answer)

    def _say_status(self, order: Order, transact_time: int, request_id: bytes, now: int) -> None:
        places = self._places.get(order.symbol, NO_PLACES)
        body = self._reports.status(order, places, transact_time, request_id)
        self.session.send(msg_types.EXECUTION_REPORT, body, now)
        self._turns.touch(self)
