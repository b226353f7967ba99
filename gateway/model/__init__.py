"""The narrow waist: commands in, events out, instruments, scaled integers, the envelope of kept states.

Pure values. Every package above speaks these words; no wire code, clock or I/O is known here.
"""

from gateway.model.commands import (
    CancelOrder,
    Command,
    MassCancel,
    NewOrder,
    Refusal,
    Refuse,
    ReplaceOrder,
    SetTradingStatus,
)
from gateway.model.envelope import EnvelopeError, decode_envelope, encode_envelope
from gateway.model.events import (
    BookDelta,
    CancelRejected,
    Event,
    InstrumentStatus,
    MarketEvent,
    MassCanceled,
    OrderAccepted,
    OrderCanceled,
    OrderEvent,
    OrderFilled,
    OrderRejected,
    OrderReplaced,
    Trade,
)
from gateway.model.instruments import Instrument, Instruments, TickTable
from gateway.model.scaled import MAX_SCALED, ScaledError, encode_scaled, format_scaled, parse_scaled
from gateway.model.vocabulary import (
    CancelCause,
    MassCancelScope,
    OrdStatus,
    OrdType,
    RejectReason,
    RequestKind,
    Side,
    TimeInForce,
    TradingStatus,
)

__all__ = [
    "MAX_SCALED",
    "BookDelta",
    "CancelCause",
    "CancelOrder",
    "CancelRejected",
    "Command",
    "EnvelopeError",
    "Event",
    "Instrument",
    "InstrumentStatus",
    "Instruments",
    "MarketEvent",
    "MassCancel",
    "MassCancelScope",
    "MassCanceled",
    "NewOrder",
    "OrdStatus",
    "OrdType",
    "OrderAccepted",
    "OrderCanceled",
    "OrderEvent",
    "OrderFilled",
    "OrderRejected",
    "OrderReplaced",
    "Refusal",
    "Refuse",
    "RejectReason",
    "ReplaceOrder",
    "RequestKind",
    "ScaledError",
    "SetTradingStatus",
    "Side",
    "TickTable",
    "TimeInForce",
    "Trade",
    "TradingStatus",
    "decode_envelope",
    "encode_envelope",
    "encode_scaled",
    "format_scaled",
    "parse_scaled",
]
