from collections.abc import Callable
from typing import Any, cast

import pytest

from gateway.admin import AdminServer
from gateway.ports import LatencyBuckets, MetricsSource, Sample
from gateway.settings import HttpSettings


def sources() -> list[MetricsSource]:
    latency = LatencyBuckets()
    latency.record(20_000, 3)
    latency.record(10_000_000_000)
    return [
        lambda: [
            Sample("bdax_orders", "Orders.", "counter", 7, (("side", "buy"),)),
            Sample("bdax_sessions", "Sessions.", "gauge", 2),
        ],
        lambda: [
            Sample("bdax_orders", "Orders.", "counter", 5, (("side", "sell"),)),
            Sample(
                "bdax_order_latency_seconds", "Latency.", "histogram", latency.value(), (("front", "fix"),)
            ),
        ],
    ]


@pytest.fixture
def make_server() -> Callable[..., AdminServer]:
    def make(health: Any = None, **settings: Any) -> AdminServer:
        state = {"status": "ok", "durability": "none"} if health is None else health
        return AdminServer(
            HttpSettings(**settings),
            state if callable(state) else lambda: cast("dict[str, object]", state),
            sources(),
        )

    return make
