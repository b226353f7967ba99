"""What is asked of a session in every turn, in plain Python: the twin of the compiled one.

NOT here: everything else that is asked of one (``session``), which twin works (``codec``).
"""

from abc import ABC, abstractmethod

from protocols.fix.session_events import SessionEvent
from protocols.fix.usual_inbound import UsualInbound
from protocols.fix.usual_outbound import UsualOutbound


class UsualSession(ABC):
    """The part of a session that every message passes (``session.Session``).

    ``deadline_moved``: ``next_deadline`` may be earlier than when it was asked last. A usual message, in or
    out, only moves it later.
    """

    def __init__(self, flow: UsualOutbound) -> None:
        self._flow = flow
        self._events: list[SessionEvent] = []
        self._inbound: UsualInbound | None = None
        self.deadline_moved = False

    def receive_data(self, data: bytes, now: int) -> None:
        """Process bytes from the client.

        Never raises: a violation becomes a ``Disconnect`` event. Bytes behind a Logon that is not decided
        wait, up to ``max_undecided_bytes``; those after a ``Disconnect`` are dropped.
        """
        if self._inbound is not None and not self._inbound.receive(data, now):
            self.deadline_moved = True

    def send(self, msg_type: bytes, body: bytes, now: int, header: bytes = b"") -> None:
        """Number an application message.

        ``body`` is fields without header and trailer, ``header`` further header fields (``97=Y``), each ended
        by SOH.
        """
        if self._flow.send(msg_type, body, now, header):
            self._check_held(now)

    def events(self) -> list[SessionEvent]:
        """Return what happened since the last call, oldest first."""
        events = self._events.copy()
        self._events.clear()
        return events

    def outbound(self) -> list[tuple[int, bytes]]:
        """Return what was numbered since the last call, for the store.

        Pairs of MsgSeqNum(34) and the frame, which is empty for a session-level message. All are of the epoch
        in ``numbers``; what an epoch before left is in ``SequenceReset``.
        """
        return self._flow.take_numbered()

    def data_to_send(self) -> bytes:
        """Return the bytes for the client since the last call. They may leave once their batch is stored."""
        return self._flow.take_written()

    @abstractmethod
    def _check_held(self, now: int) -> None:
        """End the connection when too much waits behind a resend."""
