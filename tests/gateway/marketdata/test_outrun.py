"""A replay that more comes to between two slices than those have takes more, within its bounds."""

import pytest

from tests.gateway.marketdata.market import BTC, Inbox, Market, bid, bounded, resumed, trade

BOOK = f"book.{BTC}"
TRADES = f"trades.{BTC}"


def pumped(*, changes: int, pushes: int) -> Market:
    """Return a market whose hub works when it is told to, in slices of these bounds."""
    market = bounded(changes=changes, pushes=pushes)
    market.publisher.set_epoch("e1")
    market.hub.pumped_by(lambda: None)
    return market


@pytest.mark.parametrize("channel", [BOOK, TRADES, f"book.{BTC}.5.raw", f"bbo.{BTC}", f"ticker.{BTC}"])
def test_many_replays_at_once_get_to_their_ends_however_much_comes(channel: str) -> None:
    market = pumped(changes=6, pushes=3)
    # The best price, and another one.
    for eseq in range(1, 301):
        market.publisher.apply([trade(eseq), bid(eseq, 1_000 + eseq, 1), bid(eseq, 900 + eseq % 50, eseq)])
        if eseq == 1:
            # So that the ticker's pushes are kept.
            market.subscriber(f"ticker.{BTC}")
    crowd = [Inbox() for _ in range(40)]
    for inbox in crowd:
        assert market.publisher.subscribe(channel, inbox, resumed(100)) == (300, True)
    eseq = 300
    while market.hub.queued:
        eseq += 1
        market.publisher.apply([trade(eseq), bid(eseq, 1_000 + eseq, 1), bid(eseq, 900 + eseq % 50, eseq)])
        market.hub.work(8)
        assert eseq < 2_000
    for inbox in crowd:
        told = [(push["prev"], push["seq"]) for push in inbox.take()]
        assert (told[0][0], told[-1][1]) == (100, eseq)
        assert [prev for prev, _ in told[1:]] == [seq for _, seq in told[:-1]]


@pytest.mark.parametrize(("channel", "most"), [(f"book.{BTC}.5.raw", 64), (BOOK, 16)])
def test_a_slice_has_its_bound_also_where_much_has_come_since_the_one_before(channel: str, most: int) -> None:
    market = pumped(changes=128, pushes=16)
    live = market.subscriber(channel)
    for eseq in range(1, 101):
        market.publisher.apply([bid(eseq, 1_000 + eseq, 1)])
    late = Inbox()
    market.publisher.subscribe(channel, late, resumed(1))
    late.full = True
    market.publisher.subscribe(f"bbo.{BTC}", late)
    for eseq in range(101, 3_001):
        market.publisher.apply([bid(eseq, 1_000 + eseq, 1)])
    late.take()
    late.full = False
    told = []
    market.hub.resync(late, 0)
    while market.hub.queued:
        told.append(sum(push["ch"] == channel for push in late.take()))
        market.hub.work(8)
    assert max(told) == most
    assert live.frames
