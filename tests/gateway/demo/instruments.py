"""What the gateway answers to ``instruments``, for the demo market's tests."""

from typing import Any

from gateway.demo import amounts
from tests.gateway.demo.pairs import BTC

BTC_ON_THE_WIRE: dict[str, Any] = {
    "symbol": "BTC-KRW",
    "base": "BTC",
    "quote": "KRW",
    "price_places": 2,
    "qty_places": 8,
    "ticks": [{"from": amounts.text(start, 2), "tick": amounts.text(tick, 2)} for start, tick in BTC.bands],
    "lot": "0.00000001",
    "min_quantity": "0.00000001",
    "max_quantity": "1000",
    "min_notional": "5000",
    "max_notional": "50000000000",
    "reference_price": "100000000",
    "band_pct": 30,
    "status": "open",
}
