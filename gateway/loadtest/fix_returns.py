"""A FIX session that is cut off in mid-flow and comes back: each side asks for what it missed.

The connection is reset in the midst of what is being sent, so that requests get lost as well as reports. What
is planned while it is away is numbered, and fetched by the target. NOT here: when it is cut (``cuts``), and a
session that stays (``fix_orders``).
"""

import time
from itertools import pairwise
from typing import Final

from gateway.loadtest.faults import FaultKind
from gateway.loadtest.findings import NS
from gateway.loadtest.fix_gap import Gap
from gateway.loadtest.fix_messages import again, fields_of, frames, last_number, number_of, whole
from gateway.loadtest.fix_orders import MAX_MESSAGE, FixOrders
from gateway.loadtest.flow import Request
from gateway.loadtest.wires import Address

_NOWHERE: Final = ("", 0)


class ReturningFixOrders(FixOrders):
    """As ``FixOrders``. Where ``cuts_next`` is set, the line breaks in the midst of what it sends next."""

    cuts_next = False
    _address: Address = _NOWHERE
    _gap: Gap | None = None
    """From a cut until all that was missed has come."""
    _behind = b""
    """The beginning of a message, while there is a gap."""
    _logon_number = 0
    """MsgSeqNum(34) of the Logon of this connection, 0 before it is sent."""
    _has_acted = False
    """Whether what the session is asked for was done already, before its turn."""

    def connect(self, address: Address, now: int) -> None:
        """See ``OrderSession``."""
        self._address, self._logon_number = address, 0
        super().connect(address, now)

    def on_connected(self, now: int) -> None:
        """Log on: the first time with new numbers."""
        self._logon_number = self._following
        if self._gap is None:
            super().on_connected(now)
        else:
            self._log_on((), now)

    def flush(self, now: int) -> None:
        """Send what was queued, or lose it: it is numbered, and the target will ask for it."""
        if self.is_ready and (self.end or not self.cuts_next):
            super().flush(now)
        elif self.is_ready:
            self._cut(now)
        elif not self._logon_number or self.end:
            self._out.clear()

    def on_bytes(self, received: bytes, now: int) -> None:
        """Put what comes in order, and take it from there."""
        gap = self._gap
        if gap is None:
            super().on_bytes(received, now)
            return
        received = self._behind + received
        end = whole(received)
        self._behind = received[end:]
        in_turn = b"".join(self._sort(gap, received[:end], now))
        if self._gap is None or len(self._behind) > MAX_MESSAGE:
            in_turn += self._behind
            self._behind = b""
        if in_turn:
            self._has_acted = True
            super().on_bytes(in_turn, now)
            self._has_acted = False

    def give_up_return(self, now: int, connect_s: float) -> None:
        """End where it has waited too long to be back."""
        if self.is_away and now - self._connecting > connect_s * NS:
            self._findings.add(FaultKind.REFUSED, f"{self.name}: not back in {connect_s:g} s")
            self.end = "not back"
            self._wire.close()

    def judge_rest(self, *, is_complete: bool) -> None:
        """See ``OrderSession``: also what waits for messages that never came again."""
        super().judge_rest(is_complete=is_complete)
        if self._gap is not None:
            self._check.read(self.last_received, self._gap.rest())

    def _cut(self, now: int) -> None:
        out = b"".join(self._out)
        self._out.clear()
        self._wire.write(out[: len(out) // 2])
        self._wire.abort()
        self.cuts_next = self.is_ready = False
        self._gap = Gap(self._expected())
        self._tail = self._behind = b""
        self.connect(self._address, now)

    def _expected(self) -> int:
        """Return the number of the message that is to come next."""
        if self._gap is not None:
            return self._gap.expected
        newest = self.recording.newest
        last = last_number(newest[1]) if newest is not None else -1
        if last >= 0:
            return last + 1
        self.check(self.recording.size)
        return self._check.expected

    def _sort(self, gap: Gap, messages: bytes, now: int) -> list[bytes]:
        """Do what messages ask for as they come; return those whose turn it is."""
        in_turn = []
        for frame, wrong in frames(messages):
            fields = fields_of(frame) if not wrong else {}
            self._act(fields, now)
            in_turn += gap.take(fields, frame)
        if gap.is_over:
            self._gap = None
        return in_turn

    def _act(self, fields: dict[bytes, bytes], now: int) -> None:
        msg_type = fields.get(b"35")
        if self._has_acted:
            return
        if msg_type == b"A" and self._gap is not None and not self.is_ready:
            self._on_return(self._gap, number_of(fields.get(b"34", b"")), now)
        elif msg_type == b"2" and 0 < (begin := number_of(fields.get(b"7", b""))) < self._following:
            if begin >= self._logon_number:
                self._note_resend(fields)
            self._send_again(begin, number_of(fields.get(b"16", b"")), now)
        else:
            super()._act(fields, now)

    def _on_return(self, gap: Gap, number: int, now: int) -> None:
        """Send what has waited for the answer to the Logon, and ask for what was missed."""
        gap.logon = number
        self._ready(now)
        if self._out:
            super().flush(now)
        if number > gap.expected:
            self._say("2", [(7, gap.expected), (16, number - 1)], now)

    def _send_again(self, first: int, last: int, now: int) -> None:
        """Send again what is not answered, from one number to another (0: to the last)."""
        following = self._following
        if 0 < last < following:
            following = last + 1
        pending = self.orders.pending.values()
        lost: dict[int, Request] = {r.msg_seq_num: r for r in pending if r.message and not r.answered}
        utc = self._clock.text(time.time_ns())
        messages, filled = [], first
        for number in range(first, following):
            request = lost.get(number)
            if request is None:
                continue
            messages += self._fill(filled, number)
            messages.append(again(request.message, utc))
            filled = number + 1
            self._findings.counts["sent_again"] += 1
        messages += self._fill(filled, following)
        self._wire.write(b"".join(messages))
        self.last_sent = now

    def _fill(self, first: int, following: int) -> list[bytes]:
        """Return the gap fills from one number to another: one of its own for what comes behind the Logon.

        The target has the Logon, early: it may take a gap fill that begins with it for one that it has had.
        """
        seam = self._logon_number + 1
        ends = [seam, following] if first < seam < following else [following]
        return [self._gap_fill(*part) for part in pairwise([first, *ends]) if part[0] < part[1]]

    def _encode(self, request: Request) -> bytes:
        request.message = super()._encode(request)
        return request.message
