"""Requests of a maker as FIX 4.4 bodies, and the gateway's answers as what the maker understands."""

from typing import Final, TypeAlias

from simplefix import FixMessage

from gateway.demo import amounts
from gateway.demo.fix_session import FixSessionError, utc_text
from gateway.demo.maker import MoveOrder, PlaceOrder, Refused, Report, Request
from gateway.demo.pairs import Pair

Body: TypeAlias = tuple[str, list[tuple[int, object]]]

_LIMIT: Final = 2
_GTC: Final = 1
_OPEN_STATUS: Final = (b"0", b"1", b"A", b"5", b"6", b"E")
_GONE: Final = (b"0", b"1")  # CxlRejReason(102): too late to cancel, unknown order


def encode(request: Request, pair: Pair, utc: int) -> Body:
    """Return MsgType and body fields of a NewOrderSingle, OrderCancelReplaceRequest or OrderCancelRequest."""
    fields: list[tuple[int, object]] = [(11, request.cl_ord_id)]
    if not isinstance(request, PlaceOrder):
        fields.append((41, request.orig_cl_ord_id))
    fields += [(55, pair.symbol), (54, request.side), (60, utc_text(utc))]
    if not isinstance(request, (PlaceOrder, MoveOrder)):
        return "F", fields
    fields += [
        (38, amounts.text(request.quantity, pair.qty_places)),
        (40, _LIMIT),
        (44, amounts.text(request.price, pair.price_places)),
        (59, _GTC),
    ]
    return ("D" if isinstance(request, PlaceOrder) else "G"), fields


def decode(message: FixMessage, pair: Pair) -> Report | Refused:
    """Read an ExecutionReport or OrderCancelReject; anything else raises ``FixSessionError``."""
    cl_ord_id = (message.get(11) or b"").decode()
    if message.message_type == b"9":
        return Refused(cl_ord_id, message.get(102) in _GONE)
    if message.message_type != b"8":
        raise FixSessionError(f"unexpected {message.to_string()}")
    try:
        return _report(message, cl_ord_id, pair)
    except ValueError as error:
        raise FixSessionError(f"unreadable report: {error}") from error


def _report(message: FixMessage, cl_ord_id: str, pair: Pair) -> Report:
    return Report(
        answers=cl_ord_id,
        is_open=message.get(39) in _OPEN_STATUS,
        is_fill=message.get(150) == b"F",
        is_reject=message.get(150) == b"8",
        price=_scaled(message, 44, pair.price_places),
        cum_qty=_scaled(message, 14, pair.qty_places),
        leaves_qty=_scaled(message, 151, pair.qty_places),
    )


def _scaled(message: FixMessage, tag: int, places: int) -> int:
    value = message.get(tag)
    return 0 if value is None else amounts.scaled(value.decode(), places)
