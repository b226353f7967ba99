"""A market maker's FIX connection: the socket and the clock around ``fix_session`` and ``maker``."""

import asyncio
import time
from dataclasses import dataclass
from typing import cast

from gateway.demo import fix_messages
from gateway.demo.briefing import Participant
from gateway.demo.fix_session import FixSessionError, InitiatorSession
from gateway.demo.maker import Maker, Refused
from gateway.demo.pairs import Pair
from gateway.demo.ws_client import WsClient, cancel_orders
from gateway.demo.ws_wire import open_orders_of


@dataclass(frozen=True)
class MakerStation:
    """Where a maker works: the gateway's endpoints, its credentials, its instrument, its pace."""

    fix_host: str
    fix_port: int
    ws_url: str
    participant: Participant
    pair: Pair
    step_s: float


class FixMaker:
    """Runs one maker over FIX."""

    def __init__(self, station: MakerStation, maker: Maker) -> None:
        self._station = station
        self._maker = maker

    async def connect_once(self) -> None:
        """Take over what an earlier connection left, log on, and quote until the connection is lost."""
        station = self._station
        async with WsClient(station.ws_url) as client:
            await client.logon(station.participant)
            left = await client.request("orders.open")
            surplus = self._maker.resume(open_orders_of(left, station.pair))
            unwanted = [order["order_id"] for order in left if order["symbol"] != station.pair.symbol]
            unwanted += [order.order_id for order in surplus]
            await cancel_orders(client, unwanted)
        _, line = await asyncio.get_running_loop().create_connection(
            lambda: _Line(station, self._maker), station.fix_host, station.fix_port
        )
        try:
            await self._quote(line)
        finally:
            line.close()

    async def _quote(self, line: "_Line") -> None:
        loop = asyncio.get_running_loop()
        next_step = loop.time()
        while not line.lost.done():
            line.step()
            next_step = max(next_step + self._station.step_s, loop.time())
            await asyncio.wait((line.lost,), timeout=next_step - loop.time())
        line.lost.result()


class _Line(asyncio.Protocol):
    """One connection. ``lost`` ends with the reason when it is over."""

    def __init__(self, station: MakerStation, maker: Maker) -> None:
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pair = station.pair
        self._maker = maker
        self._session = InitiatorSession(station.participant.comp_id, station.participant.password)
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._session.logon(time.time_ns(), time.monotonic_ns())
        self._flush()

    def data_received(self, data: bytes) -> None:
        now = time.monotonic_ns()
        was_established = self._session.is_established
        try:
            for message in self._session.receive_data(data, time.time_ns(), now):
                answer = fix_messages.decode(message, self._pair)
                if isinstance(answer, Refused):
                    self._maker.on_refused(answer, now)
                else:
                    self._maker.on_report(answer, now)
        except FixSessionError as error:
            self._end(error)
        if self._session.is_established and not was_established:
            self.step()
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc or ConnectionError("connection closed by the gateway"))

    def step(self) -> None:
        """Send what the maker wants now, or a heartbeat when it is time."""
        now, utc = time.monotonic_ns(), time.time_ns()
        try:
            self._session.on_timer(utc, now)
        except FixSessionError as error:
            self._end(error)
        if self._session.is_established and not self.lost.done():
            for request in self._maker.requests(now):
                msg_type, fields = fix_messages.encode(request, self._pair, utc)
                self._session.send(msg_type, fields, utc, now)
        self._flush()

    def close(self) -> None:
        """Say goodbye and close. Nothing is waited for."""
        self._session.logout(time.time_ns(), time.monotonic_ns())
        self._flush()
        self._transport.close()
        if not self.lost.done():
            self.lost.cancel()

    def _end(self, error: Exception) -> None:
        if not self.lost.done():
            self.lost.set_exception(error)

    def _flush(self) -> None:
        payload = self._session.data_to_send()
        if payload and not self._transport.is_closing():
            self._transport.write(payload)
