"""Events: what the engine says happened.

``eseq`` is the engine sequence: each command the engine works takes the next number, and all that the
command caused (reports, trades, book changes) carries it. ``n`` counts the events of one command
from 1, so ``<eseq>-<n>`` is unique. ``transact_time`` is the command's, UTC nanoseconds. Amounts
are scaled integers. ``session`` and ``msg_seq_num`` name the inbound message that is answered;
``owner`` is the session that entered the order.
"""

from typing import TypeAlias

import msgspec

from gateway.model.commands import Refusal
from gateway.model.vocabulary import (
    CancelCause,
    OrdStatus,
    OrdType,
    RequestKind,
    Side,
    TimeInForce,
    TradingStatus,
)


class OrderAccepted(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="accepted"):
    """A new order entered the engine. ``order_id`` is the ``eseq`` of its command."""

    eseq: int
    n: int
    transact_time: int
    session: str
    msg_seq_num: int
    account: str
    cl_ord_id: bytes
    order_id: int
    symbol: str
    side: Side
    ord_type: OrdType
    time_in_force: TimeInForce
    order_qty: int
    price: int
    post_only: bool


class OrderRejected(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="rejected"):
    """A new order was refused, by the gateway's checks or by the engine. ``order_id`` is its ``eseq``."""

    eseq: int
    n: int
    transact_time: int
    session: str
    msg_seq_num: int
    account: str
    cl_ord_id: bytes
    order_id: int
    symbol: str
    side: Side
    ord_type: OrdType
    time_in_force: TimeInForce
    order_qty: int
    price: int
    post_only: bool
    refusal: Refusal


class OrderFilled(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="filled"):
    """One side of a match. ``avg_px`` is rounded half up to the price's places."""

    eseq: int
    n: int
    transact_time: int
    owner: str
    account: str
    order_id: int
    last_qty: int
    last_px: int
    cum_qty: int
    leaves_qty: int
    avg_px: int
    aggressor: bool


class OrderCanceled(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="canceled"):
    """An order left the engine with ``canceled_qty`` unfilled.

    For ``CancelCause.REQUESTED`` the last four fields name the request that is answered; else they are
    empty.
    """

    eseq: int
    n: int
    transact_time: int
    owner: str
    account: str
    order_id: int
    cum_qty: int
    canceled_qty: int
    cause: CancelCause
    session: str = ""
    msg_seq_num: int = 0
    cl_ord_id: bytes = b""
    orig_cl_ord_id: bytes = b""


class OrderReplaced(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="replaced"):
    """Price or quantity of an order changed; its ClOrdID is now ``cl_ord_id``.

    ``avg_px`` is that of the fills before the change, 0 without any.
    """

    eseq: int
    n: int
    transact_time: int
    owner: str
    account: str
    order_id: int
    session: str
    msg_seq_num: int
    cl_ord_id: bytes
    orig_cl_ord_id: bytes
    order_qty: int
    price: int
    cum_qty: int
    leaves_qty: int
    avg_px: int = 0


class CancelRejected(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="cancel_rejected"):
    """A cancel or replace was refused. No order matched: ``order_id`` 0, ``ord_status`` REJECTED.

    The last three fields are what a replace asked for; for a cancel they are empty.
    """

    eseq: int
    n: int
    transact_time: int
    session: str
    msg_seq_num: int
    account: str
    cl_ord_id: bytes
    orig_cl_ord_id: bytes
    order_id: int
    kind: RequestKind
    ord_status: OrdStatus
    refusal: Refusal
    symbol: str = ""
    order_qty: int = 0
    price: int = 0


class MassCanceled(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="mass_canceled"):
    """A mass cancel was worked; ``affected`` orders were canceled by the events before this one."""

    eseq: int
    n: int
    transact_time: int
    session: str
    msg_seq_num: int
    account: str
    cl_ord_id: bytes
    affected: int


class Trade(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="trade"):
    """A match, as the public sees it. ``aggressor_side`` is the side of the incoming order."""

    eseq: int
    n: int
    transact_time: int
    symbol: str
    price: int
    quantity: int
    aggressor_side: Side


class BookDelta(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="book"):
    """The new total ``quantity`` of one price level after a command; 0 removes the level."""

    eseq: int
    n: int
    transact_time: int
    symbol: str
    side: Side
    price: int
    quantity: int


class InstrumentStatus(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="instrument_status"):
    """The trading status of an instrument changed."""

    eseq: int
    n: int
    transact_time: int
    symbol: str
    status: TradingStatus


OrderEvent: TypeAlias = (
    OrderAccepted
    | OrderRejected
    | OrderFilled
    | OrderCanceled
    | OrderReplaced
    | CancelRejected
    | MassCanceled
)
MarketEvent: TypeAlias = Trade | BookDelta | InstrumentStatus
Event: TypeAlias = OrderEvent | MarketEvent
