"""A FIX 4.4 session that sends orders: logs on, keeps alive, counts answers as they come.

NOT here: what the answers say (``fix_check``).
"""

import time
from collections.abc import Sequence
from typing import Final

from gateway.loadtest.faults import FaultKind
from gateway.loadtest.findings import NS, Findings
from gateway.loadtest.fix_check import FixCheck
from gateway.loadtest.fix_messages import (
    Clock,
    OrderWriter,
    fields_of,
    frames,
    number_of,
    session_message,
    whole,
)
from gateway.loadtest.flow import Flow, Request
from gateway.loadtest.order_check import OrderCheck
from gateway.loadtest.order_session import OrderSession
from gateway.loadtest.scenario import Answers, FixSessions, Orders
from gateway.loadtest.wires import Wires

_MESSAGE: Final = b"\x0135="
_REPORT: Final = b"\x0135=8\x01"
_FILL: Final = b"\x01150=F\x01"
_ACCEPTED: Final = b"\x01150=0\x01"
_REFUSALS: Final = (b"3", b"9", b"j")
MAX_MESSAGE: Final = 1 << 20
_OTHER_ANSWERS: Final = (b"\x01150=4\x01", b"\x01150=5\x01", b"\x01150=8\x01")


class FixOrders(OrderSession):
    """The session with ``number``; ``run`` makes its ClOrdIDs its own."""

    def __init__(
        self,
        settings: FixSessions,
        orders: Orders,
        number: int,
        run: str,
        flow: Flow,
        place: tuple[Findings, Wires],
    ) -> None:
        name = settings.sender_comp_id.replace("{n}", str(number))
        findings, wires = place
        check = OrderCheck(name, findings)
        super().__init__(name, flow, check, findings, wires)
        self._settings = settings
        self._username = settings.username.replace("{n}", str(number)) or name
        self._comp_ids = name.encode(), settings.target_comp_id.encode()
        prefix = f"{run}-{number}-".encode()
        self._writer = OrderWriter(self._comp_ids, orders.symbol, prefix)
        self._check = FixCheck(self._comp_ids, prefix, orders, check, findings)
        self._is_one = orders.answers is Answers.ONE
        self._clock = Clock()
        self._next_number = 1
        self._tail = b""
        self._mark = b"\x0111=" + prefix

    def on_connected(self, now: int) -> None:
        """Log on, with new numbers."""
        self._log_on([(141, "Y")], now)

    def _log_on(self, more: Sequence[tuple[int, object]], now: int) -> None:
        settings = self._settings
        fields: list[tuple[int, object]] = [(98, 0), (108, settings.heartbeat_s), *more]
        if settings.password:
            fields += [(553, self._username), (554, settings.password)]
        self._say("A", fields, now)

    def on_bytes(self, received: bytes, now: int) -> None:
        """Count whole messages and record them."""
        if self._tail:
            received = self._tail + received
        end = whole(received)
        if end == len(received):
            self._tail = b""
        else:
            self._tail = received[end:]
            if len(self._tail) > MAX_MESSAGE:
                self._findings.add(FaultKind.UNREADABLE, f"{self.name}: {MAX_MESSAGE:,} bytes and no message")
                self.end = "unreadable"
                self._wire.close()
            if not end:
                return
            received = received[:end]
        self.recording.add(now, received)
        answered = self.answered
        self._count(received, now)
        if self.answered != answered or _REPORT in received:
            self.last_received = now

    def judge_rest(self, *, is_complete: bool) -> None:
        """See ``OrderSession``: what came behind the last whole message."""
        if self._tail and is_complete:
            shown = self._tail[:100].decode("ascii", "backslashreplace")
            self._findings.add(FaultKind.UNREADABLE, f"{self.name}: no message ends behind {shown}")

    def _count(self, received: bytes, now: int) -> None:
        count = received.count
        reports = count(_REPORT)
        if count(_MESSAGE) != reports:
            self._on_others(received, now)
        if self._is_one:
            self.answered += reports
            return
        accepted, fills = count(_ACCEPTED), count(_FILL)
        self.answered += accepted
        self.fills += fills
        if accepted + fills != reports:
            self.answered += sum(map(count, _OTHER_ANSWERS))

    def say_goodbye(self, now: int) -> None:
        """Log out."""
        self._is_closing = True
        if self.is_ready and not self.end:
            self._say("5", (), now)

    def on_tick(self, now: int) -> None:
        """Send a Heartbeat where nothing else was sent."""
        if self.is_ready and not self.end and now - self.last_sent > self._settings.heartbeat_s * NS:
            self._say("0", (), now)

    def _encode(self, request: Request) -> bytes:
        number = request.msg_seq_num = self._next_number
        self._next_number += 1
        return self._writer.write(request, number, self._clock.text(time.time_ns()))

    def _take_back(self, count: int) -> None:
        self._next_number -= count

    def _judge(self, received: bytes, now: int) -> None:
        self._check.read(now, received)

    def _last_number(self, received: bytes) -> int:
        _, named, tail = received.rpartition(self._mark)
        number = tail.partition(b"\x01")[0]
        return number_of(number) if named else -1

    def _say(self, msg_type: str, fields: list[tuple[int, object]] | tuple[()], now: int) -> None:
        """Send a session message, with a number before those that are prepared."""
        number = self._next_number = self._following
        utc = self._clock.text(time.time_ns())
        self._wire.write(session_message(msg_type, number, self._comp_ids, utc, fields))
        self._next_number += 1
        # Their numbers are new ones now: they are encoded again as they are needed.
        self._encoded.clear()
        self.last_sent = now

    def _on_others(self, messages: bytes, now: int) -> None:
        """Work what is no report."""
        for frame, wrong in frames(messages):
            if wrong:
                continue
            fields = fields_of(frame)
            if fields.get(b"35") in _REFUSALS:
                self.answered += 1
            else:
                self._act(fields, now)

    def _act(self, fields: dict[bytes, bytes], now: int) -> None:
        """Do what a message of the session asks for."""
        match fields.get(b"35"):
            case b"A" if not self.is_ready:
                self._ready(now)
            case b"1":
                self._say("0", [(112, fields.get(b"112", b""))], now)
            case b"2":
                self._note_resend(fields)
                self._fill_gap(fields.get(b"7", b""))
            case b"5":
                text = fields.get(b"58", b"").decode("utf-8", "replace")
                self.on_ended(f"logged out: {text}", now)
                self._wire.close()

    def _note_resend(self, fields: dict[bytes, bytes]) -> None:
        begin = fields.get(b"7", b"")[:20].decode("ascii", "backslashreplace")
        self._findings.add(FaultKind.GAP, f"{self.name}: the target asked for a resend from {begin} on")

    def _fill_gap(self, begin: bytes) -> None:
        """Answer a ResendRequest: what was missed is not sent again, and counts as never answered."""
        first, following = number_of(begin), self._following
        if not 0 < first < following:
            shown = begin[:20].decode("ascii", "backslashreplace")
            self._findings.add(FaultKind.WRONG, f"{self.name}: BeginSeqNo(7) {shown} of a ResendRequest")
            return
        self._wire.write(self._gap_fill(first, following))

    def _gap_fill(self, first: int, following: int) -> bytes:
        """Return a SequenceReset-GapFill from one number to the one that follows what is left out."""
        utc = self._clock.text(time.time_ns())
        fields: list[tuple[int, object]] = [(43, "Y"), (122, utc), (123, "Y"), (36, following)]
        return session_message("4", first, self._comp_ids, utc, fields)

    @property
    def _following(self) -> int:
        """Return the number of the message that is sent next."""
        return self._next_number - len(self._encoded)
