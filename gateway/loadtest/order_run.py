"""Drives the order sessions of one worker: open loop from planned times, or closed loop with windows.

Messages are prepared before the run, as many as fit; when they run out in a closed loop, sending pauses
until all is answered, checked and prepared anew, and the clock pauses with it. NOT here: sockets and
languages.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from gateway.loadtest.cuts import Cuts
from gateway.loadtest.faults import FaultKind
from gateway.loadtest.findings import NEVER, NS, Findings
from gateway.loadtest.order_session import OrderSession
from gateway.loadtest.pacing import Part, planned_count, planned_times
from gateway.loadtest.scenario import Answers, Scenario
from gateway.loadtest.wires import Party, Wires

_AHEAD_S: Final = 20  # SendingTime(52) is of when a message was prepared
_TICK: Final = NS // 10
_IDLE: Final = 300_000  # ns to the next request: time to do something else
_SLICE: Final = 8
_MOST_KEPT: Final = 4
"""How many times what is to be kept may be: then nothing is read before the rest is judged."""
_CHECK_SLICE: Final = 8_192  # bytes
_CANCELS_AT_ONCE: Final = 500  # of each session
_GOODBYE: Final = 2 * NS


class OrderRun:
    """The sessions of a worker and what they have to send.

    ``part`` is what it has of the plan. ``watch`` is called about ten times a second with the time and
    returns whether to stop.
    """

    def __init__(
        self,
        scenario: Scenario,
        sessions: Sequence[OrderSession],
        place: tuple[Findings, Wires],
        part: Part,
        watch: Callable[[int], bool],
    ) -> None:
        self.measured_ns = 0
        self.measured_until = 0
        self.measured_answers = 0
        self.load_ended = NEVER
        """When the last answer to the plan had come."""
        self.is_complete = False
        self._scenario = scenario
        self._sessions = sessions
        self._by_party: dict[Party, OrderSession] = {session: session for session in sessions}
        self._findings, self._wires = place
        self._part = part
        self._watch = watch
        self._next_tick = 0
        self._stopped = False
        self._is_told_to = False
        """Whether it was stopped from outside: what is in flight then is not missing."""
        self._resumed: tuple[int, int] | None = None
        self._cuts = Cuts(sessions, scenario)
        load = scenario.load
        self._bound = part.of(load.count) if load.count else NEVER
        if load.rate and load.duration_s:
            self._bound = min(self._bound, planned_count(load, part))
        if self._bound != NEVER:
            for n, session in enumerate(sessions):
                session.quota = (self._bound + len(sessions) - 1 - n) // len(sessions)
        self._patience = int(scenario.limits.patience_s * NS)
        self._warmup = part.of(load.warmup)

    @property
    def planned(self) -> int:
        """Return how many requests the plan has, 0 where only the time bounds it."""
        return self._bound if self._bound != NEVER else 0

    def prepare(self) -> None:
        """Encode what is to be sent next."""
        load, sessions = self._scenario.load, self._sessions
        most = max(1, self._scenario.limits.prepared_max // len(sessions))
        if load.rate:
            most = min(most, int(load.rate * self._part.share * _AHEAD_S / len(sessions)) + 1)
        for session in sessions:
            if not session.end:
                left = session.quota - session.sent - session.prepared
                session.prepare(max(0, min(most - session.prepared, left)))

    def run(self, start: int) -> None:
        """Send the plan from ``start`` on, wait for the answers, check them, cancel what is open."""
        self._next_tick = time.monotonic_ns()
        while (now := time.monotonic_ns()) < start and not self._stopped:
            self._step(min(start, now + _TICK))
        self._cuts.begin(start)
        if self._scenario.load.rate:
            self._open_loop(start)
        else:
            self._closed_loop(start)
        self._cuts.end()
        is_full = self._scenario.orders.answers is Answers.FULL
        self.is_complete = self._drain(fills=False)
        self.load_ended = time.monotonic_ns()
        self._pause_clock(max(session.last_received for session in self._sessions))
        self._watch(self.load_ended)
        if self.is_complete and is_full:
            self._level_out()
            self.is_complete = self._drain(fills=True)
        if self.is_complete and is_full and self._scenario.orders.cancel_at_end:
            self._cancel_rest()
        for session in self._sessions:
            session.judge_rest(is_complete=self.is_complete)
            session.orders.close(self.load_ended - self._patience if self._is_told_to else NEVER)
        self._findings.fold()
        self._say_goodbye()

    def _open_loop(self, start: int) -> None:
        sessions = self._sessions
        due_times = planned_times(self._scenario.load, self._part, self._bound)
        sent, turn, looked = 0, 0, start
        due = next(due_times, NEVER)
        findings = self._findings
        while due != NEVER and not self._stopped:
            now = time.monotonic_ns()
            if start + due <= now:
                findings.late.append(now - start - due)
                touched = {}
                while start + due <= now:
                    if findings.measure_from == NEVER:
                        self._measure_if_warm(start + due, start, sent)
                    session = sessions[turn]
                    touched[session] = True
                    session.queue(start + due)
                    turn = turn + 1 if turn + 1 < len(sessions) else 0
                    sent += 1
                    due = next(due_times, NEVER)
                for session in touched:
                    session.flush(now)
            until = min(start + due, now + _TICK)
            if until - now >= _IDLE:
                self._use_spare_time()
            self._step(until)
            if now >= looked + _TICK:
                looked = now
                self._end_if_over(start)
        self._pause_clock(time.monotonic_ns())

    def _closed_loop(self, start: int) -> None:
        load, sessions = self._scenario.load, self._sessions
        end = start + int(load.duration_s * NS) if load.duration_s else NEVER
        ramp = int(load.ramp_s * NS)
        begins = {session: start + ramp * n // len(sessions) for n, session in enumerate(sessions)}
        window = load.window
        waiting: Iterable[OrderSession] = sessions
        may_be_over, looked = True, start
        while not self._stopped:
            now = time.monotonic_ns()
            if now >= end:
                break
            if now >= start + ramp:
                ramp = 0
            if self._findings.measure_from == NEVER:
                self._measure_if_warm(now, start, sum(session.sent for session in sessions))
            for session in waiting:
                if ramp and begins[session] > now:
                    continue
                room = window - session.sent + session.answered
                if session.sent + room > session.quota:
                    room = session.quota - session.sent
                if room <= 0 or session.end or not session.is_ready:
                    may_be_over = True
                    continue
                if not session.send(room, now):
                    self._intermission()
                    break
                if session.sent >= session.quota:
                    may_be_over = True
                    self._pause_clock(now)
            if may_be_over and all(session.sent >= session.quota or session.end for session in sessions):
                break
            may_be_over = False
            until = now + _TICK
            if until > end or ramp:
                until = min(until, end, *(at for at in begins.values() if at > now))
            touched = self._step(until)
            if touched and not ramp and now - looked < _TICK:
                waiting = touched
            else:
                waiting, looked = sessions, now
                may_be_over = True
                self._forgive(time.monotonic_ns())
        self._pause_clock(time.monotonic_ns())

    def _forgive(self, now: int) -> None:
        """Let a session go on whose answers do not come: they are missing. One that stays silent ends."""
        for session in self._alive():
            last = max(session.last_received, session.last_sent)
            if not session.in_flight or now - last < self._patience:
                continue
            if session.forgiven > session.last_received:
                seconds = f"{self._patience / NS:g} s, twice"
                self._findings.add(FaultKind.STALLED, f"{session.name}: no answer came for {seconds}")
                session.end = "silent"
            else:
                session.forgive(now)

    def _end_if_over(self, start: int) -> None:
        """End an open loop whose sessions have all ended, or all wait for what does not come."""
        if not self._alive():
            self._stopped = True
        elif self._is_silent(start) and any(session.in_flight for session in self._alive()):
            seconds = f"{self._patience / NS:g} s"
            self._findings.add(FaultKind.STALLED, f"no session received anything for {seconds}")
            self._stopped = True

    def _measure_if_warm(self, now: int, start: int, sent: int) -> None:
        if self._findings.measure_from != NEVER or sent < self._warmup:
            return
        if now >= start + int(self._scenario.load.warmup_s * NS):
            self._findings.measure_from = now
            self._resume_clock(now)

    def _intermission(self) -> None:
        """Pause to have all answered, checked and prepared anew."""
        was_running = self._resumed is not None
        self._pause_clock(time.monotonic_ns())
        self._stopped = not self._drain(fills=False) or self._stopped
        self.prepare()
        for session in self._sessions:
            # One that is to catch up with the others.
            if not session.prepared:
                session.prepare(_SLICE)
        if was_running:
            self._resume_clock(time.monotonic_ns())

    def _use_spare_time(self) -> None:
        """Prepare and check in the pauses of an open loop, where there is something to do."""
        sessions = self._sessions
        least = min(sessions, key=lambda session: session.prepared)
        if least.prepared < _SLICE and least.sent + least.prepared < least.quota:
            least.prepare(_SLICE)
        elif sum(session.recording.size for session in sessions) > self._scenario.limits.recording_bytes:
            max(sessions, key=lambda session: session.recording.size).check(_CHECK_SLICE)

    def _drain(self, *, fills: bool) -> bool:
        """Wait until all is answered, and filled where it crosses, or nothing comes any more; check it all.

        Return whether all sessions are still there.
        """
        has_all = self._receive_all()
        # Checking takes its time: where things stand is told before.
        self._next_tick = 0
        self._step(0)
        quiet_since = time.monotonic_ns()
        while not self._stopped:
            if self._check_all():
                self._step(0)
                quiet_since = time.monotonic_ns()
                continue
            if not any(session.orders.waits(fills=fills) for session in self._alive()):
                break
            self._step(_soon())
            if not has_all or self._is_silent(quiet_since):
                for session in self._sessions:
                    session.orders.give_up()
                break
        while self._check_all():
            pass
        return len(self._alive()) == len(self._sessions) and not self._stopped

    def _receive_all(self) -> bool:
        """Read on until all are there and nothing is in flight: no answer waits while others are checked.

        Return whether all came before patience ended.
        """
        since = time.monotonic_ns()
        while not self._stopped and any(
            session.in_flight > 0 or session.is_away for session in self._alive()
        ):
            self._step(_soon())
            if self._is_silent(since):
                return False
        return True

    def _look_for_room(self) -> None:
        """Judge at once what comes beyond all bounds: no target has that much to answer."""
        excess = -_MOST_KEPT * self._scenario.limits.recording_bytes
        excess += sum(session.recording.size for session in self._sessions)
        for session in self._sessions if excess > 0 else ():
            excess -= (size := session.recording.size)
            session.check(size)
            if excess <= 0:
                break

    def _check_all(self) -> bool:
        """Check some of what was recorded on each session; return whether there was anything."""
        recorded = [session for session in self._sessions if session.recording.size]
        for session in recorded:
            session.check()
        return bool(recorded)

    def _is_silent(self, since: int) -> bool:
        """Return whether nothing has come for as long as patience lasts."""
        last = max([since, *(session.last_received for session in self._sessions)])
        return time.monotonic_ns() - last > self._patience

    def _alive(self) -> list[OrderSession]:
        return [session for session in self._sessions if not session.end]

    def _level_out(self) -> None:
        """See to it that as much was sold as bought at the crossing price, so that all of it is filled."""
        for session in self._sessions:
            session.drop_prepared()
        left_over = sum(session.left_over for session in self._sessions)
        if left_over:
            self._sessions[-1].level_out(left_over)

    def _cancel_rest(self) -> None:
        """Cancel all that is open, so that the next run finds the book as this one did."""
        for session in self._sessions:
            session.orders.crosses_fill = True
        rest = {session: session.orders.open_orders() for session in self._sessions}
        while any(rest.values()) and not self._stopped:
            for session, orders in rest.items():
                for order in orders[:_CANCELS_AT_ONCE]:
                    session.cancel(order)
                del orders[:_CANCELS_AT_ONCE]
            if not self._drain(fills=False):
                return

    def _say_goodbye(self) -> None:
        now = time.monotonic_ns()
        for session in self._sessions:
            session.say_goodbye(now)
        while self._alive() and time.monotonic_ns() < now + _GOODBYE:
            self._step(time.monotonic_ns() + _TICK)

    def _step(self, until: int) -> list[OrderSession]:
        """Wait for something to come, at most until a time; return the sessions that had something."""
        parties = self._wires.wait(until)
        now = time.monotonic_ns()
        if now >= self._next_tick:
            self._next_tick = now + _TICK
            for session in self._sessions:
                session.on_tick(now)
            self._cuts.look(now)
            self._look_for_room()
            if self._watch(now):
                self._stopped = self._is_told_to = True
        own = self._by_party
        return [own[party] for party in parties]

    @property
    def measures(self) -> bool:
        """Return whether what is sent now is measured."""
        return self._resumed is not None

    def _resume_clock(self, now: int) -> None:
        if self._resumed is None:
            self._resumed = now, sum(session.answered for session in self._sessions)

    def _pause_clock(self, now: int) -> None:
        """Stop measuring throughput; not before the first answer, so that short runs are measured too."""
        if self._resumed is None:
            return
        since, answered_then = self._resumed
        answered = sum(session.answered for session in self._sessions) - answered_then
        if answered:
            self.measured_ns += now - since
            self.measured_until = now
            self.measured_answers += answered
            self._resumed = None


def _soon() -> int:
    return time.monotonic_ns() + _TICK // 10
