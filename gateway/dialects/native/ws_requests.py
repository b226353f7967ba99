"""Requests as WebSocket says them, made into typed params and into commands.

Prices and quantities are JSON strings; a JSON number there is an error that names the field. What is not
well formed raises ``RequestError``; terms that are well formed but not valid become ``Refuse``, by the rules
that FIX orders obey too (``terms``). NOT here: the envelope (``protocols.ws``), limits and the market
(``gateway.orders``).
"""

from collections.abc import Callable, Iterable
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec

from gateway.dialects.native.origin import OrderQuery, Origin
from gateway.dialects.native.terms import (
    CL_ORD_ID_RULE,
    ORDER_ID_RULE,
    SYMBOL_RULE,
    amount_or_zero,
    amount_refusal,
    combination_refusal,
    is_cl_ord_id,
    is_decimal,
    is_symbol,
    parse_order_id,
    shown,
)
from gateway.dialects.native.ws_errors import RequestError, RequestFault
from gateway.dialects.native.ws_rules import broken_rule
from gateway.marketdata import Mode
from gateway.model import (
    CancelOrder,
    Instruments,
    NewOrder,
    OrdType,
    Refusal,
    Refuse,
    RejectReason,
    ReplaceOrder,
    Side,
    TimeInForce,
)

SIDES: Final = {"buy": Side.BUY, "sell": Side.SELL}
ORD_TYPES: Final = {"limit": OrdType.LIMIT, "market": OrdType.MARKET}
TIMES_IN_FORCE: Final = {"gtc": TimeInForce.GTC, "ioc": TimeInForce.IOC, "fok": TimeInForce.FOK}

EXECUTIONS: Final = "executions"
MAX_CHANNELS_PER_REQUEST: Final = 2_000
_CHOICES: Final[dict[str, Iterable[str]]] = {
    "side": SIDES,
    "type": ORD_TYPES,
    "time_in_force": TIMES_IN_FORCE,
    "mode": [mode.value for mode in Mode],
}

ExecId = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
ChannelNames = Annotated[list[str], msgspec.Meta(min_length=1, max_length=MAX_CHANNELS_PER_REQUEST)]


class LogonParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``session.logon``: the key's name, the client's UTC time in ms, and the signature over both.

    With ``cancel_on_disconnect`` the end of the connection cancels the orders that it placed.
    """

    key: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
    timestamp: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    signature: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
    cancel_on_disconnect: bool = False


class NoParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``ping``, ``time`` and ``instruments`` take nothing."""


class PlaceParams(msgspec.Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True):
    """``order.place``. Without ``cl_ord_id`` the gateway gives the order one."""

    symbol: str
    side: Literal["buy", "sell"]
    type: Literal["limit", "market"]
    quantity: str
    price: str | None = None
    time_in_force: Literal["gtc", "ioc", "fok"] = "gtc"
    post_only: bool = False
    cl_ord_id: str | None = None


class CancelParams(msgspec.Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True):
    """``order.cancel``: the order by ``cl_ord_id`` or ``order_id``; its ``symbol`` is checked when sent."""

    cl_ord_id: str | None = None
    order_id: str | None = None
    symbol: str | None = None


class ReplaceParams(msgspec.Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True):
    """``order.replace``: the order as in ``CancelParams``, its new terms, and its new ClOrdID if any."""

    quantity: str
    price: str
    cl_ord_id: str | None = None
    order_id: str | None = None
    symbol: str | None = None
    new_cl_ord_id: str | None = None


class StatusParams(msgspec.Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True):
    """``order.status``: the order by ``cl_ord_id`` or ``order_id``."""

    cl_ord_id: str | None = None
    order_id: str | None = None


class OpenOrdersParams(msgspec.Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True):
    """``orders.open``: all open orders of the account, or those in ``symbol``."""

    symbol: str | None = None


class ChannelsParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``unsubscribe``."""

    channels: ChannelNames


class ReplayParams(msgspec.Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True):
    """``executions.replay``: each event whose ``exec_id`` is at least ``from_exec_id``."""

    from_exec_id: ExecId


Params = TypeVar("Params", bound=msgspec.Struct)

_decoders: Final[dict[type[msgspec.Struct], msgspec.json.Decoder[Any]]] = {}


def decode_params(raw: msgspec.Raw | bytes, params: type[Params]) -> Params:
    """Decode the params of a request. Raises ``RequestError`` that names field, rule and value."""
    decoder = _decoders.get(params)
    if decoder is None:
        decoder = _decoders[params] = msgspec.json.Decoder(params)
    try:
        decoded: Params = decoder.decode(raw)
    except ValueError as error:
        # A ValidationError; what is no JSON at all the envelope has found.
        raise _invalid_params(str(error), raw) from None
    return decoded


def decode_place(
    raw: msgspec.Raw | bytes, msg_seq_num: int, origin: Origin, instruments: Instruments
) -> NewOrder | Refuse:
    """Decode ``order.place``. ``msg_seq_num`` is the request counter of the connection."""
    params = decode_params(raw, PlaceParams)
    if params.cl_ord_id is None:
        cl_ord_id = f"{origin.session}-{msg_seq_num}".encode("ascii")
    else:
        cl_ord_id = _identifier(params.cl_ord_id, "cl_ord_id")
    symbol = _symbol(params.symbol)
    ord_type = ORD_TYPES[params.type]
    time_in_force = TIMES_IN_FORCE[params.time_in_force]
    order_qty = _number(params.quantity, "quantity")
    price = None if params.price is None else _number(params.price, "price")
    if ord_type is OrdType.LIMIT and price is None:
        raise invalid_param("price", "a limit order needs a price", None)
    instrument = instruments.get(symbol)
    order = NewOrder(
        origin.session,
        msg_seq_num,
        origin.account,
        origin.transact_time,
        cl_ord_id,
        symbol,
        SIDES[params.side],
        ord_type,
        time_in_force,
        0 if instrument is None else amount_or_zero(order_qty, instrument.qty_places),
        0 if instrument is None else amount_or_zero(price, instrument.price_places),
        params.post_only,
    )
    if instrument is None:
        return Refuse(order, Refusal(RejectReason.UNKNOWN_SYMBOL, "symbol", value=symbol))
    refusal = (
        combination_refusal(ord_type, time_in_force, price, post_only=params.post_only)
        or amount_refusal("order_qty", order_qty, instrument.qty_places)
        or (None if price is None else amount_refusal("price", price, instrument.price_places))
    )
    return order if refusal is None else Refuse(order, refusal)


def decode_cancel(
    raw: msgspec.Raw | bytes, msg_seq_num: int, origin: Origin, instruments: Instruments
) -> CancelOrder | Refuse:
    """Decode ``order.cancel``. The request has no ClOrdID of its own, so the command's is empty."""
    params = decode_params(raw, CancelParams)
    orig_cl_ord_id, order_id = _target(params.cl_ord_id, params.order_id)
    symbol = "" if params.symbol is None else _symbol(params.symbol)
    cancel = CancelOrder(
        origin.session,
        msg_seq_num,
        origin.account,
        origin.transact_time,
        b"",
        orig_cl_ord_id,
        order_id,
        symbol,
    )
    if symbol and symbol not in instruments:
        return Refuse(cancel, Refusal(RejectReason.UNKNOWN_SYMBOL, "symbol", value=symbol))
    return cancel


def decode_replace(
    raw: msgspec.Raw | bytes,
    msg_seq_num: int,
    origin: Origin,
    instruments: Instruments,
    symbol_of: Callable[[OrderQuery], str],
) -> ReplaceOrder | Refuse:
    """Decode ``order.replace``. Without ``new_cl_ord_id`` the order keeps its ClOrdID.

    ``symbol_of`` returns the symbol of an order of the account, "" when there is none: amounts are scaled by
    it, and a request need not name it.
    """
    params = decode_params(raw, ReplaceParams)
    orig_cl_ord_id, order_id = _target(params.cl_ord_id, params.order_id)
    new_cl_ord_id = params.new_cl_ord_id
    cl_ord_id = b"" if new_cl_ord_id is None else _identifier(new_cl_ord_id, "new_cl_ord_id")
    order_qty = _number(params.quantity, "quantity")
    price = _number(params.price, "price")
    if params.symbol is None:
        symbol = symbol_of(OrderQuery(orig_cl_ord_id, order_id))
        if not symbol and cl_ord_id:
            # Sent again, the request finds its order under the name that it gave it.
            symbol = symbol_of(OrderQuery(cl_ord_id, 0))
    else:
        symbol = _symbol(params.symbol)
    instrument = instruments.get(symbol)
    replace = ReplaceOrder(
        origin.session,
        msg_seq_num,
        origin.account,
        origin.transact_time,
        cl_ord_id,
        orig_cl_ord_id,
        order_id,
        symbol,
        0 if instrument is None else amount_or_zero(order_qty, instrument.qty_places),
        0 if instrument is None else amount_or_zero(price, instrument.price_places),
    )
    if not symbol:
        if order_id:
            refusal = Refusal(RejectReason.UNKNOWN_ORDER, "order_id", value=str(order_id))
        else:
            refusal = Refusal(
                RejectReason.UNKNOWN_ORDER, "orig_cl_ord_id", value=orig_cl_ord_id.decode("ascii")
            )
        return Refuse(replace, refusal)
    if instrument is None:
        return Refuse(replace, Refusal(RejectReason.UNKNOWN_SYMBOL, "symbol", value=symbol))
    amounts = amount_refusal("order_qty", order_qty, instrument.qty_places) or amount_refusal(
        "price", price, instrument.price_places
    )
    return replace if amounts is None else Refuse(replace, amounts)


