"""MarketDataRequest(V) decodes to what is wanted, or is refused with the reason the standard has for it."""

from typing import Any

import pytest
import simplefix

from gateway.dialects.native.fix_market_data import (
    MarketDataReject,
    MdReqRejReason,
    SubscriptionRequestType,
    Wanted,
    decode_market_data_request,
    duplicate_md_req_id,
    no_room,
    too_many_subscriptions,
    unknown_md_req_id,
)
from gateway.dialects.native.fix_orders import BusinessReject
from gateway.marketdata.channels import DEPTHS, parse_channel
from protocols.fix import Message, SessionReject, Validator, scan, standard_dictionary
from protocols.fix.encoder import HeaderTemplate
from tests.gateway.dialects.native.quickfix_spec import SPECS
from tests.gateway.dialects.native.wire import INSTRUMENTS

Fields = list[tuple[int, object]]

VERSIONS = [b"FIX.4.2", b"FIX.4.4", b"FIXT.1.1"]


def request(
    *, types: str = "01", symbols: Any = ("BTC-KRW",), begin_string: bytes = b"FIX.4.4", **tags: Any
) -> Message:
    """Return a request by simplefix: for updates of the whole book, with changes like ``t264=1``."""
    fields: dict[int, Any] = {262: "md-1", 263: 1, 264: 0, 265: 1}
    fields |= {int(name[1:]): value for name, value in tags.items()}
    message = simplefix.FixMessage()
    message.append_pair(8, begin_string)
    message.append_pair(35, "V")
    for tag, value in ((49, "C"), (56, "BDAX"), (34, 2), (52, "20260101-00:00:00.000")):
        message.append_pair(tag, value)
    for tag, value in fields.items():
        if value is not None:
            message.append_pair(tag, value)
    for count, tag, values in ((267, 269, types), (146, 55, symbols)):
        message.append_pair(count, len(values))
        for value in values:
            message.append_pair(tag, value)
    return scan(message.encode())


def refused(**terms: Any) -> MarketDataReject:
    with pytest.raises(MarketDataReject) as caught:
        decode_market_data_request(request(**terms), INSTRUMENTS)
    return caught.value


@pytest.mark.parametrize("begin_string", VERSIONS)
def test_a_request_for_updates(begin_string: bytes) -> None:
    message = request(begin_string=begin_string, types="102")
    Validator(standard_dictionary(begin_string)).validate(message)
    asked = decode_market_data_request(message, INSTRUMENTS)
    assert (asked.md_req_id, asked.request_type, asked.symbols) == (
        b"md-1",
        SubscriptionRequestType.SUBSCRIBE,
        ("BTC-KRW",),
    )
    assert asked.wanted == Wanted(bids=True, offers=True, trades=True, depth=0)
    assert not asked.is_full
    assert asked.wanted.channels("BTC-KRW") == ["book.BTC-KRW", "trades.BTC-KRW"]


@pytest.mark.parametrize(
    ("types", "depth", "channels"),
    [
        ("0", 1, ["book.BTC-KRW.1.raw"]),
        ("1", 50, ["book.BTC-KRW.50.raw"]),
        ("2", 1, ["trades.BTC-KRW"]),
        ("01", 5000, ["book.BTC-KRW.5000.raw"]),
        ("0012", 0, ["book.BTC-KRW", "trades.BTC-KRW"]),
    ],
)
def test_what_is_wanted_has_its_channels(types: str, depth: int, channels: list[str]) -> None:
    asked = decode_market_data_request(request(types=types, t264=depth), INSTRUMENTS)
    assert asked.wanted.channels("BTC-KRW") == channels
    assert [parse_channel(channel, INSTRUMENTS).name for channel in channels] == channels


def test_each_depth_of_the_channels_is_offered_and_all() -> None:
    for depth in (0, *DEPTHS):
        assert decode_market_data_request(request(t264=depth), INSTRUMENTS).wanted.depth == depth


def test_a_snapshot_needs_no_update_type_and_symbols_count_once() -> None:
    message = request(t263=0, t265=None, symbols=("BTC-KRW", "BTC-KRW"))
    asked = decode_market_data_request(message, INSTRUMENTS)
    assert (asked.request_type, asked.symbols) == (SubscriptionRequestType.SNAPSHOT, ("BTC-KRW",))


def test_full_refreshes_may_be_wanted() -> None:
    assert decode_market_data_request(request(t265=0), INSTRUMENTS).is_full


