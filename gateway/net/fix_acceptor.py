"""All FIX clients of the gateway: finds the one a Logon names, verifies it, ends them all.

NOT here: what a session does (``protocols.fix``), what its orders do (``fix_client``).
"""

import asyncio
import logging
import time
from collections.abc import Iterable
from typing import Final

from gateway.net.counters import FrontCounters
from gateway.net.fix_client import FixClient
from gateway.net.fix_connection import FixConnection
from gateway.net.logon_gate import Claim, LogonGate
from gateway.settings import FixSession, FixSettings
from protocols.fix import DisconnectReason, Message, tags

MAX_CONNECTIONS: Final = 4096

log = logging.getLogger(__name__)


class FixAcceptor:
    """Takes FIX connections and gives each to its client. One connection per client: the first is kept."""

    def __init__(
        self, settings: FixSettings, clients: Iterable[FixClient], gate: LogonGate, counters: FrontCounters
    ) -> None:
        self.settings = settings
        self.counters = counters
        self.clients = {client.key.encode("ascii"): client for client in clients}
        self._gate = gate
        self._connections: set[FixConnection] = set()
        self._closing = False
        self.quiet = asyncio.Event()
        self.quiet.set()

    def __call__(self) -> FixConnection:
        """Return the protocol of a new connection."""
        return FixConnection(self)

    @property
    def connected(self) -> int:
        """Connections that are open."""
        return len(self._connections)

    @property
    def established(self) -> int:
        """Clients that are on a connection."""
        return sum(client.line is not None for client in self.clients.values())

    def opened(self, connection: FixConnection) -> bool:
        """Take note of a new connection; ``False`` refuses it."""
        self.counters.connections += 1
        admitted = not self._closing and len(self._connections) < MAX_CONNECTIONS
        self._connections.add(connection)
        self.quiet.clear()
        return admitted

    def closed(self, connection: FixConnection, reason: str) -> None:
        """Forget a connection."""
        self._connections.discard(connection)
        if not self._connections:
            self.quiet.set()
        self.counters.disconnects[reason] += 1
        self.counters.garbled += connection.garbled

    def identify(self, connection: FixConnection, logon: Message) -> None:
        """Verify a Logon(A) without a word that tells an unknown CompID from a wrong password."""
        fields = logon.fields
        comp_id = fields.get(tags.SENDER_COMP_ID, b"")
        if fields.get(tags.TARGET_COMP_ID) != self.settings.target_comp_id.encode("ascii"):
            comp_id = b""

        def decided(entry: FixSession | None) -> None:
            client = None if entry is None else self.clients[comp_id]
            if client is None:
                log.warning("fix logon refused", extra={"address": connection.address})
                connection.end(DisconnectReason.LOGON_REFUSED, "logon refused")
            elif client.line is not None:
                log.warning("fix client is connected already", extra={"session": client.key})
                connection.end(DisconnectReason.LOGON_REFUSED, "the session is on another connection")
            else:
                connection.welcome(client, logon)

        claim = Claim(
            comp_id, fields.get(tags.USERNAME, b""), fields.get(tags.PASSWORD, b""), connection.address
        )
        self._gate.verify_password(claim, decided)

    def say_goodbye(self, text: str) -> None:
        """Log every client out and drop the strangers; nobody new is taken."""
        self._closing = True
        now = time.monotonic_ns()
        for connection in list(self._connections):
            if connection.client is not None:
                connection.client.logout(text, now)
            else:
                connection.end(DisconnectReason.SHUTDOWN, text)

    def abort(self) -> None:
        """Drop the connections that are left."""
        for connection in list(self._connections):
            connection.abort()
