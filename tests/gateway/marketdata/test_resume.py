"""Streams are made when somebody follows them, dropped when nobody has for a while, and can be resumed."""

import msgspec
import pytest

from gateway.marketdata import (
    ChannelError,
    Mode,
    OrderIds,
    Subscription,
)
from gateway.model import TradingStatus
from gateway.ports.market_data import JSON, BookLevelsContent, TradesContent
from tests.gateway.marketdata.market import (
    BTC,
    Inbox,
    Market,
    S,
    Told,
    ask,
    bid,
    bounded,
    brief,
    resumed,
    status,
    trade,
)

# ---- made and dropped


def test_a_stream_that_nobody_follows_is_dropped_after_a_while() -> None:
    exchange = bounded(idle_ns=60 * S)
    publisher = exchange.publisher
    names = (
        "book.BTC-KRW.5.20ms",
        "book.BTC-KRW.5.raw",
        "ticker.BTC-KRW",
        "candles.BTC-KRW.1m",
        "instruments",
    )
    inbox = exchange.subscriber(*names, "bbo.BTC-KRW")
    assert publisher.streams == 5
    publisher.apply([bid(1, 990, 1)])
    exchange.hub.drop(inbox)
    assert publisher.next_deadline() == 0
    publisher.on_tick(7 * S)
    assert publisher.next_deadline() == 67 * S
    publisher.on_tick(67 * S - 1)
    assert publisher.streams == 5
    publisher.on_tick(67 * S)
    assert (publisher.streams, publisher.next_deadline()) == (0, None)
    exchange.encoder.encoded.clear()
    publisher.apply([bid(2, 991, 1), trade(2), status(2, TradingStatus.HALTED)])
    assert publisher.next_deadline() is None
    assert exchange.encoder.encoded == []


def test_a_stream_that_is_followed_again_in_time_goes_on_and_can_be_resumed() -> None:
    exchange = bounded(idle_ns=60 * S)
    publisher = exchange.publisher
    publisher.set_epoch("e1")
    for name in ("book.BTC-KRW.5.raw", "bbo.BTC-KRW", "book.BTC-KRW.5.1s"):
        inbox = exchange.subscriber(name)
        exchange.hub.drop(inbox)
        publisher.on_tick(0)
        eseq = publisher.eseq
        publisher.apply([bid(eseq + 1, 991, eseq + 1)])
        publisher.apply([bid(eseq + 2, 991, eseq + 2)])
        publisher.on_tick(2 * S)
        joined = publisher.subscribe(name, inbox, resumed(eseq))
        assert joined is not None
        assert joined.recovered
        assert [push["type"] for push in inbox.take()][-1] in {"delta", "event"}
        publisher.on_tick(100 * S)
        assert publisher.subscribe(name, inbox) is None


def test_too_many_variants_are_refused_and_unused_ones_make_room() -> None:
    exchange = bounded(max_streams=2, idle_ns=60 * S)
    publisher = exchange.publisher
    inbox = exchange.subscriber("book.BTC-KRW.1.raw", "book.BTC-KRW.5.raw", "book.BTC-KRW", "bbo.BTC-KRW")
    with pytest.raises(ChannelError, match=r"variant .*at most 2"):
        publisher.subscribe("book.BTC-KRW.10.raw", inbox)
    for name in ("bbo.BTC-KRW", "book.BTC-KRW.5.raw"):
        publisher.unsubscribe(name, inbox)
    publisher.on_tick(0)
    publisher.subscribe("book.BTC-KRW.10.raw", inbox)
    assert publisher.streams == 2
    assert "book.BTC-KRW.10.raw" in exchange.hub.followed(inbox)
    publisher.on_tick(61 * S)
    assert publisher.streams == 2


def test_a_snapshot_can_be_had_of_a_channel_that_nobody_follows() -> None:
    exchange = bounded(idle_ns=S)
    exchange.publisher.apply([bid(1, 990, 1), bid(1, 980, 1)])
    push = exchange.publisher.snapshot("book.BTC-KRW.1.1s")
    assert push.content == BookLevelsContent([(990, 1)], [])
    assert exchange.publisher.seq("book.BTC-KRW.1.1s") == 1
    exchange.publisher.on_tick(0)
    exchange.publisher.on_tick(S)
    assert exchange.publisher.streams == 0


