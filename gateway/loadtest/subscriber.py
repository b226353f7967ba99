"""A connection that follows public channels and holds each to its chain of sequences.

A push whose ``prev`` is not the last ``seq`` of its channel is a gap; one that comes again is doubled. What
a slow reader misses, the target says itself. What comes is stamped, counted and kept, and judged when there
is time (``check``): else judging would take the core from whoever sends orders, and who reads too late is
told of a gap. NOT here: when connections come and go (``subscriber_run``).
"""

import re
from operator import mul
from typing import Final

import msgspec

from gateway.loadtest.amounts import Scaled
from gateway.loadtest.faults import FaultKind
from gateway.loadtest.findings import Findings, Half
from gateway.loadtest.flow import BUY, SELL
from gateway.loadtest.recording import Recording
from gateway.loadtest.scenario import Subscribers
from gateway.loadtest.wires import Address, Wire, Wires
from gateway.loadtest.ws_wire import WsWire, WsWireError, close_frame, handshake, pong_frame, text_frame

_PUSH: Final = re.compile(
    rb'\{"ch":"([^"]+)","type":"([a-z.]+)","seq":(\d{1,19}),"prev":(\d{1,19}),"eseq":(\d{1,19}),'
    rb'"ts":(\d{1,19}),"sent":(\d{1,19})[,}]'
)
_CONFLATED: Final = re.compile(rb'"conflated":(\d{1,19})')
_REPLY: Final = b'{"id":1,"status":'
_GOOD: Final = b'{"id":1,"status":200,'
_REFUSED: Final = b'"outcome":"refused"'
_SLOW_CONSUMER: Final = "SLOW_CONSUMER"
_SMALL_BUFFER: Final = 4_096
_LARGE_BUFFER: Final = 1 << 22
"""Asked of the kernel, so that a moment without a core is no gap: most of a second of many pushes."""
_MARK: Final = b'{"ch":"'
_SEAM: Final = len(_MARK) - 1
_CLOSES: Final = b"\x88"
_PINGS: Final = b"\x89"
"""How a close and a ping begin, which wait for an answer."""
_CLOSE: Final = b"}" + _CLOSES
_PING: Final = b"}" + _PINGS
"""The same behind a message, which ends with a brace."""
_PING_BEGINS: Final = re.compile(rb"(?:\A|\})" + _PINGS)
_SIDES: Final = {"buy": BUY, "sell": SELL}
_CHANGES: Final = (b"delta", b"event")


class _Trade(msgspec.Struct):
    price: str
    quantity: str
    side: str


class _Trades(msgspec.Struct):
    data: list[_Trade]


_decode_trades = msgspec.json.Decoder(_Trades).decode


class Subscriber:
    """One connection of a group. ``utc_offset`` is UTC less the monotonic clock, in ns.

    ``witness`` is the channel whose trades it tells, empty for none.
    """

    def __init__(
        self,
        name: str,
        group: Subscribers,
        site: tuple[str, str],
        place: tuple[Findings, Wires],
        utc_offset: int,
    ) -> None:
        self.name = name
        self.group = group
        self.is_ready = False
        self.end = ""
        self.arrived = 0
        """How many pushes have come."""
        self.pushes = 0
        """How many of them were judged."""
        self.changes = 0
        """How many of them told a change, and not where a silent channel stands."""
        self.witness = b""
        self.was_connected = False
        self.connecting = 0
        """When the connection was begun that is not there yet, 0 where none is."""
        self._site = site
        self._findings, wires = place
        self._wire = Wire(wires, self)
        self._utc_offset = utc_offset
        self._frames = WsWire()
        self._last: dict[bytes, int] = {}
        self.recording = Recording()
        self._seam = b""
        self._ponged: set[bytes] = set()
        """Answers to pings that are not judged yet."""
        self._is_split = False
        """Whether what came last ended within a ping."""
        self._allowance = 0.0
        self._amounts = Scaled()

    @property
    def traffic(self) -> tuple[int, int]:
        """Return the bytes sent and received."""
        return self._wire.sent_bytes, self._wire.received_bytes

    @property
    def is_slow(self) -> bool:
        """Return whether it reads slower than it could."""
        return self.group.read_bytes_per_s > 0

    def connect(self, address: Address, now: int) -> None:
        """Begin to connect and to subscribe."""
        self._frames = WsWire()
        self._last.clear()
        self._ponged.clear()
        self._seam, self._is_split = b"", False
        self.connecting = now
        self.is_ready, self.end = False, ""
        self._wire.connect(address, receive_buffer=_SMALL_BUFFER if self.is_slow else _LARGE_BUFFER)

    def hang_up(self) -> None:
        """Be cut off, without a word; what was kept is still to be judged."""
        self._wire.close()

    def cut(self) -> None:
        """Be cut off, and have all judged."""
        self.check(self.recording.size)
        self.is_ready = False
        self.connecting = 0
        self._wire.close()

    def say_goodbye(self) -> None:
        """Close in order, and listen no more."""
        self._wire.write(close_frame())
        self._wire.close()

    def read_slowly(self, now: int, seconds: float) -> None:
        """Read what a slow reader reads in a stretch of time."""
        rate = self.group.read_bytes_per_s
        self._allowance = min(rate, self._allowance + rate * seconds)
        if self._allowance >= 1:
            self._allowance -= self._wire.read(int(self._allowance), now)

    def on_connected(self, now: int) -> None:
        """Open the WebSocket and subscribe in one go."""
        del now
        group = self.group
        params: dict[str, object] = {"channels": list(group.channels), "mode": group.mode}
        if group.interval_ms is not None:
            params["interval_ms"] = group.interval_ms
        request = msgspec.json.encode({"id": 1, "method": "subscribe", "params": params})
        self._wire.write(handshake(*self._site) + text_frame(request))

    def on_bytes(self, received: bytes, now: int) -> None:
        """Count and keep what came; a ping is answered at once, and a close judged."""
        seam = self._seam + received[:_SEAM]
        self.arrived += received.count(_MARK) + seam.count(_MARK)
        self._seam = received[-_SEAM:] if len(received) >= _SEAM else seam[-_SEAM:]
        self.recording.add(now, received)
        if not self.is_ready or self.is_slow or self._is_urgent(received):
            self.check(self.recording.size)

    def _is_urgent(self, received: bytes) -> bool:
        """Answer pings; return whether to judge all that is kept, for a close, or a ping that is not whole.

        What only looks like a ping does no harm: a pong that nobody asked for is nothing.
        """
        if self._is_split or _CLOSE in received or received.startswith(_CLOSES):
            self._is_split = False
            return True
        if _PING in received or received.startswith(_PINGS):
            for found in _PING_BEGINS.finditer(received):
                start = found.end() + 1
                size = received[start - 1] if start <= len(received) else 1
                if start + size > len(received):
                    self._is_split = True
                    return True
                pong = pong_frame(received[start : start + size])
                self._wire.write(pong)
                self._ponged.add(pong)
        return False

    def check(self, most: int) -> None:
        """Judge recorded chunks of at least ``most`` bytes together, as far as there are any."""
        for now, received in self.recording.take(most):
            self._judge(received, now)
        self._findings.fold_if_large()

    def _judge(self, received: bytes, now: int) -> None:
        try:
            payloads = self._frames.receive(received)
        except WsWireError as error:
            self._give_up(str(error))
            return
        for payload in payloads:
            push = _PUSH.match(payload)
            if push is not None:
                try:
                    self._on_push(push, payload, now)
                except (ValueError, msgspec.MsgspecError) as error:
                    self._fault(FaultKind.UNREADABLE, f"{error}: {payload[:100].decode(errors='replace')}")
            elif payload.startswith(_REPLY):
                self._on_reply(payload, now)
            else:
                self._fault(FaultKind.UNREADABLE, payload[:100].decode("utf-8", "replace"))
        for pong in self._frames.pongs:
            if pong in self._ponged:
                self._ponged.remove(pong)
            else:
                self._wire.write(pong)
        self._frames.pongs.clear()
        if self._frames.closed is not None:
            self._give_up("closed with {} {}".format(*self._frames.closed))

    def on_ended(self, why: str, now: int) -> None:
        """The connection is gone."""
        del now
        self.check(self.recording.size)
        self._note_end(why)

    def _give_up(self, why: str) -> None:
        """Close, and forget what came behind that for which it does."""
        self._wire.close()
        self.recording.clear()
        self._note_end(why)

    def _note_end(self, why: str) -> None:
        if self.end:
            return
        self.end = why
        self.connecting = 0
        if self.is_slow and (_SLOW_CONSUMER in why or self.is_ready):
            self._findings.counts["slow_consumer_closes"] += 1
        else:
            self._fault(FaultKind.LOST if self.is_ready else FaultKind.REFUSED, why)
        self.is_ready = False

    def _on_reply(self, payload: bytes, now: int) -> None:
        if not payload.startswith(_GOOD) or _REFUSED in payload:
            self._give_up(payload[:200].decode("utf-8", "replace"))
            return
        self.is_ready = True
        findings = self._findings
        findings.connects.append(now - self.connecting)
        self.connecting = 0
        findings.counts["reconnections" if self.was_connected else "connections"] += 1
        self.was_connected = True
        if self.is_slow:
            self._wire.pause()

    def _on_push(self, push: re.Match[bytes], payload: bytes, now: int) -> None:
        channel, kind = push[1], push[2]
        seq = int(push[3])
        last = self._last.get(channel)
        self.pushes += 1
        findings = self._findings
        if kind in _CHANGES:
            self.changes += 1
            if last is not None and int(push[4]) != last:
                self._broken(channel, seq, int(push[4]), last)
            self._last[channel] = seq
            offset = self._utc_offset
            if not self.is_slow:
                findings.pushes.append((int(push[6]) - offset, now))
                findings.sent.append((int(push[7]) - offset, now))
            if channel == self.witness:
                self._on_trade(int(push[5]), payload, now)
        elif kind == b"snapshot":
            conflated = _CONFLATED.search(payload, push.end(), push.end() + 100)
            if conflated is not None:
                findings.counts["pushes_conflated"] += int(conflated[1])
            elif last is not None and seq < last:
                self._fault(FaultKind.PUSH_GAP, f"{channel.decode()}: snapshot {seq} after {last}")
            self._last[channel] = seq
            if channel == self.witness and findings.trades_from < 0:
                findings.trades_from = seq
        elif kind == b"gap":
            findings.counts["pushes_skipped"] += 1
            findings.is_blind = findings.is_blind or channel == self.witness
            if not self.is_slow:
                self._fault(FaultKind.PUSH_GAP, f"{channel.decode()}: told as too slow after {last}")
        elif kind == b"heartbeat" and last is not None and seq != last:
            self._broken(channel, seq, int(push[4]), last)
            self._last[channel] = seq

    def _broken(self, channel: bytes, seq: int, prev: int, last: int) -> None:
        name = channel.decode()
        self._findings.is_blind = self._findings.is_blind or channel == self.witness
        if seq <= last:
            self._fault(FaultKind.DOUBLED, f"{name}: {seq} again, after {last}")
        else:
            self._fault(FaultKind.PUSH_GAP, f"{name}: {seq} with prev {prev}, after {last}")

    def _on_trade(self, eseq: int, payload: bytes, now: int) -> None:
        trades = _decode_trades(payload).data
        amounts, findings = self._amounts, self._findings
        quantities = [amounts[trade.quantity.encode()] for trade in trades]
        prices = [amounts[trade.price.encode()] for trade in trades]
        sides = {_SIDES.get(trade.side, 0) for trade in trades}
        findings.trades[eseq] = Half(
            now, sum(quantities), sides.pop() if len(sides) == 1 else 0, sum(map(mul, prices, quantities))
        )
        findings.counts["public_trades"] += len(trades)

    def _fault(self, kind: FaultKind, what: str) -> None:
        self._findings.add(kind, f"{self.name}: {what}")
