"""Limits of the order path as one frozen object."""

from collections.abc import Mapping

import msgspec


class OrderLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What a session and an account may do. 0 lifts a limit.

    ``throttle_rate`` is requests per second and session, ``throttle_burst`` how many at once;
    ``max_open_orders`` holds per account that has no bound of its own in ``max_open_orders_of``;
    ``closed_max`` bounds the closed orders that are remembered in full, ``idempotency_max`` the ClOrdIDs of
    older ones. Neither is remembered for longer than ``idempotency_ns`` nanoseconds.
    """

    throttle_rate: int = 1_000
    throttle_burst: int = 10_000
    max_open_orders: int = 10_000
    max_open_orders_of: Mapping[str, int] = {}
    price_bands: bool = True
    closed_max: int = 100_000
    idempotency_max: int = 20_000_000
    idempotency_ns: int = 86_400_000_000_000
