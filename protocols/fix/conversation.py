"""One connection of a session: from its Logon(A) to its end, by the rules of ``states``.

NOT here: what outlives the connection (``session``, ``outbound``), the checks of a Logon (``logon``), and the
messages that follow it (``inbound``).
"""

from protocols.fix import logon, msg_types
from protocols.fix.errors import SessionReject
from protocols.fix.message import Message
from protocols.fix.outbound import OutboundFlow
from protocols.fix.rejects import logout_body, reject_body, reverse_route
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
from protocols.fix.states import READING, TRANSITIONS, State, Step


class Conversation:
    """What one connection knows. ``Session`` owns it and drops it when the transport is gone."""

    def __init__(
        self,
        settings: SessionSettings,
        numbers: Numbers,
        flow: OutboundFlow,
        times: SendingTimes,
        events: list[SessionEvent],
    ) -> None:
        self.state = State.LOGON_PENDING
        self.reading = False  # the client's messages are worked
        self.settings = settings
        self.numbers = numbers
        self.flow = flow
        self.events = events
        self.sequence = InboundSequence(numbers, settings.max_queued_bytes)
        self.logout_sent_at = 0
        self.times = times

    # The connection as a whole

    def establish(self, message: Message, received_at: int, now: int) -> None:
        """Check the Logon and answer it, or end the connection as its problem says."""
        try:
            self._establish(message, logon.terms(message, self.settings, self.times, received_at), now)
        except logon.LogonProblem as problem:
            if problem.text:
                self.say(msg_types.LOGOUT, logout_body(problem.text), now)
            self.end(problem.reason, problem.text)

    def say(self, msg_type: bytes, body: bytes, now: int, extra: bytes = b"") -> None:
        """Send a session-level message."""
        self.flow.say(msg_type, body, now, extra)

    def terminate(self, reason: DisconnectReason, text: str, now: int) -> None:
        """End the connection for ``reason``, with a Logout that says ``text`` where the session stands."""
        if self.state is State.ESTABLISHED:
            self.say(msg_types.LOGOUT, logout_body(text), now)
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
        self.logout_sent_at = now
        self._go(Step.LOGOUT_SENT)

    def ask_resend(self, upto: int, now: int) -> None:
        """Ask for everything from the expected number on; ``upto`` is the number that revealed the gap."""
        self.sequence.asked(upto, now)
        self.say_resend_request(now)

    def say_resend_request(self, now: int) -> None:
        """Say ResendRequest(2) from the expected number on, open-ended."""
        self.say(msg_types.RESEND_REQUEST, b"7=%d\x0116=0\x01" % self.numbers.next_in, now)

    def start_resend(self, begin: int, end: int) -> None:
        """Resend our messages ``begin`` to ``end``, now or after the ranges asked before."""
        if self.flow.resend.ask(begin, end):
            self.flow.live = False
            self.events.append(ResendRequested(begin, end))

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
        body = reject_body(message, error, self.settings.begin_string)
        self.say(msg_types.REJECT, body, now, reverse_route(message))
        self.events.append(MessageRejected(message, error))

    def too_low(self, msg_seq_num: int) -> str:
        """Return the text that names the expected number and the one received."""
        return f"MsgSeqNum too low, expecting {self.numbers.next_in} but received {msg_seq_num}"
