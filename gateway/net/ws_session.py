"""The requests of one WebSocket connection, by method.

Every request is answered once: at once, at the end of the turn (queries), or when the engine has answered
(orders). NOT here: frames and sockets (``ws_socket``), orders (``ws_orders``), channels (``ws_channels``),
what methods mean on the wire (``dialects``).
"""

import logging
import time
from collections.abc import Callable, Mapping
from typing import ClassVar, Final, TypeAlias

from gateway.dialects.native import ws_errors, ws_replies, ws_requests
from gateway.dialects.native.ws_errors import RequestError
from gateway.dialects.native.ws_forms import is_packed
from gateway.dialects.native.ws_requests import LogonParams
from gateway.marketdata import Options
from gateway.net.ws_channels import WsChannels
from gateway.net.ws_orders import WsOrders
from gateway.net.ws_services import WsLine, WsReplies, WsServices
from gateway.orders.throttle import TokenBucket
from protocols.ws.envelope import EnvelopeError, Request, RequestId, decode_request
from protocols.ws.packed import unpack

LOGON_REFUSED: Final = 1008
REQUEST_BYTES: Final = 1_024
"""A message counts as one request more for each so many bytes: who asks for much, asks less often."""
KEY_PREFIX: Final = "ws:"
"""Begins the key of every connection, as that of no FIX session."""

CANCEL_ON_DISCONNECT: Final = ":cod"
"""Ends the key of a connection that chose it, so that a restart knows which orders have lost theirs."""

log = logging.getLogger(__name__)


