"""What an owner does with a ``Session``, for tests: numbers, a store, and the transport, all in memory."""

from dataclasses import dataclass, field

from protocols.fix import Framer, Message, Timestamps, scan
from protocols.fix.session import Session
from protocols.fix.session_events import (
    Disconnect,
    LogonReceived,
    ResendRequested,
    SequenceReset,
    SessionEvent,
)
from protocols.fix.session_settings import SessionSettings

SECOND = 1_000_000_000
START = 1_000 * SECOND
"""Monotonic time at which every test begins."""

MIDNIGHT = 1_767_225_600 * SECOND
"""2026-01-01 00:00 UTC, the wall time of ``START``."""


@dataclass
class StoredNumbers:
    """The numbers that a store owns."""

    next_out: int = 1
    next_in: int = 1
    epoch: int = 0


@dataclass
class Acceptor:
    """One session with its store, and one transport at a time.

    ``sent`` are the frames written to the transport (when: ``sent_at``), ``worked`` the application messages,
    ``events`` the rest. With ``auto_accept`` each Logon is accepted; with ``chunk`` each ResendRequest is
    served at once in chunks of that size, without it by ``feed_chunk``.
    """

    settings: SessionSettings
    auto_accept: bool = True
    chunk: int = 2
    auto_resend: bool = True
    now: int = START
    numbers: StoredNumbers = field(default_factory=StoredNumbers)
    store: dict[tuple[int, int], bytes] = field(default_factory=dict)
    sent: list[bytes] = field(default_factory=list)
    sent_at: list[int] = field(default_factory=list)
    worked: list[Message] = field(default_factory=list)
    events: list[SessionEvent] = field(default_factory=list)
    disconnect: Disconnect | None = None
    asked: ResendRequested | None = None

    def __post_init__(self) -> None:
        self.timestamps = Timestamps(MIDNIGHT - START)
        self.session = Session(self.settings, self.numbers, self.timestamps)
        self._framer: Framer | None = None
        self._cursor = 0
        self._deadline: int | None = None  # that the owner's timer is armed for

    def open(self) -> None:
        """Take a new connection."""
        self._framer = Framer(16_384)

    def receive(self, data: bytes) -> None:
        """Give bytes of the client to whoever reads them: the first message finds the session."""
        if self._framer is None:
            return
        if self.session.connected:
            self.session.receive_data(data, self.now)
        else:
            self._framer.feed(data)
            first = self._framer.next_frame()
            if first is not None:
                assert self.session.connect(self._framer, scan(first), self.now)
        self.settle()

    def settle(self) -> None:
        """Do what an owner does after each call: handle events, store, write."""
        while True:
            self._store()
            events = self.session.events()
            self._write()
            if not events:
                self._look_at_deadline()
                return
            for event in events:
                self._handle(event)

    def advance(self, duration: int) -> None:
        """Let time pass; each deadline on the way is kept."""
        end = self.now + duration
        while True:
            self._look_at_deadline()
            deadline = self._deadline
            if deadline is None or deadline > end:
                break
            self.now = max(deadline, self.now)
            self.session.on_deadline(self.now)
            self.settle()
        self.now = end

    def feed_chunk(self) -> None:
        """Serve the next chunk of what was asked."""
        asked = self.asked
        assert asked is not None
        first = self._cursor
        last = min(first + self.chunk - 1, asked.end)
        epoch = self.numbers.epoch
        stored = [(n, self.store[epoch, n]) for n in range(first, last + 1) if (epoch, n) in self.store]
        self._cursor = last + 1
        if last == asked.end:
            self.asked = None
        self.session.resend(stored, self.now, last=last == asked.end)
        self.settle()

    @property
    def garbled(self) -> int:
        """How many stretches of the connection's bytes were dropped."""
        return self._framer.garbled if self._framer is not None else 0

    def lose(self) -> None:
        """Lose the transport."""
        self.asked = None
        self._framer = None
        self.session.disconnected(self.now)

    def _look_at_deadline(self) -> None:
        """Look whether an owner that arms its timer only where it is told to would be late."""
        has_moved = self.session.deadline_moved
        deadline = self.session.next_deadline()
        assert not self.session.deadline_moved
        is_in_time = deadline is None or (self._deadline is not None and self._deadline <= deadline)
        assert has_moved or is_in_time, "the deadline moved unsaid"
        self._deadline = deadline

    def _handle(self, event: SessionEvent) -> None:
        if isinstance(event, Message):
            self.worked.append(event)
            return
        self.events.append(event)
        match event:
            case LogonReceived():
                if self.auto_accept:
                    self.session.accept_logon(self.now)
            case SequenceReset():
                self.asked = None
                for number, frame in event.unsaved:
                    self.store[event.epoch - 1, number] = frame
            case ResendRequested():
                self.asked = event
                self._cursor = event.begin
                while self.auto_resend and self.asked is event:
                    self.feed_chunk()
            case Disconnect():
                self.disconnect = event
                self.asked = None

    def _store(self) -> None:
        epoch = self.numbers.epoch
        for number, frame in self.session.outbound():
            assert (epoch, number) not in self.store, "a number was used twice"
            self.store[epoch, number] = frame

    def _write(self) -> None:
        data = self.session.data_to_send()
        if not data:
            return
        framer = Framer(1 << 20)
        framer.feed(data)
        while (frame := framer.next_frame()) is not None:
            self.sent.append(frame)
            self.sent_at.append(self.now)
        assert framer.garbled == 0
