"""What a subscription asks for is decoded whole, and each param that is wrong is named with its limit."""

from typing import Any

import orjson
import pytest

from gateway.dialects.native.terms import shown
from gateway.dialects.native.ws_errors import RequestError
from gateway.dialects.native.ws_subscriptions import check_again, decode_snapshot, decode_subscribe
from gateway.marketdata import Mode, Options, Subscription
from gateway.model import Instruments
from tests.gateway.orders.floor import BTC, ETH

INSTRUMENTS = Instruments([BTC, ETH])
BOOK, BBO = "book.BTC-KRW", "bbo.BTC-KRW"


def decoded(**params: Any) -> tuple[list[str], dict[str, Subscription], int | None]:
    names, public, from_exec_id = decode_subscribe(orjson.dumps(params), INSTRUMENTS)
    return names, public, from_exec_id


def test_without_further_params_each_push_comes_after_a_snapshot() -> None:
    names, public, from_exec_id = decoded(channels=[BOOK, "executions", BBO, BOOK])
    assert names == [BOOK, "executions", BBO]
    assert public == {BOOK: Subscription(), BBO: Subscription()}
    assert from_exec_id is None


@pytest.mark.parametrize(
    ("params", "wish"),
    [
        ({"mode": "conflate"}, Subscription(mode=Mode.CONFLATE)),
        (
            {"mode": "interval", "interval_ms": 250},
            Subscription(mode=Mode.INTERVAL, interval_ns=250_000_000),
        ),
        ({"snapshot": False, "checksum": True}, Subscription(snapshot=False, checksum=True)),
        ({"from_seq": 7, "epoch": "e1"}, Subscription(from_seq=7, epoch="e1")),
        ({"from_seq": {BOOK: 0}, "epoch": "e1"}, Subscription(from_seq=0, epoch="e1")),
    ],
)
def test_how_a_channel_is_followed(params: dict[str, Any], wish: Subscription) -> None:
    assert decoded(channels=[BOOK], **params)[1] == {BOOK: wish}


def test_several_channels_resume_each_from_its_own_number() -> None:
    known = {BOOK: 5, "trades.BTC-KRW": 3}
    _, public, _ = decoded(channels=[BBO, *known], from_seq=known, epoch="e")
    assert {name: wish.from_seq for name, wish in public.items()} == {BBO: None, **known}


def test_a_depth_makes_views_of_whole_books() -> None:
    names, public, _ = decoded(channels=["executions", BOOK, BBO], depth=10, from_seq={BOOK: 4}, epoch="e")
    assert names == ["executions", "book.BTC-KRW.10.raw", BBO]
    assert [wish.from_seq for wish in public.values()] == [4, None]
    assert decoded(channels=[BOOK, "book.BTC-KRW.10.raw"], depth=10)[0] == ["book.BTC-KRW.10.raw"]


@pytest.mark.parametrize("from_exec_id", [None, 1, 12])
def test_executions_may_begin_in_the_past(from_exec_id: int | None) -> None:
    assert decoded(channels=["executions"], from_exec_id=from_exec_id) == (["executions"], {}, from_exec_id)


