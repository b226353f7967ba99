"""Both twins of the encoder of pushes say the same of any push."""

import sys
import time
from typing import cast
from unittest import mock

import msgspec
import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.dialects.native import ws_market_data
from gateway.dialects.native.ws_market_data import listed_twin
from gateway.model import Side, Trade
from gateway.ports.market_data import (
    DELTA,
    EVENT,
    GAP,
    HEARTBEAT,
    JSON,
    SNAPSHOT,
    BboContent,
    BookLevelsContent,
    GapContent,
    L3Order,
    L3OrdersContent,
    Position,
    Push,
    PushContent,
    TradesContent,
)
from protocols.fix.codec import WHY_PURE
from protocols.ws.frames import payload_of
from tests.gateway.dialects.native.wire import BTC, NOW

AMOUNTS = st.one_of(
    st.integers(0, 10**10),
    st.sampled_from([0, 10**8, 10**18]),
    st.integers(2**63 - 2, 2**64),
    st.integers(-9, 9),
)
NUMBERS = st.one_of(st.integers(0, 10**6), st.integers(2**63 - 2, 2**64))
SMALL = st.integers(0, 2**62)
LEVELS = st.lists(st.tuples(AMOUNTS, AMOUNTS), max_size=4)
USUAL_LEVELS = st.lists(st.tuples(SMALL, SMALL), max_size=25)
TRADES = st.builds(
    Trade, NUMBERS, NUMBERS, NUMBERS, st.just("BTC-KRW"), AMOUNTS, AMOUNTS, st.sampled_from(Side)
)
USUAL_TRADES = st.builds(Trade, SMALL, SMALL, SMALL, st.just("BTC-KRW"), SMALL, SMALL, st.sampled_from(Side))
CONTENTS: st.SearchStrategy[PushContent] = st.one_of(
    st.builds(BookLevelsContent, LEVELS, LEVELS),
    st.builds(BookLevelsContent, USUAL_LEVELS, USUAL_LEVELS),
    st.builds(BookLevelsContent, USUAL_LEVELS.map(tuple), USUAL_LEVELS.map(tuple)),
    st.builds(BboContent, st.none() | st.tuples(SMALL, SMALL), st.none() | st.tuples(AMOUNTS, AMOUNTS)),
    st.builds(TradesContent, st.lists(TRADES, max_size=3)),
    st.builds(TradesContent, st.lists(USUAL_TRADES, min_size=1, max_size=20)),
    st.builds(TradesContent, st.lists(USUAL_TRADES, min_size=1, max_size=2).map(tuple)),
    st.builds(GapContent, SMALL, SMALL),
    st.none(),
)
PLACES = st.sampled_from([0, 1, 8, 17, 18, 19, 25])
MOST = 2**63 - 1


def framed(push: Push, sent: int) -> list[bytes]:
    """Return the frame that each twin makes."""
    return [ws_market_data.frame_twin()(push, sent), ws_market_data.frame(push, sent)]


@given(
    content=CONTENTS,
    kind=st.sampled_from([DELTA, EVENT, SNAPSHOT, GAP, HEARTBEAT]),
    position=st.one_of(
        st.builds(Position, SMALL, SMALL, SMALL, SMALL),
        st.builds(Position, NUMBERS, NUMBERS, NUMBERS, NUMBERS),
    ),
    sent=NUMBERS,
    channel=st.sampled_from(["bbo.X", "book.BTC-KRW.20.raw", "x" * 100, "x" * 101, "x" * 5000]),
    places=st.tuples(PLACES, PLACES),
    conflated=st.sampled_from([0, 0, 0, 5]),
    checksum=st.sampled_from([None, None, 77]),
)
@example(
    content=BookLevelsContent([(MOST, MOST)] * 20, [(MOST, MOST)] * 20),
    kind=DELTA,
    position=Position(MOST, MOST, MOST, MOST),
    sent=MOST,
    channel="x" * 100,
    places=(18, 18),
    conflated=0,
    checksum=None,
)
@example(
    content=TradesContent([Trade(MOST, MOST, MOST, "X", MOST, MOST, Side.SELL)] * 16),
    kind=EVENT,
    position=Position(MOST, MOST, MOST, MOST),
    sent=MOST,
    channel="x" * 100,
    places=(9, 9),
    conflated=0,
    checksum=None,
)
def test_any_push(
    content: PushContent,
    kind: str,
    position: Position,
    sent: int,
    channel: str,
    places: tuple[int, int],
    conflated: int,
    checksum: int | None,
) -> None:
    instrument = msgspec.structs.replace(BTC, price_places=places[0], qty_places=places[1])
    push = Push({}, channel, kind, instrument, position, content, conflated, checksum, "e1")
    compiled, plain = framed(push, sent)
    assert compiled == plain


