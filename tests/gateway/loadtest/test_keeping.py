"""A subscriber keeps what comes, with the time it came, and judges it later; but not what wants an answer."""

import multiprocessing
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.sync.server import ServerConnection

from gateway.loadtest import subscriber_run
from gateway.loadtest.faults import FaultKind
from gateway.loadtest.findings import NS, Findings
from gateway.loadtest.outcome import Outcome, Ready, Role, Status, Task
from gateway.loadtest.scenario import Subscribers
from gateway.loadtest.subscriber import Subscriber
from gateway.loadtest.wires import Party, Wires
from gateway.loadtest.worker import STOP, carry_out
from tests.gateway.loadtest.feed import Feed, push
from tests.gateway.loadtest.runs import faults_of, scenario_of

BOOK = "book.BTC-KRW"
WELCOME = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"


def _frame(payload: str | bytes, opcode: int = 0x81) -> bytes:
    content = payload.encode() if isinstance(payload, str) else payload
    size = len(content)
    head = bytes((opcode, size)) if size < 126 else bytes((opcode, 126)) + size.to_bytes(2)
    return head + content


ANSWER = WELCOME + _frame('{"id":1,"status":200,"result":[]}') + _frame(push(BOOK, "snapshot", 10, 0))


def _deltas(first: int, count: int) -> bytes:
    return b"".join(_frame(push(BOOK, "delta", n, n - 1, "x" * n)) for n in range(first, first + count))


class Line:
    """A subscriber that is connected to a socket of the test's, which has told it nothing yet."""

    def __init__(self, wires: Wires, **group: Any) -> None:
        self.findings = Findings()
        settings = Subscribers(count=1, channels=(BOOK,), **group)
        site = "127.0.0.1", "/v1"
        self.subscriber = Subscriber("subscriber", settings, site, (self.findings, wires), 0)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.subscriber.connect(listener.getsockname(), 1)
            self.server, _ = listener.accept()
        while not self.subscriber.traffic[0]:
            wires.wait(time.monotonic_ns() + 1_000_000)
        self.server.recv(1 << 16)
        self.server.settimeout(5)


@pytest.fixture
def line() -> Iterator[Callable[..., Line]]:
    wires = Wires()
    lines = []

    def make(**group: Any) -> Line:
        lines.append(Line(wires, **group))
        return lines[-1]

    yield make
    for made in lines:
        made.server.close()
    wires.close()


def test_what_comes_is_kept_and_judged_with_the_time_it_came(line: Callable[..., Line]) -> None:
    made = line()
    subscriber, findings = made.subscriber, made.findings
    subscriber.on_bytes(ANSWER, 5)
    assert (subscriber.is_ready, subscriber.arrived, subscriber.pushes) == (True, 1, 1)
    subscriber.on_bytes(_deltas(11, 3), 7)
    subscriber.on_bytes(_deltas(14, 2), 9)
    assert (subscriber.arrived, subscriber.pushes, findings.pushes) == (6, 1, [])
    subscriber.check(1)
    assert [received for _, received in findings.pushes] == [7, 7, 7]
    subscriber.check(subscriber.recording.size)
    assert [received for _, received in findings.pushes] == [7, 7, 7, 9, 9]
    assert (subscriber.pushes, subscriber.recording.size) == (6, 0)
    assert not findings.faults.total()


PING = _frame(b"still there?", 0x89)


@pytest.mark.parametrize("before", [b"", _deltas(11, 2)], ids=["alone", "behind pushes"])
def test_a_ping_is_answered_at_once_and_once_and_nothing_is_judged_for_it(
    line: Callable[..., Line], before: bytes
) -> None:
    made = line()
    subscriber = made.subscriber
    subscriber.on_bytes(ANSWER, 5)
    subscriber.on_bytes(_deltas(11, 3) if not before else b"", 6)
    kept = subscriber.recording.size
    subscriber.on_bytes(before + PING + _frame(b"and there?", 0x89), 7)
    assert made.server.recv(100).endswith(b"still there?")
    assert subscriber.recording.size > kept
    subscriber.check(subscriber.recording.size)
    subscriber.say_goodbye()
    rest = made.server.makefile("rb").read()
    assert rest.count(b"still there?") == 0
    assert rest.count(b"and there?") == 1
    assert not made.findings.faults.total()


