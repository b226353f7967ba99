"""A FIX session, acceptor side, without I/O: bytes and the time go in; events and bytes come out.

NOT here: the state rules (``states``), one connection (``conversation``, ``inbound``), the outbound side
(``outbound``, ``resend``), the store, credentials and schedules.
"""

from collections.abc import Iterable

from protocols.fix import msg_types, tags
from protocols.fix.codec import Message, UsualSession
from protocols.fix.conversation import Conversation
from protocols.fix.errors import SessionReject
from protocols.fix.framer import Framer
from protocols.fix.inbound import Inbound
from protocols.fix.outbound import OutboundFlow
from protocols.fix.rejects import business_reject_body, reverse_route
from protocols.fix.sending_time import SendingTimes
from protocols.fix.session_events import (
    DisconnectReason,
    LogonReceived,
    Numbers,
    SequenceReset,
)
from protocols.fix.session_settings import SessionSettings
from protocols.fix.states import Outbound, State
from protocols.fix.timestamps import Timestamps


class Session(UsualSession):
    """Our side of a FIX session. It outlives connections; ``now`` is monotonic ns everywhere.

    After any call: handle ``events()``, hand ``outbound()`` and ``numbers`` to the store, write
    ``data_to_send()`` once they are stored, and re-arm one timer from ``next_deadline()`` where
    ``deadline_moved`` says so. While the client is away messages are numbered and given to the store, and
    reach it by its ResendRequest.
    """

    _flow: OutboundFlow
    _inbound: Inbound | None

    def __init__(self, settings: SessionSettings, numbers: Numbers, timestamps: Timestamps) -> None:
        super().__init__(OutboundFlow(settings, numbers, timestamps))
        self.settings = settings
        self.numbers = numbers
        self._timestamps = timestamps
        self._times = SendingTimes(settings.sending_time_window, timestamps)
        self._conversation: Conversation | None = None

    @property
    def state(self) -> State:
        """Where the connection stands; AWAY without one."""
        return State.AWAY if self._conversation is None else self._conversation.state

    @property
    def connected(self) -> bool:
        """Whether a connection has this identity; another is closed without a word (test case 1b)."""
        return self._conversation is not None

    @property
    def resending(self) -> bool:
        """Whether a ``ResendRequested`` waits for its last chunk."""
        return self._flow.resend.state is Outbound.RESENDING

    # The transport

    def connect(self, framer: Framer, first: Message, now: int) -> bool:
        """Take over a connection whose ``first`` message named this session.

        ``framer`` may hold more bytes; they wait for the decision on the Logon. ``False``, and nothing
        changes, when the session is connected already.
        """
        if self._conversation is not None:
            return False
        conversation = Conversation(self.settings, self.numbers, self._flow, self._times, self._events, now)
        self._conversation = conversation
        self._inbound = Inbound(conversation, framer, first)
        self.deadline_moved = True
        if first.msg_type == msg_types.LOGON:
            self._events.append(LogonReceived(first))
        else:
            conversation.end(DisconnectReason.FIRST_MESSAGE_NOT_LOGON, "the first message is not a Logon")
        return True

    def accept_logon(self, now: int) -> None:
        """Go on with the Logon: its sender is who it says. What arrived since is worked too."""
        if self._inbound is not None:
            self.deadline_moved = True
            self._inbound.accept_logon(now)

    def refuse_logon(self, now: int) -> None:
        """End the connection without a word: a stranger learns nothing, and no number is consumed."""
        self.terminate(DisconnectReason.LOGON_REFUSED, "the Logon was refused", now)

    def disconnected(self, _now: int) -> None:
        """Forget the connection: its transport is gone, for whatever reason. Events stay to be taken."""
        self._flow.close()
        self._flow.written.clear()
        self._conversation = None
        self._inbound = None

    def next_deadline(self) -> int | None:
        """Return when ``on_deadline`` is to be called, in monotonic ns."""
        self.deadline_moved = False
        return None if self._conversation is None else self._conversation.next_deadline()

    def on_deadline(self, now: int) -> None:
        """Do what is due. Calling it early does nothing."""
        self.deadline_moved = True
        if self._conversation is not None:
            self._conversation.on_deadline(now)

    # What the owner says

    def reject(self, message: Message, error: SessionReject, now: int) -> None:
        """Answer an application message with Reject(3), for a fault that validation cannot see."""
        if self._conversation is not None and self._conversation.reading:
            self._conversation.reject(message, error, now)

    def business_reject(
        self, message: Message, reason: int, text: str, now: int, id_tag: bytes = tags.CL_ORD_ID
    ) -> None:
        """Answer an application message with BusinessMessageReject(j).

        ``reason`` is 380's value, ``id_tag`` the field of ``message`` that is its id to the application.
        """
        body = business_reject_body(message, reason, text, id_tag)
        self.send(msg_types.BUSINESS_MESSAGE_REJECT, body, now, reverse_route(message))

    def logout(self, text: str, now: int) -> None:
        """Log the client out and wait for its answer; without an established session, end the connection."""
        conversation = self._conversation
        if conversation is None:
            return
        self.deadline_moved = True
        if conversation.state is State.ESTABLISHED:
            conversation.log_out(text, now)
        elif conversation.state is State.LOGON_PENDING:
            conversation.end(DisconnectReason.SHUTDOWN, text)

    def terminate(self, reason: DisconnectReason, text: str, now: int) -> None:
        """End the connection at once, with a Logout that says ``text`` where the session stands."""
        self.deadline_moved = True
        if self._conversation is not None:
            self._conversation.terminate(reason, text, now)

    def reset(self) -> None:
        """Begin a new epoch with both numbers at 1; ``ValueError`` while a client is connected."""
        if self._conversation is not None:
            raise ValueError("a session is reset between connections")
        unsaved = self._flow.start_again()
        self._events.append(SequenceReset(self.numbers.epoch, unsaved))

    def resend(self, messages: Iterable[tuple[int, bytes]], now: int, *, last: bool) -> None:
        """Answer ``ResendRequested`` with stored ``(msg_seq_num, frame)`` pairs, ascending, in chunks.

        The frame is empty for a session-level message. ``last`` marks the chunk that ends the range; until
        then what is sent is held. A request is void after ``Disconnect`` or ``SequenceReset``: give it
        nothing more.
        """
        self.deadline_moved = True
        if self._conversation is not None:
            self._conversation.resend(messages, self._timestamps.text(now), now, last=last)

    def _check_held(self, now: int) -> None:
        """End the connection when too much waits behind a resend."""
        if self._conversation is not None:
            self._conversation.check_held(now)
