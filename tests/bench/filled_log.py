"""``python -m tests.bench.filled_log DIR FIRST COUNT stop|kill``: fill a data directory, without sockets.

A whole gateway works FIX orders from bytes and commits what they lead to with durability ``os``. ``OPEN``
orders come to rest first; then each four commands are an order that rests, two that meet, and the cancel of
the oldest that rests, so the open orders stay as many. FIRST is the number of the first command: 0, or how
many are there already. ``stop`` ends as a shutdown does, with a snapshot; ``kill`` ends like a crash.
"""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path
from typing import Final

import msgspec
import uvloop

from gateway.settings import load
from gateway.store.history_index import index_segment
from gateway.store.segments import LOG_NAME, list_segments
from protocols.fix import scan, utc_text
from tests.bench.order_path import CONFIG, Rig, framed

OPEN: Final = 5_000
PER_READ: Final = 8


def command(number: int) -> bytes:
    """Return MsgType(35) and body of a command, without times; ``number`` counts from 0."""
    if number < OPEN:
        return _order(b"R%08d" % number, 1, 99_990_000 - number % 50 * 1000)
    cycle, kind = divmod(number - OPEN, 4)
    if kind == 0:
        return _order(b"R%08d" % (OPEN + cycle), 1, 99_990_000 - cycle % 50 * 1000)
    if kind < 3:
        return _order(b"C%08d" % number, kind, 100_000_000)
    return b"35=F\x0111=X%08d\x0141=R%08d\x0154=1\x0155=BTC-KRW\x0138=0.01\x01" % (cycle, cycle)


def open_orders(commands: int) -> int:
    """Return how many orders are open after so many commands."""
    return commands if commands <= OPEN else OPEN + (0, 1, 2, 1)[(commands - OPEN) % 4]


def _order(cl_ord_id: bytes, side: int, price: int) -> bytes:
    terms = b"35=D\x0111=%b\x0121=1\x0138=0.01\x0140=2\x0144=%d\x0154=%d\x0155=BTC-KRW\x0159=1\x01"
    return terms % (cl_ord_id, price, side)


class Filler(Rig):
    """A gateway with one client that goes on where it was."""

    async def log_on(self) -> None:
        """Log on with the number that the gateway expects."""
        client = self.gateway.fix.clients[b"LOAD1"]
        self.next_out = client.session.numbers.next_in
        logon = b"98=0\x01108=120\x01553=LOAD1\x01554=load\x01"
        self.connection.welcome(client, scan(self._message(b"35=A\x01" + logon)))
        await self.turn()

    async def fill(self, numbers: range) -> None:
        """Have the gateway work these commands, ``PER_READ`` a turn."""
        before = self.sink.reports
        for at in range(0, len(numbers), PER_READ):
            now = utc_text(time.time_ns())
            read = b"".join(
                self._message(b"%b60=%b\x01" % (command(number), now))
                for number in numbers[at : at + PER_READ]
            )
            self.connection.data_received(read)
            await self.turn()
        if self.sink.reports - before < len(numbers):
            raise AssertionError(f"{self.sink.reports - before} reports for {len(numbers)} commands")

    def _message(self, content: bytes) -> bytes:
        """Return a message with the next number. ``content`` is MsgType(35) and body."""
        msg_type, _, body = content.partition(b"\x01")
        number = self.next_out
        self.next_out += 1
        return framed(
            b"%b\x0149=LOAD1\x0156=BDAX\x0134=%d\x0152=%b\x01%b"
            % (msg_type, number, utc_text(time.time_ns()), body)
        )


async def _fill(data_dir: Path, numbers: range, *, stop: bool) -> None:
    settings = load(CONFIG)
    store = msgspec.structs.replace(settings.store, data_dir=str(data_dir), durability="os")
    filler = Filler(msgspec.structs.replace(settings, store=store))
    await filler.log_on()
    await filler.fill(numbers)
    if not stop:
        os.kill(os.getpid(), signal.SIGKILL)
    await filler.close()
    # The process that does this beside a gateway was not started.
    for segment in list_segments(data_dir / LOG_NAME)[:-1]:
        index_segment(data_dir, segment)


def main(folder: str, first: str, count: str, end: str) -> None:
    """Fill the directory."""
    numbers = range(int(first), int(first) + int(count))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_fill(Path(folder), numbers, stop=end == "stop"))


if __name__ == "__main__":
    main(*sys.argv[1:])
