"""A FIX session that was cut off, without a line: what it says when it comes back, and what it takes."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.loadtest.faults import FaultKind
from gateway.loadtest.findings import NS, Findings
from gateway.loadtest.fix_messages import fields_of, frames, session_message
from gateway.loadtest.fix_returns import ReturningFixOrders
from gateway.loadtest.flow import Flow
from gateway.loadtest.scenario import FixSessions, Orders
from gateway.loadtest.wires import Address, Wire, Wires

NOW = b"20261122-10:00:00.000"
AT = ("127.0.0.1", 1)


class _Line(Wire):
    """Takes what is written, and is there at once."""

    def __init__(self, wires: Wires, party: ReturningFixOrders) -> None:
        super().__init__(wires, party)
        self.written: list[bytes] = []
        self.resets = 0

    def connect(self, address: Address, *, receive_buffer: int = 0) -> None:
        del address, receive_buffer

    def write(self, message: bytes) -> None:
        self.written.append(message)

    def abort(self) -> None:
        self.resets += 1

    def close(self) -> None:
        return


class _Client:
    """A session that is logged on, with number 1 each way, and has sent ``sent`` orders."""

    def __init__(self, sent: int = 0) -> None:
        self.findings = Findings()
        orders = Orders(rest=1, cross=0)
        wires = Wires()
        place = self.findings, wires
        self.session = ReturningFixOrders(
            FixSessions(sessions=1), orders, 1, "run", Flow(orders, 0, 1), place
        )
        wires.close()
        self.line = _Line(wires, self.session)
        self.session._wire = self.line
        self.session.connect(AT, 0)
        self.session.on_connected(0)
        self.receive(_message(1, "A"))
        for _ in range(sent):
            self.send()
        self.line.written.clear()

    def send(self) -> None:
        self.session.queue(1)
        self.session.flush(1)

    def receive(self, *messages: bytes) -> None:
        self.session.on_bytes(b"".join(messages), 2)

    def cut(self) -> None:
        """Cut it with an order of which half is sent."""
        self.session.cuts_next = True
        self.send()
        self.line.written.clear()

    def come_back(self, number: int) -> None:
        """Let it connect, and answer its Logon with a number."""
        self.session.on_connected(3)
        self.receive(_message(number, "A"))

    def said(self) -> list[dict[bytes, bytes]]:
        """Return what it has written since."""
        frames_ = [fields_of(frame) for frame, _ in frames(b"".join(self.line.written))]
        self.line.written.clear()
        return frames_


def _message(number: int, msg_type: str = "0", fields: Iterable[tuple[int, object]] = ()) -> bytes:
    return session_message(msg_type, number, (b"BDAX", b"LOAD1"), NOW, fields)


def _types(messages: list[dict[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(fields[b"35"], fields[b"34"]) for fields in messages]


def test_half_of_what_is_sent_goes_out_before_the_line_breaks() -> None:
    client = _Client()
    client.session.cuts_next = True
    for _ in range(4):
        client.session.queue(1)
    client.session.flush(1)
    written = b"".join(client.line.written)
    assert client.line.resets == 1
    assert [bool(wrong) for _, wrong in frames(written)] in ([False, True], [False, False, True])
    assert client.session.is_away
    assert not client.session.end


def test_it_logs_on_with_its_numbers_and_asks_for_what_it_missed() -> None:
    client = _Client(sent=3)
    client.receive(_message(2), _message(3))
    client.cut()
    client.come_back(number=9)
    logon, request = client.said()
    assert (logon[b"35"], logon[b"34"], logon.get(b"141")) == (b"A", b"6", None)
    assert (request[b"35"], request[b"7"], request[b"16"]) == (b"2", b"4", b"8")


def test_it_asks_for_nothing_where_it_missed_nothing() -> None:
    client = _Client()
    client.cut()
    client.come_back(number=2)
    assert _types(client.said()) == [(b"A", b"3")]


def test_cut_off_again_before_all_has_come_it_asks_from_the_same_number_on() -> None:
    client = _Client()
    client.cut()
    client.come_back(number=9)
    client.receive(_message(2, "4", ((43, "Y"), (123, "Y"), (36, 5))))
    client.cut()
    client.come_back(number=12)
    assert [(f[b"7"], f[b"16"]) for f in client.said() if f[b"35"] == b"2"] == [(b"5", b"11")]


def test_what_was_received_is_known_though_it_was_judged_already() -> None:
    client = _Client()
    client.receive(_message(2), _message(3))
    client.session.check()
    client.cut()
    client.come_back(number=5)
    assert [(f[b"7"], f[b"16"]) for f in client.said() if f[b"35"] == b"2"] == [(b"4", b"4")]


def test_what_is_planned_while_it_is_away_is_fetched_by_the_target() -> None:
    client = _Client(sent=1)
    client.cut()
    client.send()
    client.send()
    assert client.said() == []
    client.come_back(number=2)
    client.receive(_message(3, "2", ((7, 3), (16, 0))))
    # 2 was worked; 3 was cut, 4 and 5 were planned while it was away, 6 is the Logon.
    assert _types(client.said()) == [(b"A", b"6"), (b"D", b"3"), (b"D", b"4"), (b"D", b"5"), (b"4", b"6")]
    assert client.findings.counts["sent_again"] == 3
    assert client.findings.faults.total() == 0


def test_what_is_planned_before_the_logon_is_answered_waits_for_that() -> None:
    client = _Client()
    client.cut()
    client.session.on_connected(3)
    client.said()
    client.send()
    assert client.said() == []
    client.receive(_message(2, "A"))
    assert _types(client.said()) == [(b"D", b"4")]


def test_a_resend_up_to_a_number_ends_there() -> None:
    client = _Client(sent=4)
    client.cut()
    client.come_back(number=2)
    client.said()
    client.receive(_message(3, "2", ((7, 2), (16, 3))))
    assert _types(client.said()) == [(b"D", b"2"), (b"D", b"3")]


@pytest.mark.parametrize("begin", [6, 7, 99, 0])
def test_a_resend_of_what_this_connection_carried_is_a_fault(begin: int) -> None:
    client = _Client(sent=3)
    client.cut()
    client.come_back(number=2)
    client.send()
    client.said()
    client.receive(_message(3, "2", ((7, begin), (16, 0))))
    assert client.findings.faults.count(FaultKind.GAP) == 1
    assert ((b"D", b"7") in _types(client.said())) == (begin in (6, 7))


def test_what_is_left_out_behind_the_logon_is_filled_apart_from_it() -> None:
    """QuickFIX works an early Logon in its turn, and passes over a gap fill that begins with it then."""
    client = _Client()
    client.cut()
    client.come_back(number=9)
    client.receive(_message(10, "2", ((7, 2), (16, 0))))
    said = client.said()
    assert _types(said) == [(b"A", b"3"), (b"2", b"4"), (b"D", b"2"), (b"4", b"3"), (b"4", b"4")]
    assert [fields[b"36"] for fields in said[-2:]] == [b"4", b"5"]


def test_a_test_request_is_answered_before_its_turn_and_once() -> None:
    client = _Client()
    client.cut()
    client.come_back(number=4)
    client.said()
    client.receive(_message(5, "1", ((112, "there?"),)))
    assert _types(client.said()) == [(b"0", b"5")]
    client.receive(_message(2, "4", ((43, "Y"), (123, "Y"), (36, 4))))
    assert client.said() == []
    client.receive(_message(6, "1", ((112, "still?"),)))
    assert _types(client.said()) == [(b"0", b"6")]


def test_what_comes_in_pieces_is_put_together() -> None:
    client = _Client()
    client.cut()
    client.session.on_connected(3)
    stream = _message(4, "A") + _message(2, "4", ((43, "Y"), (123, "Y"), (36, 4))) + _message(5)
    for n in range(len(stream)):
        client.receive(stream[n : n + 1])
    client.receive(_message(6))
    client.session.check()
    assert client.findings.faults.total() == 0
    assert client.session.is_ready


def test_what_has_no_end_is_unreadable_there_too() -> None:
    client = _Client()
    client.cut()
    client.session.on_connected(3)
    client.receive(b"8=FIX.4.4\x019=5\x01" + b"x" * (1 << 20) + b"x")
    assert client.session.end == "unreadable"
    assert client.findings.faults.count(FaultKind.UNREADABLE) == 1
    client.said()
    client.send()
    assert client.said() == []


def test_a_logout_in_place_of_the_logon_ends_it() -> None:
    client = _Client()
    client.cut()
    client.session.on_connected(3)
    client.receive(_message(2, "5", ((58, "come back tomorrow"),)))
    assert client.session.end == "logged out: come back tomorrow"
    assert client.findings.faults.count(FaultKind.REFUSED) == 1


_FEW = st.integers(0, 4)


@given(storms=st.lists(st.tuples(_FEW, _FEW, _FEW, st.booleans()), max_size=6))
def test_whatever_was_lost_and_when_each_message_is_judged_once(
    storms: list[tuple[int, int, int, bool]],
) -> None:
    """The target says news, which are judged as unexpected: so many as it said, and nothing else."""
    client = _Client()
    said = {1: "A"}

    def news(count: int) -> list[bytes]:
        first = len(said) + 1
        said.update(dict.fromkeys(range(first, first + count), "B"))
        return [_message(number, "B") for number in range(first, first + count)]

    def again(number: int) -> bytes:
        if said[number] == "B":
            return _message(number, "B", ((43, "Y"),))
        return _message(number, "4", ((43, "Y"), (123, "Y"), (36, number + 1)))

    for delivered, lost, meanwhile, is_cut_again in storms:
        client.receive(*news(delivered))
        news(lost)
        for _ in range(1 + is_cut_again):
            client.cut()
            said[len(said) + 1] = "A"
            client.come_back(len(said))
            requests = [fields for fields in client.said() if fields[b"35"] == b"2"]
            client.receive(*news(meanwhile))
        for fields in requests:
            client.receive(*map(again, range(int(fields[b"7"]), int(fields[b"16"]) + 1)))
    client.session.check()
    client.session.judge_rest(is_complete=True)
    count = list(said.values()).count("B")
    assert client.findings.faults.counts == ({FaultKind.UNKNOWN: count} if count else {})


def test_who_was_lost_before_it_could_be_cut_is_not_brought_back() -> None:
    client = _Client(sent=1)
    client.session.cuts_next = True
    client.session.on_ended("closed by the target", 2)
    client.send()
    assert client.line.resets == 0
    assert client.session.end == "closed by the target"
    assert client.findings.faults.counts == {FaultKind.LOST: 1}


def test_who_is_not_back_in_time_is_given_up() -> None:
    client = _Client()
    client.session.give_up_return(10 * NS, 1)
    client.cut()
    client.session.give_up_return(NS // 2, 1)
    ends = [client.session.end]
    client.session.give_up_return(10 * NS, 1)
    assert [*ends, client.session.end] == ["", "not back"]
    assert client.findings.faults.count(FaultKind.REFUSED) == 1
