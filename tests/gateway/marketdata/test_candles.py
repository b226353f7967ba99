"""Candles against naive ones that are made from all trades at once."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.marketdata import CANDLES_KEPT, INTERVALS, Candle, Candles, CandlesState
from tests.gateway.marketdata.market import DAY, HOUR, MIDNIGHT, MINUTE, S, trade_at


def _restored(candles: Candles) -> Candles:
    """Return what a restart makes of ``candles``."""
    encoded = msgspec.msgpack.encode(candles.state())
    restored = Candles()
    restored.on_trade(trade_at(5, 5, 5))
    restored.restore(msgspec.msgpack.decode(encoded, type=CandlesState))
    assert msgspec.msgpack.encode(restored.state()) == encoded
    return restored


def test_no_trade_gives_no_candle() -> None:
    candles = Candles()
    assert candles.closes_at is None
    assert candles.advance(MIDNIGHT) == []
    for interval in INTERVALS:
        assert candles.open(interval) is None
        assert candles.closed(interval) == []


def test_trades_are_summed_up_in_the_open_candle_of_each_interval() -> None:
    candles = Candles()
    start = MIDNIGHT + 4 * HOUR + 16 * MINUTE + 1 * S
    assert candles.on_trade(trade_at(start + 5, 100, 2)) == []
    assert candles.on_trade(trade_at(start + 6, 90, 3)) == []
    assert candles.on_trade(trade_at(start + 7, 110, 5)) == []
    assert candles.on_trade(trade_at(start + 7, 105, 1)) == []
    summed = Candle(start, 100, 110, 90, 105, 11, 100 * 2 + 90 * 3 + 110 * 5 + 105, 4)
    assert candles.open("1s") == summed
    assert candles.open("1m") == summed.starting(start - 1 * S)
    assert candles.open("15m") == summed.starting(start - 61 * S)
    assert candles.open("4h") == summed.starting(MIDNIGHT + 4 * HOUR)
    assert candles.open("1d") == summed.starting(MIDNIGHT)
    assert candles.closes_at == start + S


def test_a_candle_closes_at_the_end_of_its_interval_and_not_before() -> None:
    candles = Candles()
    candles.on_trade(trade_at(MIDNIGHT + MINUTE - 1, 100, 2))
    assert candles.advance(MIDNIGHT + MINUTE - 1) == []
    closed = candles.advance(MIDNIGHT + MINUTE)
    assert [(name, candle.start) for name, candle in closed] == [
        ("1s", MIDNIGHT + MINUTE - S),
        ("1m", MIDNIGHT),
    ]
    assert candles.open("1m") is None
    assert candles.open("5m") == Candle(MIDNIGHT, 100, 100, 100, 100, 2, 200, 1)
    assert candles.closes_at == MIDNIGHT + 5 * MINUTE
    assert [name for name, _ in candles.advance(MIDNIGHT + 5 * MINUTE)] == ["5m"]
    assert candles.closes_at == MIDNIGHT + 15 * MINUTE


def test_a_trade_closes_what_ended_before_it_and_intervals_without_a_trade_have_no_candle() -> None:
    candles = Candles()
    candles.on_trade(trade_at(MIDNIGHT, 100, 2))
    closed = candles.on_trade(trade_at(MIDNIGHT + 3 * DAY, 101, 1))
    assert [name for name, _ in closed] == list(INTERVALS)
    assert {candle.start for _, candle in closed} == {MIDNIGHT}
    assert candles.closed("1d") == [Candle(MIDNIGHT, 100, 100, 100, 100, 2, 200, 1)]
    assert candles.open("1d") == Candle(MIDNIGHT + 3 * DAY, 101, 101, 101, 101, 1, 101, 1)


def test_a_late_trade_counts_in_the_open_interval() -> None:
    candles = Candles()
    candles.on_trade(trade_at(MIDNIGHT, 100, 2))
    candles.advance(MIDNIGHT + S)
    assert candles.on_trade(trade_at(MIDNIGHT + S - 1, 99, 1)) == []
    assert candles.open("1s") == Candle(MIDNIGHT + S, 99, 99, 99, 99, 1, 99, 1)


def test_the_last_closed_candles_are_kept() -> None:
    candles = Candles()
    for second in range(CANDLES_KEPT + 5):
        candles.on_trade(trade_at(MIDNIGHT + second * S, 100 + second, 1))
    closed = candles.closed("1s")
    assert len(closed) == CANDLES_KEPT
    assert closed[0].start == MIDNIGHT + 4 * S
    assert candles.closed("1s", 2) == closed[-2:]
    assert candles.closed("1s", 0) == []
    assert candles.closed("1s", 10**6) == closed


def test_amounts_beyond_64_bits_survive_a_restart() -> None:
    candles = Candles()
    most = 2**63 - 1
    for _ in range(3):
        candles.on_trade(trade_at(MIDNIGHT, most, most))
    restored = _restored(candles)
    assert restored.open("1d") == Candle(MIDNIGHT, most, most, most, most, 3 * most, 3 * most * most, 3)


def test_a_state_with_other_intervals_is_refused() -> None:
    with pytest.raises(ValueError, match="candles of 1 intervals, expected 7"):
        Candles().restore(CandlesState(0, [None], [[]]))


# ---- against naive candles

_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["trade", "trade", "advance", "advance", "restart"]),
        # Mostly small steps; some cross an hour or days, some go back.
        st.one_of(
            st.integers(0, 2 * S),
            st.integers(0, 2 * S),
            st.integers(0, 2 * MINUTE),
            st.integers(0, 70 * MINUTE),
            st.sampled_from([-5 * S, S, S, MINUTE, MINUTE, 5 * MINUTE, DAY, 3 * DAY]),
        ),
        st.integers(95, 105),
        st.integers(1, 9),
    ),
    max_size=50,
)


class NaiveCandles:
    """All trades with the time at which they count; candles are made when asked for."""

    def __init__(self) -> None:
        self.now = 0
        self.trades: list[tuple[int, int, int]] = []

    def candles(self, length: int) -> list[Candle]:
        by_start: dict[int, list[tuple[int, int, int]]] = {}
        for trade in self.trades:
            by_start.setdefault(trade[0] // length * length, []).append(trade)
        return [
            Candle(
                start,
                trades[0][1],
                max(price for _, price, _ in trades),
                min(price for _, price, _ in trades),
                trades[-1][1],
                sum(quantity for _, _, quantity in trades),
                sum(price * quantity for _, price, quantity in trades),
                len(trades),
            )
            for start, trades in by_start.items()
        ]

    def closed(self, length: int) -> list[Candle]:
        return [candle for candle in self.candles(length) if candle.start + length <= self.now]


@given(_STEPS, st.integers(MIDNIGHT, MIDNIGHT + DAY))
def test_candles_are_those_of_all_trades(steps: list[tuple[str, int, int, int]], time: int) -> None:
    candles, naive = Candles(), NaiveCandles()
    for act, step, price, quantity in steps:
        time += step
        before = {interval: len(naive.closed(length)) for interval, length in INTERVALS.items()}
        if act == "restart":
            candles = _restored(candles)
            continue
        naive.now = max(naive.now, time)
        closed_now = [
            (interval, candle)
            for interval, length in INTERVALS.items()
            for candle in naive.closed(length)[before[interval] :]
        ]
        if act == "trade":
            naive.trades.append((naive.now, price, quantity))
            assert candles.on_trade(trade_at(time, price, quantity)) == closed_now
        else:
            assert candles.advance(time) == closed_now
        ends = []
        for interval, length in INTERVALS.items():
            all_candles = naive.candles(length)
            closed = naive.closed(length)
            assert candles.closed(interval) == closed
            assert candles.closed(interval, 2) == closed[-2:]
            opened = all_candles[len(closed) :]
            assert candles.open(interval) == (opened[0] if opened else None)
            assert len(opened) < 2
            ends += [candle.start + length for candle in opened]
        assert candles.closes_at == min(ends, default=None)
