"""What a FIX client asks of market data: MarketDataRequest(V), and MarketDataRequestReject(Y).

A book is aggregated by price, and is asked for with both sides or one; trades need no depth. NOT here: what
is answered (``fix_refreshes``), securities and their status (``fix_securities``).
"""

import enum
from typing import Final, NamedTuple

from gateway.dialects.native.fix_orders import BusinessReject
from gateway.dialects.native.fix_values import request_id
from gateway.dialects.native.terms import shown
from gateway.marketdata.channels import DEPTHS, RAW
from gateway.model import Instruments
from protocols.fix import BusinessRejectReason, Message
from protocols.fix.tags import (
    AGGREGATED_BOOK,
    MARKET_DEPTH,
    MD_ENTRY_TYPE,
    MD_REQ_ID,
    MD_UPDATE_TYPE,
    NO_TRADING_SESSIONS,
    OPEN_CLOSE_SETTL_FLAG,
    SUBSCRIPTION_REQUEST_TYPE,
    SYMBOL,
    TRADING_SESSION_ID,
)

TRADING_SESSION: Final = b"1"
"""TradingSessionID(336) of the one trading session there is; it does not end."""

_SCOPE: Final = b"546"
_MD_IMPLICIT_DELETE: Final = b"547"
_DEPTHS: Final = {b"%d" % depth: depth for depth in (0, *DEPTHS)}


class SubscriptionRequestType(enum.Enum):
    """SubscriptionRequestType(263)."""

    SNAPSHOT = b"0"
    SUBSCRIBE = b"1"
    UNSUBSCRIBE = b"2"


class MdReqRejReason(enum.Enum):
    """MDReqRejReason(281), those that are used here."""

    UNKNOWN_SYMBOL = b"0"
    DUPLICATE_MD_REQ_ID = b"1"
    INSUFFICIENT_BANDWIDTH = b"2"
    UNSUPPORTED_SUBSCRIPTION_REQUEST_TYPE = b"4"
    UNSUPPORTED_MARKET_DEPTH = b"5"
    UNSUPPORTED_MD_UPDATE_TYPE = b"6"
    UNSUPPORTED_AGGREGATED_BOOK = b"7"
    UNSUPPORTED_MD_ENTRY_TYPE = b"8"
    UNSUPPORTED_TRADING_SESSION_ID = b"9"
    UNSUPPORTED_SCOPE = b"A"
    UNSUPPORTED_OPEN_CLOSE_SETTL_FLAG = b"B"
    UNSUPPORTED_MD_IMPLICIT_DELETE = b"C"


_FIX_42: Final = "FIX.4.2"
_NOT_IN_FIX_42: Final = frozenset(
    {
        MdReqRejReason.UNSUPPORTED_TRADING_SESSION_ID,
        MdReqRejReason.UNSUPPORTED_SCOPE,
        MdReqRejReason.UNSUPPORTED_OPEN_CLOSE_SETTL_FLAG,
        MdReqRejReason.UNSUPPORTED_MD_IMPLICIT_DELETE,
    }
)


class MarketDataReject(Exception):  # noqa: N818 - named after the message that it becomes
    """A MarketDataRequest(V) cannot be served: MarketDataRequestReject(Y) answers it.

    ``reason`` is ``None`` where MDReqRejReason(281) has no code for it.
    """

    def __init__(self, md_req_id: bytes, reason: MdReqRejReason | None, text: str) -> None:
        super().__init__(text)
        self.md_req_id = md_req_id
        self.reason = reason
        self.text = text

    def body(self, begin_string: str) -> bytes:
        """Return the body of Y; a code that the version lacks is left out."""
        reason = b""
        if self.reason is not None and not (begin_string == _FIX_42 and self.reason in _NOT_IN_FIX_42):
            reason = b"281=%b\x01" % self.reason.value
        return b"262=%b\x01%b58=%b\x01" % (self.md_req_id, reason, self.text.encode("ascii", "replace"))


class Wanted(NamedTuple):
    """What is asked about each symbol. ``depth`` is that of the book (0: all), which trades do not have."""

    bids: bool
    offers: bool
    trades: bool
    depth: int

    def channels(self, symbol: str) -> list[str]:
        """Return the channels that tell it."""
        channels = []
        if self.bids or self.offers:
            channels.append(f"book.{symbol}.{self.depth}.{RAW}" if self.depth else f"book.{symbol}")
        if self.trades:
            channels.append(f"trades.{symbol}")
        return channels


NOTHING: Final = Wanted(bids=False, offers=False, trades=False, depth=0)


class MarketDataRequest(NamedTuple):
    """A request, checked.

    An ``UNSUBSCRIBE`` names no ``symbols``, and its ``wanted`` says nothing.
    """

    md_req_id: bytes
    request_type: SubscriptionRequestType
    symbols: tuple[str, ...]
    wanted: Wanted
    is_full: bool


