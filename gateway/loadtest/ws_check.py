"""Reads what a WebSocket session received and has it judged: replies by id, executions by their sequence.

NOT here: what an order's executions should say (``order_check``).
"""

from typing import Final

import msgspec

from gateway.loadtest.amounts import Scaled
from gateway.loadtest.faults import FaultKind
from gateway.loadtest.findings import Findings
from gateway.loadtest.flow import BUY, SELL, Kind
from gateway.loadtest.order_check import OrderCheck, Report
from gateway.loadtest.transact_times import Times

_NO_NUMBER: Final = -1
_GOOD: Final = 200
_SIDES: Final = {"buy": BUY, "sell": SELL}
_TOLD_BY_REPLY: Final = ("rejected", "cancel_rejected")


class _Error(msgspec.Struct):
    name: str
    msg: str


class _Execution(msgspec.Struct):
    report_id: str
    kind: str
    order_id: str | None = None
    cl_ord_id: str = ""
    symbol: str = ""
    side: str = ""
    type: str = "limit"
    average_price: str | None = None
    ts: int | None = None
    price: str | None = None
    quantity: str = ""
    filled_quantity: str = ""
    remaining_quantity: str = ""
    last_quantity: str = ""
    last_price: str = ""
    liquidity: str = ""
    orig_cl_ord_id: str = ""


class _Message(msgspec.Struct):
    id: int | None = None
    status: int = 0
    error: _Error | None = None
    ch: str = ""
    type: str = ""
    seq: int = 0
    prev: int = 0
    data: msgspec.Raw = msgspec.Raw()


_decode = msgspec.json.Decoder(_Message).decode
_decode_execution = msgspec.json.Decoder(_Execution).decode


class WsCheck:
    """Reads for the session whose ``cl_ord_id`` begin with ``prefix``; those of others are passed over."""

    def __init__(self, name: str, prefix: str, symbol: str, orders: OrderCheck, findings: Findings) -> None:
        self._name = name
        self._symbol = symbol
        self._times = Times()
        self._prefix = prefix
        self._orders = orders
        self._findings = findings
        self._last: int | None = None
        self._amounts = Scaled()

    def read(self, now: int, payload: bytes) -> None:
        """Judge one message."""
        try:
            message = _decode(payload)
            if message.status:
                self._reply(now, message)
            elif message.ch == "executions":
                self._execution(now, message)
        except (msgspec.MsgspecError, KeyError, ValueError) as error:
            shown = payload[:200].decode("utf-8", "backslashreplace")
            self._fault(FaultKind.UNREADABLE, f"{error}: {shown}")

    def _reply(self, now: int, message: _Message) -> None:
        if message.id is None:
            self._fault(FaultKind.UNKNOWN, "a reply without an id")
        elif message.id >= 0:
            request = self._orders.answered(now, message.id)
            if request is not None and message.status != _GOOD:
                error = message.error
                text = f"{error.name}: {error.msg}" if error is not None else f"status {message.status}"
                self._orders.refused(now, message.id, text)

    def _execution(self, now: int, message: _Message) -> None:
        if self._last is None or message.prev == self._last:
            self._last = message.seq
        elif message.seq > self._last:
            self._fault(FaultKind.GAP, f"executions {message.seq} after {self._last}, prev {message.prev}")
            self._last = message.seq
        event = _decode_execution(message.data)
        number = self._number(event.cl_ord_id)
        if number == _NO_NUMBER or event.kind in _TOLD_BY_REPLY:
            return
        if (event.symbol, event.type) != (self._symbol, "limit"):
            self._fault(FaultKind.WRONG, f"{event.cl_ord_id}: symbol {event.symbol}, type {event.type}")
        if event.ts is not None and self._times.is_absurd_ns(event.ts):
            self._fault(FaultKind.WRONG, f"{event.cl_ord_id}: ts {event.ts}")
        if event.kind == "canceled":
            self._canceled(now, event, number)
        elif event.kind == "accepted":
            self._orders.accepted(now, self._report(event, number))
        elif event.kind == "replaced":
            self._orders.replaced(now, self._report(event, number), self._number(event.orig_cl_ord_id))
        elif event.kind == "filled":
            quantity, price = self._amount(event.last_quantity), self._amount(event.last_price)
            is_taker = event.liquidity == "taker"
            self._orders.filled(now, self._report(event, number), quantity, price, is_taker=is_taker)
        else:
            self._fault(FaultKind.UNKNOWN, f"execution of kind {event.kind}")

    def _canceled(self, now: int, event: _Execution, number: int) -> None:
        """A cancel has no name of its own here: it is the one that was sent for the order."""
        request = self._orders.pending.get(number)
        numbers = request.order.numbers if request is not None else []
        for canceling in numbers:
            cancel = self._orders.pending.get(canceling)
            if cancel is not None and cancel.kind is Kind.CANCEL:
                self._orders.canceled(now, self._report(event, canceling), number)
                return
        self._orders.unasked(number, "canceled unasked")

    def _report(self, event: _Execution, number: int) -> Report:
        return Report(
            number,
            (event.order_id or "").encode(),
            event.report_id.encode(),
            _SIDES[event.side],
            self._amount(event.price or ""),
            self._amount(event.quantity),
            self._amount(event.remaining_quantity),
            self._amount(event.filled_quantity),
            self._amount(event.average_price or "0"),
        )

    def _amount(self, text: str) -> int:
        return self._amounts[text.encode()]

    def _number(self, cl_ord_id: str) -> int:
        tail = cl_ord_id.removeprefix(self._prefix)
        return int(tail) if tail != cl_ord_id and tail.isdigit() else _NO_NUMBER

    def _fault(self, kind: FaultKind, what: str) -> None:
        self._findings.add(kind, f"{self._name}: {what}")
