"""The state of the order path as bytes, and back.

The bytes depend on the events alone: whoever has applied the same events gives the same. NOT here: where
snapshots are kept, and their checksum (``gateway.store``); attached sessions and their message budgets.
"""

from typing import Final

import msgspec

from gateway.model import TradingStatus
from gateway.orders.order import Order

FORMAT: Final = "bdax-orders"
VERSION: Final = 1


class SnapshotError(ValueError):
    """The bytes are no snapshot of this version, or contradict themselves. The message says why."""


class AccountState(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The open orders of an account, oldest first, and its last ``exec_id``."""

    account: str
    exec_id: int
    orders: list[Order]


class FormerIdState(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A ClOrdID that a replace with ``eseq`` took from an order."""

    order_id: int
    cl_ord_id: bytes
    eseq: int
    transact_time: int


class ClosedState(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A closed order, or a ClOrdID that is no longer an order's: one of both."""

    order: Order | None
    former_id: FormerIdState | None


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


class _Envelope(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    format: str
    version: int
    state: msgspec.Raw


def encode_state(state: OrdersState) -> bytes:
    """Return ``state`` as msgpack: ``[format, version, state]``."""
    raw = msgspec.Raw(msgspec.msgpack.encode(state))
    return msgspec.msgpack.encode(_Envelope(FORMAT, VERSION, raw))


def decode_state(snapshot: bytes) -> OrdersState:
    """Return the state in ``snapshot``. Raises ``SnapshotError``."""
    try:
        envelope = msgspec.msgpack.decode(snapshot, type=_Envelope)
        if envelope.format != FORMAT or envelope.version != VERSION:
            raise SnapshotError(
                f"order snapshot is {envelope.format!r} version {envelope.version},"
                f" this gateway reads {FORMAT!r} version {VERSION}"
            )
        return msgspec.msgpack.decode(envelope.state, type=OrdersState)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SnapshotError(f"order snapshot is damaged: {error}") from error
