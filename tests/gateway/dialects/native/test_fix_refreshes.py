"""W, X and f, exactly; what a random session makes of them is compared in the tests of ``gateway.net``."""

from typing import NamedTuple

import pytest

from gateway.dialects.native import fix_refreshes
from gateway.dialects.native.fix_market_data import Wanted
from gateway.dialects.native.fix_refreshes import FixRefreshEncoder, lines_of
from gateway.model import InstrumentStatus, Side, Trade, TradingStatus
from gateway.ports.market_data import (
    DELTA,
    EVENT,
    HEARTBEAT,
    SNAPSHOT,
    BboContent,
    BookLevelsContent,
    InstrumentsContent,
    Position,
    Push,
    PushContent,
    StatusContent,
    TradesContent,
)
from protocols.fix import Validator, scan, standard_dictionary
from protocols.fix.encoder import HeaderTemplate
from tests.gateway.dialects.native.wire import BTC, NOW

PX = 100_000_000_00
BOTH = Wanted(bids=True, offers=True, trades=False, depth=0)
ALL = Wanted(bids=True, offers=True, trades=True, depth=0)
TRADES = Wanted(bids=False, offers=False, trades=True, depth=0)
BOOK = BookLevelsContent([(PX, 10**8), (PX - 100, 5)], [])
CHANGES = BookLevelsContent([(PX, 2 * 10**8), (PX - 100, 0)], [(PX + 100, 10**7)])
FIRST = Trade(7, 3, NOW, "BTC-KRW", PX, 10**6, Side.SELL)
SECOND = Trade(9, 2, NOW + 10**9, "BTC-KRW", PX + 100, 10**6, Side.BUY)


class Voice(NamedTuple):
    """A version, and whether its sessions have extra tags."""

    begin_string: bytes
    extra_tags: bool = False

    def encoder(self) -> FixRefreshEncoder:
        return FixRefreshEncoder(self.begin_string, extra_tags=self.extra_tags, clock=lambda: NOW)


V42, V44, V50 = Voice(b"FIX.4.2"), Voice(b"FIX.4.4"), Voice(b"FIXT.1.1")
EXTRA = Voice(b"FIX.4.4", extra_tags=True)


def push(kind: str, content: PushContent, seq: int = 7, prev: int = 0, ts: int = NOW) -> Push:
    return Push({}, "ch", kind, BTC, Position(seq, prev, max(seq, 8), ts), content)


def shown(voice: Voice, msg_type: bytes, body: bytes | None) -> str:
    """Return a body as text; it is valid in its version."""
    assert body is not None
    if not voice.extra_tags:
        frame = HeaderTemplate(voice.begin_string, b"BDAX", b"C").encode(
            msg_type, 1, b"20260101-00:00:00.000", body
        )
        Validator(standard_dictionary(voice.begin_string)).validate(scan(frame))
    return body.decode().replace("\x01", "|")


@pytest.mark.parametrize("voice", [V42, V44])
def test_a_book_in_fix_4(voice: Voice) -> None:
    book = lines_of(voice.encoder().encode(push(SNAPSHOT, BOOK)))
    body = fix_refreshes.full_refresh(b"md", BOTH, book, None)
    assert shown(voice, b"W", body) == (
        "262=md|55=BTC-KRW|268=3|269=0|270=100000000|271=1|299=7|269=0|270=99999999|271=0.00000005|299=7|"
        "269=1|270=0|271=0|299=7|"
    )


def test_a_book_in_fix_5() -> None:
    book = lines_of(V50.encoder().encode(push(SNAPSHOT, BOOK)))
    body = fix_refreshes.full_refresh(b"md", BOTH._replace(offers=False), book, None)
    assert shown(V50, b"W", body) == (
        "262=md|1181=7|55=BTC-KRW|779=20260101-00:00:00.123|268=2|"
        "269=0|270=100000000|271=1|299=7|83=0|269=0|270=99999999|271=0.00000005|299=7|83=0|"
    )


