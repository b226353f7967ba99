"""A plain FIX initiator for tests, written apart from the code under test: the other side of the wire.

It numbers, stores, asks and resends as the standard says, and works each application message once.
"""

from dataclasses import dataclass, field

from protocols.fix import utc_text
from tests.protocols.fix.acceptor import MIDNIGHT, SECOND, START
from tests.protocols.fix.wire import framed

HEART_BT_INT = 10
PATIENCE = 15 * SECOND


@dataclass
class Initiator:
    """The client's side. ``wire`` is what it wrote; ``worked`` the ids of the reports it got, in order.

    With ``queues`` messages above a gap wait for their turn, else they are dropped and come with the resend.
    """

    queues: bool
    next_expected: bool
    now: int = START
    next_out: int = 1
    next_in: int = 1
    connected: bool = False
    logged_on: bool = False
    wire: bytearray = field(default_factory=bytearray)
    worked: list[bytes] = field(default_factory=list)
    stored: dict[int, tuple[bytes, bytes] | None] = field(default_factory=dict)
    queue: dict[int, dict[bytes, bytes]] = field(default_factory=dict)
    asked_at: int | None = None
    asked_for: int = 0
    hole: int = 0
    sent_at: int = START

    def connect(self) -> None:
        """Open a connection and say Logon."""
        self.connected = True
        self.logged_on = False
        self.wire.clear()
        self.queue.clear()
        self.asked_at = None
        self.hole = 0
        extra = b"789=%d\x01" % self.next_in if self.next_expected else b""
        self._say(b"A", b"98=0\x01108=%d\x01%b" % (HEART_BT_INT, extra))

    def lose(self) -> None:
        """Lose the connection and all that is on its way."""
        self.connected = self.logged_on = False
        self.wire.clear()

    def order(self, cl_ord_id: bytes) -> None:
        """Send an order; away, it is stored and reaches the other side by a resend."""
        body = b"11=%b\x0155=BTC-KRW\x0154=1\x0138=1\x0140=1\x0160=%b\x01" % (cl_ord_id, self._time())
        self._say(b"D", body, stored=True)

    def ask(self, begin: int) -> None:
        """Ask for everything from ``begin`` on, though it may have been received."""
        self._say(b"2", b"7=%d\x0116=0\x01" % begin)

    def repeat(self, number: int) -> None:
        """Send an order again as a possible duplicate, though nobody asked."""
        self._resend(number, number)

    def advance(self, now: int) -> None:
        """Keep the session alive, and ask again for what does not come."""
        self.now = now
        if not self.logged_on:
            return
        if now - self.sent_at >= HEART_BT_INT * SECOND:
            self._say(b"0", b"")
        if self.asked_at is not None and now - self.asked_at >= PATIENCE:
            self._ask()

    def receive(self, frame: bytes) -> None:
        """Work one message of the other side."""
        fields = dict(pair.split(b"=", 1) for pair in frame[:-1].split(b"\x01"))
        number = int(fields[b"34"])
        msg_type = fields[b"35"]
        if msg_type == b"A":
            self.logged_on = True
        if number > self.next_in:
            self._too_high(number, fields)
        elif number < self.next_in:
            assert fields.get(b"43") == b"Y", f"too low without PossDupFlag: {frame!r}"
        else:
            self._in_turn(fields)
            while (waiting := self.queue.pop(self.next_in, None)) is not None:
                self._in_turn(waiting)

    def _too_high(self, number: int, fields: dict[bytes, bytes]) -> None:
        msg_type = fields[b"35"]
        if msg_type == b"2":
            self._serve(fields)
        if msg_type in {b"2", b"A"}:
            self.queue[number] = {b"35": b"0", b"34": fields[b"34"]}
        elif self.queues:
            self.queue.setdefault(number, fields)
        if msg_type == b"A" and b"789" in fields:
            self.asked_at = self.now
            self.asked_for = number
        elif self.asked_at is None or (fields.get(b"43") == b"Y" and self.hole != self.next_in):
            self.hole = self.next_in
            self.asked_for = max(self.asked_for, number)
            self._ask()

    def _in_turn(self, fields: dict[bytes, bytes]) -> None:
        self.next_in += 1
        match fields[b"35"]:
            case b"8":
                self.worked.append(fields[b"37"])
            case b"1":
                self._say(b"0", b"112=%b\x01" % fields[b"112"])
            case b"2":
                self._serve(fields)
            case b"4":
                assert fields[b"123"] == b"Y"
                assert int(fields[b"36"]) >= self.next_in
                self.next_in = int(fields[b"36"])
                self.queue = {number: kept for number, kept in self.queue.items() if number >= self.next_in}
            case b"5":
                self.logged_on = False
            case b"A" if b"789" in fields and int(fields[b"789"]) < self.next_out:
                self._resend(int(fields[b"789"]), self.next_out - 1)
            case msg_type:
                assert msg_type in {b"0", b"A"}, fields
        if self.next_in >= self.asked_for:
            self.asked_at = None

    def _serve(self, fields: dict[bytes, bytes]) -> None:
        assert fields[b"16"] == b"0"
        self._resend(int(fields[b"7"]), self.next_out - 1)

    def _resend(self, begin: int, end: int) -> None:
        assert 1 <= begin <= end
        expected = begin
        for number in range(begin, end + 1):
            kept = self.stored.get(number)
            if kept is None:
                continue
            self._gap_fill(expected, number)
            sending_time, body = kept
            self._write(b"D", number, b"43=Y\x01122=%b\x01" % sending_time, body)
            expected = number + 1
        self._gap_fill(expected, end + 1)

    def _gap_fill(self, number: int, new_seq_no: int) -> None:
        if number < new_seq_no:
            header = b"43=Y\x01122=%b\x01" % self._time()
            self._write(b"4", number, header, b"123=Y\x0136=%d\x01" % new_seq_no)

    def _ask(self) -> None:
        self.asked_at = self.now
        self.ask(self.next_in)

    def _say(self, msg_type: bytes, body: bytes, *, stored: bool = False) -> None:
        number = self.next_out
        self.next_out += 1
        self.stored[number] = (self._time(), body) if stored else None
        if self.logged_on or msg_type == b"A":
            self._write(msg_type, number, b"", body)

    def _write(self, msg_type: bytes, number: int, header: bytes, body: bytes) -> None:
        content = b"35=%b\x0134=%d\x0149=CLIENT\x0152=%b\x0156=BDAX\x01%b%b" % (
            msg_type,
            number,
            self._time(),
            header,
            body,
        )
        if self.connected:
            self.wire += framed(content)
            self.sent_at = self.now

    def _time(self) -> bytes:
        return utc_text(self.now + MIDNIGHT - START)
