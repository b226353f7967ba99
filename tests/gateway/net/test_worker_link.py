"""The link's framing: whole, in pieces, damaged; and what the public may know."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.marketdata import Mode, Subscription
from gateway.model import (
    BookDelta,
    Event,
    MassCanceled,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderReplaced,
    OrdType,
    Side,
    TimeInForce,
    Trade,
)
from gateway.model.vocabulary import CancelCause
from gateway.net import worker_link as wire
from gateway.ports import Sample
from gateway.ports.metrics import HistogramValue
from gateway.settings import LogSettings, MarketDataSettings, WsSettings

LINE = st.integers(0, 2**40)
TEXT = st.text(max_size=20)
ID = st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1), TEXT)
CHANGE = st.builds(wire.GuestChange, TEXT, *[st.integers(-1000, 1000)] * 4)
WISHES = st.dictionaries(
    TEXT,
    st.builds(
        Subscription,
        mode=st.sampled_from(Mode),
        interval_ns=st.integers(0, 10**10),
        from_seq=st.one_of(st.none(), st.integers(0, 2**62)),
        epoch=TEXT,
    ),
    max_size=3,
)
TRADE = st.builds(Trade, LINE, LINE, LINE, TEXT, LINE, LINE, st.sampled_from(Side))
LEVEL = st.builds(BookDelta, LINE, LINE, LINE, TEXT, st.sampled_from(Side), LINE, LINE)
TO_WORKER = st.one_of(
    st.builds(wire.Events, LINE, st.lists(st.one_of(TRADE, LEVEL), max_size=3)),
    st.builds(wire.Passed, LINE),
    st.builds(wire.Text, LINE, st.binary(max_size=50)),
    st.builds(wire.Framed, LINE, st.binary(max_size=50)),
    st.builds(wire.CloseLine, LINE, LINE, TEXT),
    st.builds(wire.LoggedOn, LINE, TEXT, TEXT),
    st.builds(wire.Join, LINE, ID, WISHES, st.dictionaries(TEXT, st.dictionaries(TEXT, ID))),
    st.builds(wire.Leave, LINE, st.lists(TEXT)),
    st.builds(wire.ShowBook, LINE, ID, TEXT, LINE),
    st.builds(wire.GuestNews, st.lists(CHANGE)),
    st.just(wire.Goodbye()),
)


@given(st.lists(TO_WORKER, max_size=6), st.lists(st.integers(0, 200), max_size=8))
def test_messages_come_whole_and_in_order_in_any_pieces(messages: list[wire.Said], cuts: list[int]) -> None:
    data = b"".join(map(wire.pack_message, messages))
    reader = wire.to_worker()
    found: list[wire.Said] = []
    start = 0
    for cut in [*sorted(cuts), len(data)]:
        found += reader.feed(data[start:cut])
        start = max(start, cut)
    assert found == messages


def test_the_first_word_keeps_the_settings() -> None:
    begin = wire.Begin(
        worker=1,
        boot="b",
        ws=WsSettings(workers=3, anonymous_unlimited=("10.0.0.0/8",)),
        market_data=MarketDataSettings(),
        log=LogSettings(),
        origin=b"origin",
        epoch="e",
        secret=b"s",
        state=b"state",
        guests=[wire.GuestChange("10.1.2.3", 1)],
    )
    assert wire.to_worker().feed(wire.pack_message(begin)) == [begin]


def test_a_report_keeps_its_samples() -> None:
    histogram = HistogramValue(((0.1, 2),), 3, 1.5)
    report = wire.Report(
        [Sample("a", "b", "counter", 5, (("x", "y"),)), Sample("h", "b", "histogram", histogram)]
    )
    assert wire.to_engine().feed(wire.pack_message(report)) == [report]


@given(st.binary(min_size=1, max_size=60))
def test_what_is_no_message_is_an_error_and_nothing_else(body: bytes) -> None:
    data = len(body).to_bytes(4, "big") + body
    try:
        found = wire.to_engine().feed(data)
    except wire.LinkError:
        return
    assert [type(message).__name__ for message in found] != []


@pytest.mark.parametrize(
    "data", [b"\xff\xff\xff\xff", wire.pack_message(wire.Goodbye())], ids=["huge", "the other direction's"]
)
def test_bytes_that_cannot_be_right_are_refused(data: bytes) -> None:
    with pytest.raises(wire.LinkError):
        wire.to_engine().feed(data)


def events() -> list[Event]:
    terms = (OrdType.LIMIT, TimeInForce.GTC, 5, 990, False)
    return [
        OrderAccepted(1, 1, 7, "S", 3, "ACME", b"a-1", 1, "BTC-KRW", Side.BUY, *terms),
        OrderFilled(1, 2, 7, "S", "ACME", 1, 2, 990, 2, 3, 990, True),
        OrderReplaced(2, 1, 7, "S", "ACME", 1, "T", 4, b"a-2", b"a-1", 5, 990, 0, 5),
        OrderCanceled(3, 1, 7, "S", "ACME", 1, 0, 5, CancelCause.REQUESTED, "T", 5, b"a-3", b"a-2"),
        MassCanceled(4, 1, 7, "S", 6, "ACME", b"a-4", 1),
        Trade(5, 1, 7, "BTC-KRW", 990, 2, Side.BUY),
        BookDelta(5, 2, 7, "BTC-KRW", Side.BUY, 990, 3),
    ]


def test_workers_are_told_public_events_only() -> None:
    assert wire.market_events(events()) == events()[-2:]


def test_events_of_orders_name_nobody() -> None:
    told = wire.events_with_orders(events())
    assert [type(event) for event in told] == [
        OrderAccepted,
        OrderFilled,
        OrderReplaced,
        OrderCanceled,
        Trade,
        BookDelta,
    ]
    encoded = msgspec.msgpack.encode(told)
    assert not any(name in encoded for name in (b"ACME", b"a-", b"\xa1S", b"\xa1T"))
    [message] = wire.to_worker().feed(wire.pack_message(wire.Events(5, told)))
    assert message == wire.Events(5, told)
    accepted, filled, replaced, canceled = told[:4]
    assert isinstance(accepted, OrderAccepted)
    assert isinstance(filled, OrderFilled)
    assert isinstance(replaced, OrderReplaced)
    assert isinstance(canceled, OrderCanceled)
    assert (accepted.order_id, accepted.price, filled.leaves_qty, replaced.leaves_qty) == (1, 990, 3, 5)
    assert canceled.order_id == 1