def decode_market_data_request(message: Message, instruments: Instruments) -> MarketDataRequest:
    """Decode MarketDataRequest(V).

    Raises ``SessionReject`` or ``BusinessReject`` for what is malformed or missing, ``MarketDataReject`` for
    what is not offered.
    """
    get = message.fields.get
    md_req_id = request_id(message, "MDReqID(262)", MD_REQ_ID)
    try:
        request_type = SubscriptionRequestType(get(SUBSCRIPTION_REQUEST_TYPE))
    except ValueError:
        # Only a dictionary of the client's own lets it through.
        text = "SubscriptionRequestType(263) is one of 0, 1 and 2"
        reason = MdReqRejReason.UNSUPPORTED_SUBSCRIPTION_REQUEST_TYPE
        raise MarketDataReject(md_req_id, reason, text) from None
    if request_type is SubscriptionRequestType.UNSUBSCRIBE:
        return MarketDataRequest(md_req_id, request_type, (), NOTHING, is_full=False)
    pairs = message.pairs()
    symbols = dict.fromkeys(value for tag, value in pairs if tag == SYMBOL)
    entry_types = {value for tag, value in pairs if tag == MD_ENTRY_TYPE}
    for name, found in (("NoRelatedSym(146)", symbols), ("NoMDEntryTypes(267)", entry_types)):
        if not found:
            raise _missing(f"{name} has no entry")
    update_type = get(MD_UPDATE_TYPE)
    if request_type is SubscriptionRequestType.SUBSCRIBE and update_type is None:
        raise _missing("MDUpdateType(265) is required with SubscriptionRequestType(263) 1")
    if update_type not in {None, b"0", b"1"}:
        text = "MDUpdateType(265) is one of 0 and 1"
        raise MarketDataReject(md_req_id, MdReqRejReason.UNSUPPORTED_MD_UPDATE_TYPE, text)
    for symbol in symbols:
        if symbol not in instruments.by_wire:
            text = f"Symbol(55) {shown(symbol)} is not listed"
            raise MarketDataReject(md_req_id, MdReqRejReason.UNKNOWN_SYMBOL, text)
    unknown = sorted(entry_types - {b"0", b"1", b"2"})
    if unknown:
        text = f"MDEntryType(269) {shown(unknown[0])} is not offered: 0, 1 and 2 are"
        raise MarketDataReject(md_req_id, MdReqRejReason.UNSUPPORTED_MD_ENTRY_TYPE, text)
    depth = _DEPTHS.get(get(MARKET_DEPTH, b""))
    if depth is None:
        offered = ", ".join(str(depth) for depth in _DEPTHS.values())
        text = f"MarketDepth(264) {shown(get(MARKET_DEPTH, b''))} is not offered: one of {offered}"
        raise MarketDataReject(md_req_id, MdReqRejReason.UNSUPPORTED_MARKET_DEPTH, text)
    _refuse_variants(message, md_req_id)
    return MarketDataRequest(
        md_req_id,
        request_type,
        tuple(instruments.by_wire[symbol].symbol for symbol in symbols),
        Wanted(b"0" in entry_types, b"1" in entry_types, b"2" in entry_types, depth),
        is_full=update_type == b"0",
    )


def duplicate_md_req_id(md_req_id: bytes) -> MarketDataReject:
    """Return the answer to a request under the id of a subscription."""
    text = f"MDReqID(262) {shown(md_req_id)} is that of a subscription"
    return MarketDataReject(md_req_id, MdReqRejReason.DUPLICATE_MD_REQ_ID, text)


def unknown_md_req_id(md_req_id: bytes) -> MarketDataReject:
    """Return the answer to the end of a subscription that there is none of."""
    return MarketDataReject(md_req_id, None, f"MDReqID(262) {shown(md_req_id)} names no subscription")


def too_many_subscriptions(md_req_id: bytes, limit: int) -> MarketDataReject:
    """Return the answer to a request that would take a session above its bound."""
    text = f"more than {limit} subscriptions, one for each Symbol(55) of a request"
    return MarketDataReject(md_req_id, MdReqRejReason.INSUFFICIENT_BANDWIDTH, text)


def no_room(md_req_id: bytes, text: str) -> MarketDataReject:
    """Return the answer to a request for which the gateway has no room."""
    return MarketDataReject(md_req_id, MdReqRejReason.INSUFFICIENT_BANDWIDTH, text)


_VARIANTS: Final = (
    (AGGREGATED_BOOK, b"Y", MdReqRejReason.UNSUPPORTED_AGGREGATED_BOOK, "AggregatedBook(266)"),
    (OPEN_CLOSE_SETTL_FLAG, b"", MdReqRejReason.UNSUPPORTED_OPEN_CLOSE_SETTL_FLAG, "OpenCloseSettlFlag(286)"),
    (_SCOPE, b"", MdReqRejReason.UNSUPPORTED_SCOPE, "Scope(546)"),
    (_MD_IMPLICIT_DELETE, b"N", MdReqRejReason.UNSUPPORTED_MD_IMPLICIT_DELETE, "MDImplicitDelete(547)"),
    (NO_TRADING_SESSIONS, b"0", MdReqRejReason.UNSUPPORTED_TRADING_SESSION_ID, "NoTradingSessions(386)"),
    (
        TRADING_SESSION_ID,
        TRADING_SESSION,
        MdReqRejReason.UNSUPPORTED_TRADING_SESSION_ID,
        "TradingSessionID(336)",
    ),
)
"""Fields that ask for market data that is not offered, the one value that does not, and the refusal."""


def _refuse_variants(message: Message, md_req_id: bytes) -> None:
    fields = message.fields
    for tag, usual, reason, name in _VARIANTS:
        value = fields.get(tag, usual)
        if value == usual or (tag == NO_TRADING_SESSIONS and TRADING_SESSION_ID in fields):
            continue
        limit = f"only {usual.decode('ascii')} is" if usual else "leave it out"
        raise MarketDataReject(md_req_id, reason, f"{name} {shown(value)} is not offered: {limit}")


def _missing(text: str) -> BusinessReject:
    return BusinessReject(BusinessRejectReason.CONDITIONALLY_REQUIRED_FIELD_MISSING, text)
