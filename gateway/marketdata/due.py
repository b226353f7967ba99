"""What time brings to those who follow: a heartbeat after silence, the state where an interval has passed.

Both are worked in slices, as pushes to many are. Nobody is looked at before it may be due. NOT here: who
follows what (``hub``), and how a push gets to its receivers (``delivery``).
"""

from collections import deque
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Final, Protocol

from gateway.marketdata.alert import Alert
from gateway.marketdata.delivery import Delivery
from gateway.marketdata.membership import Membership, Task, earlier
from gateway.marketdata.stream import Stream
from gateway.ports.market_data import HEARTBEAT, Position, Push

PARTS: Final = 20
"""How many times time is looked at until silence has lasted for a heartbeat."""
SLACK: Final = 2
"""So many parts later is a push missed: one that comes whenever a heartbeat's time has passed is in time."""
_SILENCE: Final = PARTS + SLACK
TOGETHER: Final = 64
"""Of those who come at the same time, how many have their first heartbeat in the same part."""
EASY_LOOKS: Final = 16
"""So many that are not due yet take as long as a receiver of a push."""
FEW: Final = 8
"""Members are put in their place one by one where they are not that part of all, nor so many."""
_NEVER: Final = -1
_ALL: Final = 1 << 62


class Live(Protocol):
    """Where members are (``hub.Hub``)."""

    def beat(self, stream: Stream) -> int:
        """Say where ``stream`` stands to those who are told of each push; return how many have it at once."""

    def catch_up(self, member: Membership, now: int) -> None:
        """Send one member what stands for the pushes that it missed."""


