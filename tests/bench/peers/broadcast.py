"""``python -m tests.bench.peers.broadcast CLIENTS RATE MESSAGES BATCH``: ``websockets.broadcast`` on uvloop.

Prints ``ready PORT``, waits for the clients, then sends ``MESSAGES`` messages, ``RATE`` a second (0: as fast
as the slowest client reads). ``BATCH`` must be 1: a broadcast joins nothing.
"""

import asyncio
import sys
import time

import uvloop
from websockets.asyncio.connection import broadcast
from websockets.asyncio.server import ServerConnection, serve

SETTLE_S = 0.5
HIGH_WATER = 64 * 1024
MESSAGE = (
    '{"type":"book","symbol":"BTC-USD","seq":%d,"ts":%d,"bids":[["29998.50","0.51000000"],'
    '["29998.00","1.20000000"]],"asks":[["30001.50","0.31000000"],["30002.00","2.20000000"]]}'
)


class Floor:
    """The clients, and how many of them do not read."""

    def __init__(self) -> None:
        self.connections: list[ServerConnection] = []
        self.paused = 0
        self.reads = asyncio.Event()
        self.reads.set()
        self.full = asyncio.Event()


async def run(clients: int, rate: float, messages: int) -> None:
    """Serve until ended by a signal."""
    floor = Floor()

    class Connection(ServerConnection):
        def pause_writing(self) -> None:
            super().pause_writing()
            floor.paused += 1
            floor.reads.clear()

        def resume_writing(self) -> None:
            super().resume_writing()
            floor.paused -= 1
            if not floor.paused:
                floor.reads.set()

    async def take(connection: ServerConnection) -> None:
        floor.connections.append(connection)
        if len(floor.connections) == clients:
            floor.full.set()
        await connection.wait_closed()

    async with serve(
        take,
        "127.0.0.1",
        0,
        create_connection=Connection,
        compression=None,
        ping_interval=None,
        write_limit=HIGH_WATER,
        backlog=4096,
    ) as server:
        print("ready", next(iter(server.sockets)).getsockname()[1], flush=True)
        await floor.full.wait()
        await asyncio.sleep(SETTLE_S)
        started = time.monotonic()
        for number in range(messages):
            if rate:
                await asyncio.sleep(max(0.0, started + number / rate - time.monotonic()))
            broadcast(floor.connections, MESSAGE % (number + 1, time.monotonic_ns()))
            await asyncio.sleep(0)
            await floor.reads.wait()
        await server.wait_closed()


def main(arguments: list[str]) -> None:
    """Read the arguments and serve."""
    clients, rate, messages, batch = arguments
    if batch != "1":
        raise SystemExit("a broadcast joins nothing")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run(int(clients), float(rate), int(messages)))


if __name__ == "__main__":
    main(sys.argv[1:])
