"""What a FIX client asks about instruments and the market: x and y, e and f, g and h.

SecurityListRequest(x) and SecurityList(y), which FIX.4.2 does not have, SecurityStatusRequest(e),
TradingSessionStatusRequest(g) and TradingSessionStatus(h). There is one trading session, which does not end.
NOT here: the status of a listed security (``fix_refreshes``).
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from gateway.dialects.native.fix_market_data import TRADING_SESSION, SubscriptionRequestType
from gateway.dialects.native.fix_orders import BusinessReject
from gateway.dialects.native.fix_values import request_id
from gateway.dialects.native.terms import shown
from gateway.model import Instrument, Instruments, encode_scaled
from protocols.fix import BusinessRejectReason, Message
from protocols.fix.tags import (
    SECURITY_LIST_REQUEST_TYPE,
    SECURITY_REQ_ID,
    SECURITY_STATUS_REQ_ID,
    SUBSCRIPTION_REQUEST_TYPE,
    SYMBOL,
    TRAD_SES_REQ_ID,
    TRADING_SESSION_ID,
)

LISTED_AT_ONCE: Final = 50
"""Securities in one SecurityList(y); more come in further ones."""

_ONE_SYMBOL: Final = b"0"
_ALL: Final = b"4"
_VALID: Final = 0
_UNSUPPORTED: Final = 1
_NONE_FOUND: Final = 2
_FIXT: Final = "FIXT.1.1"
_FIX_42: Final = "FIX.4.2"


def encode_security_list(message: Message, instruments: Instruments, begin_string: str) -> Iterator[bytes]:
    """Return the bodies of the SecurityList(y) messages that answer SecurityListRequest(x).

    Raises ``SessionReject`` for a SecurityReqID(320) that cannot be repeated.
    """
    req_id = request_id(message, "SecurityReqID(320)", SECURITY_REQ_ID)
    listed, result = _listed(message, instruments)
    size = LISTED_AT_ONCE
    parts = [listed[start : start + size] for start in range(0, len(listed), size)] or [[]]
    for number, part in enumerate(parts, 1):
        head = b"320=%b\x01322=%b-%d\x01560=%d\x01" % (req_id, req_id, number, result)
        if not part:
            yield head
            continue
        yield b"%b393=%d\x01893=%b\x01146=%d\x01%b" % (
            head,
            len(listed),
            b"Y" if number == len(parts) else b"N",
            len(part),
            b"".join(_security(instrument, begin_string) for instrument in part),
        )


def _listed(message: Message, instruments: Instruments) -> tuple[list[Instrument], int]:
    """Return what was asked for, and SecurityRequestResult(560)."""
    fields = message.fields
    # Instruments do not come and go while the gateway runs: there is nothing to subscribe to.
    is_snapshot = fields.get(SUBSCRIPTION_REQUEST_TYPE, b"0") == SubscriptionRequestType.SNAPSHOT.value
    kind = fields.get(SECURITY_LIST_REQUEST_TYPE)
    if not is_snapshot or kind not in {_ONE_SYMBOL, _ALL}:
        return [], _UNSUPPORTED
    if kind == _ALL:
        return list(instruments.values()), _VALID
    instrument = instruments.by_wire.get(fields.get(SYMBOL, b""))
    return ([], _NONE_FOUND) if instrument is None else ([instrument], _VALID)


def _security(instrument: Instrument, begin_string: str) -> bytes:
    """Return one entry: ticks by price band, lot, bounds of the quantity; in the order of the dictionary."""
    places = instrument.qty_places
    head = b"55=%b\x01460=4\x01" % instrument.symbol.encode("ascii")
    currency = b"15=%b\x01" % instrument.quote.encode("ascii")
    lot = b"561=%b\x01" % encode_scaled(instrument.lot, places)
    smallest = b"562=%b\x01" % encode_scaled(instrument.min_qty, places)
    bands = [
        (encode_scaled(start, instrument.price_places), encode_scaled(tick, instrument.price_places))
        for start, tick in instrument.ticks
    ]
    if begin_string == _FIXT:
        largest = b"1140=%b\x01" % encode_scaled(instrument.max_qty, places)
        return head + _tick_rules(bands) + smallest + largest + lot + currency
    ticks = b"".join(b"871=99\x01872=tick %b from %b\x01" % (tick, start) for start, tick in bands)
    return b"%b870=%d\x01%b%b%b%b" % (head, len(bands), ticks, currency, lot, smallest)


def _tick_rules(bands: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Return the group of TickRules; a band ends where the next one starts, the last one never."""
    ends = [*(b"1207=%b\x01" % start for start, _ in bands[1:]), b""]
    rules = (
        b"1206=%b\x01%b1208=%b\x01" % (start, end, tick)
        for (start, tick), end in zip(bands, ends, strict=True)
    )
    return b"1205=%d\x01%b" % (len(bands), b"".join(rules))


