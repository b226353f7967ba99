"""Our session and a plain initiator, joined by a wire that breaks, loses, cuts, repeats and delays.

Whatever happens: in the end both agree on every number, and each application message was worked once, in
order.
"""

from collections.abc import Callable

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from protocols.fix.session_events import DisconnectReason
from protocols.fix.session_settings import SessionSettings
from tests.protocols.fix.acceptor import SECOND, START, Acceptor
from tests.protocols.fix.initiator import Initiator

SETTINGS = SessionSettings(
    begin_string=b"FIX.4.4",
    sender_comp_id=b"BDAX",
    target_comp_id=b"CLIENT",
    validate=lambda _: None,
)
A_LOT = 1 << 30
FORGIVEN = {
    DisconnectReason.LOGON_TIMEOUT,
    DisconnectReason.RESEND_UNANSWERED,
    DisconnectReason.TEST_REQUEST_UNANSWERED,
    DisconnectReason.TOO_MANY_RESEND_REQUESTS,
}
"""What a bad wire leads to. The client keeps to the standard, so nothing else may end the connection."""


class TwoSides(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.orders = 0
        self.reports = 0
        self.to_client: list[bytes] = []
        self.taken = 0

    @initialize(queues=st.booleans(), next_expected=st.booleans(), chunk=st.integers(1, 4))
    def begin(self, *, queues: bool, next_expected: bool, chunk: int) -> None:
        self.client = Initiator(queues=queues, next_expected=next_expected)
        self.acceptor = Acceptor(SETTINGS, auto_resend=False, chunk=chunk)
        self.connect()
        self.deliver_to_acceptor(A_LOT)
        self.deliver_to_client(A_LOT)

    @rule(count=st.integers(1, 4))
    def order(self, count: int) -> None:
        for _ in range(count):
            self.orders += 1
            self.client.order(b"o%d" % self.orders)

    @rule(count=st.integers(1, 4))
    def report(self, count: int) -> None:
        for _ in range(count):
            self.reports += 1
            self.acceptor.session.send(b"8", b"37=r%d\x01" % self.reports, self.acceptor.now)
            self.acceptor.settle()
        self.take()

    @rule()
    def connect(self) -> None:
        if not self.client.connected:
            self.acceptor.open()
            self.client.connect()

    @rule(size=st.one_of(st.integers(1, 300), st.just(A_LOT)))
    def deliver_to_acceptor(self, size: int) -> None:
        data = bytes(self.client.wire[:size])
        del self.client.wire[:size]
        self.acceptor.receive(data)
        self.take()

    @rule(count=st.one_of(st.integers(1, 3), st.just(A_LOT)))
    def deliver_to_client(self, count: int) -> None:
        for frame in self.to_client[:count]:
            self.client.receive(frame)
        del self.to_client[:count]

    @precondition(lambda self: self.to_client and b"\x0135=A\x01" not in self.to_client[0])
    @rule()
    def lose_a_message_to_the_client(self) -> None:
        del self.to_client[0]

    @precondition(lambda self: self.client.logged_on)
    @rule()
    def garble_a_message_to_the_acceptor(self) -> None:
        at = self.client.wire.rfind(b"\x0110=")
        if at >= 0:
            self.client.wire[at - 1] ^= 1

    @precondition(lambda self: self.client.logged_on)
    @rule(number=st.integers(1, 20))
    def repeat_an_order(self, number: int) -> None:
        if self.client.stored.get(number) is not None:
            self.client.repeat(number)

    @precondition(lambda self: self.client.logged_on and self.client.next_in > 1)
    @rule(back=st.integers(0, 10))
    def ask_for_what_is_known(self, back: int) -> None:
        """Ask for messages again, also while a resend is under way."""
        self.client.ask(max(1, self.client.next_in - 1 - back))

    @rule()
    def break_the_line(self) -> None:
        self.client.lose()
        self.acceptor.lose()
        self.to_client.clear()

    @rule()
    def give_a_chunk(self) -> None:
        if self.acceptor.asked is not None:
            self.acceptor.feed_chunk()
            self.take()

    @rule(seconds=st.integers(1, 8))
    def wait(self, seconds: int) -> None:
        self.acceptor.advance(seconds * SECOND)
        self.client.advance(self.acceptor.now)
        self.take()

    def take(self) -> None:
        """Put on the wire what we sent; carry out a disconnect."""
        fresh = self.acceptor.sent[self.taken :]
        self.taken = len(self.acceptor.sent)
        if self.client.connected:
            self.to_client += fresh
        if self.acceptor.disconnect is not None:
            assert self.acceptor.disconnect.reason in FORGIVEN, self.acceptor.disconnect
            self.acceptor.disconnect = None
            self.deliver_to_client(A_LOT)
            self.break_the_line()

    def teardown(self) -> None:
        if not hasattr(self, "client"):
            return
        for _ in range(300):
            if self.settled():
                break
            self.connect()
            steps: tuple[Callable[[], None], ...] = (
                lambda: self.deliver_to_acceptor(A_LOT),
                self.give_a_chunk,
                lambda: self.deliver_to_client(A_LOT),
            )
            for step in steps:
                step()
            if not self.client.wire and not self.to_client and self.acceptor.asked is None:
                self.wait(3)
        assert self.settled(), self.picture()
        assert [m.fields[b"11"] for m in self.acceptor.worked] == [
            b"o%d" % n for n in range(1, self.orders + 1)
        ]
        assert self.client.worked == [b"r%d" % n for n in range(1, self.reports + 1)]

    def settled(self) -> bool:
        numbers = self.acceptor.numbers
        return (
            self.client.logged_on
            and not self.client.wire
            and not self.to_client
            and self.acceptor.asked is None
            and numbers.next_in == self.client.next_out
            and numbers.next_out == self.client.next_in
        )

    def picture(self) -> str:
        return f"{self.acceptor.numbers} {self.client} {self.acceptor.now - START} {self.to_client}"


TestTwoSides = TwoSides.TestCase
TestTwoSides.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
