"""Order events as FIX says them: ExecutionReport(8) and OrderCancelReject(9), in the words of each version.

Bodies are what ``Session.send`` takes: fields without header and trailer, ending in SOH. ExecID(17) is
``<eseq>-<n>``, so it is the engine sequence that every other client sees too; OrderID(37) is the engine
sequence of the order's first command. Only tags of the version's dictionary are sent, unless the session
asks for more (``fix_details``). NOT here: what the versions differ in (``fix_versions``).
"""

from collections.abc import Callable
from typing import Any, Final

from gateway.dialects.native.fix_details import EngineTags, Fix50Sp2Details, ReportDetails
from gateway.dialects.native.fix_versions import STYLES, ReportStyle
from gateway.dialects.native.order_codec import accepted, canceled, filled, replaced
from gateway.dialects.native.origin import OrderQuery
from gateway.dialects.native.reasons import fix_text
from gateway.dialects.native.terms import Places
from gateway.dialects.native.usual_reports import ORD_TYPES, SIDES, TIMES_IN_FORCE, amounts, terms
from gateway.model import (
    CancelRejected,
    OrderAccepted,
    OrderCanceled,
    OrderEvent,
    OrderFilled,
    OrderRejected,
    OrderReplaced,
    Refusal,
    RequestKind,
    encode_scaled,
)
from gateway.orders import Order
from protocols.fix.errors import BusinessRejectReason
from protocols.fix.msg_types import EXECUTION_REPORT, ORDER_CANCEL_REJECT
from protocols.fix.timestamps import utc_text

NO_ORDER: Final = b"NONE"
"""OrderID(37) where the exchange knows no order, as FIX 4.4 asks of a cancel reject for an unknown order."""

RESPONSES_TO: Final = {RequestKind.CANCEL: b"1", RequestKind.REPLACE: b"2"}
"""CxlRejResponseTo(434)."""

_CANCEL_REJECT: Final = b"37=%b\x0111=%b\x0141=%b\x0139=%b\x011=%b\x01434=%b\x01102=%d\x0160=%b\x0158=%b\x01"


class FixReports:
    """The reports of one session, in its version of FIX. It keeps nothing, so sessions may share one."""

    __slots__ = ("_style",)

    def __init__(self, style: ReportStyle) -> None:
        self._style = style

    def report(self, event: OrderEvent, order: Order | None, places: Places) -> tuple[bytes, bytes] | None:
        """Return MsgType and body of the report of one event, ``None`` for what has no report of its own.

        ``order`` is the record after the event's whole command: it gives what does not change within a
        command, the event gives the numbers. It may be ``None`` for a ``CancelRejected`` only. ``places`` are
        the decimals of prices and quantities. ``MassCanceled`` has none: each order's cancel was reported.
        """
        encode = _ENCODE.get(type(event))
        return None if encode is None else encode(self._style, event, order, places)

    def status(self, order: Order, places: Places, transact_time: int, request_id: bytes = b"") -> bytes:
        """Return the body of the ExecutionReport that answers OrderStatusRequest(H).

        ExecType(150) is I (FIX.4.2: ExecTransType(20) 3, and ExecType as OrdStatus); ExecID(17) is 0, as the
        standard says for a report of no execution. ``transact_time`` is the time of the answer (UTC ns),
        ``request_id`` the OrdStatusReqID(790) to repeat, which FIX.4.2 does not have. A rejected order is
        followed by its reason. The same report answers an order that is sent again with PossResend(97).
        """
        style = self._style
        price_places, qty_places = places
        ord_status = style.ord_status(order.ord_status, is_replaced=bool(order.orig_cl_ord_id))
        return style.status % (
            b"%d" % order.order_id if order.order_id else NO_ORDER,
            b"0",
            style.status_exec_type or ord_status,
            ord_status,
            order.cl_ord_id,
            b"41=%b\x01" % order.orig_cl_ord_id if order.orig_cl_ord_id else b"",
            _terms_of(order),
            amounts(order.order_qty, order.price, places),
            encode_scaled(order.leaves_qty, qty_places),
            encode_scaled(order.cum_qty, qty_places),
            encode_scaled(order.avg_px, price_places),
            utc_text(transact_time),
            (b"790=%b\x01" % request_id if request_id and style.has_ord_status_req_id else b"")
            + (b"" if order.refusal is None else _reason(style, order.refusal)),
        )

    def unknown_status(self, query: OrderQuery, transact_time: int) -> bytes:
        """Return the body that answers OrderStatusRequest(H) for an order that is not known.

        As ``status``, with OrdStatus(39) 8, OrdRejReason(103) 5 (unknown order), OrderID(37) NONE.
        ``query.side`` is given: H requires Side(54).
        """
        style = self._style
        if query.order_id or not query.cl_ord_id:
            name = b"OrderID(37) %b" % (b"%d" % query.order_id if query.order_id else b"")
        else:
            name = b"ClOrdID(11) %b" % query.cl_ord_id
        ids = b"11=%b\x01" % query.cl_ord_id if query.cl_ord_id else b""
        if query.request_id and style.has_ord_status_req_id:
            ids += b"790=%b\x01" % query.request_id
        return style.unknown % (
            ids,
            query.symbol.encode("ascii"),
            b"1" if query.side is None else SIDES[query.side],
            name.rstrip() + b" names no order of the account",
            utc_text(transact_time),
        )

    def business_reject_reason(self, reason: BusinessRejectReason) -> BusinessRejectReason:
        """Return BusinessRejectReason(380) as the version knows it; Other (0) for one that it does not."""
        return reason if reason in self._style.business_reject_reasons else BusinessRejectReason.OTHER


