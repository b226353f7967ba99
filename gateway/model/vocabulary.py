"""The closed vocabularies of the model: sides, order types, statuses, reasons.

Member names are FIX terms; values are the model's own small integers, so that the journal stays
compact and no wire code leaks inward. Dialects map them to their wire codes.
"""

import enum


class Side(enum.IntEnum):
    """Side(54)."""

    BUY = 1
    SELL = 2


class OrdType(enum.IntEnum):
    """OrdType(40)."""

    MARKET = 1
    LIMIT = 2


class TimeInForce(enum.IntEnum):
    """TimeInForce(59)."""

    GTC = 1
    IOC = 3
    FOK = 4


class OrdStatus(enum.IntEnum):
    """OrdStatus(39). ``PENDING_NEW``: submitted, not yet answered by the engine."""

    NEW = 0
    PARTIALLY_FILLED = 1
    FILLED = 2
    CANCELED = 4
    REJECTED = 8
    PENDING_NEW = 10

    @property
    def is_open(self) -> bool:
        """Whether quantity of the order can still trade."""
        return self in _OPEN


_OPEN = frozenset({OrdStatus.NEW, OrdStatus.PARTIALLY_FILLED, OrdStatus.PENDING_NEW})


class TradingStatus(enum.IntEnum):
    """What an instrument accepts at the moment."""

    OPEN = 1
    CANCEL_ONLY = 2
    HALTED = 3


class CancelCause(enum.IntEnum):
    """Why an order left the book without a fill."""

    REQUESTED = 1
    IMMEDIATE_OR_CANCEL = 2
    FILL_OR_KILL = 3
    NO_LIQUIDITY = 4
    MASS_CANCEL = 5
    DISCONNECT = 6


class MassCancelScope(enum.IntEnum):
    """Which open orders of an account a mass cancel takes."""

    SESSION = 1
    ACCOUNT = 2
    SYMBOL = 3


class RequestKind(enum.IntEnum):
    """Which request a ``CancelRejected`` answers: CxlRejResponseTo(434)."""

    CANCEL = 1
    REPLACE = 2


class RejectReason(enum.IntEnum):
    """Every reason for which a well-formed request is refused. One enum for all front ends."""

    UNKNOWN_SYMBOL = 1
    INSTRUMENT_NOT_OPEN = 2
    INVALID_PRICE_TICK = 3
    INVALID_QUANTITY_LOT = 4
    QUANTITY_TOO_SMALL = 5
    QUANTITY_TOO_LARGE = 6
    NOTIONAL_TOO_SMALL = 7
    NOTIONAL_TOO_LARGE = 8
    PRICE_OUT_OF_BAND = 9
    TOO_MANY_OPEN_ORDERS = 10
    DUPLICATE_CL_ORD_ID = 11
    THROTTLED = 12
    POST_ONLY_WOULD_TRADE = 13
    UNKNOWN_ORDER = 14
    TOO_LATE = 15
    QUANTITY_BELOW_FILLED = 16
    UNSUPPORTED = 17
    INVALID_VALUE = 18