def decode_status(raw: msgspec.Raw | bytes) -> OrderQuery:
    """Decode ``order.status``."""
    params = decode_params(raw, StatusParams)
    return OrderQuery(*_target(params.cl_ord_id, params.order_id))


def decode_open_orders(raw: msgspec.Raw | bytes, instruments: Instruments) -> str | None:
    """Decode ``orders.open``; return the symbol, ``None`` for all. Raises for an unknown one."""
    symbol = decode_params(raw, OpenOrdersParams).symbol
    if symbol is not None and symbol not in instruments:
        raise invalid_param("symbol", "is not traded here", symbol)
    return symbol


def decode_channels(raw: msgspec.Raw | bytes) -> list[str]:
    """Decode ``unsubscribe``; return the channels without repetition."""
    return list(dict.fromkeys(decode_params(raw, ChannelsParams).channels))


def decode_replay(raw: msgspec.Raw | bytes) -> int:
    """Decode ``executions.replay``; return the first execution wanted."""
    return decode_params(raw, ReplayParams).from_exec_id


def invalid_param(field: str, rule: str, value: str | None) -> RequestError:
    """Return the answer to a param that breaks ``rule``."""
    clipped = None if value is None else shown(value.encode("utf-8", "replace"))
    msg = f"{field}: {rule}" if not clipped else f"{field} {clipped}: {rule}"
    return RequestError(RequestFault.INVALID_PARAMS, msg, field=field, limit=rule, value=clipped)


def _wire(text: str) -> bytes:
    # What is not ASCII cannot be right; it only has to stay wrong.
    return text.encode("ascii", "replace") if text.isascii() else b"\xff"


def _identifier(text: str, field: str) -> bytes:
    value = _wire(text)
    if not is_cl_ord_id(value):
        raise invalid_param(field, CL_ORD_ID_RULE, text)
    return value


def _symbol(text: str) -> str:
    if not is_symbol(_wire(text)):
        raise invalid_param("symbol", SYMBOL_RULE, text)
    return text


def _number(text: str, field: str) -> bytes:
    value = _wire(text)
    if not is_decimal(value):
        raise invalid_param(field, "a decimal number", text)
    return value


def _target(cl_ord_id: str | None, order_id: str | None) -> tuple[bytes, int]:
    """Return what names the order: its ClOrdID, b"" when not given, and its OrderID, 0 when not given."""
    if (cl_ord_id is None) == (order_id is None):
        raise invalid_param("cl_ord_id", "exactly one of cl_ord_id and order_id names the order", cl_ord_id)
    if cl_ord_id is not None:
        return _identifier(cl_ord_id, "cl_ord_id"), 0
    text = order_id or ""
    number = parse_order_id(_wire(text))
    if not number:
        raise invalid_param("order_id", ORDER_ID_RULE, text)
    return b"", number


def _invalid_params(text: str, raw: msgspec.Raw | bytes) -> RequestError:
    """Turn the decoder's message into an error that names field, rule and value."""
    field, rule, value = broken_rule(text, raw)
    if field in _CHOICES and text.startswith("Invalid enum value"):
        rule = f"one of {', '.join(_CHOICES[field])}"
    return invalid_param(field, rule, value)
