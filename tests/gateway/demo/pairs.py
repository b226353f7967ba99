"""The instruments of the demo market's tests."""

from gateway.demo.pairs import Pair

KRW_BANDS = (
    (0, 1),
    (1_000_00, 1_00),
    (10_000_00, 10_00),
    (100_000_00, 50_00),
    (500_000_00, 100_00),
    (1_000_000_00, 500_00),
    (2_000_000_00, 1_000_00),
)

BTC = Pair(
    symbol="BTC-KRW",
    price_places=2,
    qty_places=8,
    bands=KRW_BANDS,
    lot=1,
    min_qty=1,
    min_notional=5_000 * 10**10,
    reference_price=100_000_000_00,
)

USDT = Pair(
    symbol="USDT-KRW",
    price_places=2,
    qty_places=8,
    bands=KRW_BANDS,
    lot=10_000,
    min_qty=10_000,
    min_notional=5_000 * 10**10,
    reference_price=1_400_00,
)

EDGE = Pair(
    symbol="EDGE-KRW",
    price_places=2,
    qty_places=8,
    bands=KRW_BANDS,
    lot=1,
    min_qty=1,
    min_notional=5_000 * 10**10,
    reference_price=2_000_000_00,
)
"""Its price is at home where two bands meet."""
