"""``python -m tests.bench.peers.simplefix_acceptor``: the usual asyncio acceptor, on simplefix and streams.

Parses with ``FixParser``, answers each NewOrderSingle(D) with one ExecutionReport(8) made of a
``FixMessage``, checks nothing. Prints ``ready PORT``; ends with its input.
"""

import asyncio
import sys
from datetime import UTC, datetime

import simplefix
import uvloop

READ_SIZE = 1 << 16


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Serve one connection to its end."""
    parser = simplefix.FixParser()
    number = 0
    while data := await reader.read(READ_SIZE):
        parser.append_buffer(data)
        while (message := parser.get_message()) is not None:
            number += 1
            writer.write(answer(message, number))
        await writer.drain()
    writer.close()


def answer(message: simplefix.FixMessage, number: int) -> bytes:
    """Return the reply to a Logon(A) or Logout(5), and to anything else an ExecutionReport(8)."""
    reply = simplefix.FixMessage()
    msg_type = message.get(35)
    reply.append_pair(8, b"FIX.4.4")
    reply.append_pair(35, msg_type if msg_type in {b"A", b"5"} else b"8")
    reply.append_pair(34, number)
    reply.append_pair(49, b"BDAX")
    reply.append_utc_timestamp(52, datetime.now(UTC), precision=3)
    reply.append_pair(56, message.get(49))
    if msg_type == b"A":
        for tag, value in ((98, b"0"), (108, message.get(108)), (141, b"Y")):
            reply.append_pair(tag, value)
    elif msg_type != b"5":
        for tag, value in (
            (6, b"0"),
            (11, message.get(11)),
            (14, b"0"),
            (17, number),
            (37, number),
            (38, message.get(38)),
            (39, b"0"),
            (54, message.get(54)),
            (55, message.get(55)),
            (150, b"0"),
            (151, message.get(38)),
        ):
            reply.append_pair(tag, value)
    encoded: bytes = reply.encode()
    return encoded


async def main() -> None:
    """Serve until the input ends."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(f"ready {server.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(main())
