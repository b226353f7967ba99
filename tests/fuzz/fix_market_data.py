"""Fuzz target over what FIX clients ask of market data: requests into subscriptions, refusals back."""

from functools import cache
from typing import Final

from gateway.dialects.native.fix_market_data import (
    NOTHING,
    MarketDataReject,
    MarketDataRequest,
    SubscriptionRequestType,
    decode_market_data_request,
)
from gateway.dialects.native.fix_orders import BusinessReject
from gateway.dialects.native.fix_securities import decode_status_request
from gateway.marketdata.channels import parse_channel
from protocols.fix import HeaderTemplate, Message, SessionReject, Validator, scan, standard_dictionary
from protocols.fix.errors import BusinessRejectReason, SessionRejectReason
from tests.fuzz.draw import Draw
from tests.fuzz.fix_wire import TIME, VERSIONS, Fields, changed, header, joined
from tests.gateway.dialects.native.wire import INSTRUMENTS
from tests.protocols.fix.wire import framed, soh

_BODIES: Final = (
    "35=V|262=q1|263=1|264=0|265=1|267=2|269=0|269=1|146=1|55=BTC-KRW|",
    "35=V|262=q2|263=0|264=10|267=1|269=2|146=2|55=BTC-KRW|55=ETH-KRW|",
    "35=V|262=q3|263=1|264=1|265=0|266=Y|286=0|547=Y|267=3|269=0|269=1|269=2|146=1|55=X|386=1|336=1|",
    "35=V|262=q1|263=2|264=0|267=1|269=0|146=1|55=BTC-KRW|",
    "35=e|324=s1|55=BTC-KRW|263=1|",
    "35=e|324=s1|55=X|263=2|336=1|",
)
_TAGS: Final = b"55 146 262 263 264 265 266 267 269 286 336 386 546 547".split()
_VALUES: Final = (b"", *b"0 1 2 3 5 A Y N 10 5001 -1 BTC-KRW ETH-KRW \xff".split())


def fix_market_data(data: bytes) -> None:
    """A valid request for market data names channels that there are, or is answered by a valid reject."""
    draw = Draw(data)
    version = draw.one_of(VERSIONS)
    pairs = (piece.partition(b"=") for piece in soh(draw.one_of(_BODIES)).split(b"\x01")[:-1])
    msg_type, *body = ((tag, value) for tag, _, value in pairs)
    body = changed(draw, _swapped(draw, body))
    message = scan(framed(joined([msg_type, *header(draw, 1), *body]), version))
    try:
        _validator(version).validate(message)
    except SessionReject:
        return
    try:
        _work(message)
    except (MarketDataReject, SessionReject, BusinessReject) as error:
        _check_reject(error, message, version)


def _check_reject(
    error: MarketDataReject | SessionReject | BusinessReject, message: Message, version: bytes
) -> None:
    if isinstance(error, MarketDataReject):
        template = HeaderTemplate(version, b"BDAX", b"CLIENT")
        reject = template.encode(b"Y", 1, TIME.encode(), error.body(version.decode()))
        _validator(version).validate(scan(reject))
        assert error.md_req_id == message.fields[b"262"]
        return
    if isinstance(error, SessionReject):
        assert SessionRejectReason(error.reason).phrase
    else:
        assert error.reason in BusinessRejectReason
    assert error.text.isascii()
    assert error.text.isprintable()


def _swapped(draw: Draw, fields: Fields) -> Fields:
    """Return ``fields`` with up to three other values of market data, or further fields of it."""
    fields = list(fields)
    for _ in range(draw.number(3)):
        at = draw.number(len(fields) - 1)
        if draw.chance():
            fields[at] = (fields[at][0], draw.one_of(_VALUES))
        else:
            fields.insert(at, (draw.one_of(_TAGS), draw.one_of(_VALUES)))
    return fields


def _work(message: Message) -> None:
    if message.msg_type == b"V":
        _check(decode_market_data_request(message, INSTRUMENTS), message)
    elif message.msg_type == b"e":
        decode_status_request(message, INSTRUMENTS)


def _check(request: MarketDataRequest, message: Message) -> None:
    assert request.md_req_id == message.fields[b"262"]
    if request.request_type is SubscriptionRequestType.UNSUBSCRIBE:
        assert (request.symbols, request.wanted) == ((), NOTHING)
        return
    assert len(set(request.symbols)) == len(request.symbols) >= 1
    for symbol in request.symbols:
        channels = request.wanted.channels(symbol)
        assert channels
        for channel in channels:
            assert parse_channel(channel, INSTRUMENTS).symbol == symbol


@cache
def _validator(version: bytes) -> Validator:
    return Validator(standard_dictionary(version))