@pytest.mark.parametrize("size", [0, 1, 2, 40, 41])
def test_a_body_that_is_shared_and_levels_of_another_type(size: int) -> None:
    content = BookLevelsContent([(5, 7)] * size, [])
    push = Push({}, "book.X", DELTA, BTC, Position(1, 0, 1, NOW), content, bodies={})
    assert framed(push, NOW)[0] == framed(push, NOW)[1]
    levels = cast("list[tuple[int, int]]", [[5, 7]] * size)  # as no book gives them
    in_lists = Push({}, "book.X", DELTA, BTC, Position(1, 0, 1, NOW), BookLevelsContent(levels, ()))
    assert framed(in_lists, NOW)[0] == framed(in_lists, NOW)[1]


ENTRIES = st.one_of(
    st.lists(st.tuples(AMOUNTS, AMOUNTS), max_size=8),
    st.lists(st.builds(L3Order, AMOUNTS, AMOUNTS, AMOUNTS), max_size=8),
)


@given(ENTRIES, st.integers(0, 20), st.integers(0, 20))
def test_many_levels_and_orders_are_written_alike(
    entries: list[tuple[int, ...]], price_places: int, qty_places: int
) -> None:
    told = listed_twin()(entries, price_places, qty_places)
    plain = ws_market_data.plain_listed(cast("list[L3Order]", entries), price_places, qty_places)
    assert told in (plain, None)
    is_usual = all(0 <= amount < 2**63 for entry in entries for amount in entry)
    assert told is not None or not is_usual or max(price_places, qty_places) > 18


@pytest.mark.parametrize("size", [ws_market_data.MANY, ws_market_data.MANY + 1, 5_000])
def test_a_snapshot_of_many_levels_or_orders_is_the_same_in_both_forms(size: int) -> None:
    levels = [(10**6 + n, 7 * n + 1) for n in range(size)]
    orders = [L3Order(2**51 + n, 10**6 + n, n + 1) for n in range(size)]
    contents: list[PushContent] = [BookLevelsContent(levels, levels[:3]), L3OrdersContent(orders, orders[:3])]
    for content in contents:
        push = Push({}, "book.X", SNAPSHOT, BTC, Position(1, 0, 1, NOW), content, epoch="e1")
        told = ws_market_data.frame(push, NOW)
        with mock.patch.object(ws_market_data, "listed_twin", return_value=ws_market_data.plain_listed):
            assert told == ws_market_data.frame(push, NOW)


def test_plain_python_works_where_nothing_was_compiled() -> None:
    with mock.patch.dict(sys.modules, {"gateway.dialects.native._usual_pushes": None}):
        assert ws_market_data.frame_twin() is ws_market_data.frame
    with mock.patch.object(ws_market_data, "WHY_PURE", "asked for"):
        assert ws_market_data.frame_twin() is ws_market_data.frame


@pytest.mark.skipif(bool(WHY_PURE), reason="plain Python works here")
def test_the_encoder_of_connections_uses_the_compiled_twin() -> None:
    assert ws_market_data.frame_twin() is not ws_market_data.frame
    encoder = ws_market_data.NativeEncoder(lambda: NOW)
    push = Push({JSON: encoder}, "bbo.X", EVENT, BTC, Position(1, 0, 1, NOW), BboContent(None, (5, 7)))
    with mock.patch.object(ws_market_data, "frame", side_effect=AssertionError("not usual")):
        assert push.frame(JSON).endswith(b'"data":{"bid":null,"ask":["0.05","0.00000007"]}}')


@pytest.mark.parametrize("why_pure", ["asked for", WHY_PURE])
def test_an_encoder_on_the_clock_says_when_it_encodes(why_pure: str) -> None:
    with mock.patch.object(ws_market_data, "WHY_PURE", why_pure):
        encoder = ws_market_data.NativeEncoder(time.time_ns)
    push = Push({JSON: encoder}, "bbo.X", EVENT, BTC, Position(1, 0, 1, NOW), BboContent(None, (5, 7)))
    before = time.time_ns()
    sent = orjson.loads(payload_of(push.frame(JSON)))["sent"]
    assert before <= sent <= time.time_ns()
    assert push.frame(JSON) is push.frame(JSON)
