"""One connection of a session: from its Logon(A) to its end, by the rules of ``states``.

NOT here: what outlives the connection (``session``, ``outbound``), the checks of a Logon (``logon``), and the
messages that follow it (``inbound``).
"""

from collections.abc import Iterable

from protocols.fix import logon, msg_types
from protocols.fix.codec import Message
from protocols.fix.errors import SessionReject
from protocols.fix.keepalive import Duty
from protocols.fix.outbound import OutboundFlow
from protocols.fix.rejects import logout_body, reject_body, reverse_route, terse
from protocols.fix.sending_time import SendingTimes
from protocols.fix.sequence import InboundSequence
from protocols.fix.session_events import (
    Disconnect,
    DisconnectReason,
    Established,
    MessageRejected,
    Numbers,
    ResendRequested,
    SequenceReset,
    SessionEvent,
)
from protocols.fix.session_settings import SessionSettings
from protocols.fix.states import READING, TRANSITIONS, Outbound, State, Step


class Conversation:
    """What one connection knows. ``Session`` owns it and drops it when the transport is gone."""

    def __init__(
        self,
        settings: SessionSettings,
        numbers: Numbers,
        flow: OutboundFlow,
        times: SendingTimes,
        events: list[SessionEvent],
        now: int,
    ) -> None:
        self.state = State.LOGON_PENDING
        self.reading = False  # the client's messages are worked
        self.settings = settings
        self.numbers = numbers
        self.flow = flow
        self.events = events
        self.sequence = InboundSequence(numbers, settings.max_queued_bytes)
        self.times = times
        self.connected_at = now
        self._logout_sent_at = 0

    # The connection as a whole

    def establish(self, message: Message, now: int) -> None:
        """Check the Logon that came when the client connected; answer it, or end the connection."""
        silent = self.settings.terse
        try:
            agreed = logon.terms(message, self.settings, self.times, self.connected_at)
            silent = False  # a good Logon whose numbers are wrong is told so
            self._establish(message, agreed, now)
        except logon.LogonProblem as problem:
            if problem.text and not silent:
                self.say(msg_types.LOGOUT, logout_body(problem.text), now)
            self.end(problem.reason, problem.text)

    def say(self, msg_type: bytes, body: bytes, now: int, extra: bytes = b"") -> None:
        """Send a session-level message."""
        self.flow.say(msg_type, body, now, extra)

    def terminate(self, reason: DisconnectReason, text: str, now: int, *, rejected: bool = False) -> None:
        """End the connection for ``reason``, with a Logout that says ``text`` where the session stands.

        ``rejected``: a Reject has said it already, so it need not be repeated.
        """
        if self.state is State.ESTABLISHED:
            self.say(msg_types.LOGOUT, logout_body("" if rejected and self.settings.terse else text), now)
        if self.state is not State.ENDED:
            self.end(reason, text)

    def end(self, reason: DisconnectReason, text: str) -> None:
        """Have the connection closed; read and say nothing more."""
        self._go(Step.DISCONNECT)
        self.flow.close()
        self.sequence.clear()
        self.events.append(Disconnect(reason, text))

    def log_out(self, text: str, now: int) -> None:
        """Say Logout first and wait for the client's."""
        self.say(msg_types.LOGOUT, logout_body(text), now)
        self.flow.live = False
        self._logout_sent_at = now
        self._go(Step.LOGOUT_SENT)

    def ask_resend(self, upto: int, now: int) -> None:
        """Ask for everything from the expected number on; ``upto`` is the number that revealed the gap."""
        self.sequence.asked(upto, now)
        self._say_resend_request(now)

    def start_resend(self, begin: int, end: int) -> None:
        """Resend our messages ``begin`` to ``end``, now or after the ranges asked before."""
        if self.flow.resend.ask(begin, end):
            self.flow.live = False
            self.events.append(ResendRequested(begin, end))

    def resend(
        self, messages: Iterable[tuple[int, bytes]], sending_time: bytes, now: int, *, last: bool
    ) -> None:
        """Write a chunk of what ``start_resend`` asked for; behind the last one, what was held."""
        resend = self.flow.resend
        if resend.state is Outbound.LIVE:
            return
        frames = resend.chunk(messages, sending_time)
        if last:
            frames += resend.finish(sending_time)
            following = resend.next_range()
            if following is not None:
                self.events.append(ResendRequested(*following))
            else:
                frames += resend.release()
                self.flow.live = self.state is State.ESTABLISHED
                self.sequence.wait_from(now)
        self.flow.write(frames, now)

    def check_held(self, now: int) -> None:
        """End the connection when too much waits behind a resend. What is dropped is stored."""
        if self.flow.resend.held_bytes > self.settings.max_held_bytes:
            self.terminate(DisconnectReason.HELD_BYTES, "Too many messages held behind a resend", now)

    # Time

    def next_deadline(self) -> int | None:
        """Return when something is due next, in monotonic ns."""
        settings = self.settings
        if self.state is State.LOGON_PENDING:
            return self.connected_at + settings.logon_timeout
        if self.state is State.LOGOUT_SENT:
            return self._logout_sent_at + settings.logout_timeout
        if self.state is State.ENDED:
            return None
        deadline = self.flow.keepalive.next_deadline()
        if not self.sequence.is_open:
            return deadline
        patience = self._patience_ends()
        return patience if deadline is None or (patience is not None and patience < deadline) else deadline

    def on_deadline(self, now: int) -> None:
        """Do what is due."""
        deadline = self.next_deadline()
        if deadline is None or now < deadline:
            return
        if self.state is State.LOGON_PENDING:
            self.end(DisconnectReason.LOGON_TIMEOUT, "the Logon was not decided in time")
        elif self.state is State.LOGOUT_SENT:
            self.end(DisconnectReason.LOGOUT_UNANSWERED, "our Logout was not answered in time")
        else:
            self._keep_alive(now)
            patience = self._patience_ends()
            if patience is not None and patience <= now and self.reading:
                self._ask_again(now)

    def _keep_alive(self, now: int) -> None:
        keepalive = self.flow.keepalive
        match keepalive.due(now):
            case Duty.HEARTBEAT:
                self.say(msg_types.HEARTBEAT, b"", now)
            case Duty.TEST_REQUEST:
                self.say(msg_types.TEST_REQUEST, b"112=%b\x01" % keepalive.asked(now), now)
            case Duty.DISCONNECT:
                self.end(DisconnectReason.TEST_REQUEST_UNANSWERED, "a TestRequest was not answered")
            case Duty.NOTHING:
                pass

    def _patience_ends(self) -> int | None:
        """Return when a gap that makes no progress is asked for again; not while our request is held."""
        if self.flow.resend.state is Outbound.RESENDING or not self.sequence.is_open:
            return None
        return self.sequence.waiting_since + self.settings.resend_patience

    def _ask_again(self, now: int) -> None:
        """Repeat a ResendRequest that brought nothing, a few times."""
        if self.sequence.attempts < self.settings.max_resend_attempts:
            self.sequence.asked_again(now)
            self._say_resend_request(now)
        else:
            text = f"ResendRequest was not answered, expecting MsgSeqNum {self.numbers.next_in}"
            self.terminate(DisconnectReason.RESEND_UNANSWERED, text, now)

    def _say_resend_request(self, now: int) -> None:
        self.say(msg_types.RESEND_REQUEST, b"7=%d\x0116=0\x01" % self.numbers.next_in, now)

    def _go(self, step: Step) -> None:
        self.state = TRANSITIONS[self.state, step]
        self.reading = self.state in READING

    # Logon

    def _establish(self, message: Message, agreed: logon.LogonTerms, now: int) -> None:
        numbers = self.numbers
        number = message.msg_seq_num
        if agreed.reset or self.settings.reset_on_logon:
            self._start_again()
        if number < numbers.next_in:
            raise logon.LogonProblem(DisconnectReason.MSG_SEQ_NUM_TOO_LOW, self.too_low(number))
        ours = numbers.next_out
        if agreed.next_expected > ours:
            raise logon.LogonProblem(
                DisconnectReason.NEXT_EXPECTED_TOO_HIGH,
                f"NextExpectedMsgSeqNum(789) too high, expecting {ours} but received {agreed.next_expected}",
            )
        missing = number > numbers.next_in
        if not missing:
            numbers.next_in = number + 1
        self._go(Step.LOGON_ANSWERED)
        self.flow.live = True
        self.flow.keepalive.start(agreed.heart_bt_int, now)
        self.say(msg_types.LOGON, logon.answer(agreed, self.settings, numbers.next_in), now)
        self.events.append(Established(agreed.heart_bt_int))
        if missing:
            self.sequence.served(number)
            if agreed.next_expected:
                self.sequence.asked(number, now)  # the client sees the gap in our 789 and fills it unasked
            else:
                self.ask_resend(number, now)
        if 0 < agreed.next_expected < ours:
            self.start_resend(agreed.next_expected, ours)  # over our Logon too

    def reset_by_logon(self, message: Message, now: int) -> None:
        """Start again at 1 within the connection: Logon with ResetSeqNumFlag(141)=Y."""
        try:
            agreed = logon.terms(message, self.settings, self.times, now)
        except logon.LogonProblem as problem:
            self.terminate(problem.reason, problem.text, now)
            return
        self._start_again()
        self.numbers.next_in = 2
        self.flow.live = self.state is State.ESTABLISHED
        self.flow.keepalive.start(agreed.heart_bt_int, now)
        self.say(msg_types.LOGON, logon.answer(agreed, self.settings, 2), now)

    def _start_again(self) -> None:
        unsaved = self.flow.start_again()
        self.sequence.clear()
        self.events.append(SequenceReset(self.numbers.epoch, unsaved))

    def reject(self, message: Message, error: SessionReject, now: int) -> None:
        """Answer a message with Reject(3)."""
        settings = self.settings
        said = terse(error) if settings.terse else error
        body = reject_body(message, said, settings.begin_string)
        self.say(msg_types.REJECT, body, now, reverse_route(message))
        self.events.append(MessageRejected(message, error))

    def too_low(self, msg_seq_num: int) -> str:
        """Return the text that names the expected number and the one received."""
        return f"MsgSeqNum too low, expecting {self.numbers.next_in} but received {msg_seq_num}"
