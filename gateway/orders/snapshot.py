"""The state of the order path as bytes, and back.

The bytes depend on the events alone: whoever has applied the same events gives the same. NOT here: where
snapshots are kept, and their checksum (``gateway.store``); attached sessions and their message budgets.
"""

from typing import Final

import msgspec

from gateway.model import CancelRejected, EnvelopeError, TradingStatus, decode_envelope, encode_envelope
from gateway.orders.order import Order, ReplaceTerms

FORM: Final = ("bdax-orders", 1)
"""Format and version."""


class SnapshotError(ValueError):
    """The bytes are no snapshot of this version, or contradict themselves. The message says why."""


class AccountState(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The open orders of an account, oldest first, and its last ``exec_id``."""

    account: str
    exec_id: int
    orders: list[Order]


class FormerIdState(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A ClOrdID that a replace with ``eseq`` took from an order; ``terms``: the replace that had given it."""

    order_id: int
    cl_ord_id: bytes
    eseq: int
    transact_time: int
    terms: ReplaceTerms | None = None


class ClosedState(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A closed order, a ClOrdID that is no longer an order's, or a refused replace: one of them."""

    order: Order | None
    former_id: FormerIdState | None
    refused: CancelRejected | None = None


class RegistryState(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The registry: accounts by name, ``closed`` in the order of closing, ``used`` as its memory gives it."""

    accounts: list[AccountState]
    closed: list[ClosedState]
    used: bytes


class MarketState(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """An instrument as the checks see it. ``last_px`` is ``None`` before its first trade."""

    symbol: str
    status: TradingStatus
    last_px: int | None


class OrdersState(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """All that decides about the answers to come. ``markets`` are in order of symbol."""

    registry: RegistryState
    markets: list[MarketState]


def encode_state(state: OrdersState) -> bytes:
    """Return ``state`` as msgpack: ``[format, version, state]``."""
    return encode_envelope(FORM, state)


def decode_state(snapshot: bytes) -> OrdersState:
    """Return the state in ``snapshot``. Raises ``SnapshotError``."""
    try:
        return decode_envelope(snapshot, FORM, OrdersState)
    except EnvelopeError as error:
        raise SnapshotError(f"order snapshot {error}") from error