@pytest.mark.parametrize("at", range(1, len(PING)))
def test_a_ping_in_two_parts_is_answered_when_it_is_whole(line: Callable[..., Line], at: int) -> None:
    made = line()
    made.subscriber.on_bytes(ANSWER, 5)
    made.subscriber.on_bytes(_deltas(11, 2) + PING[:at], 7)
    made.subscriber.on_bytes(PING[at:] + _deltas(13, 2), 8)
    assert made.server.recv(100).endswith(b"still there?")
    made.subscriber.check(made.subscriber.recording.size)
    assert made.subscriber.pushes == 5
    assert not made.findings.faults.total()


def test_a_ping_of_one_connection_is_none_of_the_next(line: Callable[..., Line]) -> None:
    made = line()
    made.subscriber.on_bytes(ANSWER, 5)
    made.subscriber.on_bytes(PING[:3], 6)
    made.subscriber.hang_up()
    made.subscriber.cut()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made.subscriber.connect(listener.getsockname(), 7)
        made.subscriber.on_bytes(ANSWER, 8)
        made.subscriber.on_bytes(_deltas(11, 1), 9)
        assert made.subscriber.pushes == 2
        assert made.subscriber.recording.size > 0
        made.subscriber.cut()


def test_a_close_is_judged_at_once(line: Callable[..., Line]) -> None:
    made = line()
    made.subscriber.on_bytes(ANSWER, 5)
    made.subscriber.on_bytes(_deltas(11, 1), 6)
    made.subscriber.on_bytes(_frame(b"\x03\xf0go away", 0x88), 7)
    assert made.subscriber.end == "closed with 1008 go away"
    assert made.findings.faults.counts == {FaultKind.LOST: 1}
    assert made.subscriber.recording.size == 0


def test_a_slow_reader_judges_what_little_it_reads(line: Callable[..., Line]) -> None:
    made = line(read_bytes_per_s=1_000)
    made.subscriber.on_bytes(ANSWER, 5)
    made.subscriber.on_bytes(_deltas(11, 2), 6)
    assert made.subscriber.pushes == 3


def test_what_was_kept_is_judged_before_an_end(line: Callable[..., Line]) -> None:
    made = line()
    made.subscriber.on_bytes(ANSWER, 5)
    made.subscriber.on_bytes(_deltas(13, 1), 6)
    made.subscriber.on_ended("closed by the target", 7)
    made.subscriber.on_ended("closed by the target", 8)
    assert made.findings.faults.counts == {FaultKind.PUSH_GAP: 1, FaultKind.LOST: 1}
    returning = line()
    returning.subscriber.on_bytes(ANSWER, 5)
    returning.subscriber.on_bytes(_deltas(13, 1), 6)
    returning.subscriber.cut()
    assert returning.findings.faults.counts == {FaultKind.PUSH_GAP: 1}


@given(cuts=st.lists(st.integers(1, 40), min_size=1, max_size=400))
def test_pushes_are_counted_however_they_are_cut(cuts: list[int]) -> None:
    wires, findings = Wires(), Findings()
    group = Subscribers(count=1, channels=(BOOK,))
    subscriber = Subscriber("subscriber", group, ("127.0.0.1", "/v1"), (findings, wires), 0)
    subscriber.on_bytes(ANSWER, 1)
    stream, at = _deltas(11, 20), 0
    for cut in cuts:
        if at < len(stream):
            subscriber.on_bytes(stream[at : at + cut], 2)
            at += cut
    if at < len(stream):
        subscriber.on_bytes(stream[at:], 3)
    subscriber.check(subscriber.recording.size)
    wires.close()
    assert subscriber.arrived == subscriber.pushes == 21
    assert not findings.faults.total()


