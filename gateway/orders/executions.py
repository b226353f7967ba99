"""What the store keeps of each execution: the event, and the order as it was told with it.

NOT here: who is told (``router``), where executions are kept (``gateway.store``).
"""

from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from gateway.model import OrderAccepted, OrderEvent, OrdStatus
from gateway.orders.order import Order

_NEW: Final = OrdStatus.NEW


class _Execution(msgspec.Struct, array_like=True, forbid_unknown_fields=True, gc=False):
    """``order`` is left out where it is what its acceptance says: nothing has traded yet."""

    event: OrderEvent
    order: Order | UnsetType | None = UNSET


_encode: Final = msgspec.msgpack.Encoder().encode
_DECODER: Final = msgspec.msgpack.Decoder(_Execution)


def encode_execution(event: OrderEvent, order: Order | None) -> bytes:
    """Return ``event`` and the record of its order as msgpack.

    ``order`` is as the registry has it with the event, ``None`` when there is none.
    """
    if (
        type(event) is OrderAccepted
        and order is not None
        and order.ord_status is _NEW
        and order.eseq == event.eseq
    ):
        return _encode((event,))
    return _encode((event, order))


def decode_execution(execution: bytes) -> tuple[OrderEvent, Order | None]:
    """Return what ``encode_execution`` was given. Raises ``msgspec.DecodeError``."""
    decoded = _DECODER.decode(execution)
    event, order = decoded.event, decoded.order
    if not isinstance(order, UnsetType):
        return event, order
    if not isinstance(event, OrderAccepted):
        raise msgspec.ValidationError(f"an execution without its order: {type(event).__name__}")
    return event, _as_entered(event)


def _as_entered(event: OrderAccepted) -> Order:
    return Order(
        event.account,
        event.session,
        event.cl_ord_id,
        event.symbol,
        event.side,
        event.ord_type,
        event.time_in_force,
        event.price,
        event.order_qty,
        event.post_only,
        event.transact_time,
        event.order_id,
        leaves_qty=event.order_qty,
        ord_status=_NEW,
        eseq=event.eseq,
    )
