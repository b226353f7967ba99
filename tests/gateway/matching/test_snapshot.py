"""A restored engine goes on as if it had never stopped."""

from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.matching import MatchingEngine, SnapshotError
from gateway.model import Command, Event, Instruments, TradingStatus
from tests.gateway.matching.flows import FLOWS, random_flow
from tests.gateway.matching.trading_floor import (
    BTC,
    BUY,
    ETH,
    IOC,
    SELL,
    TradingFloor,
    instrument,
    order_id,
    two_instruments,
)

encode = msgspec.msgpack.encode
CLOSED_KEPT = st.sampled_from([0, 1, 3, 1000])


@settings(max_examples=100)
@given(FLOWS, CLOSED_KEPT)
def test_events_after_a_restore_are_the_same_bytes_at_every_point(
    flow: list[Command], closed_kept: int
) -> None:
    """The second engine is restored from its own snapshot before each command."""
    first = MatchingEngine(two_instruments(), closed_kept=closed_kept)
    second = MatchingEngine(two_instruments(), closed_kept=closed_kept)
    for command in flow:
        snapshot = second.snapshot()
        assert snapshot == first.snapshot()
        second = MatchingEngine.restore(two_instruments(), snapshot)
        assert second.snapshot() == snapshot
        assert encode(second.work(command)) == encode(first.work(command))


@settings(max_examples=20)
@given(st.randoms(use_true_random=True), st.integers(0, 250), st.sampled_from([0, 20, 1000]))
def test_a_long_flow_goes_on_the_same_after_a_restore(random: Random, cut: int, closed_kept: int) -> None:
    flow = random_flow(random, 300)
    first = MatchingEngine(two_instruments(), closed_kept=closed_kept)
    for command in flow[:cut]:
        first.work(command)
    second = MatchingEngine.restore(two_instruments(), first.snapshot())
    after: list[list[Event]] = [first.work(command) for command in flow[cut:]]
    again = [second.work(command) for command in flow[cut:]]
    assert encode(after) == encode(again)
    assert first.snapshot() == second.snapshot()


def test_a_snapshot_shares_nothing_with_its_engine() -> None:
    floor = TradingFloor()
    floor.buy(5, 100)
    snapshot = floor.engine.snapshot()
    floor.sell(5, 100)
    restored = MatchingEngine.restore(floor.instruments, snapshot)
    assert [order.leaves_qty for order in restored.book(BTC).bids.orders()] == [5]


def test_amounts_beyond_64_bits_survive() -> None:
    floor = TradingFloor()
    huge = 2**63 - 1
    floor.sell(huge, huge)
    floor.buy(huge - 1, huge)
    restored = MatchingEngine.restore(floor.instruments, floor.engine.snapshot())
    [order] = restored.book(BTC).asks.orders()
    assert order.notional == huge * (huge - 1)


def test_the_trading_status_is_restored_and_not_the_configured_one() -> None:
    floor = TradingFloor()
    floor.set_status(TradingStatus.HALTED)
    restored = MatchingEngine.restore(floor.instruments, floor.engine.snapshot())
    assert restored.book(BTC).status is TradingStatus.HALTED


def test_a_new_instrument_starts_as_configured() -> None:
    floor = TradingFloor()
    floor.buy(5, 100)
    closed = instrument("SOL-KRW", status=TradingStatus.CANCEL_ONLY)
    more = Instruments([instrument(BTC), instrument(ETH), closed])
    restored = MatchingEngine.restore(more, floor.engine.snapshot())
    assert restored.book("SOL-KRW").status is TradingStatus.CANCEL_ONLY
    assert restored.eseq == 1


def test_an_instrument_may_go_when_nothing_is_open_in_it() -> None:
    floor = TradingFloor()
    floor.buy(5, 100, symbol=ETH, time_in_force=IOC)
    only_btc = Instruments([instrument(BTC)])
    assert MatchingEngine.restore(only_btc, floor.engine.snapshot()).eseq == 1
    for side in (BUY, SELL):
        number = order_id(floor.engine.work(floor.order(side, 5, 100, symbol=ETH)))
        with pytest.raises(SnapshotError, match="open orders in ETH-KRW"):
            MatchingEngine.restore(only_btc, floor.engine.snapshot())
        floor.cancel(order_id=number, symbol=ETH)


# ---- what is no snapshot


def small_snapshot() -> bytes:
    floor = TradingFloor()
    floor.buy(5, 100)
    floor.sell(2, 100)
    floor.sell(2, 101)
    floor.sell(2, 101, symbol=ETH)
    return floor.engine.snapshot()


def test_every_truncation_is_refused() -> None:
    snapshot = small_snapshot()
    for length in range(len(snapshot)):
        with pytest.raises(SnapshotError):
            MatchingEngine.restore(two_instruments(), snapshot[:length])


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused(garbage: bytes) -> None:
    with pytest.raises(SnapshotError):
        MatchingEngine.restore(two_instruments(), garbage)


@given(st.integers(0, len(small_snapshot()) - 1), st.integers(1, 255))
def test_a_flipped_byte_is_refused_or_gives_an_engine(position: int, mask: int) -> None:
    """What a checksum has to find is not found here, but nothing else is ever raised."""
    snapshot = bytearray(small_snapshot())
    snapshot[position] ^= mask
    try:
        engine = MatchingEngine.restore(two_instruments(), bytes(snapshot))
    except SnapshotError:
        return
    engine.snapshot()


@pytest.mark.parametrize(
    ("header", "why"),
    [
        (["bdax-matching", 2, None], "version 2, this gateway reads 'bdax-matching' version 1"),
        (["bdax-orders", 1, None], "'bdax-orders' version 1, this gateway reads 'bdax-matching' version 1"),
        (["bdax-matching", 1, None], "damaged"),
        (["bdax-matching", 1], "damaged"),
        (["bdax-matching", 1, [1, 1, [], [], "more"]], "damaged"),
        (["bdax-matching", 1, msgspec.Raw(b"\x91" * 100_000)], "damaged"),
    ],
)
def test_another_format_is_named(header: list[object], why: str) -> None:
    with pytest.raises(SnapshotError, match=why):
        MatchingEngine.restore(two_instruments(), encode(header))


@pytest.mark.parametrize(
    ("order", "number"),
    [
        ([1, "s", "a", b"x", BTC, 2, 100, 5, 5, False, 0, b""], 1),
        ([2, "s", "a", b"x", BTC, 1, 100, 5, 0, False, 0, b""], 2),
    ],
    ids=["an ask among the bids", "a closed order in the book"],
)
def test_a_snapshot_that_contradicts_itself_is_refused(order: list[object], number: int) -> None:
    state = [7, 10, [[BTC, 1, [order], []]], []]
    with pytest.raises(SnapshotError, match=f"contradicts itself at order {number}"):
        MatchingEngine.restore(two_instruments(), encode(["bdax-matching", 1, state]))


def test_two_open_orders_with_one_name_are_refused() -> None:
    orders = [[number, "s", "a", b"x", BTC, 1, 100, 5, 5, False, 0, b""] for number in (1, 2)]
    with pytest.raises(SnapshotError, match="order 2"):
        MatchingEngine.restore(
            two_instruments(), encode(["bdax-matching", 1, [7, 10, [[BTC, 1, orders, []]], []]])
        )
