"""Channel names, and the bad part of those that are none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.marketdata import Channel, ChannelError, ChannelKind, parse_channel
from tests.gateway.marketdata.market import BTC, INSTRUMENTS


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("book.BTC-KRW", ChannelKind.BOOK),
        ("bbo.BTC-KRW", ChannelKind.BBO),
        ("trades.BTC-KRW", ChannelKind.TRADES),
        ("status.BTC-KRW", ChannelKind.STATUS),
    ],
)
def test_a_channel_is_kind_and_symbol(name: str, kind: ChannelKind) -> None:
    channel = parse_channel(name, INSTRUMENTS)
    assert channel == Channel(kind, BTC)
    assert channel.name == name


@pytest.mark.parametrize(
    ("name", "part", "limit", "value"),
    [
        ("", "kind", "one of book, bbo, trades, status", ""),
        ("books.BTC-KRW", "kind", "one of book, bbo, trades, status", "books"),
        ("BOOK.BTC-KRW", "kind", "one of book, bbo, trades, status", "BOOK"),
        ("executions", "kind", "one of book, bbo, trades, status", "executions"),
        ("book", "symbol", "book.<symbol>", ""),
        ("book.", "symbol", "a listed symbol", ""),
        ("book.DOGE-KRW", "symbol", "a listed symbol", "DOGE-KRW"),
        ("book.btc-krw", "symbol", "a listed symbol", "btc-krw"),
        ("bbo.BTC-KRW.10", "suffix", "nothing after bbo.BTC-KRW", "10"),
        ("bbo.BTC-KRW.", "suffix", "nothing after bbo.BTC-KRW", ""),
        ("book." + "x" * 60, "length", "at most 64 characters", "65"),
    ],
)
def test_an_unknown_channel_names_the_bad_part(name: str, part: str, limit: str, value: str) -> None:
    with pytest.raises(ChannelError) as caught:
        parse_channel(name, INSTRUMENTS)
    assert (caught.value.part, caught.value.limit, caught.value.value) == (part, limit, value)
    assert part in str(caught.value)


@given(st.text(alphabet=".-BTCKRWETHbook", max_size=20))
def test_a_name_that_parses_is_its_own_canonical_form(name: str) -> None:
    try:
        channel = parse_channel(name, INSTRUMENTS)
    except ChannelError as error:
        part = error.part
    else:
        part = ""
        assert channel.name == name
        assert channel.symbol in INSTRUMENTS
    assert part in {"", "kind", "symbol", "suffix"}
