"""How many streams there may be, for whom, and what their recent pushes may take together."""

import pytest

from gateway.marketdata import ChannelError, StreamBounds, Subscription
from tests.gateway.marketdata.market import BTC, ETH, Inbox, Market, S, bid, resumed

GUEST = Subscription(is_guest=True)


def bounded(**bounds: int) -> Market:
    market = Market()
    market.publisher.set_epoch("e1")
    market.publisher.bound_streams(StreamBounds(**bounds))
    return market


def variants(count: int, symbol: str = BTC) -> list[str]:
    return [f"book.{symbol}.1.raw.g{10**n}" for n in range(count)]


def follow(market: Market, names: list[str], inbox: Inbox, wish: Subscription) -> int:
    """Subscribe to ``names`` as far as they are to be had; return how many were."""
    for done, name in enumerate(names):
        try:
            market.publisher.subscribe(name, inbox, wish)
        except ChannelError as error:
            return done if error.part == "variant" else -1
    return len(names)


def test_anybody_makes_half_of_all_streams_and_accounts_the_rest() -> None:
    market = bounded(max_streams=6, max_of_symbol=100)
    assert follow(market, variants(5), Inbox(), GUEST) == 3
    # What is there can be followed all the same.
    assert follow(market, variants(3), Inbox(), GUEST) == 3
    assert follow(market, variants(9, ETH), Inbox(), Subscription()) == 3
    assert market.publisher.streams == 6
    with pytest.raises(ChannelError, match=r"at most 3 variants followed"):
        market.publisher.snapshot(f"book.{ETH}.5.raw")


def test_an_instrument_has_so_many_streams() -> None:
    market = bounded(max_streams=100, max_of_symbol=4)
    assert follow(market, variants(5), Inbox(), GUEST) == 2
    assert follow(market, variants(9), Inbox(), Subscription()) == 4
    assert follow(market, variants(2, ETH), Inbox(), GUEST) == 2
    with pytest.raises(ChannelError, match=r"at most 4 variants of an instrument"):
        market.publisher.subscribe(f"book.{BTC}.5.raw", Inbox())


def test_what_nobody_follows_makes_room_the_oldest_first_but_not_for_guests_beyond_their_share() -> None:
    market = bounded(max_streams=100, max_of_symbol=4)
    publisher, inbox = market.publisher, Inbox()
    names = variants(6)
    assert follow(market, names, inbox, Subscription()) == 4
    publisher.unsubscribe(names[1], inbox)
    publisher.on_tick(1)
    publisher.unsubscribe(names[0], inbox)
    publisher.on_tick(2)
    assert follow(market, names[4:5], Inbox(), GUEST) == 0
    assert follow(market, names[4:5], inbox, Subscription()) == 1
    assert follow(market, names[:1], inbox, GUEST) == 1
    assert follow(market, names[1:2], inbox, Subscription()) == 0
    publisher.unsubscribe(names[4], inbox)
    publisher.on_tick(3)
    assert follow(market, names[1:2], inbox, Subscription()) == 1
    assert publisher.streams == 4


def test_streams_nobody_follows_end_sooner_where_there_are_many() -> None:
    market = bounded(max_streams=8, idle_ns=12 * S)
    publisher, inbox = market.publisher, Inbox()
    follow(market, variants(3), inbox, Subscription())
    market.hub.drop(inbox)
    publisher.on_tick(0)
    assert publisher.next_deadline() == S
    publisher.on_tick(S)
    assert (publisher.streams, publisher.next_deadline()) == (2, 12 * S)
    publisher.on_tick(12 * S)
    assert publisher.streams == 0


def test_recent_pushes_of_all_streams_are_bounded_together() -> None:
    market = bounded(all_ring_bytes=20_000)
    publisher = market.publisher
    reader, gone = Inbox(), Inbox()
    names = [f"book.{BTC}.5.raw", f"ticker.{BTC}"]
    publisher.subscribe(names[0], reader)
    publisher.subscribe(names[1], gone)
    empty = publisher.ring_bytes
    for eseq in range(1, 10):
        publisher.apply([bid(eseq, 990, eseq)])
    assert publisher.ring_bytes - empty == 2 * 9 * 1250
    market.hub.drop(gone)
    publisher.on_tick(S)
    # Those of the stream that nobody follows went.
    assert (publisher.ring_bytes - empty, publisher.rings_cut) == (9 * 1250, 1)
    assert publisher.resume(names[1], 5, "e1") is None
    assert len(publisher.resume(names[0], 5, "e1") or ()) == 4
    for eseq in range(10, 30):
        publisher.apply([bid(eseq, 990, eseq)])
    publisher.on_tick(2 * S)
    assert (publisher.ring_bytes - empty, publisher.rings_cut) == (0, 3)
    gone.take()
    joined = publisher.subscribe(names[1], gone, resumed(25))
    assert joined is not None
    assert not joined.recovered
    [push] = gone.take()
    assert push["type"] == "snapshot"