class DetailedReports(FixReports):
    """Reports that end in additional fields."""

    __slots__ = ("_details",)

    def __init__(self, style: ReportStyle, *details: ReportDetails) -> None:
        super().__init__(style)
        self._details = details

    def report(self, event: OrderEvent, order: Order | None, places: Places) -> tuple[bytes, bytes] | None:
        """Return what ``FixReports`` does; an ExecutionReport ends in the details."""
        encode = _ENCODE.get(type(event))
        if encode is None:
            return None
        msg_type, body = encode(self._style, event, order, places)
        if msg_type == EXECUTION_REPORT:
            for detail in self._details:
                body += detail.of_event(event, order, places)
        return msg_type, body

    def status(self, order: Order, places: Places, transact_time: int, request_id: bytes = b"") -> bytes:
        """Return what ``FixReports`` does, and the details."""
        body = super().status(order, places, transact_time, request_id)
        return body + b"".join(detail.of_status(order, places, transact_time) for detail in self._details)

    def unknown_status(self, query: OrderQuery, transact_time: int) -> bytes:
        """Return what ``FixReports`` does, and the details."""
        body = super().unknown_status(query, transact_time)
        return body + b"".join(detail.of_status(None, (0, 0), transact_time) for detail in self._details)


def reports_for(begin_string: bytes, *, extra_tags: bool = False) -> FixReports:
    """Return how a session with this BeginString(8) is reported to; FIXT.1.1 carries FIX.5.0SP2."""
    details: list[ReportDetails] = [Fix50Sp2Details()] if begin_string == b"FIXT.1.1" else []
    if extra_tags:
        details.append(EngineTags())
    style = STYLES[begin_string]
    return DetailedReports(style, *details) if details else FixReports(style)


def _terms_of(order: Order) -> bytes:
    return terms(
        order.account, order.symbol, order.side, order.ord_type, order.time_in_force, order.post_only
    )


def _rejected(
    style: ReportStyle, event: OrderRejected, _order: Order | None, places: Places
) -> tuple[bytes, bytes]:
    refusal = event.refusal
    # What the model could not take over is left out rather than reported as something else.
    terms = b"1=%b\x0155=%b\x0154=%b\x01" % (event.account.encode(), event.symbol.encode(), SIDES[event.side])
    if refusal.field != "ord_type":
        terms += b"40=%b\x01" % ORD_TYPES[event.ord_type]
    if refusal.field != "time_in_force":
        terms += b"59=%b\x01" % TIMES_IN_FORCE[event.time_in_force]
    return EXECUTION_REPORT, style.report % (
        b"%d" % event.order_id,
        b"%d-%d" % (event.eseq, event.n),
        b"8",
        b"8",
        event.cl_ord_id,
        b"",
        terms + b"18=6\x01" if event.post_only else terms,
        amounts(event.order_qty, event.price, places),
        b"0",
        b"0",
        b"0",
        utc_text(event.transact_time),
        _reason(style, refusal),
    )


def _reason(style: ReportStyle, refusal: Refusal) -> bytes:
    return b"103=%d\x0158=%b\x01" % (style.ord_rej_reason(refusal), fix_text(refusal))


def _cancel_rejected(
    style: ReportStyle, event: CancelRejected, order: Order | None, _places: Places
) -> tuple[bytes, bytes]:
    refusal = event.refusal
    orig_cl_ord_id = event.orig_cl_ord_id or (NO_ORDER if order is None else order.cl_ord_id)
    return ORDER_CANCEL_REJECT, _CANCEL_REJECT % (
        b"%d" % event.order_id if event.order_id else NO_ORDER,
        event.cl_ord_id,
        orig_cl_ord_id,
        style.ord_status(event.ord_status, is_replaced=order is not None and bool(order.orig_cl_ord_id)),
        event.account.encode(),
        RESPONSES_TO[event.kind],
        style.cxl_rej_reason(refusal),
        utc_text(event.transact_time),
        fix_text(refusal),
    )


_ENCODE: Final[dict[type[OrderEvent], Callable[[ReportStyle, Any, Any, Places], tuple[bytes, bytes]]]] = {
    OrderAccepted: accepted,
    OrderRejected: _rejected,
    OrderFilled: filled,
    OrderCanceled: canceled,
    OrderReplaced: replaced,
    CancelRejected: _cancel_rejected,
}

FIX_44: Final = reports_for(b"FIX.4.4")

encode_report: Final = FIX_44.report
encode_status: Final = FIX_44.status
encode_unknown_status: Final = FIX_44.unknown_status
