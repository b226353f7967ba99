"""Fuzz target over the native dialect: validated FIX messages into commands, and their reports back."""

import json
from collections.abc import Callable
from functools import cache
from typing import Final

from gateway.dialects.native.fix_orders import (
    BusinessReject,
    decode_cancel,
    decode_new_order,
    decode_replace,
    decode_status,
)
from gateway.dialects.native.fix_reports import FixReports, reports_for
from gateway.dialects.native.origin import Origin
from gateway.dialects.native.terms import is_cl_ord_id, places_of
from gateway.dialects.native.ws_executions import encode_execution
from gateway.engine import EmbeddedEngine
from gateway.model import Command, Instruments, OrderEvent
from gateway.orders import Order, OrderLimits, OrderRouter
from protocols.fix import HeaderTemplate, Message, SessionReject, Validator, scan, standard_dictionary
from protocols.fix.errors import BusinessRejectReason, SessionRejectReason
from tests.fuzz.draw import Draw
from tests.fuzz.fix_wire import MESSAGES, TIME, VERSIONS, changed, header, joined
from tests.gateway.dialects.native.wire import BTC, NOW
from tests.protocols.fix.wire import framed
from tests.protocols.ws.wire import server_frames

_INSTRUMENTS: Final = Instruments([BTC])
_ORIGIN: Final = Origin("CLIENT", "CLIENT", NOW)
_DECODERS: Final[dict[bytes, Callable[[Message, Origin, Instruments], Command]]] = {
    b"D": decode_new_order,
    b"F": decode_cancel,
    b"G": decode_replace,
}
_MOST_MESSAGES: Final = 50
_REQUESTS: Final = MESSAGES[:4]


@cache
def _validator(version: bytes) -> Validator:
    return Validator(standard_dictionary(version))


class Reporting:
    """A session that encodes each report, as its client would have to accept it."""

    key = _ORIGIN.session
    account = _ORIGIN.account

    def __init__(self, version: bytes) -> None:
        self.reports: FixReports = reports_for(version)
        self._template = HeaderTemplate(version, b"BDAX", b"CLIENT")
        self._validate = _validator(version).validate

    def report(self, event: OrderEvent, order: Order | None) -> None:
        """Encode one report, and the push of it."""
        places = places_of(_INSTRUMENTS, "" if order is None else order.symbol)
        encoded = self.reports.report(event, order, places)
        if encoded is not None:
            self.say(*encoded)
        push = encode_execution(event, order, 1, places, NOW)
        if push is not None:
            ((_, payload),) = server_frames(push)
            members = json.loads(payload)["data"]
            assert order is None or members["cl_ord_id"].isprintable()
        if order is not None:
            assert is_cl_ord_id(order.cl_ord_id)

    def say(self, msg_type: bytes, body: bytes) -> None:
        """Check one message as its reader does."""
        self._validate(scan(self._template.encode(msg_type, 1, TIME.encode(), body)))


def fix_orders(data: bytes) -> None:
    """A valid message becomes a command or a documented reject, and every report of it is valid too."""
    draw = Draw(data)
    version = draw.one_of(VERSIONS)
    validate = _validator(version).validate
    engine = EmbeddedEngine(_INSTRUMENTS)
    router = OrderRouter(engine, _INSTRUMENTS, OrderLimits(), lambda _: None)
    session = Reporting(version)
    router.attach(session)
    for number in range(1, _MOST_MESSAGES):
        if not draw:
            break
        msg_type, *body = draw.one_of(_REQUESTS)
        message = scan(framed(joined([msg_type, *header(draw, number), *changed(draw, body)]), version))
        try:
            validate(message)
        except SessionReject:
            continue
        _work(message, session, router)
        router.deliver(engine.drain())


def _work(message: Message, session: Reporting, router: OrderRouter) -> None:
    """Decode and submit one message, as the connection of a FIX client does."""
    try:
        decode = _DECODERS.get(message.msg_type)
        if decode is not None:
            router.submit(decode(message, _ORIGIN, _INSTRUMENTS), 0)
            return
        query = decode_status(message, _ORIGIN)
    except (SessionReject, BusinessReject) as error:
        _check(error, session)
        return
    registry = router.registry
    order = (
        registry.order_by_id(_ORIGIN.account, query.order_id)
        if query.order_id
        else registry.order(_ORIGIN.account, query.cl_ord_id)
    )
    if order is None:
        session.say(b"8", session.reports.unknown_status(query, NOW))
    else:
        places = places_of(_INSTRUMENTS, order.symbol)
        session.say(b"8", session.reports.status(order, places, NOW, query.request_id))


def _check(error: SessionReject | BusinessReject, session: Reporting) -> None:
    if isinstance(error, SessionReject):
        assert SessionRejectReason(error.reason).phrase
    else:
        reason = session.reports.business_reject_reason(BusinessRejectReason(error.reason))
        assert reason in BusinessRejectReason
    assert error.text.isascii()
    assert error.text.isprintable()
