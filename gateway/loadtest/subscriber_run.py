"""Drives the subscribers of one worker: storms of connections, slow readers, cuts and returns.

NOT here: what a subscriber makes of what it receives (``subscriber``).
"""

import os
import time
from collections.abc import Callable, Sequence
from typing import Final

from gateway.loadtest.faults import FaultKind
from gateway.loadtest.findings import NEVER, NS, Findings
from gateway.loadtest.scenario import Limits
from gateway.loadtest.server_watch import waited_seconds
from gateway.loadtest.subscriber import Subscriber
from gateway.loadtest.trust import BUSY
from gateway.loadtest.wires import Address, Wires

_TICK: Final = NS // 20
_QUIET: Final = NS // 4
_LAST: Final = 5 * NS
"""How long those who follow a market that is not ours read on at the end."""
_CHECK_SLICE: Final = 1 << 16  # bytes
_JUDGING: Final = NS // 200
_MOST_PATIENCE: Final = 6
"""How many times patience lasts where what was traded is still being told."""
_MOST_KEPT: Final = 2
"""How many times what is to be kept may be: then nothing is read before the rest is judged."""
_AT_ONCE: Final = 100
"""Connections begun between two looks at what has come."""


class SubscriberRun:
    """All subscribers of a worker.

    What they keep is judged while nothing comes, and once it is more than ``recording_bytes``; of what comes
    faster than it can be judged, twice that much is kept. ``watch`` is called about ten times a second; it
    returns whether to stop.
    """

    def __init__(
        self,
        subscribers: Sequence[Subscriber],
        address: Address,
        place: tuple[Findings, Wires],
        limits: Limits,
        watch: Callable[[int], bool],
    ) -> None:
        self.is_complete = False
        self._subscribers = subscribers
        self._slow = [subscriber for subscriber in subscribers if subscriber.is_slow]
        self._address = address
        self._findings, self._wires = place
        self._connect_ns = int(limits.connect_s * NS)
        self._patience = int(limits.patience_s * NS)
        self._run_ns = int(limits.run_s * NS)
        self._over_at = 0
        self._recording_bytes = limits.recording_bytes
        self._is_full = False
        self._backlog: list[Subscriber] = []
        """Whose pushes are being judged now, some between two looks at what has come."""
        self._watch = watch
        self._due: list[tuple[int, int, Subscriber]] = []
        self._next_tick = 0
        self._next_watch = 0
        self._late: list[tuple[int, Subscriber]] = []
        self._cut: dict[Subscriber, None] = {}
        """Who was cut off, and is not yet on its way back."""

    @property
    def first(self) -> list[Subscriber]:
        """Return those that connect before the run."""
        return [subscriber for subscriber in self._subscribers if not subscriber.group.connect_after_s]

    def connect(self) -> int:
        """Connect those that are there from the beginning; return how many made it."""
        now = time.monotonic_ns()
        self._plan(self.first, now)
        while not all(subscriber.is_ready or subscriber.end for subscriber in self.first):
            now = time.monotonic_ns()
            if self._watched(now) or (not self._due and now > self._deadline()):
                break
            self._step()
        self._give_up(time.monotonic_ns())
        return sum(subscriber.is_ready for subscriber in self.first)

    def run(self, start: int) -> None:
        """Follow until told to stop."""
        self._over_at = start + self._run_ns
        for group in {id(subscriber.group): subscriber.group for subscriber in self._subscribers}.values():
            members = [subscriber for subscriber in self._subscribers if subscriber.group is group]
            if group.connect_after_s:
                self._plan(members, start + int(group.connect_after_s * NS))
            if group.reconnect_every_s:
                every = int(group.reconnect_every_s * NS)
                share = members[: max(1, round(len(members) * group.reconnect_share))]
                first = start + int(group.connect_after_s * NS) + every
                self._late += [(first, subscriber) for subscriber in share]
        self._late.sort(key=lambda late: late[0])
        while not (self._watched(time.monotonic_ns()) or self._are_lost()):
            self._cut_due(time.monotonic_ns())
            self._step()
            self._give_up(time.monotonic_ns())
        self._catch_up()
        self._findings.fold()
        self.is_complete = not self._are_lost()
        for subscriber in self._subscribers:
            subscriber.say_goodbye()

    def _catch_up(self) -> None:
        """Read on until nothing changes any more, for nobody sends orders now; judge all of it.

        Until the last trade is published it is waited for: as long as patience lasts once nothing comes any
        more, and a few times as long while it does.
        """
        findings = self._findings
        began, used = time.monotonic_ns(), _used()
        until = began + (self._patience if findings.measure_until != NEVER else min(_LAST, self._patience))
        if findings.last_trade >= 0:
            until = min(began + _MOST_PATIENCE * self._patience, max(began, self._over_at) + self._patience)
        changes, looked, changed = -1, 0, began
        while (now := time.monotonic_ns()) < until and now - changed < self._patience:
            if now - looked > _QUIET:
                before, looked = changes, now
                # A slow reader is not done for a long time, and is not waited for.
                changes = sum(each.changes for each in self._subscribers if not each.is_slow)
                if changes != before or self._keepers():
                    changed = now
                elif self._has_last_trade():
                    return
            self._step()
            self._watched(now)
        cores = (_used() - used) * NS / (time.monotonic_ns() - began)
        for subscriber in self._subscribers:
            subscriber.check(subscriber.recording.size)
        if not self._has_last_trade() and cores > BUSY:
            seconds = f"{self._patience / NS:g} s"
            findings.add(
                FaultKind.BEHIND,
                f"{seconds} after the load its trades were not read; the worker used {cores:.2f} cores, or"
                " waited for them",
            )
            findings.is_blind = True

    def _has_last_trade(self) -> bool:
        """Return whether the last trade of the load is published, as far as anybody here could tell."""
        findings = self._findings
        witness = next((subscriber for subscriber in self._subscribers if subscriber.witness), None)
        if witness is None or witness.end or findings.is_blind:
            return True
        last = max(findings.trades_from, next(reversed(findings.trades), -1))
        return last >= findings.last_trade

    def _plan(self, subscribers: Sequence[Subscriber], start: int) -> None:
        """Plan connections from ``start`` on, at their group's pace."""
        per_s = subscribers[0].group.connect_per_s if subscribers else 0
        self._due += [
            (start + (int(n * NS / per_s) if per_s else 0), n, subscriber)
            for n, subscriber in enumerate(subscribers)
        ]
        self._due.sort(key=lambda due: due[:2], reverse=True)

    def _step(self) -> None:
        """Begin the connections that are due, and work what comes, for a moment."""
        now = time.monotonic_ns()
        for _ in range(_AT_ONCE):
            if not self._due or self._due[-1][0] > now:
                break
            # Counted from its turn, not from its plan: those before it in the queue are ours.
            self._due.pop()[2].connect(self._address, now)
        until = min(now + _TICK, self._due[-1][0]) if self._due else now + _TICK
        is_quiet = not self._wires.wait(now if self._backlog else until)
        now = time.monotonic_ns()
        if not self._backlog:
            self._backlog = self._keepers() if is_quiet else []
        elif is_quiet or self._is_full:
            self._check()
        else:
            self._backlog.clear()
        if now >= self._next_tick:
            for subscriber in self._slow:
                if subscriber.is_ready:
                    subscriber.read_slowly(now, _TICK / NS)
            self._next_tick = now + _TICK
            self._look_for_room()

    def _check(self) -> None:
        """Judge a little of what was kept."""
        subscriber = self._backlog[-1]
        subscriber.check(_CHECK_SLICE)
        if not subscriber.recording.size:
            self._backlog.pop()

    def _look_for_room(self) -> None:
        """Begin to judge where much is kept, though more comes; go on until half of it is."""
        kept = sum(subscriber.recording.size for subscriber in self._subscribers)
        self._is_full = kept > (self._recording_bytes // 2 if self._is_full else self._recording_bytes)
        if self._is_full and not self._backlog:
            self._backlog = self._keepers()
        excess = kept - _MOST_KEPT * self._recording_bytes
        for subscriber in self._subscribers if excess > 0 else ():
            before = subscriber.recording.size
            subscriber.check(excess)
            excess -= before - subscriber.recording.size
            if excess <= 0:
                break

    def _keepers(self) -> list[Subscriber]:
        return [subscriber for subscriber in self._subscribers if subscriber.recording.size]

    def _watched(self, now: int) -> bool:
        if now < self._next_watch:
            return False
        self._next_watch = now + 2 * _TICK
        return self._watch(now)

    def _are_lost(self) -> bool:
        """Return whether nobody follows any more, nor will again; slow readers are meant to be lost."""
        if self._due or not self._subscribers:
            return False
        return not any(subscriber.is_slow or not subscriber.end for subscriber in self._subscribers)

    def _cut_due(self, now: int) -> None:
        """Cut those whose time has come; they come back together, and are cut again."""
        while self._late and self._late[0][0] <= now:
            at, subscriber = self._late.pop(0)
            self._late.append((at + int(subscriber.group.reconnect_every_s * NS), subscriber))
            if subscriber.is_ready and subscriber not in self._cut:
                subscriber.hang_up()
                self._cut[subscriber] = None
        self._bring_back(now)

    def _bring_back(self, now: int) -> None:
        """Let all come back that were cut, once what they kept is judged; that is done a little at a time."""
        for subscriber in self._cut:
            while subscriber.recording.size:
                if time.monotonic_ns() > now + _JUDGING:
                    return
                subscriber.check(_CHECK_SLICE)
        for subscriber in self._cut:
            subscriber.cut()
        self._plan(list(self._cut), now)
        self._cut.clear()

    def _deadline(self) -> int:
        return max((subscriber.connecting for subscriber in self.first), default=0) + self._connect_ns

    def _give_up(self, now: int) -> None:
        """Note who has waited too long for its connection."""
        for subscriber in self._subscribers:
            if subscriber.connecting and now - subscriber.connecting > self._connect_ns:
                subscriber.cut()
                subscriber.end = "not connected in time"
                self._findings.add(
                    FaultKind.REFUSED, f"{subscriber.name}: not connected in {self._connect_ns / NS:g} s"
                )


def _used() -> float:
    """Return for how many seconds this process has used a core, or waited for one."""
    return time.process_time() + waited_seconds(os.getpid())
