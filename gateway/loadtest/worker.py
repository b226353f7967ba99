"""A worker process: its part of the sessions or of the subscribers, from connecting to what it found.

Told by its parent when to begin and when to stop; says where it stands ten times a second. NOT here: what
the parent makes of it (``conductor``).
"""

import gc
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, Protocol

from gateway.loadtest.faults import FaultKind
from gateway.loadtest.findings import NS, Findings
from gateway.loadtest.fix_orders import FixOrders
from gateway.loadtest.fix_returns import ReturningFixOrders
from gateway.loadtest.flow import Flow as OrderFlow
from gateway.loadtest.flow import Kind
from gateway.loadtest.order_run import OrderRun
from gateway.loadtest.order_session import OrderSession
from gateway.loadtest.outcome import Flow, Outcome, Ready, Role, Status, Task, Window
from gateway.loadtest.pacing import Part
from gateway.loadtest.scenario import Scenario
from gateway.loadtest.server_watch import waited_seconds
from gateway.loadtest.subscriber import Subscriber
from gateway.loadtest.subscriber_run import SubscriberRun
from gateway.loadtest.wires import Wires
from gateway.loadtest.ws_orders import WsOrders

_TICK: Final = NS // 10
_HELD: Final = 2 * NS
"""Much longer than an order worker and its parent take to tell when the load began or ended."""
_TALKATIVE: Final = 1 << 16
"""More bytes than it takes to log on."""
STOP: Final = "stop"
"""What the parent says to end a run early."""


class Parent(Protocol):
    """What a worker needs of its end of the pipe to its parent."""

    def send(self, said: Ready | Status | Outcome, /) -> None:
        """Tell the parent."""

    def poll(self) -> bool:
        """Return whether the parent has said something."""

    def recv(self) -> Any:
        """Return what the parent says next: when to begin (monotonic ns), its ``Window`` or ``STOP``."""


