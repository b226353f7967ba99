"""Trades summed up many at a time come to the same as one by one."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.marketdata.candles import Candles
from gateway.marketdata.tally import Tally
from gateway.marketdata.ticker import Ticker
from gateway.model import Side, Trade
from tests.gateway.marketdata.market import BTC

S = 1_000_000_000


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3 * S), st.integers(1, 9), st.integers(1, 9), st.sampled_from([0, 0, 0, 1, 2])
        ),
        max_size=60,
    )
)
def test_trades_at_once_are_the_same_as_one_by_one(told: list[tuple[int, int, int, int]]) -> None:
    tally, candles, ticker = Tally(), Candles(), Ticker()
    closed, expected = [], []
    now = 1_700_000_000 * S
    for n, (step, price, quantity, act) in enumerate(told):
        now += step if n % 7 else 90 * step
        trade = Trade(n, 1, now, BTC, price, quantity, Side.BUY)
        tally.pending.append(trade)
        expected += candles.on_trade(trade)
        ticker.on_trade(trade)
        if act == 1:
            closed += tally.fold()
        elif act == 2:
            closed += tally.pass_time(now, n)[0]
            expected += candles.advance(now)
            ticker.advance(now)
    closed += tally.fold()
    assert closed == expected
    assert tally.pending == []
    assert tally.candles.state() == candles.state()
    assert tally.ticker.state() == ticker.state()


def test_trades_with_steps_back_count_in_the_second_that_runs() -> None:
    tally, candles = Tally(), Candles()
    times = [10 * S, 10 * S + 5, 9 * S, 11 * S, 10 * S]
    for n, time in enumerate(times):
        trade = Trade(n, 1, time, BTC, 100 + n, 1, Side.SELL)
        tally.pending.append(trade)
        candles.on_trade(trade)
    tally.fold()
    assert tally.candles.state() == candles.state()
    assert [candle.count for candle in tally.candles.closed("1s")] == [3]
