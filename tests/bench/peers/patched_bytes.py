"""``python -m tests.bench.peers.patched_bytes``: what a Python event loop can do at the most.

A uvloop server that splits its input at the trailers and patches a prepared ExecutionReport(8): no field is
read but ClOrdID(11), nothing is checked; answers of a read are one write. Prints ``ready PORT``; ends with
its input.
"""

import asyncio
import sys
from typing import cast

import uvloop

REPORT = (
    b"35=8\x0134=%d\x0149=BDAX\x0152=20260101-00:00:00.000\x0156=%b\x016=0\x0111=%b\x0114=0\x0117=%d\x0137=%d\x01"
    b"39=0\x0154=1\x0155=BTC-KRW\x01150=0\x01151=1\x01"
)
LOGON = b"35=A\x0134=%d\x0149=BDAX\x0152=20260101-00:00:00.000\x0156=%b\x0198=0\x01108=60\x01141=Y\x01"
LOGOUT = b"35=5\x0134=%d\x0149=BDAX\x0152=20260101-00:00:00.000\x0156=%b\x01"


def framed(body: bytes) -> bytes:
    """Return the message of a body."""
    head = b"8=FIX.4.4\x019=%d\x01%b" % (len(body), body)
    return b"%b10=%03d\x01" % (head, sum(head) & 255)


class Connection(asyncio.Protocol):
    """One session."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._rest = b""
        self._client = b""
        self._number = 0

    def data_received(self, data: bytes) -> None:
        *pieces, self._rest = (self._rest + data).split(b"\x0110=")
        answers = []
        for piece in pieces:
            self._number = number = self._number + 1
            id_at = piece.find(b"\x0111=")
            if id_at >= 0:
                cl_ord_id = piece[id_at + 4 : piece.index(b"\x01", id_at + 4)]
                answers.append(framed(REPORT % (number, self._client, cl_ord_id, number, number)))
            else:
                fields = piece.split(b"\x01")
                self._client = next(field[3:] for field in fields if field.startswith(b"49="))
                body = LOGON if b"35=A" in fields else LOGOUT
                answers.append(framed(body % (number, self._client)))
        self._transport.write(b"".join(answers))


async def main() -> None:
    """Serve until the input ends."""
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0)
    print(f"ready {server.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(main())