def test_a_book_that_never_changed_is_of_now() -> None:
    empty = BookLevelsContent([], [])
    book = lines_of(V50.encoder().encode(push(SNAPSHOT, empty, 0, ts=0)))
    body = fix_refreshes.full_refresh(b"md", BOTH, book, None)
    assert shown(V50, b"W", body) == (
        "262=md|1181=0|55=BTC-KRW|779=20260101-00:00:00.123|268=2|"
        "269=0|270=0|271=0|299=0|83=0|269=1|270=0|271=0|299=0|83=0|"
    )


@pytest.mark.parametrize("voice", [V42, V44])
def test_changes_in_fix_4(voice: Voice) -> None:
    encoder = voice.encoder()
    encoder.encode(push(SNAPSHOT, BOOK))
    changes = lines_of(encoder.encode(push(DELTA, CHANGES, 8, 7)))
    assert shown(voice, b"X", fix_refreshes.incremental_refresh(b"md", BOTH, changes)) == (
        "262=md|268=3|279=1|269=0|55=BTC-KRW|270=100000000|271=2|299=8|"
        "279=2|269=0|55=BTC-KRW|270=99999999|299=8|279=0|269=1|55=BTC-KRW|270=100000001|271=0.1|299=8|"
    )
    again = lines_of(encoder.encode(push(DELTA, BookLevelsContent([(PX - 100, 3)], [(PX + 100, 1)]), 9, 8)))
    assert shown(voice, b"X", fix_refreshes.incremental_refresh(b"md", BOTH, again)) == (
        "262=md|268=2|279=0|269=0|55=BTC-KRW|270=99999999|271=0.00000003|299=9|"
        "279=1|269=1|55=BTC-KRW|270=100000001|271=0.00000001|299=9|"
    )


def test_changes_in_fix_5_have_both_numbers_and_a_count() -> None:
    encoder = V50.encoder()
    encoder.encode(push(SNAPSHOT, BOOK))
    encoder.encode(push(DELTA, BookLevelsContent([(PX, 1)], []), 8, 7))
    changes = lines_of(encoder.encode(push(DELTA, BookLevelsContent([(PX, 2)], []), 11, 8)))
    assert shown(V50, b"X", fix_refreshes.incremental_refresh(b"md", BOTH, changes)) == (
        "262=md|1181=11|1350=8|268=1|279=1|269=0|55=BTC-KRW|270=100000000|271=0.00000002|299=11|83=2|"
    )
    book = lines_of(encoder.encode(push(SNAPSHOT, BOOK, 11)))
    assert b"299=11\x0183=2\x01" in book[4]


def test_extra_tags_end_what_is_said() -> None:
    encoder = EXTRA.encoder()
    book = lines_of(encoder.encode(push(SNAPSHOT, BOOK)))
    body = fix_refreshes.full_refresh(b"md", BOTH, book, None)
    assert shown(EXTRA, b"W", body).endswith(f"|271=0|299=7|83=0|20010=8|20011={NOW}|")
    changes = lines_of(encoder.encode(push(DELTA, CHANGES, 8, 7)))
    offers = fix_refreshes.incremental_refresh(b"md", BOTH._replace(bids=False), changes)
    assert shown(EXTRA, b"X", offers) == (
        f"262=md|268=1|279=0|269=1|55=BTC-KRW|270=100000001|271=0.1|299=8|83=1|20010=8|20011={NOW}|"
    )
    trades = lines_of(encoder.encode(push(EVENT, TradesContent([FIRST]))))
    assert "|299=7-3|83=1|2446=2|20010=8|" in shown(
        EXTRA, b"X", fix_refreshes.trades_refresh(b"md", trades, (0, 0))
    )


def test_a_change_of_the_other_side_is_no_message() -> None:
    changes = lines_of(V44.encoder().encode(push(DELTA, BookLevelsContent([(PX, 1)], []))))
    assert fix_refreshes.incremental_refresh(b"md", BOTH._replace(bids=False), changes) is None


def test_a_change_whose_book_was_not_told_is_new() -> None:
    # A hub never does that; an encoder that raised would take others' market data with it.
    encoder = V44.encoder()
    encoder.encode(push(SNAPSHOT, BOOK))
    changes = lines_of(encoder.encode(push(DELTA, BookLevelsContent([(PX, 1)], []), 20, 19)))
    assert b"279=0\x01269=0\x01" in changes[4]


