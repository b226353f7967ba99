"""A FIX client on asyncio streams. simplefix builds and reads the messages; nothing is answered by itself."""

import asyncio
import contextlib
from collections.abc import Iterable
from typing import Any, Self

from simplefix import FixMessage, FixParser

TIMEOUT_S = 5.0

Field = tuple[int, object]


class FixPeer:
    """One connection, and the client's numbers over its connections."""

    def __init__(self, name: str, reader: Any, writer: Any) -> None:
        self.name = name
        self.target = "BDAX"
        self.next_out = 1
        self.reader: asyncio.StreamReader = reader
        self.writer: asyncio.StreamWriter = writer
        self._parser = FixParser()

    @classmethod
    async def connect(cls, name: str, *, next_out: int = 1, **connection: Any) -> Self:
        """Open a connection."""
        reader, writer = await asyncio.open_connection(**connection)
        peer = cls(name, reader, writer)
        peer.next_out = next_out
        return peer

    async def close(self) -> None:
        """Hang up without a word."""
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()

    def deafen(self) -> None:
        """Read nothing more."""
        self.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a reading transport too

    def listen(self) -> None:
        """Read again."""
        self.writer.transport.resume_reading()  # type: ignore[attr-defined]  # a reading transport too

    def encode(self, msg_type: str, *fields: Field) -> bytes:
        """Return a message with the next number."""
        message = FixMessage()
        message.append_pair(8, "FIX.4.4", header=True)
        message.append_pair(35, msg_type, header=True)
        message.append_pair(34, self.next_out, header=True)
        message.append_pair(49, self.name, header=True)
        message.append_utc_timestamp(52, precision=3, header=True)
        message.append_pair(56, self.target, header=True)
        for tag, value in fields:
            message.append_pair(tag, value)
        self.next_out += 1
        encoded: bytes = message.encode()
        return encoded

    def logon(self, password: str, *fields: Field, username: str = "", heart_bt_int: int = 30) -> bytes:
        """Return a Logon(A)."""
        return self.encode(
            "A", (98, 0), (108, heart_bt_int), (553, username or self.name), (554, password), *fields
        )

    def order(self, cl_ord_id: str, side: str = "1", *, price: object = None, qty: object = "0.01") -> bytes:
        """Return a NewOrderSingle(D) of a limit order; without a price it rests away from the market."""
        price = price or ("90000000" if side == "1" else "110000000")
        fields: Iterable[Field] = (
            (11, cl_ord_id),
            (55, "BTC-KRW"),
            (54, side),
            (60, "20260101-00:00:00.000"),
            (38, qty),
            (40, 2),
            (44, price),
        )
        return self.encode("D", *fields)

    def cancel(self, cl_ord_id: str, orig_cl_ord_id: str) -> bytes:
        """Return an OrderCancelRequest(F)."""
        return self.encode(
            "F",
            (11, cl_ord_id),
            (41, orig_cl_ord_id),
            (55, "BTC-KRW"),
            (54, 1),
            (60, "20260101-00:00:00.000"),
            (38, "0.01"),
        )

    def replace(self, cl_ord_id: str, orig_cl_ord_id: str, *, price: object, qty: object = "0.01") -> bytes:
        """Return an OrderCancelReplaceRequest(G)."""
        return self.encode(
            "G",
            (11, cl_ord_id),
            (41, orig_cl_ord_id),
            (55, "BTC-KRW"),
            (54, 1),
            (60, "20260101-00:00:00.000"),
            (38, qty),
            (40, 2),
            (44, price),
        )

    def status(self, cl_ord_id: str) -> bytes:
        """Return an OrderStatusRequest(H)."""
        return self.encode("H", (11, cl_ord_id), (55, "BTC-KRW"), (54, 1))

    def send(self, *messages: bytes) -> None:
        """Write messages in one piece."""
        self.writer.write(b"".join(messages))

    async def receive(self) -> dict[int, str]:
        """Return the next message; ``EOFError`` when the gateway closed."""
        while (message := self._parser.get_message()) is None:
            async with asyncio.timeout(TIMEOUT_S):
                data = await self.reader.read(65536)
            if not data:
                raise EOFError
            self._parser.append_buffer(data)
        return {int(tag): value.decode() for tag, value in reversed(message.pairs)}

    async def expect(self, msg_type: str) -> dict[int, str]:
        """Return the next message, which is of that type."""
        message = await self.receive()
        assert message[35] == msg_type, message
        return message

    async def log_on(self, password: str, *fields: Field, **terms: Any) -> dict[int, str]:
        """Log on and return the gateway's Logon."""
        self.send(self.logon(password, *fields, **terms))
        return await self.expect("A")

    async def rest(self) -> bytes:
        """Return all bytes until the gateway closes."""
        async with asyncio.timeout(TIMEOUT_S):
            try:
                return await self.reader.read()
            except ConnectionResetError:
                return b""


def encoded_logon(name: str, password: str) -> bytes:
    """Return the first Logon(A) of a client."""
    return FixPeer(name, None, None).logon(password)
