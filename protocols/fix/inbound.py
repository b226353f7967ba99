"""Work what the client sends after its Logon(A): header, number, content, in that order.

FIX 4.4 vol. 2, "Message recovery", test cases 2 to 20; the rules are tables in ``states``. NOT here: what is
said and how a connection ends (``conversation``).
"""

from collections.abc import Callable
from typing import ClassVar, Final

from protocols.fix import msg_types, tags
from protocols.fix.codec import Message, UsualInbound, UsualMessages, scan
from protocols.fix.conversation import Conversation
from protocols.fix.errors import MessageTooLarge, SessionReject, SessionRejectReason
from protocols.fix.framer import Framer
from protocols.fix.rejects import logout_body
from protocols.fix.sending_time import check_possible_duplicate
from protocols.fix.session_events import DisconnectReason, LoggedOut, RejectReceived
from protocols.fix.states import KINDS, SEQUENCE_RULES, Action, Kind, State

_NO_ORIG_SENDING_TIME: Final = frozenset({Kind.GAP_FILL, Kind.RESET})
_NEVER_REJECTED: Final = frozenset({Kind.REJECT, Kind.LOGOUT})


class Inbound(UsualInbound):
    """The inbound side of one connection: ``framer`` cuts its bytes, ``first`` was its first message."""

    def __init__(self, conversation: Conversation, framer: Framer, first: Message) -> None:
        settings = conversation.settings
        begin = b"8=%b\x01" % settings.begin_string
        client, us = settings.target_comp_id, settings.sender_comp_id
        super().__init__(framer, UsualMessages(framer, begin, client, us, settings.validate), conversation)
        self._first = first
        self._undecided_bytes = 0
        self._settings = settings
        self._validate = settings.validate
        self._client = client
        self._us = us

    def accept_logon(self, now: int) -> None:
        """Go on with the Logon, and with what came behind it."""
        if self._conversation.state is State.LOGON_PENDING:
            self._conversation.establish(self._first, now)
            self._work(now)

    def _receive_otherwise(self, data: bytes, now: int) -> None:
        """Take bytes while the session is not live: behind an undecided Logon, in a resend, at the end."""
        conversation = self._conversation
        if conversation.reading:
            self._framer.feed(data)
            self._work(now)
        elif conversation.state is State.LOGON_PENDING:
            self._framer.feed(data)
            self._undecided_bytes += len(data)
            if self._undecided_bytes > self._settings.max_undecided_bytes:
                conversation.end(DisconnectReason.UNDECIDED_BYTES, "too many bytes behind the Logon")

    def _work(self, now: int, message: Message | None = None) -> None:
        """Work ``message``, then every whole message that came behind it.

        Nearly all are usual ones, which are taken many at a time; every other takes the long way.
        """
        conversation = self._conversation
        keepalive = self._keepalive
        try:
            while conversation.reading:
                if message is None:
                    if self._is_usual_time(now):
                        message = self._take_usual(now)
                    else:
                        frame = self._framer.next_frame()
                        message = None if frame is None else scan(frame)
                    if message is None:
                        break
                keepalive.heard_at = now
                self._receive(message, now)
                message = None
        except MessageTooLarge as error:
            conversation.terminate(DisconnectReason.MESSAGE_TOO_LARGE, str(error), now)
        conversation.check_held(now)

    def _receive(self, message: Message, now: int) -> None:
        keepalive = self._conversation.flow.keepalive
        if keepalive.test_req_id and message.msg_type != msg_types.HEARTBEAT:
            keepalive.test_req_id = b""
        if self._header_is_right(message, now):
            self._receive_by_rules(message, now)

    def _header_is_right(self, message: Message, now: int) -> bool:
        """Check version, parties and time; ``False`` when the session ended for one of them.

        A CompID or SendingTime that is missing or empty is left to validation: it is rejected, and the
        session goes on (test cases 14b, 14d).
        """
        fields = message.fields
        conversation = self._conversation
        if fields.get(tags.BEGIN_STRING) != self._settings.begin_string:
            conversation.terminate(DisconnectReason.BEGIN_STRING, "Incorrect BeginString", now)
            return False
        if not self._has_number(message, now):
            return False
        for tag, ours in ((tags.SENDER_COMP_ID, self._client), (tags.TARGET_COMP_ID, self._us)):
            if fields.get(tag, ours) not in (ours, b""):
                error = SessionReject(SessionRejectReason.COMP_ID_PROBLEM, tag, "CompID problem")
                self._reject_and_end(message, error, DisconnectReason.COMP_ID, now)
                return False
        if not self._times.accurate(fields.get(tags.SENDING_TIME, b""), now):
            error = SessionReject(
                SessionRejectReason.SENDING_TIME_ACCURACY_PROBLEM,
                tags.SENDING_TIME,
                "SendingTime accuracy problem",
            )
            self._reject_and_end(message, error, DisconnectReason.SENDING_TIME, now)
            return False
        return True

    def _has_number(self, message: Message, now: int) -> bool:
        """End the session for a message without a usable MsgSeqNum(34): nobody can say what is missing then.

        A SequenceReset in reset mode may say 0: its number plays no role.
        """
        if message.msg_seq_num or (tags.MSG_SEQ_NUM in message.fields and self._kind(message) is Kind.RESET):
            return True
        text = "Required tag missing: MsgSeqNum(34)"
        if tags.MSG_SEQ_NUM in message.fields:
            text = "MsgSeqNum(34) is not a positive number"
        self._conversation.terminate(DisconnectReason.MSG_SEQ_NUM_MISSING, text, now)
        return False

    def _reject_and_end(
        self, message: Message, error: SessionReject, reason: DisconnectReason, now: int
    ) -> None:
        """Reject, consume the number, say Logout and end (test cases 2f, 2k, 2o)."""
        if message.msg_seq_num == self._numbers.next_in:
            self._numbers.next_in += 1
        self._conversation.reject(message, error, now)
        self._conversation.terminate(reason, error.text, now, rejected=True)

    # By number

    def _receive_by_rules(self, message: Message, now: int) -> None:
        kind = self._kind(message)
        number = message.msg_seq_num
        match SEQUENCE_RULES[self._sequence.relation(message), kind]:
            case Action.WORK:
                self._work_in_turn(message, kind, now)
                self._work_queue(now)
            case Action.QUEUE:
                if kind is Kind.HEARTBEAT:
                    self._on_heartbeat(message, now)  # it waits, but the client lives now
                self._sequence.queue(message)
                self._ask_if_gap(message, now)
            case Action.SERVE:
                self._sequence.served(number)
                self._work_content(message, kind, now)
                if self._conversation.reading:
                    self._ask_if_gap(message, now)
            case Action.ANSWER:
                self._answer(message, kind, now)
            case Action.IGNORE:
                self._check_possible_duplicate(message, kind, now)
            case Action.REFUSE:
                self._conversation.terminate(
                    DisconnectReason.MSG_SEQ_NUM_TOO_LOW, self._conversation.too_low(number), now
                )

    def _kind(self, message: Message) -> Kind:
        kind = KINDS.get(message.msg_type, Kind.APPLICATION)
        if kind is Kind.RESET and message.fields.get(tags.GAP_FILL_FLAG) == b"Y":
            return Kind.GAP_FILL
        if (
            kind is Kind.LOGON
            and message.fields.get(tags.RESET_SEQ_NUM_FLAG) == b"Y"
            and not message.poss_dup
        ):
            return Kind.RESET_LOGON
        return kind

    def _ask_if_gap(self, message: Message, now: int) -> None:
        if self._sequence.reveals_gap(message):
            self._conversation.ask_resend(message.msg_seq_num, now)

    def _work_queue(self, now: int) -> None:
        """Work what waited above a gap, as far as it is filled."""
        while self._conversation.reading:
            turn = self._sequence.turn()
            if turn is None:
                return
            if turn.frame is None:
                self._sequence.advance_to(self._numbers.next_in + 1, now)
            else:
                message = scan(turn.frame)
                self._work_in_turn(message, self._kind(message), now)

    def _work_in_turn(self, message: Message, kind: Kind, now: int) -> None:
        """Work a message with the expected number, and consume it."""
        if kind is Kind.GAP_FILL:
            self._gap_fill(message, now)
            return
        self._sequence.advance_to(message.msg_seq_num + 1, now)
        if not message.poss_dup or self._check_possible_duplicate(message, kind, now):
            self._work_content(message, kind, now)

    def _check_possible_duplicate(self, message: Message, kind: Kind, now: int) -> bool:
        if kind in _NO_ORIG_SENDING_TIME:
            return True
        try:
            check_possible_duplicate(message)
        except SessionReject as error:
            self._conversation.reject(message, error, now)
            if error.reason == SessionRejectReason.SENDING_TIME_ACCURACY_PROBLEM:
                self._conversation.terminate(DisconnectReason.SENDING_TIME, error.text, now, rejected=True)
            return False
        return True

    # By content

    def _work_content(self, message: Message, kind: Kind, now: int) -> None:
        """Validate and work a message; a Reject or Logout is taken as it is."""
        try:
            if kind not in _NEVER_REJECTED:
                self._validate(message)
            self._HANDLERS[kind](self, message, now)
        except SessionReject as error:
            self._conversation.reject(message, error, now)

    def _answer(self, message: Message, kind: Kind, now: int) -> None:
        """Work a message whose number plays no role."""
        if kind is Kind.RESET_LOGON:
            self._conversation.reset_by_logon(message, now)
        elif kind is Kind.RESET:
            self._reset(message, now)
        else:
            self._work_content(message, kind, now)

    def _on_application(self, message: Message, _now: int) -> None:
        self._events.append(message)

    def _on_heartbeat(self, message: Message, _now: int) -> None:
        self._conversation.flow.keepalive.answered(message.fields.get(tags.TEST_REQ_ID))

    def _on_test_request(self, message: Message, now: int) -> None:
        test_req_id = message.fields.get(tags.TEST_REQ_ID, b"")
        self._conversation.say(msg_types.HEARTBEAT, b"112=%b\x01" % test_req_id, now)

    def _on_resend_request(self, message: Message, now: int) -> None:
        begin = _sequence_number(message, tags.BEGIN_SEQ_NO)
        end = _sequence_number(message, tags.END_SEQ_NO)
        if not 0 < begin < self._numbers.next_out:
            raise _incorrect(tags.BEGIN_SEQ_NO, "BeginSeqNo(7) was never sent")
        if 0 < end < begin:
            raise _incorrect(tags.END_SEQ_NO, "EndSeqNo(16) is before BeginSeqNo(7)")
        conversation = self._conversation
        resend = conversation.flow.resend
        written = resend.last_written(self._numbers.next_out)
        last = min(end, written) if end else written
        if begin > last:
            return  # numbered, but held behind the resend under way: they follow by themselves
        if resend.waiting >= self._settings.max_waiting_resends:
            conversation.terminate(
                DisconnectReason.TOO_MANY_RESEND_REQUESTS, "Too many ResendRequests at once", now
            )
            return
        conversation.start_resend(begin, last)

    def _on_reject(self, message: Message, _now: int) -> None:
        self._events.append(RejectReceived(message))

    def _on_logout(self, message: Message, now: int) -> None:
        conversation = self._conversation
        ours = conversation.state is State.LOGOUT_SENT
        if not ours:
            conversation.say(msg_types.LOGOUT, logout_body(""), now)
        self._events.append(LoggedOut(message.fields.get(tags.TEXT, b"")))
        conversation.end(
            DisconnectReason.LOGOUT_ANSWERED if ours else DisconnectReason.LOGOUT_BY_CLIENT,
            "Logout(5) both ways",
        )

    def _on_logon(self, message: Message, _now: int) -> None:
        """Answer a second Logon without ResetSeqNumFlag(141): never as a new one."""
        if message.poss_dup:
            return  # the Logon of an earlier connection, replayed though it should be gap-filled
        raise SessionReject(SessionRejectReason.OTHER, None, "The session is logged on already")

    # By content: SequenceReset

    def _gap_fill(self, message: Message, now: int) -> None:
        """Skip what the client does not send again (test case 10)."""
        number = message.msg_seq_num
        try:
            self._validate(message)
            new_seq_no = _sequence_number(message, tags.NEW_SEQ_NO)
        except SessionReject as error:
            self._sequence.advance_to(number + 1, now)
            self._conversation.reject(message, error, now)
            return
        if new_seq_no > number:
            self._sequence.advance_to(new_seq_no, now)
        else:
            text = f"attempt to lower sequence number, invalid value NewSeqNo={new_seq_no}"
            self._conversation.reject(message, _incorrect(None, text), now)

    def _reset(self, message: Message, now: int) -> None:
        """Expect NewSeqNo(36) next, whatever is missing (test case 11). It cannot go back."""
        try:
            self._validate(message)
            new_seq_no = _sequence_number(message, tags.NEW_SEQ_NO)
            if new_seq_no < self._numbers.next_in:
                raise _incorrect(
                    None, "Value is incorrect (out of range) for this tag: NewSeqNo(36) is too low"
                )
        except SessionReject as error:
            self._conversation.reject(message, error, now)
            return
        self._sequence.advance_to(new_seq_no, now)
        self._work_queue(now)

    # Not the object's own: with bound methods it would keep itself alive.
    _HANDLERS: ClassVar[dict[Kind, Callable[["Inbound", Message, int], None]]] = {
        Kind.APPLICATION: _on_application,
        Kind.HEARTBEAT: _on_heartbeat,
        Kind.TEST_REQUEST: _on_test_request,
        Kind.RESEND_REQUEST: _on_resend_request,
        Kind.REJECT: _on_reject,
        Kind.LOGOUT: _on_logout,
        Kind.LOGON: _on_logon,
    }


def _incorrect(tag: bytes | None, text: str) -> SessionReject:
    return SessionReject(SessionRejectReason.VALUE_IS_INCORRECT, tag, text)


def _sequence_number(message: Message, tag: bytes) -> int:
    """Return the value of a SeqNum field; raises ``SessionReject``."""
    digits = message.fields.get(tag)
    if digits is None:
        raise SessionReject(SessionRejectReason.REQUIRED_TAG_MISSING, tag, "Required tag missing")
    if not digits.isdigit() or len(digits) > 18:
        raise SessionReject(
            SessionRejectReason.INCORRECT_DATA_FORMAT_FOR_VALUE, tag, "Incorrect data format for value"
        )
    return int(digits)