def work(task: Task, parent: Parent) -> None:
    """Be a worker, in a process of its own."""
    # Ctrl-C and SIGTERM end the parent, and the parent its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if task.role is Role.SUBSCRIBERS:
        # Where they share a core, it is not taken from one who sends orders in the middle of doing so.
        with suppress(PermissionError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    # Nothing here makes cyclic garbage: looking for it would only be measured.
    gc.disable()
    try:
        parent.send(carry_out(task, parent))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the parent is gone


def carry_out(task: Task, parent: Parent) -> Outcome:
    """Do a worker's part: say ``Ready``, wait for the start or ``STOP``, run, tell how it goes."""
    return _ROLES[task.role](task, parent)


def sessions_of(scenario: Scenario, index: int, workers: int) -> list[int]:
    """Return which of all sessions are a worker's: whole pairs."""
    return [n for n in range(scenario.order_sessions) if n // 2 % workers == index]


class Meter:
    """Tells the parent where a worker stands, and keeps what went by in each second."""

    def __init__(self, parent: Parent, findings: Findings) -> None:
        self.seconds: dict[int, Flow] = {}
        self.is_stopped = False
        self._parent = parent
        self._findings = findings
        self._last = Flow()
        self._cpu: list[tuple[int, float, float]] = []

    def tell(self, now: int, total: Flow, status: Status) -> bool:
        """Note where things stand; return whether to stop."""
        last, self._last = self._last, total
        self.seconds.setdefault(now // NS, Flow()).add(
            Flow(
                total.sent - last.sent,
                total.answered - last.answered,
                total.fills - last.fills,
                total.pushes - last.pushes,
                total.connections - last.connections,
            )
        )
        self._cpu.append((now, time.process_time(), waited_seconds(os.getpid())))
        self._parent.send(status)
        while self._parent.poll():
            said = self._parent.recv()
            if isinstance(said, Window):
                self._findings.measure_from, self._findings.measure_until = said.since, said.until
                self._findings.last_trade = said.last_trade
            elif said == STOP:
                self.is_stopped = True
        return self.is_stopped

    def use(self, since: int, until: int) -> tuple[float, float]:
        """Return the CPU use between two times, and the waiting for it, in cores."""
        within = [sample for sample in self._cpu if since <= sample[0] <= until]
        if len(within) < 2 or within[0][0] == within[-1][0]:
            return 0.0, 0.0
        (first, ran, waited), (last, ran_then, waited_then) = within[0], within[-1]
        return (ran_then - ran) * NS / (last - first), (waited_then - waited) * NS / (last - first)


def _orders(task: Task, parent: Parent) -> Outcome:
    scenario = task.scenario
    wires = Wires()
    findings = Findings(is_witnessed=bool(scenario.subscribers))
    sessions = [_session(task, n, findings, wires) for n in sessions_of(scenario, task.index, task.workers)]
    meter = Meter(parent, findings)
    before = sum(len(sessions_of(scenario, index, task.workers)) for index in range(task.index))
    part = Part(before, len(sessions), scenario.order_sessions, task.index / task.workers)

    def watch(now: int) -> bool:
        sent = sum(session.sent - session.swept for session in sessions)
        total = Flow(
            sent=sent,
            answered=min(sent, sum(session.answered for session in sessions)),
            fills=sum(session.fills for session in sessions),
            connections=findings.counts["connections"] + findings.counts["reconnections"],
        )
        samples = tuple(latency for session in sessions if (latency := session.sample()) is not None)
        status = Status(
            sent=total.sent,
            answered=total.answered,
            fills=total.fills,
            connected=sum(session.is_ready and not session.end for session in sessions),
            faults=findings.faults.total(),
            planned=run.planned,
            is_measuring=run.measures,
            is_draining=run.measured_until > 0,
            measure_from=findings.measure_from,
            load_ended=run.load_ended,
            samples=samples,
        )
        return meter.tell(now, total, status)

    run = OrderRun(scenario, sessions, (findings, wires), part, watch)
    try:
        connected = _connect(task, sessions, (findings, wires), watch)
        if connected == len(sessions):
            run.prepare()
        watch(time.monotonic_ns())
        parent.send(Ready(connected, len(sessions)))
        start = STOP if meter.is_stopped else parent.recv()
        if isinstance(start, int) and connected:
            run.run(start)
            watch(time.monotonic_ns())
        else:
            for session in sessions:
                session.check(session.recording.size)
                session.judge_rest(is_complete=True)
    finally:
        wires.close()
    counts = findings.counts
    counts["requests_sent"] = sum(session.sent - session.swept for session in sessions)
    kinds = [sum(session.kinds[kind] for session in sessions) for kind in Kind]
    counts["orders"] = kinds[Kind.REST] + kinds[Kind.CROSS]
    counts["cancels"], counts["replaces"] = kinds[Kind.CANCEL], kinds[Kind.REPLACE]
    counts["bytes_sent"] = sum(session.traffic[0] for session in sessions)
    counts["bytes_received"] = sum(session.traffic[1] for session in sessions)
    busy, waited = meter.use(findings.measure_from, run.measured_until)
    return Outcome(
        findings,
        planned=run.planned or counts["requests_sent"],
        measured_ns=run.measured_ns,
        measured_answers=run.measured_answers,
        measured_until=run.measured_until,
        is_complete=run.is_complete,
        busy=busy,
        waited=waited,
        seconds=meter.seconds,
    )


def _subscribers(task: Task, parent: Parent) -> Outcome:
    scenario = task.scenario
    wires, findings = Wires(), Findings()
    subscribers = subscribers_of(task, findings, wires)
    meter = Meter(parent, findings)

    def watch(now: int) -> bool:
        pushes = sum(subscriber.arrived for subscriber in subscribers)
        counts = findings.counts
        total = Flow(pushes=pushes, connections=counts["connections"] + counts["reconnections"])
        connected = sum(subscriber.is_ready for subscriber in subscribers)
        return meter.tell(
            now, total, Status(pushes=pushes, connected=connected, faults=findings.faults.total())
        )

    run = SubscriberRun(subscribers, task.ws_address, (findings, wires), scenario.limits, watch)
    try:
        connected = run.connect()
        watch(time.monotonic_ns())
        parent.send(Ready(connected, len(run.first)))
        start = STOP if meter.is_stopped else parent.recv()
        if isinstance(start, int):
            if scenario.order_sessions:
                findings.held_ns = _HELD
            else:
                findings.measure_from = start + int(scenario.load.warmup_s * NS)
            run.run(start)
            watch(time.monotonic_ns())
    finally:
        wires.close()
    counts = findings.counts
    counts["pushes"] = sum(subscriber.pushes for subscriber in subscribers)
    counts["bytes_sent"] = sum(subscriber.traffic[0] for subscriber in subscribers)
    counts["bytes_received"] = sum(subscriber.traffic[1] for subscriber in subscribers)
    busy, waited = meter.use(findings.measure_from, time.monotonic_ns())
    return Outcome(findings, is_complete=run.is_complete, busy=busy, waited=waited, seconds=meter.seconds)


def subscribers_of(task: Task, findings: Findings, wires: Wires) -> list[Subscriber]:
    """Return a worker's part of each group. The first that can is the witness of the public trades."""
    scenario, site = task.scenario, task.ws_site
    offset = time.time_ns() - time.monotonic_ns()
    trades = f"trades.{scenario.orders.symbol}"
    is_wanted = task.index == 0
    subscribers = []
    for n, group in enumerate(scenario.subscribers):
        for number in range(task.index, group.count, task.workers):
            name = f"subscriber {n}.{number}"
            subscriber = Subscriber(name, group, site, (findings, wires), offset)
            is_steady = (
                not group.read_bytes_per_s and not group.reconnect_every_s and not group.connect_after_s
            )
            if is_wanted and is_steady and group.mode == "every" and trades in group.channels:
                subscriber.witness = trades.encode()
                is_wanted = False
            subscribers.append(subscriber)
    return subscribers


def _session(task: Task, index: int, findings: Findings, wires: Wires) -> OrderSession:
    scenario = task.scenario
    flow = OrderFlow(scenario.orders, index, scenario.order_sessions)
    fix, ws, place = scenario.fix, scenario.ws, (findings, wires)
    if index < fix.sessions:
        kind = ReturningFixOrders if fix.reconnect_every_s else FixOrders
        return kind(fix, scenario.orders, fix.first + index, task.run, flow, place)
    number = ws.first + index - fix.sessions
    return WsOrders((ws, scenario.orders), number, task.run, flow, place, task.ws_site)


def _connect(
    task: Task,
    sessions: list[OrderSession],
    place: tuple[Findings, Wires],
    watch: Callable[[int], bool],
) -> int:
    """Connect and log on; return how many made it. Who talks too much meanwhile is judged meanwhile."""
    findings, wires = place
    connect_s = task.scenario.limits.connect_s
    told = time.monotonic_ns()
    deadline = told + int(connect_s * NS)
    for session in sessions:
        address = task.ws_address if isinstance(session, WsOrders) else task.fix_address
        session.connect(address, time.monotonic_ns())
        wires.wait(0)
    while not all(session.is_ready or session.end for session in sessions):
        now = time.monotonic_ns()
        if now > deadline:
            break
        if now >= told + _TICK:
            told = now
            if watch(now):
                return 0
        wires.wait(now + _TICK)
        for session in sessions:
            if session.recording.size > _TALKATIVE:
                session.check()
    late = [session for session in sessions if not session.is_ready and not session.end]
    for session in late:
        findings.add(FaultKind.REFUSED, f"{session.name}: not logged on in {connect_s:g} s")
        session.end = "not logged on"
    return sum(session.is_ready and not session.end for session in sessions)


_ROLES: Final = {Role.ORDERS: _orders, Role.SUBSCRIBERS: _subscribers}
