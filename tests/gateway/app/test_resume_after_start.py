"""What a client can resume from is the same after a start as before it, however the life before ended."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from gateway.marketdata import RingBounds
from gateway.model import Side
from gateway.ports.market_data import Position, Push
from tests.gateway.app.live import order_maker, origin
from tests.gateway.app.starts import Start
from tests.gateway.matching.trading_floor import BTC

Trading = Callable[[Start, int], None]

BOUNDED = msgspec.structs.replace(origin(), rings=RingBounds(changes=300))
CHANNELS = (f"book.{BTC}", f"trades.{BTC}")
EPOCH = "e1"


@pytest.fixture
def trade() -> Trading:
    """Return what commits batches of orders that rest and are met: a change each, a trade for every other."""
    make = order_maker()

    def trade(life: Start, batches: int) -> None:
        for _ in range(batches):
            sides = (Side.BUY, Side.SELL) * 25
            life.commit(*(make(side, 100 + n % 7 // 2 * 2, 5) for n, side in enumerate(sides)))

    return trade


def told(life: Start, channel: str, seq: int) -> list[tuple[str, Position, object]] | None:
    """Return what a client that has ``seq`` is told."""
    life.replica.publisher.set_epoch(EPOCH)
    pushes: list[Push] | None = life.replica.publisher.resume(channel, seq, EPOCH)
    if pushes is None:
        return None
    return [(push.type, push.position, push.content) for push in pushes]


def all_told(life: Start) -> dict[tuple[str, int], object]:
    seqs = range(0, life.replica.eseq + 1, 97)
    return {(channel, seq): told(life, channel, seq) for channel in CHANNELS for seq in seqs}


def recovered(answers: dict[tuple[str, int], object]) -> list[tuple[str, int]]:
    return [asked for asked, answer in answers.items() if answer is not None]


@pytest.mark.parametrize("behind", [0, 3, 9, None], ids=["shutdown", "crash", "late crash", "no snapshot"])
async def test_raw_channels_resume_as_before_the_start(
    tmp_path: Path, trade: Trading, behind: int | None
) -> None:
    life = Start(tmp_path, BOUNDED)
    trade(life, 14)
    if behind is not None:
        life.snapshot()
        trade(life, behind)
    before = all_told(life)
    found = recovered(before)
    life.end()
    assert 0 < len(found) < len(before)
    again = Start(tmp_path, BOUNDED)
    assert again.recovered.commands == (50 * behind if behind is not None else 700)
    assert all_told(again) == before
    # And both go on alike, packed or not.
    trade(again, 3)
    assert recovered(all_told(again))
    again.end()


@pytest.mark.parametrize("changes", [300, 450, 1_200])
async def test_a_start_may_keep_more_or_less(tmp_path: Path, trade: Trading, changes: int) -> None:
    life = Start(tmp_path, msgspec.structs.replace(BOUNDED, rings=RingBounds(changes=600)))
    trade(life, 18)
    life.snapshot()
    before = all_told(life)
    life.end()
    other = msgspec.structs.replace(BOUNDED, rings=RingBounds(changes=changes))
    again = Start(tmp_path, other)
    assert all_told(again) == before
    trade(again, 12)
    deltas = again.replica.publisher.resume(CHANNELS[0], again.replica.eseq - changes // 2, EPOCH)
    assert deltas is not None
    expected = again.replica.snapshot()
    again.end()
    third = Start(tmp_path, other)
    assert third.replica.snapshot() == expected
    third.end()
