"""The ticker against a naive one that keeps every trade."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.marketdata import Ticker, TickerState, TickerView
from tests.gateway.marketdata.market import DAY, HOUR, MIDNIGHT, MINUTE, S, trade_at

EMPTY = TickerView(None, None, None, None, None, 0, 0, 0, None, None)


def _restored(ticker: Ticker) -> Ticker:
    """Return what a restart makes of ``ticker``."""
    encoded = msgspec.msgpack.encode(ticker.state())
    restored = Ticker()
    restored.on_trade(trade_at(5, 5, 5))
    restored.restore(msgspec.msgpack.decode(encoded, type=TickerState))
    assert msgspec.msgpack.encode(restored.state()) == encoded
    return restored


def test_a_ticker_without_trades_says_nothing() -> None:
    ticker = Ticker()
    assert ticker.view() == EMPTY
    assert not ticker.advance(MIDNIGHT)
    assert ticker.changes_at is None


def test_trades_of_the_window_are_summed_up() -> None:
    ticker = Ticker()
    ticker.on_trade(trade_at(MIDNIGHT, 100, 2))
    ticker.on_trade(trade_at(MIDNIGHT + HOUR, 90, 3))
    ticker.on_trade(trade_at(MIDNIGHT + 2 * HOUR, 110, 5))
    ticker.on_trade(trade_at(MIDNIGHT + 3 * HOUR, 95, 1))
    turnover = 100 * 2 + 90 * 3 + 110 * 5 + 95
    assert ticker.view() == TickerView(100, 110, 90, 95, -5, 11, turnover, 4, None, None)


def test_a_trade_leaves_with_its_minute_a_day_later() -> None:
    ticker = Ticker()
    ticker.on_trade(trade_at(MIDNIGHT + 30 * S, 100, 2))
    ticker.on_trade(trade_at(MIDNIGHT + MINUTE, 90, 3))
    assert ticker.changes_at == MIDNIGHT + DAY
    assert not ticker.advance(MIDNIGHT + DAY - 1)
    assert ticker.view().count == 2
    assert ticker.advance(MIDNIGHT + DAY)
    assert ticker.view() == TickerView(90, 90, 90, 90, 0, 3, 270, 1, None, None)
    assert ticker.advance(MIDNIGHT + DAY + MINUTE)
    assert ticker.view() == replace(EMPTY, last=90)


def test_time_does_not_step_back() -> None:
    ticker = Ticker()
    ticker.advance(MIDNIGHT + HOUR)
    ticker.on_trade(trade_at(MIDNIGHT, 100, 2))
    assert not ticker.advance(MIDNIGHT)
    assert ticker.changes_at == MIDNIGHT + HOUR + DAY


def test_best_prices_are_told_and_whether_they_changed() -> None:
    ticker = Ticker()
    assert not ticker.on_best(None, None)
    assert ticker.on_best((99, 1), None)
    assert ticker.on_best((99, 1), (101, 2))
    assert not ticker.on_best((99, 1), (101, 2))
    assert ticker.on_best((99, 3), (101, 2))
    assert ticker.view() == replace(EMPTY, bid=(99, 3), ask=(101, 2))
    assert _restored(ticker).view() == ticker.view()


def test_amounts_beyond_64_bits_survive_a_restart() -> None:
    ticker = Ticker()
    most = 2**63 - 1
    for _ in range(3):
        ticker.on_trade(trade_at(MIDNIGHT, most, most))
    view = _restored(ticker).view()
    assert (view.volume, view.turnover) == (3 * most, 3 * most * most)


def test_a_falling_market_holds_one_entry_a_minute() -> None:
    ticker = Ticker()
    for i in range(10_000):
        ticker.on_trade(trade_at(MIDNIGHT + i * MINUTE // 100, 10**6 - i, 1))
    assert len(ticker._minutes) == len(ticker._highs) == 100
    assert len(ticker._lows) == 1


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["trade", "trade", "trade", "advance", "restart"]),
        st.one_of(
            st.integers(0, 90 * S),
            st.integers(0, 4 * HOUR),
            st.integers(0, 26 * HOUR),
            st.sampled_from([-5 * S, MINUTE, HOUR, DAY - MINUTE, DAY]),
        ),
        st.integers(95, 105),
        st.integers(1, 9),
    ),
    max_size=60,
)


@given(_STEPS, st.integers(MIDNIGHT, MIDNIGHT + DAY))
def test_the_ticker_says_what_a_naive_one_does(steps: list[tuple[str, int, int, int]], time: int) -> None:
    ticker = Ticker()
    now = 0
    last: int | None = None
    trades: list[tuple[int, int, int]] = []
    for act, step, price, quantity in steps:
        time += step
        if act == "restart":
            ticker = _restored(ticker)
            continue
        now = max(now, time)
        left = [trade for trade in trades if trade[0] // MINUTE <= now // MINUTE - 1440]
        trades = trades[len(left) :]
        if act == "trade":
            last = price
            trades.append((now, price, quantity))
            ticker.on_trade(trade_at(time, price, quantity))
        else:
            assert ticker.advance(time) == bool(left)
        if not trades:
            assert ticker.view() == replace(EMPTY, last=last)
            assert ticker.changes_at is None
            continue
        prices = [price for _, price, _ in trades]
        assert ticker.view() == TickerView(
            prices[0],
            max(prices),
            min(prices),
            prices[-1],
            prices[-1] - prices[0],
            sum(quantity for _, _, quantity in trades),
            sum(price * quantity for _, price, quantity in trades),
            len(trades),
            None,
            None,
        )
        assert ticker.changes_at == trades[0][0] // MINUTE * MINUTE + DAY
