"""All FIX clients of the gateway: finds the one a Logon names, verifies it, ends them all.

NOT here: what a session does (``protocols.fix``), what its orders do (``fix_client``).
"""

import asyncio
import logging
import time
from collections.abc import Iterable
from typing import Final

from gateway.auth import FixClaim
from gateway.net.counters import FrontCounters
from gateway.net.fix_connection import FixConnection
from gateway.net.fix_party import FixParty
from gateway.net.logon_gate import LogonGate
from gateway.settings import FixSession, FixSettings
from protocols.fix import DisconnectReason, Message, parse_utc_timestamp, tags

MAX_CONNECTIONS: Final = 4096
MAX_CLAIMED: Final = 64
"""Bytes of a stranger's CompID that a log line shows."""

log = logging.getLogger(__name__)


class FixAcceptor:
    """Takes FIX connections and gives each to its client. One connection per client: the first is kept."""

    def __init__(
        self, settings: FixSettings, clients: Iterable[FixParty], gate: LogonGate, counters: FrontCounters
    ) -> None:
        self.settings = settings
        self.counters = counters
        self.clients = {client.key.encode("ascii"): client for client in clients}
        self._gate = gate
        self._connections: set[FixConnection] = set()
        self._closing = False
        self._garbled = 0
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
    def garbled(self) -> int:
        """Garbled messages that were ignored, on open connections and closed ones."""
        return self._garbled + sum(connection.garbled for connection in self._connections)

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
        self._garbled += connection.garbled

    def identify(self, connection: FixConnection, logon: Message) -> None:
        """Verify a Logon(A) without a word that tells an unknown CompID from a wrong password."""
        comp_id = logon.fields.get(tags.SENDER_COMP_ID, b"")

        def decided(entry: FixSession | None) -> None:
            client = None if entry is None else self.clients[comp_id]
            if client is None:
                claimed = comp_id[:MAX_CLAIMED].decode("ascii", "backslashreplace")
                log.warning("fix logon refused", extra={"address": connection.address, "claimed": claimed})
                connection.end(DisconnectReason.LOGON_REFUSED, "logon refused")
            elif client.line is not None:
                log.warning("fix client is connected already", extra={"session": client.key})
                connection.end(DisconnectReason.IDENTITY_IN_USE, "the session is on another connection")
            else:
                connection.welcome(client, logon)

        self._gate.verify_logon(_claim(logon, connection), decided)

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


def _claim(logon: Message, connection: FixConnection) -> FixClaim:
    """Return who the sender of a Logon(A) says to be."""
    value = logon.fields.get
    sending_time = value(tags.SENDING_TIME, b"")
    try:
        signed_at = parse_utc_timestamp(sending_time)
    except ValueError:
        signed_at = 0
    return FixClaim(
        sender_comp_id=value(tags.SENDER_COMP_ID, b""),
        target_comp_id=value(tags.TARGET_COMP_ID, b""),
        username=value(tags.USERNAME, b""),
        password=value(tags.PASSWORD, b""),
        raw_data=value(tags.RAW_DATA, b""),
        msg_type=logon.msg_type,
        msg_seq_num=value(tags.MSG_SEQ_NUM, b""),
        sending_time=sending_time,
        signed_at=signed_at,
        address=connection.address,
        certificate_name=connection.certificate_name,
        utc_ns=time.time_ns(),
        begin_string=value(tags.BEGIN_STRING, b""),
    )
