"""A FIX session on a bare socket that outlives every connection, and never resets its numbers.

It answers a ResendRequest from what it sent, asks for what it missed, and takes gap fills; what comes above a
gap it drops, for the resend brings it again. NOT here: what is traded (``fix_trader``).
"""

import asyncio
from collections.abc import Callable
from typing import Final

from tests.system.chaos.fix_wire import Framer, Pairs, body_of, encode, utc_now
from tests.system.chaos.records import FixBody, FixDelivery, FixLog
from tests.system.chaos.tally import Tally

PASSWORD: Final = "load"
GOODBYE: Final = "the gateway shuts down"
RECONNECT_S: Final = 0.02
LOGON_TIMEOUT_S: Final = 2.0

Address = tuple[str, int]


class FixPeer:
    """One session. Every message that comes goes to ``log``; ``on_message`` takes what comes in its turn."""

    def __init__(
        self, log: FixLog, address: Address, tally: Tally, on_message: Callable[[FixBody], None]
    ) -> None:
        self.log = log
        self.next_out = 1
        self.next_in = 1
        self.established = asyncio.Event()
        self._address = address
        self._tally = tally
        self._on_message = on_message
        self._connection = 0
        self._sent: dict[int, tuple[str, str, Pairs]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._asked_from = 0
        self._heartbeats: dict[str, int] = {}
        """MsgSeqNum(34) of the answers to TestRequests, which may come above a gap."""

    @property
    def connection(self) -> int:
        """How many connections there were, this one included."""
        return self._connection

    async def stay(self) -> None:
        """Connect and log on, again after each end of a connection; until cancelled."""
        while True:
            try:
                reader, writer = await asyncio.open_connection(*self._address)
            except OSError:
                await asyncio.sleep(RECONNECT_S)
                continue
            self._connection += 1
            self._asked_from = 0
            self._writer = writer
            try:
                await self._converse(reader)
            except OSError:
                pass  # the gateway was killed
            finally:
                self.established.clear()
                self._writer = None
                writer.transport.abort()
            await asyncio.sleep(RECONNECT_S)

    def send(self, msg_type: str, pairs: Pairs) -> None:
        """Number and keep an application message, and write it if there is a connection."""
        number = self.next_out
        self._sent[number] = (msg_type, utc_now(), pairs)
        self._say(msg_type, pairs)

    def drop(self) -> None:
        """End the connection without a word."""
        if self._writer is not None:
            self._writer.transport.abort()

    async def settle(self) -> None:
        """Wait until all that the gateway has sent has come, in its turn."""
        clock = asyncio.get_running_loop().time
        while True:
            await self.established.wait()
            test_id = f"settle-{self.next_out}"
            self._say("1", [(112, test_id)])
            deadline = clock() + LOGON_TIMEOUT_S
            while clock() < deadline:
                if self._heartbeats.get(test_id, self.next_in) < self.next_in:
                    return
                await asyncio.sleep(RECONNECT_S)

    async def read_history(self) -> None:
        """Ask for every message of the session again, and keep the answer as the log's history."""
        await self.settle()
        last, first = self.next_in - 1, len(self.log.deliveries)
        self._say("2", [(7, "1"), (16, "0")])
        history = self.log.history
        while not history or max(history[-1].msg_seq_num, history[-1].new_seq_no - 1) < last:
            await asyncio.sleep(RECONNECT_S)
            come = self.log.deliveries[first:]
            first += len(come)
            history += [delivery for delivery in come if delivery.poss_dup]

    # ---- the connection

    async def _converse(self, reader: asyncio.StreamReader) -> None:
        framer = Framer()
        logon = [(98, "0"), (108, "30"), (553, self.log.session), (554, PASSWORD)]
        self._say("A", logon)
        while received := await self._read(reader):
            try:
                for fields in framer.feed(received):
                    self._receive(fields)
            except ValueError as error:
                self.log.faults.append(str(error))
                return

    async def _read(self, reader: asyncio.StreamReader) -> bytes:
        if self.established.is_set():
            return await reader.read(1 << 18)
        async with asyncio.timeout(LOGON_TIMEOUT_S):
            return await reader.read(1 << 18)

    def _say(self, msg_type: str, pairs: Pairs) -> None:
        message = encode(self.log.session, msg_type, self.next_out, pairs)
        self.next_out += 1
        if msg_type == "A" or self.established.is_set():
            self._write(message)

    def _receive(self, fields: FixBody) -> None:
        number, msg_type = int(fields[34]), fields[35]
        fills = msg_type == "4" and fields.get(123) == "Y"
        new_seq_no = int(fields[36]) if fills else 0
        poss_dup = fields.get(43) == "Y"
        delivery = FixDelivery(self._connection, number, poss_dup, body_of(fields), new_seq_no)
        self.log.deliveries.append(delivery)
        self._tally.counts["FIX PossDup received"] += poss_dup
        if msg_type == "A":
            self.established.set()
        elif msg_type == "0" and 112 in fields:
            self._heartbeats[fields[112]] = number
        if number > self.next_in:
            if msg_type == "2":
                self._resend(fields)
            self._ask()
        elif number == self.next_in:
            self.next_in = new_seq_no or number + 1
            self._work(msg_type, fields)

    def _ask(self) -> None:
        """Ask for all from the first missing number on, once per gap."""
        if self._asked_from != self.next_in:
            self._asked_from = self.next_in
            self._tally.counts["FIX resends asked"] += 1
            self._say("2", [(7, str(self.next_in)), (16, "0")])

    def _work(self, msg_type: str, fields: FixBody) -> None:
        if msg_type == "1":
            self._say("0", [(112, fields[112])])
        elif msg_type == "2":
            self._resend(fields)
        elif msg_type == "5" and fields.get(58) == GOODBYE:
            self._say("5", [])
        elif msg_type == "j" and fields[372] == "U1":
            self._on_message(fields)
        elif msg_type in "35j" or (msg_type == "4" and fields.get(123) != "Y"):
            self.log.faults.append(f"unexpected {fields}")
        elif msg_type not in "0A4":
            self._on_message(fields)

    def _resend(self, fields: FixBody) -> None:
        begin, end = int(fields[7]), int(fields[16]) or self.next_out - 1
        self._tally.counts["FIX resends served"] += 1
        chunks = []
        number = begin
        while number <= end:
            if number in self._sent:
                msg_type, sent_at, pairs = self._sent[number]
                header = [(43, "Y"), (122, sent_at)]
                chunks.append(encode(self.log.session, msg_type, number, [*header, *pairs]))
                number += 1
                continue
            first = number
            while number <= end and number not in self._sent:
                number += 1
            gap_fill = [(43, "Y"), (122, utc_now()), (36, str(number)), (123, "Y")]
            chunks.append(encode(self.log.session, "4", first, gap_fill))
        self._write(b"".join(chunks))

    def _write(self, message: bytes) -> None:
        if self._writer is not None and not self._writer.transport.is_closing():
            self._writer.write(message)