@pytest.mark.parametrize(
    ("recording_bytes", "patience"),
    [(1 << 16, 5 * NS), (1 << 27, 0)],
    ids=["though more comes", "at the end"],
)
def test_much_that_is_kept_is_judged(
    monkeypatch: pytest.MonkeyPatch, recording_bytes: int, patience: int
) -> None:
    monkeypatch.setattr(subscriber_run, "_LAST", patience)
    last = 4_000
    told = []

    def script(_: Feed, connection: ServerConnection, __: dict[str, Any]) -> None:
        connection.send(push(BOOK, "snapshot", 10, 0))
        for n in range(11, last + 1):
            connection.send(push(BOOK, "delta", n, n - 1, "x" * 300))
        told.append(last)

    plan = scenario_of(
        fix={"sessions": 0},
        load={"count": 0, "duration_s": 30},
        subscribers=[{"count": 1, "channels": [BOOK]}],
        limits={"recording_bytes": recording_bytes},
    )
    parent, child = multiprocessing.Pipe()

    class Watched:
        """Tells the worker to stop once all was told."""

        def send(self, said: Ready | Status | Outcome) -> None:
            if isinstance(said, Ready):
                parent.send(time.monotonic_ns())
            elif told:
                parent.send(STOP)

        recv = child.recv
        poll = child.poll

    with Feed(script) as feed:
        site = feed.address, "127.0.0.1", "/v1"
        task = Task(Role.SUBSCRIBERS, 0, 1, msgspec.json.encode(plan), "run", None, site)
        outcome = carry_out(task, Watched())
    parent.close()
    child.close()
    assert faults_of(outcome) == {}
    judged = outcome.findings.counts["pushes"]
    assert judged == sum(flow.pushes for flow in outcome.seconds.values())
    assert judged == last - 9 if patience else judged > 0


def test_what_comes_faster_than_it_can_be_judged_waits_unread(
    line: Callable[..., Line], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriber_run, "_TICK", 0)
    bound, count = 1 << 16, 10
    lines = [line() for _ in range(count)]
    for made in lines:
        made.subscriber.on_bytes(ANSWER, 1)
    chunks = [_deltas(11 + 100 * n, 100) for n in range(60)]
    most = max(map(len, chunks))
    kept = []

    class Flood(Wires):
        """Something of all has come whenever it is looked at."""

        def wait(self, until: int) -> list[Party]:
            del until
            kept.append(sum(made.subscriber.recording.size for made in lines))
            chunk = chunks.pop(0)
            for made in lines:
                made.subscriber.on_bytes(chunk, 2)
            return [made.subscriber for made in lines]

    wires = Flood()
    limits = scenario_of(limits={"recording_bytes": bound}).limits
    subscribers = [made.subscriber for made in lines]
    run = subscriber_run.SubscriberRun(
        subscribers, ("127.0.0.1", 1), (lines[0].findings, wires), limits, lambda now: now < 0
    )
    while chunks:
        run._step()
    wires.close()
    assert max(kept) < 2 * bound + count * most
    for made in lines:
        made.subscriber.check(made.subscriber.recording.size)
        assert made.subscriber.pushes == 1 + 60 * 100
        assert not made.findings.faults.total()


def test_who_is_cut_off_comes_back_when_what_it_kept_is_judged_and_nobody_waits_for_that(
    line: Callable[..., Line], monkeypatch: pytest.MonkeyPatch
) -> None:
    wires = Wires()
    lines = [line(reconnect_every_s=1) for _ in range(2)]
    subscribers = [made.subscriber for made in lines]
    limits = scenario_of().limits
    place = lines[0].findings, wires
    run = subscriber_run.SubscriberRun(subscribers, ("127.0.0.1", 1), place, limits, lambda now: now < 0)
    for made in lines:
        made.subscriber.on_bytes(ANSWER, 1)
        made.subscriber.on_bytes(_deltas(11, 500), 2)
    run._late = [(5, subscriber) for subscriber in subscribers]
    monkeypatch.setattr(subscriber_run, "_CHECK_SLICE", 1)
    monkeypatch.setattr(subscriber_run, "_JUDGING", -NS)
    now = time.monotonic_ns()
    run._cut_due(now)
    assert [made.server.recv(1) for made in lines] == [b"", b""]
    assert not run._due
    assert all(subscriber.recording.size for subscriber in subscribers)
    monkeypatch.setattr(subscriber_run, "_JUDGING", NS)
    run._cut_due(time.monotonic_ns())
    assert [subscriber.pushes for subscriber in subscribers] == [501, 501]
    assert {subscriber for _, _, subscriber in run._due} == set(subscribers)
    assert not any(subscriber.is_ready for subscriber in subscribers)
    wires.close()