class Due:
    """Streams and members at an interval, by when each is to hear something.

    ``part`` is the part of time as of the last tick; streams and members note theirs in ``heard`` when they
    are told something.
    """

    __slots__ = (
        "_alert",
        "_armed",
        "_count",
        "_delivery",
        "_live",
        "_new",
        "_now",
        "_part_ns",
        "_ready",
        "_shared",
        "_until",
        "_wake",
        "_wheel",
        "part",
    )

    def __init__(self, live: Live, delivery: Delivery, alert: Alert) -> None:
        self._live = live
        self._delivery = delivery
        self._alert = alert
        self._wake: Callable[[], None] | None = None
        self._new: list[Stream | Membership] = []
        # By the part of time in which they may be due.
        self._wheel: dict[int, list[Stream | Membership]] = {}
        self._ready: deque[Stream | Membership] = deque()
        self._armed: list[tuple[int, int, Membership]] = []
        self._count = 0
        self._part_ns = 1
        self._now = 0
        self._until = _NEVER
        self._shared: tuple[Stream, Position | None, Push] | None = None
        self.part = -1

    def pumped_by(self, wake: Callable[[], None]) -> None:
        """Leave to ``work`` what is due; ``wake`` is called when there is something."""
        self._wake = wake

    @property
    def waiting(self) -> int:
        """How many are due, or may be; of those at an interval, whether any is."""
        return len(self._ready) + self._is_armed_due

    @property
    def _is_armed_due(self) -> bool:
        return bool(self._armed) and self._armed[0][0] <= self._until

    # ---- silence

    def add(self, entry: Stream | Membership) -> None:
        """Have ``entry`` hear something from now on, as long as somebody follows."""
        if entry.is_timed:
            return
        entry.is_timed = True
        if not self._new:
            self._alert.is_on = True
        self._new.append(entry)

    # ---- members at an interval

    def arm(self, member: Membership) -> None:
        """Serve ``member`` when it is due."""
        if not member.armed:
            member.armed = True
            self._count += 1
            heappush(self._armed, (member.due, self._count, member))
            self._alert.is_on = True

    def arm_all(self, stream: Stream) -> None:
        """Serve all that rest on ``stream`` when they are due: there is a push."""
        waiting, stream.waiting = stream.waiting, {}
        armed = self._armed
        if len(waiting) * FEW < len(armed) + FEW:
            for member in waiting:
                self.arm(member)
            return
        # A command waits for this.
        rested = [member for member in waiting if not member.armed]
        for member in rested:
            member.armed = True
        first, self._count = self._count + 1, self._count + len(rested)
        armed += [(member.due, number, member) for number, member in enumerate(rested, first)]
        heapify(armed)
        self._alert.is_on = True

    def rest(self, member: Membership) -> None:
        """Let ``member``, which has been brought up to date, wait for the next push, if that is to come."""
        if member.is_current:
            member.stream.waiting[member] = None
        else:
            self.arm(member)

    # ---- work

    def next_deadline(self, *, is_followed: bool) -> int | None:
        """Return when to ``tick`` next: as the next part begins, unless nobody follows anything; or sooner.

        Not for those at an interval whom ``work`` comes to anyway.
        """
        beat = (self.part + 1) * self._part_ns if is_followed else None
        return earlier(beat, self._armed[0][0] if self._armed and not self._is_armed_due else None)

    def look(self, now: int, heartbeat_ns: int) -> None:
        """Let time come to ``now``: who is told something now has heard it now."""
        self._part_ns = max(heartbeat_ns // PARTS, 1)
        self.part = now // self._part_ns

    def tick(self, now: int, heartbeat_ns: int) -> None:
        """Let time come to ``now``; who is due is served now, or when ``work`` comes to it."""
        self.look(now, heartbeat_ns)
        self._now = self._until = now
        self._turn(self.part)
        if not self.waiting:
            self._until = _NEVER
        elif self._wake is None:
            while self.waiting:
                self.work(_ALL)
        else:
            self._wake()

    def work(self, budget: int) -> int:
        """Serve who is due; return about how many receivers of a push could have been served meanwhile."""
        ready, armed, part = self._ready, self._armed, self.part
        self._shared = None
        done = looks = 0
        while armed and armed[0][0] <= self._until and done < budget:
            member = heappop(armed)[2]
            member.armed = False
            # One that lags is armed again when it has drained.
            if member.following.is_member(member) and not member.following.lagging:
                done += 1
                self._live.catch_up(member, self._now)
        while ready and done < budget:
            entry = ready.popleft()
            looks += 1
            if not looks % EASY_LOOKS:
                done += 1
            if not _is_followed(entry):
                entry.is_timed = False
                continue
            if entry.heard + _SILENCE <= part:
                done += self._beat(entry)
                entry.heard = part - SLACK
            self._wheel.setdefault(entry.heard + _SILENCE, []).append(entry)
        if not self.waiting:
            self._until = _NEVER
            self._alert.is_on = True
        # Whoever works until nothing is left takes none for the end.
        return done or 1

    def _turn(self, part: int) -> None:
        """Have those ready that may be due in ``part``, and give those who are new their place."""
        wheel = self._wheel
        for passed in sorted(each for each in wheel if each <= part):
            self._ready.extend(wheel.pop(passed))
        new, self._new = self._new, []
        for place, entry in enumerate(new):
            # Many would be due again and again in the same part.
            entry.heard = part - SLACK - place // TOGETHER % PARTS
            wheel.setdefault(entry.heard + _SILENCE, []).append(entry)

    def _beat(self, entry: Stream | Membership) -> int:
        if not isinstance(entry, Membership):
            return self._live.beat(entry) if entry.ready else 0
        if not entry.synced or entry.following.lagging:
            return 0
        push = self._heartbeat(entry)
        entry.told = push.position
        task = Task(entry.stream, [push], entry.joined, member=entry)
        task.counted = entry.pushes
        self._delivery.take(task, 1)
        return 1

    def _heartbeat(self, member: Membership) -> Push:
        """Return what says where ``member`` stands, the same for those after each other that stand there."""
        stream, shared = member.stream, self._shared
        at = None if member.is_current else member.told
        if shared is not None and shared[0] is stream and shared[1] == at:
            return shared[2]
        push = stream.heartbeat() if at is None else stream.push(HEARTBEAT, at._replace(prev=at.seq), None)
        self._shared = stream, at, push
        return push


def _is_followed(entry: Stream | Membership) -> bool:
    if isinstance(entry, Membership):
        return entry.following.is_member(entry)
    return bool(entry.members)
