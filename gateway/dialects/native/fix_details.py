"""Fields that the ExecutionReports of some sessions have, at their end.

FIX.5.0SP2 sessions get TrdMatchID(880), AggressorIndicator(1057) and DisplayQty(1138). Sessions with
``extra_tags = true`` get user-defined tags, whatever their version:

- 20010 EngineSeq (int): the engine sequence of what is reported, the first part of ExecID(17); in the answer
  to a status question that of the order's last change. Absent while the engine does not know the order.
- 20011 TransactTimeNs (int): TransactTime(60) in full, as nanoseconds since 1970-01-01 00:00:00 UTC.

QuickFIX with a standard dictionary rejects messages with these, so no session has them unasked. NOT here:
what every report has (``fix_reports``).
"""

from typing import Any, Final, Protocol

from gateway.dialects.native.terms import Places
from gateway.model import (
    OrderAccepted,
    OrderCanceled,
    OrderEvent,
    OrderFilled,
    OrderReplaced,
    OrdType,
    TimeInForce,
    encode_scaled,
)
from gateway.orders import Order

_LIMIT: Final = OrdType.LIMIT
_GTC: Final = TimeInForce.GTC
_EVENT_TAGS: Final = b"20010=%d\x0120011=%d\x01"
_STATUS_TAGS: Final = b"20011=%d\x01"
_DISPLAY_QTY: Final = b"1138=%b\x01"
_TRADE: Final = b"880=%d-%d\x011057=%b\x01"


class ReportDetails(Protocol):
    """One set of additional fields."""

    def of_event(self, event: OrderEvent, order: Any, places: Places) -> bytes:
        """Return the fields for the ExecutionReport of an event."""

    def of_status(self, order: Order | None, places: Places, transact_time: int) -> bytes:
        """Return the fields for the answer about ``order``, ``None`` for one that is not known."""


class Fix50Sp2Details:
    """What FIX.5.0SP2 can say and FIX.4.4 cannot.

    TrdMatchID(880) is ``<eseq>-<n>`` of the public trade, so both sides and the tape name a match alike.
    DisplayQty(1138) is what the book shows of the order: all that is left of it, if its kind can rest.
    """

    def of_event(self, event: OrderEvent, order: Any, places: Places) -> bytes:
        """Return the match of a fill, and what of the order is shown after the event."""
        if isinstance(event, OrderFilled):
            # The engine gives each match as the aggressor's fill, the resting order's fill, the trade.
            n, aggressor = (event.n + 2, b"Y") if event.aggressor else (event.n + 1, b"N")
            return _TRADE % (event.eseq, n, aggressor) + _display_qty(order, event.leaves_qty, places)
        if isinstance(event, OrderAccepted):
            return _display_qty(event, event.order_qty, places)
        if isinstance(event, OrderReplaced):
            return _display_qty(order, event.leaves_qty, places)
        return _display_qty(order, 0, places) if isinstance(event, OrderCanceled) else b""

    def of_status(self, order: Order | None, places: Places, _transact_time: int) -> bytes:
        """Return what of the order is shown."""
        return b"" if order is None else _display_qty(order, order.leaves_qty, places)


class EngineTags:
    """The user-defined tags of a session with ``extra_tags = true``."""

    def of_event(self, event: OrderEvent, _order: Any, _places: Places) -> bytes:
        """Return the engine sequence and the time of the event."""
        return _EVENT_TAGS % (event.eseq, event.transact_time)

    def of_status(self, order: Order | None, _places: Places, transact_time: int) -> bytes:
        """Return the engine sequence of the order's last change, if it had one, and the answer's time."""
        if order is None or not order.eseq:
            return _STATUS_TAGS % transact_time
        return _EVENT_TAGS % (order.eseq, transact_time)


def _display_qty(order: Order | OrderAccepted, leaves_qty: int, places: Places) -> bytes:
    if order.ord_type is not _LIMIT or order.time_in_force is not _GTC:
        return b""
    return _DISPLAY_QTY % encode_scaled(leaves_qty, places[1])
