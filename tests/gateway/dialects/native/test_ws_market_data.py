"""Market data pushes are framed JSON with the documented envelope."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.dialects.native.ws_market_data import NativeEncoder
from gateway.model import InstrumentStatus, Side, Trade, TradingStatus, format_scaled
from gateway.ports import MarketDataEncoder, Position
from protocols.ws.frames import text_frame
from tests.gateway.dialects.native.wire import BTC, NOW

SENT = NOW + 5
POSITION = Position(seq=90, prev=88, eseq=91, ts=NOW)


@pytest.fixture
def encoder() -> MarketDataEncoder:
    return NativeEncoder(lambda: SENT)


def push(frame: bytes, channel: str, kind: str) -> Any:
    payload = frame[frame.index(b'{"ch"') :]
    assert frame == text_frame(payload)
    decoded = orjson.loads(payload)
    members = decoded.pop("data")
    assert list(decoded.items()) == [
        ("ch", channel),
        ("type", kind),
        ("seq", 90),
        ("prev", 88),
        ("eseq", 91),
        ("ts", NOW),
        ("sent", SENT),
    ]
    return members


def test_a_book(encoder: MarketDataEncoder) -> None:
    bids, asks = [(10_000_000_050, 150_000_000), (9_999_999_900, 1)], [(10_000_000_100, 0)]
    frame = encoder.book("book.BTC-KRW", "delta", BTC, POSITION, bids, asks)
    assert push(frame, "book.BTC-KRW", "delta") == {
        "bids": [["100000000.5", "1.5"], ["99999999", "0.00000001"]],
        "asks": [["100000001", "0"]],
    }
    frame = encoder.book("book.BTC-KRW", "snapshot", BTC, POSITION, [], [])
    assert push(frame, "book.BTC-KRW", "snapshot") == {"bids": [], "asks": []}


@pytest.mark.parametrize("kind", ["snapshot", "event"])
def test_the_best_bid_and_offer(encoder: MarketDataEncoder, kind: str) -> None:
    frame = encoder.bbo("bbo.BTC-KRW", kind, BTC, POSITION, (100, 1), None)
    assert push(frame, "bbo.BTC-KRW", kind) == {"bid": ["1", "0.00000001"], "ask": None}
    frame = encoder.bbo("bbo.BTC-KRW", kind, BTC, POSITION, None, (250, 100_000_000))
    assert push(frame, "bbo.BTC-KRW", kind) == {"bid": None, "ask": ["2.5", "1"]}


def test_trades(encoder: MarketDataEncoder) -> None:
    trades = [
        Trade(90, 4, NOW, "BTC-KRW", 10_000_000_050, 150_000_000, Side.BUY),
        Trade(90, 7, NOW + 1, "BTC-KRW", 100, 1, Side.SELL),
    ]
    assert push(
        encoder.trades("trades.BTC-KRW", "event", BTC, POSITION, trades), "trades.BTC-KRW", "event"
    ) == [
        {"price": "100000000.5", "quantity": "1.5", "side": "buy", "trade_id": "90-4", "ts": NOW},
        {"price": "1", "quantity": "0.00000001", "side": "sell", "trade_id": "90-7", "ts": NOW + 1},
    ]
    assert push(encoder.trades("trades.X", "snapshot", BTC, POSITION, []), "trades.X", "snapshot") == []


@pytest.mark.parametrize("status", TradingStatus)
def test_a_trading_status(encoder: MarketDataEncoder, status: TradingStatus) -> None:
    event = InstrumentStatus(90, 1, NOW, "BTC-KRW", status)
    frame = encoder.status("status.BTC-KRW", "event", POSITION, event)
    assert push(frame, "status.BTC-KRW", "event") == {"symbol": "BTC-KRW", "status": status.name.lower()}


levels = st.lists(st.tuples(st.integers(1, 2**63 - 1), st.integers(0, 2**63 - 1)), max_size=200)


@given(levels, levels)
def test_any_book_is_read_back(bids: list[tuple[int, int]], asks: list[tuple[int, int]]) -> None:
    frame = NativeEncoder(lambda: SENT).book("book.BTC-KRW", "snapshot", BTC, POSITION, bids, asks)

    def text(side: list[tuple[int, int]]) -> list[list[str]]:
        return [[format_scaled(price, 2), format_scaled(quantity, 8)] for price, quantity in side]

    assert push(frame, "book.BTC-KRW", "snapshot") == {"bids": text(bids), "asks": text(asks)}
