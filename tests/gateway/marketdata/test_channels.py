"""Channel names, and the bad part of those that are none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.marketdata import Channel, ChannelError, ChannelKind, parse_channel
from gateway.marketdata.channels import MAX_NAME_LENGTH, STEP_LIMIT
from tests.gateway.marketdata.market import BTC, INSTRUMENTS

KINDS = "one of book, l3, bbo, trades, ticker, candles, status, instruments"
DEPTHS = "one of 1, 5, 10, 20, 50, 100, 500, 1000, 5000"
SPEEDS = "one of raw, 20ms, 100ms, 1s"
INTERVALS = "one of 1s, 1m, 5m, 15m, 1h, 4h, 1d"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("book.BTC-KRW", ChannelKind.BOOK),
        ("l3.BTC-KRW", ChannelKind.L3),
        ("bbo.BTC-KRW", ChannelKind.BBO),
        ("trades.BTC-KRW", ChannelKind.TRADES),
        ("ticker.BTC-KRW", ChannelKind.TICKER),
        ("status.BTC-KRW", ChannelKind.STATUS),
    ],
)
def test_a_channel_is_kind_and_symbol(name: str, kind: ChannelKind) -> None:
    assert parse_channel(name, INSTRUMENTS) == Channel(name, kind, BTC)


@pytest.mark.parametrize(
    ("name", "rest"),
    [
        ("book.BTC-KRW.1.raw", (1, "raw", 0)),
        ("book.BTC-KRW.5000.1s", (5000, "1s", 0)),
        ("book.BTC-KRW.10.100ms.g100", (10, "100ms", 1000)),
        ("book.BTC-KRW.10.20ms.g0.5", (10, "20ms", 5)),
        ("book.BTC-KRW.10.raw.g2", (10, "raw", 20)),
    ],
)
def test_a_view_of_a_book_has_depth_speed_and_step(name: str, rest: tuple[int, str, int]) -> None:
    assert parse_channel(name, INSTRUMENTS) == Channel(name, ChannelKind.BOOK, BTC, *rest)


def test_candles_have_an_interval_and_the_list_of_instruments_nothing() -> None:
    candles = parse_channel("candles.BTC-KRW.15m", INSTRUMENTS)
    assert candles == Channel("candles.BTC-KRW.15m", ChannelKind.CANDLES, BTC, interval="15m")
    assert parse_channel("instruments", INSTRUMENTS) == Channel("instruments", ChannelKind.INSTRUMENTS, "")


@pytest.mark.parametrize(
    ("name", "part", "limit", "value"),
    [
        ("", "kind", KINDS, ""),
        ("books.BTC-KRW", "kind", KINDS, "books"),
        ("BOOK.BTC-KRW", "kind", KINDS, "BOOK"),
        ("executions", "kind", KINDS, "executions"),
        ("book", "symbol", "book.<symbol>", ""),
        ("book.", "symbol", "a listed symbol", ""),
        ("book.DOGE-KRW", "symbol", "a listed symbol", "DOGE-KRW"),
        ("book.btc-krw", "symbol", "a listed symbol", "btc-krw"),
        ("bbo.BTC-KRW.10", "suffix", "nothing after bbo.BTC-KRW", "10"),
        ("bbo.BTC-KRW.", "suffix", "nothing after bbo.BTC-KRW", ""),
        ("instruments.BTC-KRW", "suffix", "nothing after instruments", "BTC-KRW"),
        ("candles.BTC-KRW", "interval", INTERVALS, ""),
        ("candles.BTC-KRW.2m", "interval", INTERVALS, "2m"),
        ("book.BTC-KRW.", "depth", DEPTHS, ""),
        ("book.BTC-KRW.7.raw", "depth", DEPTHS, "7"),
        ("book.BTC-KRW.010.raw", "depth", DEPTHS, "010"),
        ("book.BTC-KRW.10", "speed", SPEEDS, ""),
        ("book.BTC-KRW.10.50ms", "speed", SPEEDS, "50ms"),
        ("book.BTC-KRW.10.raw.", "step", STEP_LIMIT, ""),
        ("book.BTC-KRW.10.raw.100", "step", STEP_LIMIT, "100"),
        ("book.BTC-KRW.10.raw.g0", "step", STEP_LIMIT, "g0"),
        ("book.BTC-KRW.10.raw.g3", "step", STEP_LIMIT, "g3"),
        ("book.BTC-KRW.10.raw.g15", "step", STEP_LIMIT, "g15"),
        ("book.BTC-KRW.10.raw.g1.0", "step", STEP_LIMIT, "g1.0"),
        ("book.BTC-KRW.10.raw.g01", "step", STEP_LIMIT, "g01"),
        ("book.BTC-KRW.10.raw.g0.05", "step", STEP_LIMIT, "g0.05"),
        ("book.BTC-KRW.10.raw.g-1", "step", STEP_LIMIT, "g-1"),
        ("book.BTC-KRW.10.raw.g\u0661", "step", STEP_LIMIT, "g\u0661"),
        ("book.BTC-KRW.10.raw.g1.x", "step", STEP_LIMIT, "g1.x"),
        ("book." + "x" * 60, "length", "at most 64 characters", "65"),
    ],
)
def test_an_unknown_channel_names_the_bad_part(name: str, part: str, limit: str, value: str) -> None:
    with pytest.raises(ChannelError) as caught:
        parse_channel(name, INSTRUMENTS)
    assert (caught.value.part, caught.value.limit, caught.value.value) == (part, limit, value)
    assert part in str(caught.value)


PARTS = [
    "book",
    "candles",
    "instruments",
    "l3",
    BTC,
    "10",
    "1000",
    "raw",
    "1s",
    "1m",
    "g1",
    "g0",
    "5",
    "g20",
    "",
]


@given(st.one_of(st.text(max_size=70), st.lists(st.sampled_from(PARTS), max_size=6).map(".".join)))
def test_a_name_that_parses_is_its_own_canonical_form(name: str) -> None:
    bad_part = ""
    try:
        channel = parse_channel(name, INSTRUMENTS)
    except ChannelError as error:
        bad_part = error.part
    if bad_part:
        assert bad_part in {"kind", "symbol", "suffix", "depth", "speed", "step", "interval", "length"}
        assert (bad_part == "length") == (len(name) > MAX_NAME_LENGTH)
        return
    assert channel.name == name
    assert channel.symbol in INSTRUMENTS or channel.kind is ChannelKind.INSTRUMENTS
    if channel.depth:
        step = f".g{channel.step / 10:g}" if channel.step else ""
        assert name == f"book.{channel.symbol}.{channel.depth}.{channel.speed}{step}"
