"""What a crash leaves of sessions whose orders go when their connection does.

Such a session's connection died with the gateway. A FIX session may log on again within a grace; a WebSocket
connection never comes back. NOT here: connections that are lost while the gateway runs (``gateway.net``).
"""

import asyncio
import logging
import time
from collections.abc import Iterable

from gateway.net.fix_client import FixClient
from gateway.net.ws_session import CANCEL_ON_DISCONNECT, KEY_PREFIX
from gateway.orders import OrderRouter
from protocols.fix import Timestamps

log = logging.getLogger(__name__)


class ReconnectGrace:
    """Cancels the recovered orders of such sessions, at once or when the grace is over."""

    def __init__(self, router: OrderRouter, clients: Iterable[FixClient], timestamps: Timestamps) -> None:
        self._router = router
        self._clients = {client.key: client for client in clients if client.entry.cancel_on_disconnect}
        self._timestamps = timestamps
        self._awaited: list[tuple[FixClient, str]] = []
        self._timer: asyncio.TimerHandle | None = None

    def start(self, grace_s: float) -> None:
        """Cancel what WebSocket connections left; do the same for absent FIX clients ``grace_s`` later.

        To be called before anybody can log on.
        """
        for account, orders in list(self._router.registry.accounts.items()):
            owners = {order.owner for order in orders.open_by_id.values()}
            for owner in sorted(owners):
                if owner.startswith(KEY_PREFIX) and owner.endswith(CANCEL_ON_DISCONNECT):
                    self._cancel(owner, account)
                elif owner in self._clients:
                    self._awaited.append((self._clients[owner], account))
        if not grace_s:
            self._expire()
        elif self._awaited:
            self._timer = asyncio.get_running_loop().call_later(grace_s, self._expire)

    def stop(self) -> None:
        """Cancel nothing more."""
        if self._timer is not None:
            self._timer.cancel()

    def _expire(self) -> None:
        for client, account in self._awaited:
            if client.line is None:
                self._cancel(client.key, account)

    def _cancel(self, owner: str, account: str) -> None:
        now = time.monotonic_ns()
        self._router.cancel_on_disconnect(owner, account, self._timestamps.utc(now), now)
        log.info("orders of a lost session canceled", extra={"session": owner})
