"""The inbound side of a connection while nothing is missing, in plain Python: the twin of the compiled one.

NOT here: what a message that is not usual leads to (``inbound``), which twin works (``codec``).
"""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from protocols.fix.errors import MessageTooLarge
from protocols.fix.frame_cursor import FrameCursor
from protocols.fix.message import Message
from protocols.fix.usual_messages import UsualMessages

if TYPE_CHECKING:
    from protocols.fix.conversation import Conversation


class UsualInbound(ABC):
    """Takes the client's bytes, and at once what is usual in them (``inbound.Inbound``)."""

    def __init__(self, framer: FrameCursor, usual: UsualMessages, conversation: "Conversation") -> None:
        self._framer = framer
        self._usual = usual
        self._conversation = conversation
        self._flow = conversation.flow
        self._keepalive = conversation.flow.keepalive
        self._numbers = conversation.numbers
        self._sequence = conversation.sequence
        self._times = conversation.times
        self._events = conversation.events

    def receive(self, data: bytes, now: int) -> bool:
        """Take bytes of the client; return whether they led to nothing but usual messages in the events.

        Behind an undecided Logon they wait; after the end they are dropped.
        """
        if not self._flow.live:
            self._receive_otherwise(data, now)
            return False
        self._framer.feed(data)
        if not self._is_usual_time(now):
            self._work(now)
            return False
        try:
            message = self._take_usual(now)
        except MessageTooLarge:
            self._work(now)  # which meets it again
            return False
        if message is None:
            return True
        self._work(now, message)
        return False

    def _is_usual_time(self, now: int) -> bool:
        """Tell whether a message in sequence needs no other look, if its header is as the last one's."""
        return now < self._times.good_until and not (self._sequence.is_open or self._keepalive.test_req_id)

    def _take_usual(self, now: int) -> Message | None:
        """Take what comes in sequence and has a header as the last one's; return the first that has not."""
        events = self._events
        before = len(events)
        try:
            return self._usual.take(self._numbers.next_in, self._times.good_second, events)
        finally:
            taken = len(events) - before
            if taken:
                self._numbers.next_in += taken
                self._keepalive.heard_at = now

    @abstractmethod
    def _receive_otherwise(self, data: bytes, now: int) -> None:
        """Take bytes while the session is not live."""

    @abstractmethod
    def _work(self, now: int, message: Message | None = None) -> None:
        """Work ``message``, then every whole message that came behind it."""
