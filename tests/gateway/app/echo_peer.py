"""A FIX client of the echo acceptor in plain text: ``|`` stands for SOH, headers are completed."""

import asyncio
import re
import time
from typing import Self

from tests.protocols.fix.wire import message

PATIENCE_S = 10.0


class EchoPeer:
    """One connection. Numbers are counted; ``34=``, ``49=``, ``52=`` and ``56=`` in a text go before."""

    def __init__(self, begin_string: str = "FIX.4.4", comp_id: str = "ALICE") -> None:
        self._begin_string = begin_string
        self._comp_id = comp_id
        self._received = b""
        self.next_out = 1

    async def connect(self, address: str) -> Self:
        host, _, port = address.rpartition(":")
        self._reader, self._writer = await asyncio.open_connection(host, int(port))
        return self

    async def logon(self, text: str = "98=0|108=30|") -> str:
        """Log on and return the answer."""
        version = "1137=9|" if self._begin_string == "FIXT.1.1" else ""
        self.send(f"35=A|{text}{version}")
        return await self.receive()

    def send(self, text: str) -> None:
        self._writer.write(self.encode(text))

    def encode(self, text: str) -> bytes:
        msg_type, _, rest = text.partition("|")
        header = ""
        now = time.strftime("%Y%m%d-%H:%M:%S", time.gmtime())
        usual = {"34": str(self.next_out), "49": self._comp_id, "52": now, "56": "ISLD"}
        for tag, value in usual.items():
            if not re.search(rf"(^|\|){tag}=", rest):
                header += f"{tag}={value}|"
                self.next_out += tag == "34"
        return message(f"{msg_type}|{header}{rest.replace('<now>', now)}", self._begin_string.encode())

    def send_bytes(self, data: bytes) -> None:
        self._writer.write(data)

    async def receive(self) -> str:
        """Return the next message from MsgType(35) on, its times as ``*``, without CheckSum(10)."""
        async with asyncio.timeout(PATIENCE_S):
            while (found := re.match(rb"8=[^\x01]+\x019=(\d+)\x01", self._received)) is None or len(
                self._received
            ) < found.end() + int(found[1]) + 7:
                data = await self._reader.read(65536)
                if not data:
                    raise EOFError(self._received)
                self._received += data
        end = found.end() + int(found[1])
        content, self._received = self._received[found.end() : end], self._received[end + 7 :]
        text = content.decode("latin-1").replace("\x01", "|")
        return re.sub(r"(?<=\|)(52|122)=[^|]+", r"\1=*", text)

    async def closed(self) -> bool:
        """Wait for the end of the connection; whether nothing more was said before it."""
        async with asyncio.timeout(PATIENCE_S):
            return await self._reader.read() == b"" and not self._received

    async def leave(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()
