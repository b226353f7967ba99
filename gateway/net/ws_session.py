"""The requests of one WebSocket connection, and the reports of its orders.

Every request is answered once: at once, at the end of the turn (queries), or when the engine has answered
(orders). NOT here: frames and sockets (``ws_socket``), what methods mean on the wire (``dialects``).
"""

import logging
import time
from collections.abc import Callable
from typing import Any, ClassVar, Final, Protocol, TypeAlias

from gateway.dialects.native import ws_errors, ws_executions, ws_replies, ws_requests
from gateway.dialects.native.origin import OrderQuery, Origin
from gateway.dialects.native.terms import places_of
from gateway.dialects.native.ws_errors import RequestError
from gateway.marketdata import ChannelError, parse_channel
from gateway.model import CancelRejected, Command, OrderEvent, OrderFilled, OrderRejected
from gateway.net.counters import FrontCounters
from gateway.net.desk import Desk
from gateway.orders import Order
from gateway.orders.throttle import TokenBucket
from gateway.settings import ApiKey, WsSettings
from protocols.ws.envelope import (
    EnvelopeError,
    Request,
    RequestId,
    WireError,
    decode_request,
    encode_error,
    encode_result,
)

LOGON_REFUSED: Final = 1008

log = logging.getLogger(__name__)


class WsLine(Protocol):
    """The connection that a session is on; it is a ``ports.Subscriber`` too."""

    address: str

    def push(self, frame: bytes) -> bool:
        """Take a public push, or not."""

    def send_text(self, payload: bytes) -> None:
        """Send one message with the current batch."""

    def send_framed(self, frame: bytes) -> None:
        """Send a message that is framed already with the current batch."""

    def close(self, code: int, reason: str) -> None:
        """Say goodbye."""


class WsServices(Protocol):
    """What the sessions of all connections share (``ws_acceptor``)."""

    settings: WsSettings
    desk: Desk
    counters: FrontCounters

    def verify(self, params: ws_requests.LogonParams, address: str) -> ApiKey | None:
        """Return the key that signed a logon, or ``None``."""

    def subscribe(self, channel: str, line: WsLine) -> None:
        """Send the snapshot of a public channel, and all that follows it. For after the commit."""

    def unsubscribe(self, channel: str, line: WsLine) -> None:
        """Send nothing more of a public channel. For after the commit."""

    def execution_frame(self, event: OrderEvent, order: Order | None, exec_id: int) -> bytes | None:
        """Return the framed push of an execution, encoded once for all connections of the account."""


