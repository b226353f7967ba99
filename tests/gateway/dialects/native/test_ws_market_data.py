"""Market data pushes are framed JSON with the documented envelope."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.dialects.native.ws_market_data import NativeEncoder
from gateway.dialects.native.ws_replies import instrument_object
from gateway.model import InstrumentStatus, Side, Trade, TradingStatus, format_scaled
from gateway.ports.market_data import (
    DELTA,
    EVENT,
    GAP,
    HEARTBEAT,
    JSON,
    SNAPSHOT,
    BboContent,
    BookLevelsContent,
    CandleContent,
    CandlesContent,
    GapContent,
    InstrumentsContent,
    L3Change,
    L3ChangesContent,
    L3Order,
    L3OrdersContent,
    Position,
    Push,
    PushContent,
    StatusContent,
    TickerContent,
    TradesContent,
)
from protocols.ws.frames import text_frame
from tests.gateway.dialects.native.wire import BTC, NOW

SENT = NOW + 5
POSITION = Position(seq=90, prev=88, eseq=91, ts=NOW)
ENCODERS = {JSON: NativeEncoder(lambda: SENT)}


def push(kind: str, content: PushContent) -> Push:
    return Push(ENCODERS, "ch.BTC-KRW", kind, BTC, POSITION, content)


def told(push: Push, **members: object) -> Any:
    """Check the envelope, with ``members`` before the data; return the data."""
    frame = push.frame(JSON)
    payload = frame[frame.index(b'{"ch"') :]
    assert frame == text_frame(payload)
    decoded = orjson.loads(payload)
    content = decoded.pop("data")
    assert list(decoded.items()) == [
        ("ch", "ch.BTC-KRW"),
        ("type", push.type),
        ("seq", 90),
        ("prev", 88),
        ("eseq", 91),
        ("ts", NOW),
        ("sent", SENT),
        *members.items(),
    ]
    assert payload.index(b'"data"') > max(payload.index(b'"%b"' % name.encode()) for name in decoded)
    return content


def test_a_book() -> None:
    bids, asks = [(10_000_000_050, 150_000_000), (9_999_999_900, 1)], [(10_000_000_100, 0)]
    assert told(push(DELTA, BookLevelsContent(bids, asks))) == {
        "bids": [["100000000.5", "1.5"], ["99999999", "0.00000001"]],
        "asks": [["100000001", "0"]],
    }
    assert told(push(SNAPSHOT, BookLevelsContent([], []))) == {"bids": [], "asks": []}


@pytest.mark.parametrize("kind", [SNAPSHOT, EVENT])
def test_the_best_bid_and_offer(kind: str) -> None:
    assert told(push(kind, BboContent((100, 1), None))) == {"bid": ["1", "0.00000001"], "ask": None}
    assert told(push(kind, BboContent(None, (250, 100_000_000)))) == {"bid": None, "ask": ["2.5", "1"]}


def test_trades() -> None:
    trades = [
        Trade(90, 4, NOW, "BTC-KRW", 10_000_000_050, 150_000_000, Side.BUY),
        Trade(90, 7, NOW + 1, "BTC-KRW", 100, 1, Side.SELL),
    ]
    assert told(push(EVENT, TradesContent(trades))) == [
        {"price": "100000000.5", "quantity": "1.5", "side": "buy", "trade_id": "90-4", "ts": NOW},
        {"price": "1", "quantity": "0.00000001", "side": "sell", "trade_id": "90-7", "ts": NOW + 1},
    ]
    assert told(push(SNAPSHOT, TradesContent([]))) == []


@pytest.mark.parametrize("status", TradingStatus)
def test_a_trading_status(status: TradingStatus) -> None:
    event = InstrumentStatus(90, 1, NOW, "BTC-KRW", status)
    assert told(push(EVENT, StatusContent(event))) == {"symbol": "BTC-KRW", "status": status.name.lower()}


def test_a_book_by_order() -> None:
    content = L3OrdersContent([L3Order(7, 250, 150_000_000), L3Order(9, 250, 1)], [])
    assert told(push(SNAPSHOT, content)) == {
        "bids": [["7", "2.5", "1.5"], ["9", "2.5", "0.00000001"]],
        "asks": [],
    }


def test_changes_by_order() -> None:
    content = L3ChangesContent(
        [
            L3Change("execute", 7, Side.BUY, 250, 100_000_000, 50_000_000),
            L3Change("add", 9, Side.SELL, 300, 1),
        ]
    )
    assert told(push(DELTA, content)) == [
        {
            "action": "execute",
            "id": "7",
            "side": "buy",
            "price": "2.5",
            "quantity": "1",
            "executed": "0.5",
        },
        {"action": "add", "id": "9", "side": "sell", "price": "3", "quantity": "0.00000001"},
    ]


def test_a_ticker() -> None:
    content = TickerContent(200, 300, 100, 250, 50, 150_000_000, 5_000_000_000, 3, (240, 100_000_000), None)
    assert told(push(EVENT, content)) == {
        "open": "2",
        "high": "3",
        "low": "1",
        "last": "2.5",
        "change": "0.5",
        "volume": "1.5",
        "turnover": "0.5",
        "trades": 3,
        "bid": ["2.4", "1"],
        "ask": None,
    }
    untraded = told(push(SNAPSHOT, TickerContent(None, None, None, None, None, 0, 0, 0, None, None)))
    assert [untraded[name] for name in ("open", "high", "low", "last", "change")] == [None] * 5
    assert [untraded[name] for name in ("volume", "turnover", "trades")] == ["0", "0", 0]


def test_candles() -> None:
    candle = CandleContent(NOW, 100, 300, 50, 200, 150_000_000, 5_000_000_000, 2)
    shown = {
        "start": NOW,
        "open": "1",
        "high": "3",
        "low": "0.5",
        "close": "2",
        "volume": "1.5",
        "turnover": "0.5",
        "trades": 2,
    }
    later = candle._replace(start=NOW + 1)
    assert told(push(EVENT, CandlesContent([candle, later], is_open=True))) == [
        {**shown, "closed": True},
        {**shown, "start": NOW + 1, "closed": False},
    ]
    assert told(push(EVENT, CandlesContent([candle], is_open=False))) == [{**shown, "closed": True}]
    assert told(push(SNAPSHOT, CandlesContent([], is_open=False))) == []


def test_instruments() -> None:
    listed = told(push(SNAPSHOT, InstrumentsContent([(BTC, TradingStatus.HALTED)])))
    assert listed == [instrument_object(BTC, TradingStatus.HALTED)]


def test_a_gap_and_a_heartbeat() -> None:
    assert told(push(GAP, GapContent(70, 90))) == {"from": 70, "to": 90}
    assert told(push(HEARTBEAT, None)) is None


def extended(kind: str) -> Push:
    return Push(
        ENCODERS,
        "ch.BTC-KRW",
        kind,
        BTC,
        POSITION,
        BboContent(None, None),
        conflated=3,
        checksum=0,
        epoch="e1",
        part=(2, 3),
    )


def test_a_snapshot_names_its_epoch_its_part_and_what_it_stands_for() -> None:
    told(extended(SNAPSHOT), epoch="e1", part=2, parts=3, conflated=3, checksum=0)
    told(extended(DELTA), conflated=3, checksum=0)


def test_pushes_that_stand_for_more_or_fewer_others_share_what_they_say() -> None:
    plain = push(SNAPSHOT, BboContent((100, 1), None))
    twice, thrice = plain.conflating(2), plain.conflating(3)
    assert told(twice, conflated=2) == told(thrice, conflated=3) == told(plain)
    assert plain.bodies is twice.bodies is thrice.bodies
    assert len(plain.bodies or ()) == 1


levels = st.lists(st.tuples(st.integers(1, 2**63 - 1), st.integers(0, 2**63 - 1)), max_size=200)


@given(levels, levels)
def test_any_book_is_read_back(bids: list[tuple[int, int]], asks: list[tuple[int, int]]) -> None:
    def text(side: list[tuple[int, int]]) -> list[list[str]]:
        return [[format_scaled(price, 2), format_scaled(quantity, 8)] for price, quantity in side]

    assert told(push(SNAPSHOT, BookLevelsContent(bids, asks))) == {"bids": text(bids), "asks": text(asks)}