def test_an_end_is_known_by_its_id_alone() -> None:
    asked = decode_market_data_request(request(t263=2, symbols=("NO-SUCH",), types="4"), INSTRUMENTS)
    assert (asked.request_type, asked.symbols) == (SubscriptionRequestType.UNSUBSCRIBE, ())


@pytest.mark.parametrize(
    ("terms", "reason", "text"),
    [
        ({"symbols": ("BTC-KRW", "NO-SUCH")}, "0", "Symbol(55) NO-SUCH is not listed"),
        (
            {"t264": 7},
            "5",
            "MarketDepth(264) 7 is not offered: one of 0, 1, 5, 10, 20, 50, 100, 500, 1000, 5000",
        ),
        (
            {"t264": -1},
            "5",
            "MarketDepth(264) -1 is not offered: one of 0, 1, 5, 10, 20, 50, 100, 500, 1000, 5000",
        ),
        ({"types": "014"}, "8", "MDEntryType(269) 4 is not offered: 0, 1 and 2 are"),
        ({"t266": "N"}, "7", "AggregatedBook(266) N is not offered: only Y is"),
        ({"t286": "0"}, "B", "OpenCloseSettlFlag(286) 0 is not offered: leave it out"),
        ({"t546": "1"}, "A", "Scope(546) 1 is not offered: leave it out"),
        ({"t547": "Y"}, "C", "MDImplicitDelete(547) Y is not offered: only N is"),
        ({"t336": "2"}, "9", "TradingSessionID(336) 2 is not offered: only 1 is"),
        ({"t263": 3}, "4", "SubscriptionRequestType(263) is one of 0, 1 and 2"),
        ({"t265": 2}, "6", "MDUpdateType(265) is one of 0 and 1"),
    ],
)
def test_what_is_not_offered_is_refused_with_its_reason(
    terms: dict[str, Any], reason: str, text: str
) -> None:
    error = refused(**terms)
    assert error.reason is not None
    assert (error.reason.value.decode(), error.text) == (reason, text)
    body = error.body("FIX.4.4")
    assert body == b"262=md-1\x01281=%b\x0158=%b\x01" % (reason.encode(), text.encode())


@pytest.mark.parametrize("terms", [{"t266": "Y"}, {"t547": "N"}, {"t386": 1, "t336": "1"}, {"t336": "1"}])
def test_what_is_usual_may_be_said(terms: dict[str, Any]) -> None:
    assert decode_market_data_request(request(**terms), INSTRUMENTS).symbols == ("BTC-KRW",)


def test_trading_sessions_without_a_name_are_refused() -> None:
    assert refused(t386=1).reason is MdReqRejReason.UNSUPPORTED_TRADING_SESSION_ID


@pytest.mark.parametrize("terms", [{"symbols": ()}, {"types": ""}, {"t265": None}])
def test_what_is_missing_is_said(terms: dict[str, Any]) -> None:
    with pytest.raises(BusinessReject) as caught:
        decode_market_data_request(request(**terms), INSTRUMENTS)
    assert caught.value.reason == 5


@pytest.mark.parametrize("md_req_id", ["", "with space", "x" * 65])
def test_an_id_that_cannot_be_repeated_is_rejected(md_req_id: str) -> None:
    with pytest.raises(SessionReject) as caught:
        decode_market_data_request(request(t262=md_req_id), INSTRUMENTS)
    assert (caught.value.reason, caught.value.ref_tag) == (5, b"262")


@pytest.mark.parametrize("begin_string", VERSIONS)
def test_each_refusal_is_one_that_quickfix_takes(begin_string: bytes) -> None:
    errors = [MarketDataReject(b"md-1", reason, "text") for reason in MdReqRejReason]
    errors += [
        duplicate_md_req_id(b"md-1"),
        unknown_md_req_id(b"md-1"),
        too_many_subscriptions(b"md-1", 2),
        no_room(b"md-1", "text"),
    ]
    template = HeaderTemplate(begin_string, b"BDAX", b"C")
    for error in errors:
        body = error.body(begin_string.decode())
        message = scan(template.encode(b"Y", 1, b"20260101-00:00:00.000", body))
        Validator(standard_dictionary(begin_string)).validate(message)
        fields = {int(tag): value for tag, value in message.fields.items() if tag in {b"262", b"281", b"58"}}
        assert SPECS[begin_string].faults(b"Y", fields) == []
        assert fields[262] == b"md-1"
