"""Each pre-trade rule: what it takes, what it refuses, and that the refusal names field, limit and value."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model import NewOrder, OrderRejected, OrdType, Refusal, RejectReason, TimeInForce
from gateway.orders import OrderLimits
from tests.gateway.orders.floor import BTC, Floor, order


def refusal_of(command: NewOrder, limits: OrderLimits | None = None) -> Refusal | None:
    floor = Floor(limits)
    session = floor.session("S1")
    floor.submit(command)
    event = session.events[0]
    return event.refusal if isinstance(event, OrderRejected) else None


CASES: list[tuple[str, dict[str, Any], tuple[RejectReason, str, str, str] | None]] = [
    ("a good order", {}, None),
    ("an unknown symbol", {"symbol": "DOGE-KRW"}, (RejectReason.UNKNOWN_SYMBOL, "symbol", "", "DOGE-KRW")),
    ("off the lot", {"qty": 101}, (RejectReason.INVALID_QUANTITY_LOT, "order_qty", "0.05", "1.01")),
    ("no quantity", {"qty": 0}, (RejectReason.QUANTITY_TOO_SMALL, "order_qty", "0.1", "0")),
    ("less than the minimum", {"qty": 5}, (RejectReason.QUANTITY_TOO_SMALL, "order_qty", "0.1", "0.05")),
    ("the maximum", {"qty": 10_000}, None),
    (
        "more than the maximum",
        {"qty": 10_005},
        (RejectReason.QUANTITY_TOO_LARGE, "order_qty", "100", "100.05"),
    ),
    ("off the tick", {"price": 5_005}, (RejectReason.INVALID_PRICE_TICK, "price", "10", "5005")),
    ("no price", {"price": 0}, (RejectReason.INVALID_PRICE_TICK, "price", "1", "0")),
    ("the lower end of the band", {"price": 2_500}, None),
    ("below the band", {"price": 2_490}, (RejectReason.PRICE_OUT_OF_BAND, "price", "2500", "2490")),
    ("the upper end of the band", {"price": 7_500, "qty": 100}, None),
    ("above the band", {"price": 7_510}, (RejectReason.PRICE_OUT_OF_BAND, "price", "7500", "7510")),
    (
        "too small a notional",
        {"symbol": "BTC-KRW", "price": 5_000, "qty": 10},
        None,
    ),
    (
        "too large a notional",
        {"price": 7_500, "qty": 10_000},
        (RejectReason.NOTIONAL_TOO_LARGE, "notional", "500000", "750000"),
    ),
]


@pytest.mark.parametrize(("terms", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_limit_orders(terms: dict[str, Any], expected: tuple[RejectReason, str, str, str] | None) -> None:
    assert refusal_of(order("a", **terms)) == (None if expected is None else Refusal(*expected))


def test_a_small_notional_is_refused() -> None:
    limits = OrderLimits(price_bands=False)
    assert refusal_of(order("a", price=90, qty=10), limits) == Refusal(
        RejectReason.NOTIONAL_TOO_SMALL, "notional", "10", "9"
    )


def test_bands_can_be_lifted_for_all_or_for_an_instrument() -> None:
    assert refusal_of(order("a", price=49_990), OrderLimits(price_bands=False)) is None
    assert refusal_of(order("a", symbol="ETH-KRW", price=999_999)) is None


def test_a_market_order_has_no_price_to_check() -> None:
    market = order("a", ord_type=OrdType.MARKET, time_in_force=TimeInForce.IOC, price=0)
    assert refusal_of(market) is None


def test_open_orders_per_account_are_bounded() -> None:
    limits = OrderLimits(max_open_orders=2, max_open_orders_of={"B": 1, "C": 0})
    floor = Floor(limits)
    session = floor.session("S1")
    floor.submit(order("a"), order("b"), order("c"))
    floor.submit(*(order(name, account="B") for name in "ab"))
    floor.submit(*(order(name, account="C") for name in "abc"))
    refused = [event for event in session.events if isinstance(event, OrderRejected)]
    assert [(event.account, event.refusal.limit) for event in refused] == [("A", "2"), ("B", "1")]
    assert refused[0].refusal == Refusal(RejectReason.TOO_MANY_OPEN_ORDERS, "account", "2", "A")


@given(price=st.integers(0, 20_000), qty=st.integers(0, 20_000))
def test_what_is_accepted_keeps_every_limit(price: int, qty: int) -> None:
    accepted = refusal_of(order("a", price=price, qty=qty)) is None
    keeps = (
        price > 0
        and price % BTC.ticks.tick(price) == 0
        and 2_500 <= price <= 7_500
        and qty % BTC.lot == 0
        and BTC.min_qty <= qty <= BTC.max_qty
        and BTC.min_notional <= price * qty <= BTC.max_notional
    )
    assert accepted == keeps
