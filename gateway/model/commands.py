"""Commands: what a client session asks of the engine. Their msgpack form is the input log.

Amounts are scaled integers (``instruments``); times are UTC nanoseconds. ``session`` and
``msg_seq_num`` say which inbound message caused the command: ``msg_seq_num`` is MsgSeqNum(34)
on FIX and the request counter of the connection on WebSocket.
"""

from typing import TypeAlias

import msgspec

from gateway.model.vocabulary import (
    MassCancelScope,
    OrdType,
    RejectReason,
    Side,
    TimeInForce,
    TradingStatus,
)


class Refusal(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Why a request was refused: reason, the model's field name, the limit and the value sent."""

    reason: RejectReason
    field: str = ""
    limit: str = ""
    value: str = ""


class NewOrder(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="new"):
    """Enter an order. ``price`` is 0 for a market order."""

    session: str
    msg_seq_num: int
    account: str
    transact_time: int
    cl_ord_id: bytes
    symbol: str
    side: Side
    ord_type: OrdType
    time_in_force: TimeInForce
    order_qty: int
    price: int
    post_only: bool = False


class CancelOrder(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="cancel"):
    """Cancel an open order, named by ``order_id`` or, when that is 0, by ``orig_cl_ord_id``."""

    session: str
    msg_seq_num: int
    account: str
    transact_time: int
    cl_ord_id: bytes
    orig_cl_ord_id: bytes
    order_id: int
    symbol: str


class ReplaceOrder(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="replace"):
    """Change price or total quantity of an open limit order.

    ``order_qty`` is the new OrderQty(38), filled part included. Less quantity at the same price keeps
    the order's place in the queue; anything else moves it to the end of its (new) level.
    """

    session: str
    msg_seq_num: int
    account: str
    transact_time: int
    cl_ord_id: bytes
    orig_cl_ord_id: bytes
    order_id: int
    symbol: str
    order_qty: int
    price: int


class MassCancel(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="mass_cancel"):
    """Cancel the open orders of ``account`` that are in ``scope``.

    ``SESSION`` takes those whose owner is ``target_session``, ``SYMBOL`` those in ``symbol``.
    ``on_disconnect`` marks a cancel that a lost session caused, not a request.
    """

    session: str
    msg_seq_num: int
    account: str
    transact_time: int
    cl_ord_id: bytes
    scope: MassCancelScope
    symbol: str = ""
    target_session: str = ""
    on_disconnect: bool = False


class Refuse(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="refuse"):
    """Record that the gateway refused ``request``, so that the answer has its engine sequence too."""

    request: NewOrder | CancelOrder | ReplaceOrder
    refusal: Refusal


class SetTradingStatus(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="status"):
    """Open, close or halt an instrument (operator)."""

    transact_time: int
    symbol: str
    status: TradingStatus


Command: TypeAlias = NewOrder | CancelOrder | ReplaceOrder | MassCancel | Refuse | SetTradingStatus