def test_a_snapshot_comes_in_parts() -> None:
    exchange = Market()
    exchange.publisher.set_epoch("e1")
    exchange.publisher.apply(
        [bid(1, price, 1) for price in (990, 989, 988)] + [ask(1, 1000, 2), ask(1, 1001, 2)]
    )
    parts = exchange.publisher.snapshot_parts("book.BTC-KRW", 2)
    assert [part.part for part in parts] == [(1, 3), (2, 3), (3, 3)]
    assert [part.content for part in parts] == [
        BookLevelsContent([(990, 1), (989, 1)], []),
        BookLevelsContent([(988, 1)], [(1000, 2)]),
        BookLevelsContent([], [(1001, 2)]),
    ]
    assert {(part.position, part.epoch) for part in parts} == {(parts[0].position, "e1")}
    assert len({part.frame(JSON) for part in parts}) == 3
    [whole] = exchange.publisher.snapshot_parts("book.BTC-KRW", 5)
    assert whole.part == (1, 1)
    [other] = exchange.publisher.snapshot_parts("trades.BTC-KRW", 1)
    assert other.part == (1, 1)


# ---- resume


def followed() -> tuple[Market, Inbox]:
    """Return a market with an epoch, and one who follows book and trades from the start."""
    exchange = bounded(ring_changes=100, most=10)
    exchange.publisher.set_epoch("e1")
    inbox = Inbox()
    for name in ("book.BTC-KRW", "trades.BTC-KRW"):
        exchange.publisher.subscribe(name, inbox)
    inbox.take()
    return exchange, inbox


@pytest.mark.parametrize("channel", ["book.BTC-KRW", "trades.BTC-KRW"])
def test_what_was_missed_is_replayed_as_it_was_pushed(channel: str) -> None:
    exchange, inbox = followed()
    for eseq in range(1, 8):
        exchange.publisher.apply(
            [trade(eseq), trade(eseq, 2), bid(eseq, 990 + eseq, 1), bid(eseq, 980, eseq)]
        )
    live = [push for push in inbox.take() if push["ch"] == channel]
    late = Inbox()
    joined = exchange.publisher.subscribe(channel, late, resumed(3))
    assert joined == (7, True)
    exchange.publisher.apply([trade(8), bid(8, 999, 1)])
    live += [push for push in inbox.take() if push["ch"] == channel]
    assert late.take() == live[3:]
    pushes = exchange.publisher.resume(channel, 8, "e1")
    assert pushes == []


def test_a_long_replay_comes_in_few_pushes_that_say_for_how_many_they_stand() -> None:
    exchange, _ = followed()
    for eseq in range(1, 26):
        exchange.publisher.apply([bid(eseq, 990, eseq), trade(eseq)])
    book = exchange.publisher.resume("book.BTC-KRW", 0, "e1")
    trades = exchange.publisher.resume("trades.BTC-KRW", 2, "e1")
    assert book is not None
    assert trades is not None
    assert [(push.position.prev, push.position.seq, push.conflated) for push in book] == [
        *((0, 3, 3), (3, 6, 3), (6, 9, 3), (9, 12, 3), (12, 15, 3)),
        *((15, 18, 3), (18, 21, 3), (21, 24, 3), (24, 25, 0)),
    ]
    assert book[-1].content == BookLevelsContent([(990, 25)], [])
    told = [push.content for push in trades]
    assert sum(len(content.trades) for content in told if isinstance(content, TradesContent)) == 23


@pytest.mark.parametrize(
    ("channel", "seq", "epoch"),
    [
        ("book.BTC-KRW", 0, "e2"),
        ("book.BTC-KRW", 0, ""),
        ("book.BTC-KRW", 999, "e1"),
        ("book.BTC-KRW", 25, "e1"),
        ("trades.BTC-KRW", 25, "e1"),
        ("bbo.BTC-KRW", 25, "e1"),
        ("status.BTC-KRW", 1, "e1"),
        ("book.BTC-KRW.5.raw", 25, "e1"),
        ("book.BTC-KRW.5.1s", 149, "e1"),
    ],
)
def test_what_cannot_be_recovered_is_a_snapshot(channel: str, seq: int, epoch: str) -> None:
    exchange, _ = followed()
    for eseq in range(1, 151):
        exchange.publisher.apply([trade(eseq), bid(eseq, 990, eseq)])
    assert exchange.publisher.resume(channel, seq, epoch) is None
    inbox = Inbox()
    wish = msgspec.structs.replace(resumed(seq, epoch), snapshot=False)
    joined = exchange.publisher.subscribe(channel, inbox, wish)
    assert joined is not None
    assert joined.recovered is False
    assert [push["type"] for push in inbox.take()] == ["snapshot"]