class StatusRequest(NamedTuple):
    """SecurityStatusRequest(e). ``channel`` is empty for a symbol that is not listed."""

    request_id: bytes
    request_type: SubscriptionRequestType
    symbol: bytes
    channel: str


def decode_status_request(message: Message, instruments: Instruments) -> StatusRequest:
    """Decode SecurityStatusRequest(e). Raises ``SessionReject`` or ``BusinessReject``."""
    req_id = request_id(message, "SecurityStatusReqID(324)", SECURITY_STATUS_REQ_ID)
    symbol = message.fields.get(SYMBOL, b"")
    instrument = instruments.by_wire.get(symbol)
    channel = "" if instrument is None else f"status.{instrument.symbol}"
    return StatusRequest(req_id, _request_type(message), symbol, channel)


def unknown_security(request: StatusRequest) -> bytes:
    """Return the body of the SecurityStatus(f) for a symbol that is not listed: 326=20."""
    return b"324=%b\x0155=%b\x01326=20\x01" % (request.request_id, request.symbol)


def duplicate_status_req_id(req_id: bytes) -> BusinessReject:
    """Return the answer to a request under the id of a subscription, for which f has no word."""
    text = f"SecurityStatusReqID(324) {shown(req_id)} is that of a subscription"
    return BusinessReject(BusinessRejectReason.OTHER, text)


def unknown_status_req_id(req_id: bytes) -> BusinessReject:
    """Return the answer to the end of a subscription that there is none of."""
    text = f"SecurityStatusReqID(324) {shown(req_id)} names no subscription"
    return BusinessReject(BusinessRejectReason.UNKNOWN_ID, text)


def too_many_subscriptions(limit: int) -> BusinessReject:
    """Return the answer to a request that would take a session above its bound."""
    text = f"more than {limit} subscriptions"
    return BusinessReject(BusinessRejectReason.APPLICATION_NOT_AVAILABLE, text)


def encode_session_status(message: Message, begin_string: str) -> bytes | None:
    """Return the body of the TradingSessionStatus(h) that answers g, ``None`` where no answer is due.

    The session is open and stays so: an end of updates has nothing to say. Raises ``SessionReject`` or
    ``BusinessReject``.
    """
    req_id = request_id(message, "TradSesReqID(335)", TRAD_SES_REQ_ID)
    if _request_type(message) is SubscriptionRequestType.UNSUBSCRIBE:
        return None
    session = message.fields.get(TRADING_SESSION_ID, TRADING_SESSION)
    if session == TRADING_SESSION:
        return b"335=%b\x01336=%b\x01340=2\x01" % (req_id, session)
    if begin_string == _FIX_42:
        # FIX.4.2 has neither a status nor a reason for it.
        text = f"TradingSessionID(336) {shown(session)} names no trading session"
        raise BusinessReject(BusinessRejectReason.UNKNOWN_ID, text)
    return b"335=%b\x01336=%b\x01340=0\x01567=1\x01" % (req_id, session)


def _request_type(message: Message) -> SubscriptionRequestType:
    try:
        return SubscriptionRequestType(message.fields.get(SUBSCRIPTION_REQUEST_TYPE))
    except ValueError:
        # Only a dictionary of the client's own lets it through.
        text = "SubscriptionRequestType(263) is one of 0, 1 and 2"
        raise BusinessReject(BusinessRejectReason.OTHER, text) from None
