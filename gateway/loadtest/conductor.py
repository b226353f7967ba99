"""Conducts a load test: starts the workers, lets them begin together, watches, gathers what they found.

Every way out is bounded in time and leaves a result. NOT here: what a worker does (``worker``), and how a
result is put together (``gathering``).
"""

import multiprocessing
import socket
import time
from collections.abc import Sequence
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import Final

import msgspec

from gateway.loadtest.faults import FaultKind
from gateway.loadtest.findings import NEVER, NS, Findings
from gateway.loadtest.gathering import Run, gather
from gateway.loadtest.machine import this_machine
from gateway.loadtest.outcome import Outcome, Ready, Role, Status, Task, Window
from gateway.loadtest.progress import Phase, Progress, View
from gateway.loadtest.results import Result, Target
from gateway.loadtest.scenario import Scenario
from gateway.loadtest.server_watch import ServerWatch
from gateway.loadtest.wires import Address
from gateway.loadtest.worker import STOP, work

_LEAD: Final = NS // 2
"""From when all stand ready to the start, so that all are told in time."""
_TICK_S: Final = 0.25
_GRACE_S: Final = 10.0
_LAST_PUSHES_S: Final = 0.5


class _Member:
    """A worker, as seen from here."""

    def __init__(self, task: Task) -> None:
        context = multiprocessing.get_context("spawn")
        self.role = task.role
        self.line, child = context.Pipe()
        self.process: BaseProcess = context.Process(target=work, args=(task, child), daemon=True)
        self.process.start()
        child.close()
        self.ready: Ready | None = None
        self.status = Status()
        self.outcome: Outcome | None = None
        self.is_gone = False

    def tell(self, what: object) -> None:
        """Tell it to begin, or to stop."""
        try:
            self.line.send(what)
        except OSError:
            self.is_gone = True

    def receive(self) -> None:
        """Take what it says."""
        try:
            said = self.line.recv()
        except (EOFError, OSError):
            self.is_gone = True
            return
        if isinstance(said, Ready):
            self.ready = said
        elif isinstance(said, Status):
            self.status = said
        elif isinstance(said, Outcome):
            self.outcome = said

    def end(self, patience_s: float) -> None:
        """See that the process ends."""
        self.line.close()
        self.process.join(patience_s)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