@pytest.mark.parametrize(
    ("params", "field", "limit", "value"),
    [
        ({"mode": "fast"}, "mode", "one of every, conflate, interval", "fast"),
        ({"mode": "interval"}, "interval_ms", "goes with the mode interval, which needs it", None),
        ({"interval_ms": 50}, "interval_ms", "goes with the mode interval, which needs it", "50"),
        ({"mode": "interval", "interval_ms": 9}, "interval_ms", "an integer of at least 10", "9"),
        ({"depth": 7}, "depth", "one of 1, 5, 10, 20, 50, 100, 500, 1000, 5000", "7"),
        ({"channels": [BBO], "depth": 5}, "depth", "goes with channels book.<symbol>", "5"),
        ({"channels": [BBO], "checksum": True}, "checksum", "goes with channels book.<symbol>", None),
        ({"from_seq": 1}, "epoch", "is required with from_seq", None),
        ({"epoch": "e"}, "epoch", "goes with from_seq", "e"),
        ({"from_seq": -1, "epoch": "e"}, "from_seq", "an integer of at least 0", "-1"),
        (
            {"channels": [BOOK, BBO], "from_seq": 1, "epoch": "e"},
            "from_seq",
            "a number goes with one public channel, an object of channel and number with several",
            "1",
        ),
        (
            {"from_seq": {BBO: 1}, "epoch": "e"},
            "from_seq",
            "names public channels of the request",
            BBO,
        ),
        (
            {"channels": ["executions", BOOK], "from_seq": {"executions": 1}, "epoch": "e"},
            "from_seq",
            "names public channels of the request",
            "executions",
        ),
        ({"from_seq": True, "epoch": "e"}, "from_seq", "an integer or an object", "true"),
        ({"from_seq": {"": 1}, "epoch": "e"}, "from_seq", "names public channels of the request", ""),
        ({"from_seq": {BOOK: -1}, "epoch": "e"}, "from_seq[...]", "an integer of at least 0", None),
        ({"snapshot": 1}, "snapshot", "true or false", "1"),
        ({"epoch": ""}, "epoch", "not empty", ""),
        ({"epoch": "e" * 65}, "epoch", "at most 64 characters", shown(b"e" * 65)),
        ({"channels": 3}, "channels", "an array", "3"),
        ({"channels": []}, "channels", "not empty", "[]"),
        ({"channels": [BOOK, 3]}, "channels[1]", "a JSON string", "3"),
        ({"channels": [BOOK, ""]}, "channels", "a channel's name has 1 to 64 characters", ""),
        ({"channels": ["b" * 65]}, "channels", "a channel's name has 1 to 64 characters", shown(b"b" * 65)),
        ({"from_exec_id": 1}, "from_exec_id", "goes with the channel executions", "1"),
        ({"channels": ["executions"], "from_exec_id": 0}, "from_exec_id", "an integer of at least 1", "0"),
    ],
)
def test_a_wrong_param_is_named_with_its_limit(
    params: dict[str, Any], field: str, limit: str, value: str | None
) -> None:
    with pytest.raises(RequestError) as caught:
        decoded(**{"channels": [BOOK], **params})
    error = caught.value.error
    assert (error.name, error.field, error.limit, error.value) == ("INVALID_PARAMS", field, limit, value)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("channel", "part", "limit"),
    [
        ("boks.BTC-KRW", "kind", "book"),
        ("book.XYZ-KRW", "symbol", "a listed symbol"),
        ("book.BTC-KRW.7.raw", "depth", "one of 1, 5, 10"),
        ("book.BTC-KRW.10.30ms", "speed", "one of raw, 20ms, 100ms, 1s"),
        ("book.BTC-KRW.10.raw.g3", "step", "power of ten"),
        ("candles.BTC-KRW.2s", "interval", "one of 1s, 1m"),
        ("bbo.BTC-KRW.5", "suffix", "nothing after bbo.BTC-KRW"),
    ],
)
def test_an_unknown_channel_is_named_with_what_is_wrong(channel: str, part: str, limit: str) -> None:
    with pytest.raises(RequestError) as caught:
        decoded(channels=[BBO, channel])
    error = caught.value.error
    assert (caught.value.status, error.name) == (404, "UNKNOWN_CHANNEL")
    assert (error.field, error.value) == ("channels", channel)
    assert limit in str(error.limit)
    assert f": {part}: " in error.msg


def test_a_snapshot_on_demand() -> None:
    assert decode_snapshot(b'{"channel":"book.BTC-KRW"}', INSTRUMENTS) == (BOOK, 1_000)
    params = b'{"channel":"book.BTC-KRW.10.raw","max_levels":25}'
    assert decode_snapshot(params, INSTRUMENTS) == ("book.BTC-KRW.10.raw", 25)


@pytest.mark.parametrize(
    ("params", "name", "field", "value"),
    [
        ({"channel": BBO}, "INVALID_PARAMS", "channel", BBO),
        ({"channel": "executions"}, "UNKNOWN_CHANNEL", "channel", "executions"),
        ({"channel": BOOK, "max_levels": 9}, "INVALID_PARAMS", "max_levels", "9"),
        ({"channel": ""}, "INVALID_PARAMS", "channel", ""),
        ({}, "INVALID_PARAMS", "channel", None),
    ],
)
def test_a_snapshot_of_what_is_no_book(
    params: dict[str, Any], name: str, field: str, value: str | None
) -> None:
    with pytest.raises(RequestError) as caught:
        decode_snapshot(orjson.dumps(params), INSTRUMENTS)
    error = caught.value.error
    assert (error.name, error.field, error.value) == (name, field, value)


@pytest.mark.parametrize(
    ("first", "again", "field", "limit", "value"),
    [
        ({}, {"mode": "conflate"}, "mode", "every", "conflate"),
        (
            {"mode": "interval", "interval_ms": 50},
            {"mode": "interval", "interval_ms": 60},
            "interval_ms",
            50,
            "60",
        ),
        ({}, {"checksum": True}, "checksum", "false", "true"),
        ({"checksum": True}, {}, "checksum", "true", "false"),
        ({}, {"from_seq": 4, "epoch": "e"}, "from_seq", None, "4"),
    ],
)
def test_what_is_followed_is_not_followed_otherwise_too(
    first: dict[str, Any], again: dict[str, Any], field: str, limit: object, value: str
) -> None:
    options = decoded(channels=[BOOK], **first)[1][BOOK].options
    check_again(BOOK, decoded(channels=[BOOK], snapshot=False, **first)[1][BOOK], options)
    with pytest.raises(RequestError) as caught:
        check_again(BOOK, decoded(channels=[BOOK], **again)[1][BOOK], options)
    error = caught.value.error
    assert (error.name, error.field, error.limit, error.value) == ("INVALID_PARAMS", field, limit, value)
    assert "unsubscribe first" in error.msg


def test_options_that_a_channel_cannot_have_are_not_its_own() -> None:
    wishes = decoded(channels=[BOOK, BBO], checksum=True)[1]
    assert wishes[BOOK].options == Options(checksum=True)
    assert wishes[BBO].options == Options()