@pytest.mark.parametrize("mode", [Mode.EVERY, Mode.CONFLATE])
def test_who_lags_before_its_replay_has_it_when_it_reads_again(mode: Mode) -> None:
    exchange = bounded()
    publisher = exchange.publisher
    publisher.set_epoch("e1")
    publisher.apply([bid(1, 990, 1)])
    publisher.apply([bid(2, 991, 1)])
    inbox = exchange.subscriber("trades.BTC-KRW")
    inbox.full = True
    publisher.apply([trade(3), bid(3, 992, 1)])
    assert exchange.hub.is_lagging(inbox)
    wish = msgspec.structs.replace(resumed(1), mode=mode)
    joined = publisher.subscribe("book.BTC-KRW", inbox, wish)
    assert joined is not None
    assert joined.recovered
    publisher.apply([bid(4, 993, 1)])
    assert inbox.frames == []
    inbox.full = False
    assert exchange.hub.resync(inbox, 0)
    books = [push for push in inbox.take() if push["ch"] == "book.BTC-KRW"]
    assert [brief(push)[1:] for push in books] == [("delta", 2, 1), ("delta", 3, 2), ("delta", 4, 3)]
    publisher.apply([bid(5, 993, 2)])
    assert [push["prev"] for push in inbox.take()] == [4]


def test_where_nothing_happened_there_is_nothing_to_recover() -> None:
    exchange, _ = followed()
    exchange.publisher.apply([bid(1, 990, 1)])
    for channel in ("bbo.BTC-KRW", "book.BTC-KRW", "status.BTC-KRW", "trades.BTC-KRW"):
        inbox = Inbox()
        seq = exchange.publisher.seq(channel)
        joined = exchange.publisher.subscribe(channel, inbox, resumed(seq))
        assert joined == (seq, True)
        assert inbox.frames == []


def test_without_a_snapshot_the_next_push_is_the_first() -> None:
    exchange, _ = followed()
    exchange.publisher.apply([bid(1, 990, 1)])
    inbox = Inbox()
    joined = exchange.publisher.subscribe("book.BTC-KRW", inbox, Subscription(snapshot=False))
    assert joined == (1, None)
    exchange.publisher.apply([bid(2, 990, 2)])
    assert [brief(push)[1:] for push in inbox.take()] == [("delta", 2, 1)]


def test_raw_channels_recover_over_a_restart() -> None:
    exchange, inbox = followed()
    for eseq in range(1, 6):
        exchange.publisher.apply([trade(eseq), bid(eseq, 990, eseq)])
    live = [push for push in inbox.take() if push["ch"] == "book.BTC-KRW"]
    other, _ = followed()
    other.publisher.restore_state(exchange.publisher.snapshot_state())
    late = Inbox()
    joined = other.publisher.subscribe("book.BTC-KRW", late, resumed(2))
    assert joined == (5, True)
    assert late.take() == live[2:]
    assert other.publisher.epoch == "e1"


@pytest.mark.parametrize(
    ("channel", "recovers"),
    [
        *((f"{kind}.{BTC}", True) for kind in ("book", "trades", "bbo")),
        (f"book.{BTC}.5.raw", True),
        *((f"{kind}.{BTC}", False) for kind in ("ticker", "status", "l3")),
        *((channel, False) for channel in (f"candles.{BTC}.1m", f"book.{BTC}.5.100ms", "instruments")),
    ],
)
def test_what_the_log_does_not_tell_begins_anew_after_a_restart_also_where_nothing_happened(
    channel: str, recovers: bool
) -> None:
    exchange, other = bounded(), bounded()
    exchange.publisher.apply([trade(1), bid(1, 990, 1)])
    other.publisher.restore_state(exchange.publisher.snapshot_state())
    other.publisher.set_epoch("e1")
    other.publisher.follow_orders(lambda: (1, []), OrderIds(bytes(32)))
    # Others follow it already.
    other.subscriber(channel)
    seq = other.publisher.seq(channel)
    late = Inbox()
    assert other.publisher.subscribe(channel, late, resumed(seq)) == (seq, recovers)
    assert [push["type"] for push in late.take()] == ([] if recovers else ["snapshot"])
    other.publisher.apply([trade(2), bid(2, 991, 1)])
    seq = other.publisher.seq(channel)
    if seq == 2:
        assert other.publisher.subscribe(channel, Inbox(), resumed(2)) == (2, True)


@pytest.mark.parametrize("channel", [f"book.{BTC}.5.raw", f"bbo.{BTC}", f"ticker.{BTC}"])
def test_pushes_that_are_kept_come_in_slices_too(channel: str) -> None:
    most = 3
    market = bounded(changes=6, pushes=most, rush=0)
    market.publisher.set_epoch("e1")
    market.hub.pumped_by(lambda: None)
    live = market.subscriber(channel)
    market.publisher.apply([bid(1, 1, 1)])
    live.take()
    for eseq in range(2, 31):
        market.publisher.apply([trade(eseq), bid(eseq, 1_000 + eseq, 1)])
    late = Inbox()
    assert market.publisher.subscribe(channel, late, resumed(1)) == (30, True)
    told: list[list[Told]] = [late.take()]
    while market.hub.queued:
        market.hub.work(8)
        told.append(late.take())
    assert max(map(len, told)) == most
    assert [push for part in told for push in part] == live.take()
