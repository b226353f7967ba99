"""What the store keeps of each execution: the event, and the order as it was told with it.

NOT here: who is told (``router``), where executions are kept (``gateway.store``).
"""

from typing import Final, TypeAlias

import msgspec

from gateway.model import OrderEvent
from gateway.orders.order import Order

_Execution: TypeAlias = tuple[OrderEvent, Order | None]

_encode: Final = msgspec.msgpack.Encoder().encode
_DECODER: Final[msgspec.msgpack.Decoder[_Execution]] = msgspec.msgpack.Decoder(_Execution)


def encode_execution(event: OrderEvent, order: Order | None) -> bytes:
    """Return ``event`` and the record of its order (``None`` when there is none) as msgpack."""
    return _encode((event, order))


def decode_execution(execution: bytes) -> tuple[OrderEvent, Order | None]:
    """Return what ``encode_execution`` was given. Raises ``msgspec.DecodeError``."""
    return _DECODER.decode(execution)
