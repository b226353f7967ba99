"""The bounds of the parts, as configured."""

from typing import Final

from gateway.marketdata import HubSettings, RingBounds, StreamBounds
from gateway.orders import OrderLimits
from gateway.settings import GatewaySettings, MarketDataSettings

_NS: Final = 1_000_000_000


def hub_settings(market_data: MarketDataSettings) -> HubSettings:
    """Return the hub's bounds as configured."""
    return HubSettings(
        max_lags=market_data.slow_max_lags,
        lag_window_ns=int(market_data.slow_window_s * _NS),
        heartbeat_ns=int(market_data.heartbeat_s * _NS),
    )


def ring_bounds(market_data: MarketDataSettings) -> RingBounds:
    """Return what is kept for resume as configured."""
    return RingBounds(
        changes=market_data.ring_changes, age_ns=int(market_data.ring_s * _NS), size=market_data.ring_bytes
    )


def stream_bounds(market_data: MarketDataSettings) -> StreamBounds:
    """Return how many streams there may be, and what their pushes may take, as configured."""
    return StreamBounds(
        max_streams=market_data.max_variants,
        max_of_symbol=market_data.instrument_variants,
        all_ring_bytes=market_data.push_ring_bytes,
    )


def order_limits(settings: GatewaySettings) -> OrderLimits:
    """Return the order path's limits as configured."""
    orders = settings.orders
    return OrderLimits(
        throttle_rate=orders.throttle_rate,
        throttle_burst=orders.throttle_burst,
        max_open_orders=orders.max_open_orders,
        max_open_orders_of={
            account.id: account.max_open_orders
            for account in settings.accounts.accounts
            if account.max_open_orders is not None
        },
        price_bands=orders.price_bands,
        closed_max=orders.closed_max,
        idempotency_max=orders.idempotency_max,
        idempotency_ns=int(orders.idempotency_h * 3600 * _NS),
    )
