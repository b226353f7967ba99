"""A WebSocket session that sends orders: logs on, follows its executions, counts replies as they come.

NOT here: what the messages say (``ws_check``).
"""

import hashlib
import hmac
import time
from typing import Final

import msgspec

from gateway.loadtest.amounts import Texts
from gateway.loadtest.faults import FaultKind
from gateway.loadtest.findings import Findings
from gateway.loadtest.fix_messages import number_of
from gateway.loadtest.flow import BUY, Flow, Kind, Request
from gateway.loadtest.order_check import OrderCheck
from gateway.loadtest.order_session import OrderSession
from gateway.loadtest.scenario import Orders, WsSessions
from gateway.loadtest.wires import Wires
from gateway.loadtest.ws_check import WsCheck
from gateway.loadtest.ws_wire import WsWire, WsWireError, close_frame, handshake, text_frame

_LOGON: Final = -1
_SUBSCRIBE: Final = -2
_REPLY: Final = b'{"id":'
_SETUP_REPLY: Final = b'{"id":-'
_GOOD: Final = b'"status":200,'
_KIND: Final = b'"kind":"'
_FILL: Final = _KIND + b'filled"'
_NS_PER_MS: Final = 1_000_000


class WsOrders(OrderSession):
    """The session with ``number``; ``run`` makes its ``cl_ord_id`` its own, ``site`` is host and path."""

    def __init__(
        self,
        scenario: tuple[WsSessions, Orders],
        number: int,
        run: str,
        flow: Flow,
        place: tuple[Findings, Wires],
        site: tuple[str, str],
    ) -> None:
        settings, orders = scenario
        key = settings.key.replace("{n}", str(number))
        name = f"{key} on WebSocket"
        findings, wires = place
        check = OrderCheck(name, findings, answers_apart=True)
        super().__init__(name, flow, check, findings, wires)
        self._key = key
        self._secret = settings.secret.replace("{n}", str(number)).encode()
        self._site = site
        self._symbol = orders.symbol.encode()
        prefix = f"{run}-w{number}-"
        self._prefix = prefix.encode()
        self._texts = Texts()
        self._check = WsCheck(name, prefix, orders.symbol, check, findings)
        self._frames = WsWire()

    def on_connected(self, now: int) -> None:
        """Open the WebSocket."""
        del now
        self._frames = WsWire()
        self._wire.write(handshake(*self._site))

    def on_bytes(self, received: bytes, now: int) -> None:
        """Count messages and record them."""
        was_open = self._frames.is_open
        try:
            payloads = self._frames.receive(received)
        except WsWireError as error:
            self.on_ended(str(error), now)
            self._wire.close()
            return
        if not was_open and self._frames.is_open:
            self._log_on()
        for payload in payloads:
            if payload.startswith(_REPLY):
                if payload.startswith(_SETUP_REPLY):
                    self._on_setup(payload, now)
                    continue
                self.answered += 1
                self.last_received = now
            elif _KIND in payload:
                self.last_received = now
                if _FILL in payload:
                    self.fills += 1
            self.recording.add(now, payload)
        for pong in self._frames.pongs:
            self._wire.write(pong)
        self._frames.pongs.clear()
        if self._frames.closed is not None:
            self.on_ended(f"closed with {self._frames.closed[0]} {self._frames.closed[1]}", now)
            self._wire.close()

    def say_goodbye(self, now: int) -> None:
        """Close in order."""
        del now
        self._is_closing = True
        if self.is_ready and not self.end:
            self._wire.write(close_frame())

    def judge_rest(self, *, is_complete: bool) -> None:
        """Do nothing: a frame begins with its size, so that what misses is missing from what is judged."""

    def on_tick(self, now: int) -> None:
        """Do nothing: the gateway's pings keep the connection alive."""

    def _encode(self, request: Request) -> bytes:
        texts, prefix = self._texts, self._prefix
        if request.kind.enters:
            return text_frame(
                b'{"id":%d,"method":"order.place","params":{"symbol":"%b","side":"%b","type":"limit",'
                b'"quantity":"%b","price":"%b","cl_ord_id":"%b%d"}}'
                % (
                    request.number,
                    self._symbol,
                    b"buy" if request.order.side == BUY else b"sell",
                    texts[request.qty],
                    texts[request.price],
                    prefix,
                    request.number,
                )
            )
        if request.kind is Kind.CANCEL:
            return text_frame(
                b'{"id":%d,"method":"order.cancel","params":{"cl_ord_id":"%b%d"}}'
                % (request.number, prefix, request.named)
            )
        return text_frame(
            b'{"id":%d,"method":"order.replace","params":{"symbol":"%b","cl_ord_id":"%b%d","quantity":"%b",'
            b'"price":"%b","new_cl_ord_id":"%b%d"}}'
            % (
                request.number,
                self._symbol,
                prefix,
                request.named,
                texts[request.qty],
                texts[request.price],
                prefix,
                request.number,
            )
        )

    def _judge(self, received: bytes, now: int) -> None:
        self._check.read(now, received)

    def _last_number(self, received: bytes) -> int:
        number = received[len(_REPLY) :].partition(b",")[0] if received.startswith(_REPLY) else b""
        return number_of(number)

    def _log_on(self) -> None:
        timestamp = time.time_ns() // _NS_PER_MS
        text = f"{timestamp}\nsession.logon\n{self._key}".encode()
        signature = hmac.new(self._secret, text, hashlib.sha256).hexdigest()
        params = {"key": self._key, "timestamp": timestamp, "signature": signature}
        self._ask(_LOGON, "session.logon", params)

    def _on_setup(self, payload: bytes, now: int) -> None:
        if _GOOD not in payload:
            self._findings.add(FaultKind.REFUSED, f"{self.name}: {payload[:200].decode(errors='replace')}")
            self.end = "refused"
            self._wire.close()
        elif payload.startswith(b'{"id":%d,' % _LOGON):
            self._ask(_SUBSCRIBE, "subscribe", {"channels": ["executions"]})
        else:
            self._ready(now)

    def _ask(self, number: int, method: str, params: object) -> None:
        self._wire.write(text_frame(msgspec.json.encode({"id": number, "method": method, "params": params})))
