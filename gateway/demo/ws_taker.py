"""A taker's WebSocket connection: the socket and the clock around ``taking``."""

import asyncio
import logging
from dataclasses import dataclass
from typing import Any, Final

from gateway.demo.briefing import Participant
from gateway.demo.pairs import Pair
from gateway.demo.taking import Action, Taker, Touch
from gateway.demo.ws_client import RequestError, WsClient, cancel_open_orders
from gateway.demo.ws_wire import request_of, touch_of

_WITH_PRICES: Final = frozenset({"snapshot", "event"})

_log: Final = logging.getLogger("gateway.demo")


@dataclass(frozen=True)
class TakerStation:
    """Where a taker works: the gateway's endpoint, its credentials, its instrument."""

    ws_url: str
    participant: Participant
    pair: Pair


class WsTaker:
    """Runs one taker over WebSocket."""

    def __init__(self, station: TakerStation, taker: Taker) -> None:
        self._station = station
        self._taker = taker
        self._touch = Touch(0, 0)

    async def connect_once(self) -> None:
        """Log on, cancel what an earlier connection left, and trade until the connection is lost."""
        self._touch = Touch(0, 0)
        async with WsClient(self._station.ws_url, self._on_push) as client:
            await client.logon(self._station.participant)
            await cancel_open_orders(client)
            await client.request("subscribe", {"channels": [f"bbo.{self._station.pair.symbol}"]})
            while True:
                await asyncio.sleep(self._taker.pause_s())
                action = self._taker.next_action(self._touch)
                if action is not None:
                    await self._act(client, action)

    async def _act(self, client: WsClient, action: Action) -> None:
        try:
            await client.request(*request_of(action, self._station.pair))
        except RequestError as error:
            # An order that traded before its cancel, a price that moved: a taker's everyday life.
            extra = {"participant": self._station.participant.comp_id, "reason": error}
            _log.debug("demo request refused", extra=extra)

    def _on_push(self, push: dict[str, Any]) -> None:
        # Heartbeats and announcements say nothing of prices.
        if push["type"] in _WITH_PRICES:
            self._touch = touch_of(push, self._station.pair)
