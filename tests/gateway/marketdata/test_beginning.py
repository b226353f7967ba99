"""Whoever begins with much to be looked at begins in slices, with nothing left out."""

from collections.abc import Iterable

import pytest

from gateway.marketdata import Mode, OrderIds, Subscription
from gateway.marketdata.l3_stream import NAMED_AT_ONCE
from gateway.model import OrderAccepted, OrdType, Side, TimeInForce
from tests.gateway.marketdata.market import BTC, Inbox, Market, S, Told, ask, bid, brief

DEPTHS = (1, 5, 10, 20, 50, 100, 500, 1000, 5000)
STEPS = ("g1", "g2", "g5", "g10")
GROUPED = [
    f"book.{BTC}.{depth}.{speed}.{step}" for depth in DEPTHS for speed in ("raw", "1s") for step in STEPS
]
LEVELS = 600


def deep() -> Market:
    """Return a market with a deep book, whose hub has a pump that is not running."""
    market = Market()
    market.hub.pumped_by(lambda: None)
    market.publisher.set_epoch("e1")
    for n in range(LEVELS):
        market.publisher.apply([bid(n + 1, 100_000 - 7 * n, 1), ask(n + 1, 100_003 + 7 * n, 2)])
    return market


def slices(market: Market, inbox: Inbox) -> Iterable[list[Told]]:
    """Do what waits at the hub, one slice after the other."""
    while market.hub.queued:
        market.hub.work(1)
        yield inbox.take()


def test_many_views_begin_one_after_the_other_each_with_its_snapshot() -> None:
    market, inbox = deep(), Inbox()
    for name in GROUPED:
        assert market.publisher.subscribe(name, inbox) == (LEVELS, None)
    at_once = len(inbox.take())
    assert at_once < 10
    told = list(slices(market, inbox))
    assert max(map(len, told)) == 1
    pushes = [push for part in told for push in part]
    assert len(pushes) == len(GROUPED) - at_once
    assert {brief(push)[1:] for push in pushes} == {("snapshot", LEVELS, 0)}


def test_what_changes_before_a_view_begins_is_in_its_snapshot_and_what_comes_after_follows() -> None:
    market, inbox = deep(), Inbox()
    names = [f"book.{BTC}.500.{kind}" for kind in ("raw", "raw.g1", "raw.g5", "20ms", "20ms.g5")]
    for name in names:
        market.publisher.subscribe(name, inbox)
    inbox.take()
    eseq, seen = LEVELS, dict.fromkeys(names, 0)
    for pushes in slices(market, inbox):
        for name, kind, seq, prev in map(brief, pushes):
            assert prev == (0 if kind == "snapshot" else seen[name])
            seen[name] = seq
        if eseq < LEVELS + 9:
            eseq += 1
            market.publisher.apply([bid(eseq, 100_000, eseq)])
            market.publisher.on_tick(eseq * S)
    market.publisher.apply([bid(eseq + 1, 100_000, eseq + 1)])
    market.publisher.on_tick((eseq + 1) * S)
    for name, kind, seq, prev in map(brief, [push for part in slices(market, inbox) for push in part]):
        if kind == "delta":
            assert prev == seen[name]
            seen[name] = seq
    assert set(seen.values()) == {eseq + 1}


@pytest.mark.parametrize("mode", list(Mode))
def test_who_wants_no_snapshot_gets_one_behind_a_gap_where_the_book_moved_before_it_began(mode: Mode) -> None:
    market, still, moved = deep(), Inbox(), Inbox()
    wish = Subscription(snapshot=False, mode=mode, interval_ns=S)
    market.publisher.subscribe(GROUPED[-1], still, wish)
    assert list(slices(market, still)) == [[]]
    market.publisher.subscribe(GROUPED[-2], moved, wish)
    market.publisher.apply([bid(LEVELS + 1, 100_000, 9)])
    [pushes] = slices(market, moved)
    assert [push["type"] for push in pushes] == ["gap", "snapshot"]
    assert (pushes[0]["seq"], pushes[0]["prev"], pushes[1]["seq"]) == (LEVELS + 1, LEVELS, LEVELS + 1)


def test_who_leaves_before_it_begins_costs_nothing() -> None:
    market, inbox = deep(), Inbox()
    for name in GROUPED[-3:]:
        market.publisher.subscribe(name, inbox)
    market.publisher.unsubscribe(GROUPED[-1], inbox)
    market.hub.drop(inbox)
    assert [push for part in slices(market, inbox) for push in part] == []
    market.publisher.apply([bid(LEVELS + 1, 100_000, 9)])
    assert market.publisher._markets[BTC].views == []


def test_members_at_an_interval_that_are_due_together_look_in_slices() -> None:
    market, inbox = deep(), Inbox()
    for name in GROUPED:
        market.publisher.subscribe(name, inbox, Subscription(mode=Mode.INTERVAL, interval_ns=10 * S), now=0)
    list(slices(market, inbox))
    for eseq in range(LEVELS + 1, LEVELS + 4):
        market.publisher.apply([bid(eseq, 100_000, eseq)])
    for now in (10 * S, 20 * S):
        market.publisher.on_tick(now)
        at_once = [push for push in inbox.take() if push["type"] == "snapshot"]
        assert len(at_once) < 10
        told = [[push for push in part if push["type"] == "snapshot"] for part in slices(market, inbox)]
        assert max(map(len, told)) == 1
        pushes = at_once + [push for part in told for push in part]
        assert sorted(push["ch"] for push in pushes) == sorted(GROUPED)
        assert {push["conflated"] for push in pushes} == {3 if now == 10 * S else 1}
        market.publisher.apply([bid(LEVELS + 9, 100_000, now)])


def test_orders_get_their_public_ids_in_slices() -> None:
    market, inbox = Market(), Inbox()
    market.hub.pumped_by(lambda: None)
    count = 3 * NAMED_AT_ONCE
    bids = [(n, 1000 + n % 7, 5) for n in range(1, count + 1)]
    market.publisher.reach(count)
    market.publisher.follow_orders(lambda: (count, [(BTC, bids, [])]), OrderIds(b"k" * 16))
    market.publisher.subscribe(f"l3.{BTC}", inbox)
    assert inbox.take() == []
    order = OrderAccepted(
        *(count + 1, 1, 9, "S", 1, "A", b"c", count + 1, BTC),
        *(Side.BUY, OrdType.LIMIT, TimeInForce.GTC, 5, 999, False),
    )
    told = []
    for n, pushes in enumerate(slices(market, inbox)):
        told.append(pushes)
        if not n:
            market.publisher.apply([order, bid(count + 1, 999, 5)])
    assert [len(pushes) for pushes in told] == [0, 0, 0, 1]
    [push] = told[-1]
    assert (push["type"], len(push["bids"]), push["seq"]) == ("snapshot", count + 1, count + 1)
    assert len({public for public, _, _ in push["bids"]}) == count + 1
    # There are few enough to be told at once to who comes later.
    for late in (Inbox(), Inbox()):
        market.publisher.subscribe(f"l3.{BTC}", late)
        assert [len(push["bids"]) for push in late.take()] == [count + 1]
        market.publisher.apply([bid(market.publisher.eseq + 1, 1, 5)])