class Conductor:
    """One run of ``scenario`` against ``target``; ``fix`` and ``ws`` are its addresses."""

    def __init__(
        self,
        scenario: Scenario,
        target: Target,
        fix: Address | None,
        ws: tuple[Address, str, str] | None,
        view: View,
    ) -> None:
        self._scenario = scenario
        self._target = target
        self._fix = fix
        self._ws = ws
        self._view = view
        self._members: list[_Member] = []
        self._faults = Findings()
        # Those too that connect while it runs.
        self._connections = scenario.order_sessions + sum(group.count for group in scenario.subscribers)
        self._server = ServerWatch(target.pids)
        self._started = time.monotonic_ns()
        self._shown = (self._started, 0, 0)
        self._stopping = False
        self._window = Window(NEVER, NEVER)

    def run(self) -> Result:
        """Run it to its end, or to the end of its time, or until Ctrl-C; return what was found."""
        scenario = self._scenario
        utc, machine = time.time_ns(), this_machine()
        run_id = _base36(utc // 1_000_000)
        self._view.begin(scenario.name, scenario.description, self._target)
        start = 0
        try:
            self._members = [_Member(task) for task in self._tasks(run_id)] if self._resolve() else []
            if self._connect():
                start = self._begin()
                self._watch(start)
            else:
                self._stop()
                self._watch(time.monotonic_ns())
        except KeyboardInterrupt:
            self._faults.add(FaultKind.STOPPED, "interrupted by the operator")
            self._stop()
            self._await_outcomes(_GRACE_S)
        finally:
            for member in self._members:
                member.end(1.0)
        self._note_lost()
        outcomes = [member.outcome for member in self._members if member.outcome is not None]
        result = gather(
            Run(
                scenario=scenario,
                target=self._target,
                machine=machine,
                run=run_id,
                started=utc,
                start=start or time.monotonic_ns(),
                duration=time.monotonic_ns() - self._started,
            ),
            outcomes,
            self._faults,
            self._server.samples,
        )
        self._view.end(result)
        return result

    def _resolve(self) -> bool:
        """Look up the target's names once for all connections; return whether there are such hosts."""
        fix, ws = self._fix, self._ws
        try:
            if fix is not None:
                self._fix = _resolved(fix)
            if ws is not None:
                self._ws = (_resolved(ws[0]), *ws[1:])
        except (OSError, UnicodeError) as error:
            why = (error.strerror if isinstance(error, OSError) else None) or "no name of a host"
            asked = ", ".join(address[0] for address in (fix, ws and ws[0]) if address)
            self._faults.add(FaultKind.REFUSED, f"{asked}: {why}")
            return False
        return True

    def _tasks(self, run_id: str) -> list[Task]:
        scenario = self._scenario
        # A pair of sessions is never divided.
        workers = min(scenario.workers, -(-scenario.order_sessions // 2))
        roles = [(Role.ORDERS, n, workers) for n in range(workers)]
        if scenario.subscribers:
            count = scenario.subscriber_workers
            roles += [(Role.SUBSCRIBERS, n, count) for n in range(count)]
        plan = msgspec.json.encode(scenario)
        return [Task(role, n, count, plan, run_id, self._fix, self._ws) for role, n, count in roles]

    def _connect(self) -> bool:
        """Wait until all stand ready; return whether all connections are there."""
        deadline = time.monotonic() + self._scenario.limits.connect_s + _GRACE_S
        while not all(member.ready or member.is_gone or member.outcome for member in self._members):
            if time.monotonic() > deadline:
                return False
            self._turn(Phase.CONNECTING, 0)
        return all(
            member.ready is not None and member.ready.connected == member.ready.wanted
            for member in self._members
        )

    def _begin(self) -> int:
        start = time.monotonic_ns() + _LEAD
        for member in self._members:
            member.tell(start)
        return start

    def _watch(self, start: int) -> None:
        """Wait for what the workers found; stop the subscribers when the orders are done."""
        limits = self._scenario.limits
        limit = limits.run_s + limits.patience_s + _GRACE_S
        orders = [member for member in self._members if member.role is Role.ORDERS]
        duration = self._scenario.load.duration_s
        while not self._is_over(self._members):
            elapsed = (time.monotonic_ns() - start) / NS
            if elapsed > limits.run_s and not self._stopping:
                self._faults.add(FaultKind.STOPPED, f"not done in {limits.run_s:g} s (run_s)")
                self._stop()
            if elapsed > limit:
                return
            if any(member.is_gone and member.outcome is None for member in self._members):
                self._stop()
            if self._is_over(orders) and (orders or elapsed > duration) and not self._stopping:
                self._settle(start)
                self._stop()
            self._turn(self._phase(), start)

    def _settle(self, start: int) -> None:
        """Give the last pushes time to arrive."""
        until = time.monotonic() + _LAST_PUSHES_S
        while time.monotonic() < until:
            self._turn(Phase.DRAINING, start)

    def _await_outcomes(self, patience_s: float) -> None:
        until = time.monotonic() + patience_s
        while not self._is_over(self._members) and time.monotonic() < until:
            self._turn(Phase.DRAINING, self._started)

    def _stop(self) -> None:
        if not self._stopping:
            self._stopping = True
            for member in self._members:
                member.tell(STOP)

    def _turn(self, phase: Phase, start: int) -> None:
        """Take what the workers say for a moment, and show it."""
        until = time.monotonic() + _TICK_S
        samples: list[int] = []
        while (left := until - time.monotonic()) > 0:
            talking = [m for m in self._members if not m.is_gone and m.outcome is None]
            if not talking:
                break
            ready = wait([member.line for member in talking], left)
            for member in talking:
                if member.line in ready:
                    member.receive()
                    samples += member.status.samples
            self._tell_window()
        self._server.sample(time.monotonic_ns())
        self._show(phase, start, sorted(samples))

    def _tell_window(self) -> None:
        """Tell the subscribers what the order workers have said, once it is something new.

        What the first of them does to end in order is no load any more.
        """
        orders = [member for member in self._members if member.role is Role.ORDERS]
        if not orders:
            return
        last = self._window.last_trade
        if last < 0 and self._is_over(orders):
            found = [member.outcome.findings for member in orders if member.outcome is not None]
            last = max(
                (eseq for each in found for eseq in each.takers.keys() | each.makers.keys()), default=-1
            )
        since = min(member.status.measure_from for member in orders)
        window = Window(since, min(member.status.load_ended for member in orders), last)
        if window != self._window:
            self._window = window
            for member in self._members:
                if member.role is Role.SUBSCRIBERS:
                    member.tell(window)

    def _show(self, phase: Phase, start: int, samples: Sequence[int]) -> None:
        now = time.monotonic_ns()
        statuses = [member.status for member in self._members]
        answered = sum(status.answered for status in statuses)
        pushes = sum(status.pushes for status in statuses)
        since, answered_then, pushes_then = self._shown
        self._shown = now, answered, pushes
        seconds = max(now - since, 1) / NS
        server = self._server.samples[-2:]
        self._view.show(
            Progress(
                phase=phase,
                elapsed_s=(now - self._started) / NS,
                fraction=self._fraction(start, now),
                connected=sum(status.connected for status in statuses),
                connections=self._connections,
                sent=sum(status.sent for status in statuses),
                answered=answered,
                fills=sum(status.fills for status in statuses),
                pushes=pushes,
                faults=sum(status.faults for status in statuses) + self._faults.faults.total(),
                rate=(answered - answered_then) / seconds,
                pushes_per_s=(pushes - pushes_then) / seconds,
                p50=samples[len(samples) // 2] if samples else None,
                p99=samples[-1 - len(samples) // 100] if samples else None,
                cpu=server[0].cores_until(server[1]) if len(server) > 1 else None,
                rss_bytes=server[-1].rss_bytes if server else None,
            )
        )

    def _fraction(self, start: int, now: int) -> float:
        orders = [member.status for member in self._members if member.role is Role.ORDERS]
        planned = sum(status.planned for status in orders)
        if planned:
            return min(1.0, sum(status.answered for status in orders) / planned)
        duration = self._scenario.load.duration_s
        return max(0.0, min(1.0, (now - start) / NS / duration)) if duration and start else 0.0

    def _phase(self) -> Phase:
        orders = [m.status for m in self._members if m.role is Role.ORDERS and m.outcome is None]
        if any(status.is_measuring for status in orders):
            return Phase.MEASURING
        if any(status.is_draining for status in orders):
            return Phase.CHECKING
        if orders:
            return Phase.WARMING_UP
        return Phase.DRAINING if self._scenario.order_sessions else Phase.MEASURING

    def _is_over(self, members: list[_Member]) -> bool:
        return all(member.outcome is not None or member.is_gone for member in members)

    def _note_lost(self) -> None:
        for member in self._members:
            if member.outcome is None:
                code = member.process.exitcode
                self._faults.add(
                    FaultKind.DIED, f"a worker ({member.role}) ended without a result, exit code {code}"
                )


def _resolved(address: Address) -> Address:
    """Return the first address of a host; raise ``OSError``, or ``UnicodeError`` for an impossible name."""
    found = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)[0][4]
    return str(found[0]), address[1]


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits
