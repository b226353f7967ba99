"""Fuzz targets over a whole FIX session: framer, scan, validation, state rules and resend, without I/O."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Final

from protocols.fix import (
    Framer,
    Message,
    MessageTooLarge,
    SessionReject,
    SessionRejectReason,
    SessionSettings,
    State,
    Validator,
    scan,
    standard_dictionary,
)
from protocols.fix.session_events import DisconnectReason
from protocols.fix.states import READING
from tests.fuzz.draw import Draw, in_pieces
from tests.fuzz.fix_wire import TIME, VERSIONS, any_message, number
from tests.fuzz.weight import held_bytes
from tests.protocols.fix.acceptor import SECOND, Acceptor
from tests.protocols.fix.wire import framed

MAX_MESSAGE: Final = 512
_LAST_NUMBER: Final = 10**18 - 10
_MOST_STEPS: Final = 400
_SOME_TEXT: Final = b"58=" + b"x" * 120 + b"\x01"


@cache
def settings_of(version: bytes) -> SessionSettings:
    """Return the settings of a session with small bounds."""
    return SessionSettings(
        begin_string=version,
        sender_comp_id=b"BDAX",
        target_comp_id=b"CLIENT",
        validate=Validator(standard_dictionary(version)).validate,
        resend_patience=7 * SECOND,
        max_queued_bytes=1024,
        max_held_bytes=1024,
        max_undecided_bytes=512,
        max_waiting_resends=3,
    )


class Client:
    """An owner of a session with its bounds, and a client's connections to it, driven by ``draw``."""

    def __init__(self, draw: Draw, version: bytes, settings: SessionSettings) -> None:
        self._draw = draw
        self._version = version
        self.owner = Acceptor(settings, chunk=3, auto_resend=draw.chance())
        self.framer = Framer(MAX_MESSAGE)
        self.log_on()
        assert self.owner.session.state is State.ESTABLISHED, self.owner.events
        self._at_rest = self._weight()

    def log_on(self) -> None:
        """Come back on a new connection, with a good Logon."""
        self.lose()
        self._connect()
        self._receive(self.message("35=A|98=0|108=10|", self.owner.numbers.next_in))

    def lose(self) -> None:
        """Lose the connection."""
        self.owner.lose()
        self.owner.settle()

    def message(self, text: str, msg_seq_num: int) -> bytes:
        """Return a good message; ``|`` stands for SOH."""
        msg_type, _, body = text.replace("|", "\x01").partition("\x01")
        if msg_type == "35=A" and self._version == b"FIXT.1.1":
            body += "1137=9\x01"
        head = f"{msg_type}\x0134={msg_seq_num}\x0149=CLIENT\x0152={self._time()}\x0156=BDAX\x01"
        return framed((head + body).encode(), self._version)

    def step(self) -> None:
        """Do one thing that a client, an owner or the time may do."""
        draw, owner = self._draw, self.owner
        session = owner.session
        match draw.number(15):
            case 0:
                self._receive(draw.some())
            case 1:
                self._burst()
            case 2 | 3 | 4 | 5 | 6 | 7:
                self._receive(any_message(draw, self._version, owner.numbers.next_in))
            case 8:
                self._receive(any_message(draw, self._version, owner.numbers.next_in)[: draw.number(255)])
            case 9:
                self._receive(
                    b"8=%b\x019=%d\x0135=D\x01"
                    % (self._version, draw.number(MAX_MESSAGE * (1 + draw.number(1) * 9)))
                )
            case 10:
                self._pass_time(draw.number(200) * SECOND // 8)
            case 11:
                for _ in range(draw.number(63)):
                    session.send(b"B", b"148=news\x01" + _SOME_TEXT, owner.now)
                    owner.settle()
            case 12:
                if owner.asked is not None:
                    owner.feed_chunk()
                elif session.connected:
                    self._receive(self.message("35=2|7=1|16=0|", owner.numbers.next_in))
            case 13:
                self._answer()
            case 14:
                self._end()
            case _:
                self._come_back()
        assert self._weight() <= self._most()
        owner.sent.clear()
        owner.sent_at.clear()
        owner.events.clear()

    def is_read(self) -> bool:
        """Tell whether the client's messages are worked."""
        return self.owner.session.state in READING

    def resynchronise(self) -> None:
        """Send what ends any message that was begun, then a SequenceReset over any gap."""
        owner = self.owner
        self._receive(b"\x01" * MAX_MESSAGE)
        if self.is_read():
            self._receive(self.message(f"35=4|36={owner.numbers.next_in + 1}|", 1))

    def expect_an_order_to_be_worked(self) -> None:
        """Send a good order with the expected number."""
        owner = self.owner
        owner.worked.clear()
        self._receive(
            self.message(f"35=D|11=last|21=1|55=X|54=1|60={TIME}|38=1|40=2|44=1|", owner.numbers.next_in)
        )
        ids = [message.fields.get(b"11") for message in owner.worked]
        assert ids[:1] == [b"last"], owner.disconnect  # what waited above it may follow

    def _receive(self, data: bytes) -> None:
        try:
            self.owner.receive(data)
        except MessageTooLarge:
            # The owner's to see before the first message, the session's from there on.
            assert not self.owner.session.connected
            self.lose()

    def _connect(self) -> None:
        self.owner.open()
        self.framer = Framer(MAX_MESSAGE)
        self.owner._framer = self.framer
        self.owner.disconnect = None

    def _time(self) -> str:
        return self.owner.timestamps.text(self.owner.now).decode()

    def _pass_time(self, duration: int) -> None:
        """Let time pass; a deadline is over once it was kept."""
        owner = self.owner
        end = owner.now + duration
        session = owner.session
        while (deadline := session.next_deadline()) is not None and deadline <= end:
            owner.now = max(deadline, owner.now)
            session.on_deadline(owner.now)
            owner.settle()
            for _ in range(2):
                again = session.next_deadline()
                if again is None or again > owner.now:
                    break
                session.on_deadline(owner.now)
                owner.settle()
            else:
                raise AssertionError("a deadline that does not pass")
        owner.now = end
        session.on_deadline(end)
        owner.settle()

    def _burst(self) -> None:
        """Receive many messages at once, in sequence or above a gap, of which none is right or all are."""
        draw = self._draw
        first = self.owner.numbers.next_in + draw.number(2)
        text = draw.one_of(("35=0|", "35=B|148=x|33=1|58=y|", "35=0|9=|", "35=1|112=x|", "35=2|7=1|16=1|"))
        numbers = range(first, first + draw.number(63))
        self._receive(b"".join(self.message(text, msg_seq_num) for msg_seq_num in numbers))

    def _answer(self) -> None:
        """Reject what was worked last."""
        owner = self.owner
        if not owner.worked:
            return
        last = owner.worked[-1]
        if self._draw.chance():
            owner.session.reject(last, SessionReject(5, b"44", "Value is incorrect"), owner.now)
        else:
            owner.session.business_reject(last, 3, "not\x01supported \xe9", owner.now)
        owner.settle()

    def _come_back(self) -> None:
        """Connect with any Logon, which may have to wait; or with another message."""
        draw, owner = self._draw, self.owner
        self.lose()
        self._connect()
        owner.auto_accept = draw.number(7) != 7
        numbers = owner.numbers
        logon = self.message(
            draw.one_of(
                (
                    "35=A|98=0|108=10|",
                    "35=A|98=0|108=10|141=Y|",
                    f"35=A|98=0|108=10|789={max(1, numbers.next_out - draw.number(9) + 1)}|",
                    "35=A|98=0|108=0|",
                    "35=A|98=1|108=10|141=N|",
                )
            ),
            number(draw, numbers.next_in),
        )
        if draw.number(7) == 7:
            logon = any_message(draw, self._version, numbers.next_in)
        self._receive(logon + (draw.some() if draw.chance() else b""))
        if not owner.auto_accept:
            self._receive(draw.take(draw.number(5000)))
            owner.auto_accept = True
            if draw.chance():
                owner.session.accept_logon(owner.now)
                owner.settle()

    def _end(self) -> None:
        """End the session from our side, or reset it."""
        owner = self.owner
        match self._draw.number(3):
            case 0:
                owner.session.logout("bye", owner.now)
            case 1:
                owner.session.terminate(DisconnectReason.SLOW_CONSUMER, "slow", owner.now)
            case 2:
                owner.session.refuse_logon(owner.now)
            case _:
                self.lose()
                owner.session.reset()
        owner.settle()

    def _weight(self) -> int:
        return held_bytes(
            self.owner.session, self.framer, self.framer._buffer, apart_from=(SessionSettings, Validator)
        )

    def _most(self) -> int:
        """Return what may be held: each bound with what Python needs around it."""
        settings = self.owner.settings
        bounds = settings.max_queued_bytes + settings.max_held_bytes + settings.max_undecided_bytes
        return self._at_rest + 2 * (bounds + 2 * MAX_MESSAGE)


def fix_session(data: bytes) -> None:
    """Arbitrary bytes never raise, never loop, never grow memory beyond the bounds.

    And a valid message after a resynchronisation point is still worked.
    """
    draw = Draw(data)
    version = draw.one_of(VERSIONS)
    client = Client(draw, version, replace(settings_of(version), terse=draw.chance()))
    for _ in range(_MOST_STEPS):
        if not draw:
            break
        client.step()
    if client.is_read():
        client.resynchronise()
    if client.owner.numbers.next_in > _LAST_NUMBER:
        client.lose()
        client.owner.session.reset()
        client.owner.settle()
    if not client.is_read():
        client.log_on()
    client.expect_an_order_to_be_worked()


def fix_stream(data: bytes) -> None:
    """The same bytes mean the same, in whatever pieces they come."""
    draw = Draw(data)
    version = draw.one_of(VERSIONS)
    cuts = [1 + draw.number(63) for _ in range(draw.number(31))] or [1]
    stream = b""
    expected = 2
    while draw and len(stream) < 8192:
        if draw.number(3) == 3:
            stream += draw.some()
        else:
            stream += any_message(draw, version, expected)
            expected += draw.number(1)
    whole, cut = (outcome(version, chunks) for chunks in ([stream], in_pieces(stream, cuts)))
    assert whole == cut


def outcome(version: bytes, chunks: list[bytes]) -> tuple[object, ...]:
    """Return what a session does with ``chunks``: what it works and says, its numbers, and its end."""
    settings = replace(
        settings_of(version),
        max_queued_bytes=1 << 30,
        max_held_bytes=1 << 30,
        max_waiting_resends=1 << 30,
    )
    client = Client(Draw(b""), version, settings)
    owner = client.owner
    for chunk in chunks:
        owner.receive(chunk)
    numbers = owner.numbers
    ended = owner.disconnect and (owner.disconnect.reason.name, owner.disconnect.text)
    worked = [message.raw for message in owner.worked]
    return worked, owner.sent, numbers.next_in, numbers.next_out, numbers.epoch, ended


def fix_validation(data: bytes) -> None:
    """Any frame is scanned and validated; the one error is a ``SessionReject`` that can be sent."""
    draw = Draw(data)
    version = draw.one_of(VERSIONS)
    framer = Framer(1 << 16)
    framer.feed(any_message(draw, version, 2))
    frame = framer.next_frame()
    if frame is None:
        return
    message = scan(frame)
    pairs = message.pairs()
    assert sum(len(tag) + len(value) for tag, value in pairs) <= len(frame)
    assert len(pairs) == message.field_count
    error = _fault(settings_of(version).validate, message)
    if error is None:
        # What is valid says the same when its fields are written again.
        assert b"".join(b"%b=%b\x01" % pair for pair in pairs) == frame
    else:
        assert SessionRejectReason(error.reason).phrase
        assert error.text.isascii()
        assert "\x01" not in error.text


def _fault(validate: Callable[[Message], None], message: Message) -> SessionReject | None:
    try:
        validate(message)
    except SessionReject as error:
        return error
    return None