class WsSession:
    """One connection's session: anonymous at first, an account's after ``session.logon``.

    ``key`` is unique over restarts. It is final from the logon on.
    """

    def __init__(self, key: str, line: WsLine, services: WsServices) -> None:
        settings = services.settings
        self.key = key
        self._line = line
        self._services = services
        self._desk = services.desk
        self.budget = TokenBucket(settings.requests_rate, settings.requests_burst)
        self._replies = WsReplies(line, services.counters)
        self._channels = WsChannels(line, services, self._replies)
        self._orders: WsOrders | None = None
        self._cancel_on_disconnect = False
        self._is_packed = is_packed(line.form)

    @property
    def account(self) -> str:
        """The account that the connection trades for, empty before its logon."""
        return "" if self._orders is None else self._orders.account

    @property
    def channels(self) -> dict[str, Options]:
        """What the connection follows, and how."""
        return self._channels.followed

    def adopt(self, channels: Mapping[str, Options], full_at: int) -> None:
        """Go on for a session of another process, which follows ``channels``; ``full_at``: of its budget."""
        self._channels.adopt(channels)
        self.budget.full_at = full_at

    def refused(self, channel: str) -> None:
        """Note that a public channel could not be had after all."""
        self._channels.refused(channel)

    # ---- from the connection

    def receive(self, payload: bytes, now: int) -> None:
        """Work one message (``now``: monotonic ns)."""
        guest, count = self._line.guest, 1 + len(payload) // REQUEST_BYTES
        try:
            request = decode_request(unpack(payload) if self._is_packed else payload)
        except EnvelopeError as error:
            self._replies.refuse(error.id, 400, error.error)
            if guest.take_request(now, count) and guest.refused(now):
                self._line.cut_off()
            return
        method = self._methods.get(request.method)
        counters = self._services.counters
        counters.messages_in[request.method.encode() if method is not None else b"unknown"] += 1
        try:
            if method is None:
                raise ws_errors.unknown_method(request.method)
            if request.method != "session.logon":
                self._check_guest(now, count)
            if request.method != "order.cancel" and not self.budget.take(now, count):
                raise ws_errors.too_many_requests(self._services.settings.requests_rate)
            method(self, request, now)
        except RequestError as error:
            wait_ms = error.retry_after_ms
            self._replies.refuse(request.id, error.status, error.error, retry_after_ms=wait_ms)
            if wait_ms and guest.refused(now):
                self._line.cut_off()

    def _check_guest(self, now: int, count: int) -> None:
        """Raise ``RequestError`` when the address has sent too much without a logon."""
        wait_ms = self._line.guest.take_request(now, count)
        if wait_ms:
            rate = self._services.settings.anonymous_requests_rate
            raise ws_errors.address_limited("requests per second", rate, wait_ms)

    def drained(self) -> None:
        """Go on with what waits for a client that reads again."""
        self._channels.drained()

    def end(self) -> None:
        """Leave all channels and the order path: the connection is gone."""
        self._channels.end()
        if self._orders is not None:
            router = self._desk.router
            if self._cancel_on_disconnect:
                router.cancel_on_disconnect(self.key, self.account, time.time_ns(), time.monotonic_ns())
            router.detach(self._orders)

    # ---- public methods

    def _ping(self, request: Request, now: int) -> None:
        del now
        ws_requests.decode_params(request.params, ws_requests.NoParams)
        self._replies.accept(request.id, {})

    def _time(self, request: Request, now: int) -> None:
        del now
        ws_requests.decode_params(request.params, ws_requests.NoParams)
        self._replies.accept(request.id, {"time": time.time_ns()})

    def _instruments(self, request: Request, now: int) -> None:
        del now
        ws_requests.decode_params(request.params, ws_requests.NoParams)
        status = self._services.trading_status
        self._replies.accept(
            request.id,
            [
                ws_replies.instrument_object(instrument, status(symbol))
                for symbol, instrument in self._desk.instruments.items()
            ],
        )

    def _logon(self, request: Request, now: int) -> None:
        del now
        params = ws_requests.decode_params(request.params, ws_requests.LogonParams)
        if self._orders is not None:
            raise ws_errors.already_logged_on()
        self.log_on(request.id, params)

    def log_on(self, request_id: RequestId, params: LogonParams) -> None:
        """Work a ``session.logon`` that is the connection's first."""
        entry = self._services.verify(params, self._line.address)
        if entry is None:
            # Nothing tells an unknown key from a wrong signature or a stale time.
            self._services.counters.rejects["logon"] += 1
            log.warning("ws logon refused", extra={"address": self._line.address, "claimed": params.key})
            self._line.close(LOGON_REFUSED, "logon refused")
            return
        self._cancel_on_disconnect = params.cancel_on_disconnect
        if self._cancel_on_disconnect:
            self.key += CANCEL_ON_DISCONNECT
        account = entry.account
        self._line.guest.leave()
        self._orders = WsOrders(self.key, account, self._desk, self._replies)
        self._channels.log_on(account)
        self._desk.router.attach(self._orders)
        log.info("ws session established", extra={"session": self.key, "key": entry.id, "account": account})
        self._replies.accept(request_id, {"account": account, "session": self.key})

    def _subscribe(self, request: Request, now: int) -> None:
        self._channels.subscribe(request, now)

    def _unsubscribe(self, request: Request, now: int) -> None:
        self._channels.unsubscribe(request, now)

    def _snapshot(self, request: Request, now: int) -> None:
        self._channels.snapshot(request, now)

    # ---- private methods

    def _replay(self, request: Request, now: int) -> None:
        self._private(request)
        self._channels.replay(request, now)

    def _place(self, request: Request, now: int) -> None:
        self._private(request).place(request, now)

    def _cancel(self, request: Request, now: int) -> None:
        self._private(request).cancel(request, now)

    def _replace(self, request: Request, now: int) -> None:
        self._private(request).replace(request, now)

    def _status(self, request: Request, now: int) -> None:
        self._private(request).status(request, now)

    def _open_orders(self, request: Request, now: int) -> None:
        self._private(request).open_orders(request, now)

    def _private(self, request: Request) -> WsOrders:
        if self._orders is None:
            raise ws_errors.logon_required(request.method)
        return self._orders

    _methods: ClassVar[dict[str, "Method"]] = {
        "ping": _ping,
        "time": _time,
        "instruments": _instruments,
        "session.logon": _logon,
        "subscribe": _subscribe,
        "unsubscribe": _unsubscribe,
        "book.snapshot": _snapshot,
        "executions.replay": _replay,
        "order.place": _place,
        "order.cancel": _cancel,
        "order.replace": _replace,
        "order.status": _status,
        "orders.open": _open_orders,
    }


Method: TypeAlias = Callable[[WsSession, Request, int], None]
"""Works one request (``now``: monotonic ns)."""