@pytest.mark.parametrize(
    ("voice", "entry_id", "trade_id"), [(V44, "", ""), (V50, "278=9-2|", "1003=9-2|83=0|")]
)
def test_trades_in_a_refresh(voice: Voice, entry_id: str, trade_id: str) -> None:
    trades = lines_of(voice.encoder().encode(push(SNAPSHOT, TradesContent([FIRST, SECOND]))))
    assert fix_refreshes.last_trade(trades) == (9, 2)
    text = shown(voice, b"W", fix_refreshes.full_refresh(b"md", TRADES, None, trades))
    assert "|268=2|269=2|" in text
    assert text.endswith(
        f"|269=2|{entry_id}270=100000001|271=0.01|272=20260101|273=00:00:01.123|299=9-2|{trade_id}"
    )


def test_a_refresh_of_book_and_trades() -> None:
    encoder = V44.encoder()
    book = lines_of(encoder.encode(push(SNAPSHOT, BOOK)))
    trades = lines_of(encoder.encode(push(SNAPSHOT, TradesContent([FIRST]))))
    none = lines_of(encoder.encode(push(SNAPSHOT, TradesContent([]))))
    assert "|268=4|269=0|" in shown(V44, b"W", fix_refreshes.full_refresh(b"md", ALL, book, trades))
    assert "269=2" not in shown(V44, b"W", fix_refreshes.full_refresh(b"md", ALL, book, none))
    assert fix_refreshes.last_trade(none) == (0, 0)
    with pytest.raises(ValueError, match="nothing"):
        fix_refreshes.full_refresh(b"md", ALL, None, None)


@pytest.mark.parametrize("voice", [V42, V44, V50])
def test_no_trades_are_an_entry_too(voice: Voice) -> None:
    trades = lines_of(voice.encoder().encode(push(SNAPSHOT, TradesContent([]))))
    assert "|268=1|269=2|270=0|271=0|" in shown(
        voice, b"W", fix_refreshes.full_refresh(b"md", TRADES, None, trades)
    )
    assert fix_refreshes.trades_refresh(b"md", trades, (0, 0)) is None


@pytest.mark.parametrize("voice", [V42, V44])
def test_a_trade_as_it_comes(voice: Voice) -> None:
    trades = lines_of(voice.encoder().encode(push(EVENT, TradesContent([FIRST, SECOND]))))
    assert shown(voice, b"X", fix_refreshes.trades_refresh(b"md", trades, (7, 3))) == (
        "262=md|268=1|279=0|269=2|278=9-2|55=BTC-KRW|270=100000001|271=0.01|272=20260101|273=00:00:01.123|299=9-2|"
    )
    assert fix_refreshes.trades_refresh(b"md", trades, (9, 2)) is None


@pytest.mark.parametrize("voice", [V42, V44, V50, EXTRA])
@pytest.mark.parametrize(
    ("status", "code"), [(TradingStatus.OPEN, 17), (TradingStatus.CANCEL_ONLY, 18), (TradingStatus.HALTED, 2)]
)
def test_a_status(voice: Voice, status: TradingStatus, code: int) -> None:
    content = StatusContent(InstrumentStatus(7, 1, NOW, "BTC-KRW", status))
    now = lines_of(voice.encoder().encode(push(SNAPSHOT, content, 0, ts=0)))
    changed = lines_of(voice.encoder().encode(push(EVENT, content)))
    extra = "20010=8|" if voice.extra_tags else ""
    first = shown(voice, b"f", fix_refreshes.security_status(b"s", now))
    assert first == f"324=s|55=BTC-KRW|326={code}|{extra}"
    number = "1181=7|" if voice is V50 else ""
    assert shown(voice, b"f", fix_refreshes.security_status(b"s", changed)) == (
        f"324=s|325=Y|{number}55=BTC-KRW|326={code}|60=20260101-00:00:00.123|{extra}"
    )


def test_what_fix_has_no_word_for_is_empty() -> None:
    encoder = V44.encoder()
    assert encoder.encode(push(HEARTBEAT, None)) == b""
    assert encoder.encode(push(EVENT, BboContent(None, None))) == b""
    everything = Push({}, "instruments", SNAPSHOT, None, Position(1, 0, 1, NOW), InstrumentsContent([]))
    assert encoder.encode(everything) == b""
