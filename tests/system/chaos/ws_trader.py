"""A trading account on WebSocket.

What was not answered when a connection died is asked again on the next one, and ``executions`` go on from the
last one seen.
"""

import asyncio
import contextlib
from typing import Final

from tests.system.chaos.records import Push, Request, WsDelivery, WsLog, WsReply, ws_execution
from tests.system.chaos.tally import Tally
from tests.system.chaos.trader import Trader
from tests.system.chaos.ws_peer import GONE, RECONNECT_S, WsPeer, connecting

_METHODS: Final = {"new": "order.place", "cancel": "order.cancel", "replace": "order.replace"}


class WsTrader:
    """One account, on one connection at a time."""

    def __init__(
        self, name: str, url: str, seed: int, tally: Tally, *, cancels_on_disconnect: bool = False
    ) -> None:
        self.log = WsLog(name, cancels_on_disconnect=cancels_on_disconnect)
        self.trader = Trader(name, seed)
        self._url = url
        self._tally = tally
        self._peer: WsPeer | None = None
        self._connection = 0
        self._last_exec_id = 0
        self._attempts: dict[str, int] = {}

    @property
    def is_quiet(self) -> bool:
        """Whether everything asked has been answered."""
        return not self.trader.unanswered

    async def run(self) -> None:
        """Trade until cancelled; nothing new while the run is closing."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._stay())
            group.create_task(self._trade())

    async def _stay(self) -> None:
        while True:
            try:
                async with connecting(self._url) as socket, asyncio.TaskGroup() as group:
                    self._connection += 1
                    peer = WsPeer(socket, self._on_push)
                    group.create_task(peer.read())
                    group.create_task(self._begin(peer))
            except* GONE:
                pass  # the gateway was killed
            finally:
                self._peer = None
            await asyncio.sleep(RECONNECT_S)

    async def _begin(self, peer: WsPeer) -> None:
        await peer.logon(self.log.account, cancel_on_disconnect=self.log.cancels_on_disconnect)
        from_exec_id = self._last_exec_id + 1
        await peer.result("subscribe", channels=["executions"], from_exec_id=from_exec_id)
        for request in list(self.trader.unanswered.values()):
            self._tally.counts["WebSocket requests repeated"] += request.cl_ord_id in self._attempts
            await self._send(peer, request)
        self._peer = peer

    async def _trade(self) -> None:
        trader = self.trader
        while not self._tally.closing:
            if (peer := self._peer) is not None:
                requests = trader.burst()
                self.log.requests += requests
                with contextlib.suppress(*GONE):
                    for request in requests:
                        await self._send(peer, request)
                if trader.random.random() < 0.001:
                    self.leave()
            await asyncio.sleep(trader.pause_s())

    def leave(self) -> None:
        """End the connection without a word; another one comes."""
        self._tally.counts["connections dropped by clients"] += 1
        if self._peer is not None:
            self._peer.abort()

    async def _send(self, peer: WsPeer, request: Request) -> None:
        name = request.cl_ord_id
        self._attempts[name] = self._attempts.get(name, 0) + 1
        await peer.send(
            _METHODS[request.kind], _params(request), lambda reply: self._on_reply(request, reply)
        )

    def _on_reply(self, request: Request, reply: Push) -> None:
        result, error = reply.get("result") or {}, reply.get("error") or {}
        is_duplicate = bool(result.get("duplicate") or error.get("duplicate") or reply.get("duplicate"))
        attempts = self._attempts.pop(request.cl_ord_id)
        self._tally.counts["duplicates answered"] += is_duplicate
        order_id = result.get("order_id") or ""
        self.log.replies.append(
            WsReply(request, attempts, reply["status"], order_id, is_duplicate, error.get("name", ""))
        )
        self.trader.answered(request.cl_ord_id)
        self._tally.answered(self.log.account)

    def _on_push(self, push: Push) -> None:
        kind, exec_id = push["type"], push["seq"]
        self.log.deliveries.append(WsDelivery(self._connection, kind, exec_id, push))
        if kind == "replay":
            self._tally.counts["executions replayed"] += 1
        if kind in ("event", "replay"):
            self._last_exec_id = exec_id
            self.trader.take(ws_execution(push["data"]))


def _params(request: Request) -> dict[str, object]:
    if request.kind == "cancel":
        return {"cl_ord_id": request.orig_cl_ord_id}
    amounts = {"quantity": request.quantity, "price": request.price or None}
    if request.kind == "replace":
        return {"cl_ord_id": request.orig_cl_ord_id, "new_cl_ord_id": request.cl_ord_id, **amounts}
    return {
        "symbol": request.symbol,
        "side": request.side,
        "type": "limit" if request.price else "market",
        "time_in_force": request.time_in_force,
        "cl_ord_id": request.cl_ord_id,
        **amounts,
    }
