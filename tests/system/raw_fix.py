"""A FIX client on a bare socket: it says exactly the bytes it is told to, right or wrong."""

import socket
import ssl
import time
from typing import Self

from simplefix import FixMessage, FixParser

TIMEOUT_S = 5.0


class RawFix:
    """One connection. ``simplefix`` reads and writes; nothing is answered by itself."""

    def __init__(self, address: tuple[str, int], comp_id: str, trust: ssl.SSLContext | None = None) -> None:
        plain = socket.create_connection(address, timeout=TIMEOUT_S)
        self._socket = plain if trust is None else _secured(plain, trust)
        self._parser = FixParser()
        self._comp_id = comp_id
        self.next_out = 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def encode(self, msg_type: str, *fields: tuple[int, object]) -> bytes:
        """Return a right message with the next number."""
        message = FixMessage()
        message.append_pair(8, "FIX.4.4", header=True)
        message.append_pair(35, msg_type, header=True)
        message.append_pair(34, self.next_out, header=True)
        message.append_pair(49, self._comp_id, header=True)
        message.append_utc_timestamp(52, precision=3, header=True)
        message.append_pair(56, "BDAX", header=True)
        for tag, value in fields:
            message.append_pair(tag, value)
        self.next_out += 1
        encoded: bytes = message.encode()
        return encoded

    def send(self, msg_type: str, *fields: tuple[int, object]) -> None:
        """Send a right message."""
        self.send_bytes(self.encode(msg_type, *fields))

    def send_bytes(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._socket.sendall(data)

    def send_logon(self, password: str, **overrides: str) -> None:
        """Ask for the session; the numbers are reset."""
        username = overrides.get("username", self._comp_id)
        self.send("A", (98, 0), (108, 30), (141, "Y"), (553, username), (554, password))

    def logon(self, password: str) -> None:
        """Log on and expect to be let in."""
        self.send_logon(password)
        assert self.receive()[35] == "A"

    def send_order(self, cl_ord_id: str, symbol: str, side: int, quantity: str, price: str) -> None:
        """Send a limit order, good till cancel."""
        terms = ((38, quantity), (40, 2), (44, price), (59, 1))
        self.send("D", (11, cl_ord_id), (55, symbol), (54, side), self.now(), *terms)

    @staticmethod
    def now() -> tuple[int, str]:
        """Return TransactTime(60)."""
        return 60, time.strftime("%Y%m%d-%H:%M:%S", time.gmtime())

    def receive(self, timeout_s: float = TIMEOUT_S) -> dict[int, str]:
        """Return the next message; ``EOFError`` when the gateway closed, ``TimeoutError`` in silence."""
        return dict(reversed(self.receive_pairs(timeout_s)))

    def receive_pairs(self, timeout_s: float = TIMEOUT_S) -> list[tuple[int, str]]:
        """Return the next message with all its fields, in their order; raises as ``receive`` does."""
        deadline = time.monotonic() + timeout_s
        while (message := self._parser.get_message()) is None:
            self._socket.settimeout(max(0.001, deadline - time.monotonic()))
            data = self._socket.recv(65536)
            if not data:
                raise EOFError
            self._parser.append_buffer(data)
        return [(int(tag), value.decode()) for tag, value in message.pairs]

    def received_until_closed(self, timeout_s: float = TIMEOUT_S) -> list[dict[int, str]]:
        """Return all messages until the gateway closes the connection."""
        messages = []
        while True:
            try:
                messages.append(self.receive(timeout_s))
            except (EOFError, ConnectionResetError):
                return messages


def _secured(plain: socket.socket, trust: ssl.SSLContext) -> socket.socket:
    try:
        return trust.wrap_socket(plain, server_hostname="localhost")
    except OSError:
        plain.close()
        raise