class WsSession:
    """One connection's session: anonymous at first, an account's after ``session.logon``.

    Orders belong to the connection: its key is unique over restarts, and what a lost connection does to its
    open orders is the client's choice at logon.
    """

    def __init__(self, key: str, line: WsLine, services: WsServices) -> None:
        settings = services.settings
        self.key = key
        self.account = ""
        self._line = line
        self._services = services
        self._desk = services.desk
        self._budget = TokenBucket(settings.requests_rate, settings.requests_burst)
        self._requests = 0
        self._waiting: dict[int, RequestId] = {}
        self._channels: set[str] = set()
        self._cancel_on_disconnect = False

    # ---- from the connection

    def receive(self, payload: bytes, now: int) -> None:
        """Work one message (``now``: monotonic ns)."""
        try:
            request = decode_request(payload)
        except EnvelopeError as error:
            self._refuse(error.id, 400, error.error)
            return
        method = self._methods.get(request.method)
        counters = self._services.counters
        counters.messages_in[request.method.encode() if method is not None else b"unknown"] += 1
        try:
            if method is None:
                raise ws_errors.unknown_method(request.method)
            if request.method != "order.cancel" and not self._budget.take(now):
                raise ws_errors.too_many_requests(self._services.settings.requests_rate)
            method(self, request, now)
        except RequestError as error:
            self._refuse(request.id, error.status, error.error)

    def end(self) -> None:
        """Leave all channels and the order path: the connection is gone."""
        for channel in self._channels:
            if channel == ws_executions.CHANNEL:
                self._desk.router.unlisten(self.account, self)
        if self.account:
            if self._cancel_on_disconnect:
                self._desk.router.cancel_on_disconnect(self, time.time_ns(), time.monotonic_ns())
            self._desk.router.detach(self)

    # ---- from the order path

    def report(self, event: OrderEvent, order: Order | None) -> None:
        """Answer the request that caused ``event``; all else the ``executions`` channel says."""
        if isinstance(event, OrderFilled) or event.session != self.key:
            return
        if event.msg_seq_num not in self._waiting:
            return
        request_id = self._waiting.pop(event.msg_seq_num)
        if isinstance(event, OrderRejected | CancelRejected):
            status, error = ws_replies.refusal_error(event.refusal)
            self._refuse(request_id, status, error)
        elif order is not None:
            self._reply(
                request_id, ws_replies.order_object(order, places_of(self._desk.instruments, order.symbol))
            )

    def on_execution(self, event: OrderEvent, order: Order | None, exec_id: int) -> None:
        """Push one event of the account."""
        frame = self._services.execution_frame(event, order, exec_id)
        if frame is not None:
            self._line.send_framed(frame)

    # ---- public methods

    def _ping(self, request: Request, now: int) -> None:
        del now
        ws_requests.decode_params(request.params, ws_requests.NoParams)
        self._reply(request.id, {})

    def _time(self, request: Request, now: int) -> None:
        del now
        ws_requests.decode_params(request.params, ws_requests.NoParams)
        self._reply(request.id, {"time": time.time_ns()})

    def _instruments(self, request: Request, now: int) -> None:
        del now
        ws_requests.decode_params(request.params, ws_requests.NoParams)
        status = self._desk.router.trading_status
        self._reply(
            request.id,
            [
                ws_replies.instrument_object(instrument, status(symbol))
                for symbol, instrument in self._desk.instruments.items()
            ],
        )

    def _logon(self, request: Request, now: int) -> None:
        del now
        params = ws_requests.decode_params(request.params, ws_requests.LogonParams)
        if self.account:
            raise ws_errors.already_logged_on()
        entry = self._services.verify(params, self._line.address)
        if entry is None:
            # Nothing tells an unknown key from a wrong signature or a stale time.
            self._services.counters.rejects["logon"] += 1
            log.warning("ws logon refused", extra={"address": self._line.address, "claimed": params.key})
            self._line.close(LOGON_REFUSED, "logon refused")
            return
        self.account = entry.account
        self._cancel_on_disconnect = params.cancel_on_disconnect
        self._desk.router.attach(self)
        log.info(
            "ws session established", extra={"session": self.key, "key": entry.id, "account": self.account}
        )
        self._reply(request.id, {"account": self.account, "session": self.key})

    def _subscribe(self, request: Request, now: int) -> None:
        del now
        channels = ws_requests.decode_channels(request.params)
        self._check_channels(channels)
        limit = self._services.settings.max_subscriptions
        if len(self._channels.union(channels)) > limit:
            raise ws_errors.too_many_channels(limit)
        new = [channel for channel in channels if channel not in self._channels]
        outcome = []
        for channel in channels:
            entry: dict[str, Any] = {"channel": channel, "outcome": "subscribed"}
            if channel not in new:
                entry["outcome"] = "already_subscribed"
            elif channel == ws_executions.CHANNEL:
                entry["seq"] = self._desk.router.listen(self.account, self)
            outcome.append(entry)
        self._channels.update(new)
        self._reply(request.id, outcome)
        public = [channel for channel in new if channel != ws_executions.CHANNEL]
        if public:
            self._desk.turns.after_commit(lambda: self._each(self._services.subscribe, public))

    def _unsubscribe(self, request: Request, now: int) -> None:
        del now
        channels = ws_requests.decode_channels(request.params)
        self._check_channels(channels)
        outcome = []
        for channel in channels:
            known = channel in self._channels
            outcome.append({"channel": channel, "outcome": "unsubscribed" if known else "not_subscribed"})
            if known and channel == ws_executions.CHANNEL:
                self._desk.router.unlisten(self.account, self)
        self._channels.difference_update(channels)
        self._reply(request.id, outcome)
        public = [channel for channel in channels if channel != ws_executions.CHANNEL]
        self._desk.turns.after_commit(lambda: self._each(self._services.unsubscribe, public))

    # ---- orders

    def _place(self, request: Request, now: int) -> None:
        origin = self._origin(request)
        self._submit(
            request,
            ws_requests.decode_place(request.params, self._requests, origin, self._desk.instruments),
            now,
        )

    def _cancel(self, request: Request, now: int) -> None:
        origin = self._origin(request)
        self._submit(
            request,
            ws_requests.decode_cancel(request.params, self._requests, origin, self._desk.instruments),
            now,
        )

    def _replace(self, request: Request, now: int) -> None:
        origin = self._origin(request)
        instruments = self._desk.instruments
        command = ws_requests.decode_replace(
            request.params, self._requests, origin, instruments, self._symbol_of
        )
        self._submit(request, command, now)

    def _status(self, request: Request, now: int) -> None:
        del now
        self._origin(request)
        query = ws_requests.decode_status(request.params)

        def answer() -> None:
            order = self._find(query)
            if order is None:
                self._refuse(request.id, *ws_replies.unknown_order(query.cl_ord_id, query.order_id))
            else:
                places = places_of(self._desk.instruments, order.symbol)
                self._reply(request.id, ws_replies.order_object(order, places))

        self._desk.turns.ask(answer)

    def _open_orders(self, request: Request, now: int) -> None:
        del now
        self._origin(request)
        instruments = self._desk.instruments
        symbol = ws_requests.decode_open_orders(request.params, instruments)

        def answer() -> None:
            orders = self._desk.router.registry.open_orders(self.account)
            wanted = (order for order in orders if symbol is None or order.symbol == symbol)
            self._reply(request.id, ws_replies.open_orders_result(wanted, instruments))

        self._desk.turns.ask(answer)

    def _origin(self, request: Request) -> Origin:
        if not self.account:
            raise ws_errors.logon_required(request.method)
        self._requests += 1
        return Origin(self.key, self.account, time.time_ns())

    def _submit(self, request: Request, command: Command, now: int) -> None:
        self._waiting[self._requests] = request.id
        self._desk.router.submit(command, now)

    def _find(self, query: OrderQuery) -> Order | None:
        registry = self._desk.router.registry
        if query.order_id:
            return registry.order_by_id(self.account, query.order_id)
        return registry.order(self.account, query.cl_ord_id)

    def _symbol_of(self, query: OrderQuery) -> str:
        order = self._find(query)
        return "" if order is None else order.symbol

    # ---- replies

    def _check_channels(self, channels: list[str]) -> None:
        for channel in channels:
            if channel == ws_executions.CHANNEL:
                if not self.account:
                    raise ws_errors.logon_required(channel)
                continue
            try:
                parse_channel(channel, self._desk.instruments)
            except ChannelError:
                raise ws_errors.unknown_channel(channel) from None

    def _each(self, act: Callable[[str, WsLine], None], channels: list[str]) -> None:
        for channel in channels:
            act(channel, self._line)

    def _reply(self, request_id: RequestId, result: object) -> None:
        self._line.send_text(encode_result(request_id, result))

    def _refuse(self, request_id: RequestId, status: int, error: WireError) -> None:
        self._services.counters.rejects[error.name] += 1
        self._line.send_text(encode_error(request_id, status, error))

    _methods: ClassVar[dict[str, "Method"]] = {
        "ping": _ping,
        "time": _time,
        "instruments": _instruments,
        "session.logon": _logon,
        "subscribe": _subscribe,
        "unsubscribe": _unsubscribe,
        "order.place": _place,
        "order.cancel": _cancel,
        "order.replace": _replace,
        "order.status": _status,
        "orders.open": _open_orders,
    }


Method: TypeAlias = Callable[[WsSession, Request, int], None]
"""Works one request (``now``: monotonic ns)."""
