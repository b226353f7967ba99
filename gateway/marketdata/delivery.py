"""Pushes on their way: delivered at once, or in a queue until there is time for them.

NOT here: who gets what (``hub``, ``targets``), and when there is time (``gateway.net.pump``).
"""

from collections import deque
from collections.abc import Callable
from typing import Protocol

from gateway.marketdata.membership import MAX_JOINED, HubSettings, Membership, Task
from gateway.marketdata.stream import Stream
from gateway.marketdata.targets import MOST_LOOKED_OVER, Group, Targets, is_target, look_over
from gateway.ports.market_data import Audience, Broadcasting, Push, Subscriber


class Notes(Protocol):
    """Who is told how deliveries went (``hub.Hub``)."""

    settings: HubSettings

    def synced(self, member: Membership, seq: int, pushes: int) -> None:
        """Note where a member stands that has been brought up to date."""

    def refused(self, task: Task, subscriber: Subscriber, taken: int) -> None:
        """Note that a subscriber lags, the first ``taken`` pushes of ``task`` not missed."""


class Delivery:
    """Delivers pushes in the order in which they came.

    Counters: ``delivered`` pushes taken, ``overrun`` deliveries made because too many waited; ``queued``
    deliveries wait.
    """

    __slots__ = (
        "_broadcasted",
        "_notes",
        "_queue",
        "_wake",
        "_working",
        "broadcast",
        "delivered",
        "overrun",
        "queued",
    )

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._queue: deque[Task] = deque()
        self._wake: Callable[[], None] | None = None
        self._working = False
        self._broadcasted = 0
        self.broadcast: Broadcasting | None = None
        self.delivered = 0
        self.overrun = 0
        self.queued = 0

    def pumped_by(self, wake: Callable[[], None]) -> None:
        """Let ``work`` do the larger fan-outs; ``wake`` is called when there is work after there was none."""
        self._wake = wake

    def publish(self, stream: Stream, push: Push, ticket: int, targets: Targets) -> None:
        """Deliver ``push`` to ``targets``, joined to what waits for just the same."""
        queue = self._queue
        if queue:
            last = queue[-1]
            is_begun = last.place or last.group
            if last.lengths is targets.lengths and not is_begun and len(last.pushes) < MAX_JOINED:
                last.pushes.append(push)
                last.counted = stream.pushes
                return
        self.take(Task(stream, [push], ticket, targets), targets.size)

    def is_free(self, size: int) -> bool:
        """Return whether nothing waits, and so few receivers need not wait either."""
        return not self._queue and (self._wake is None or size <= self._notes.settings.max_inline)

    def take(self, task: Task, size: int) -> None:
        """Deliver ``task``, of ``size`` receivers, now, or let it wait its turn."""
        queue, settings = self._queue, self._notes.settings
        if self._wake is None or (not queue and size <= settings.max_inline):
            self._deliver(task, size)
            return
        while self.queued > settings.max_queued and not self._working:
            self.overrun += self.work(max(settings.max_inline, 1))
        if not queue:
            self._wake()
        queue.append(task)
        self.queued += size

    def work(self, budget: int) -> int:
        """Deliver pushes that wait; return how many receivers were tried.

        That is up to about ``budget``, and besides those whom the broadcast serves until its time is up.
        """
        queue, done = self._queue, 0
        self._working = True
        self._broadcasted = 0
        while queue and done - self._broadcasted < budget:
            task = queue[0]
            done += self._deliver(task, budget - done + self._broadcasted)
            if task.group < len(task.lengths):
                break
            queue.popleft()
        self._working = False
        self.queued = self.queued - done if queue else 0
        return done

    def _deliver(self, task: Task, budget: int) -> int:
        """Serve up to ``budget`` receivers of ``task``, and whom the broadcast serves; return how many."""
        targets, stream = task.targets, task.stream
        if targets is None:
            self._deliver_to_one(task)
            return 1
        done = 0
        lengths = task.lengths
        while task.group < len(lengths) and done < budget:
            group, start, end = targets.groups[task.group], task.place, lengths[task.group]
            if group.audience is not None and self._working:
                stop = self._send_to_all(task, group, group.audience, end)
                self._broadcasted += stop - start
                budget += stop - start
            else:
                stop = min(end, start + budget - done)
                self._push_to_each(task, group, stop)
            done += stop - start
            if stop < end:
                task.place = stop
                break
            task.group += 1
            task.place = 0
        if task.group == len(lengths) and task.counted > stream.told_pushes:
            stream.told_seq, stream.told_pushes = task.pushes[-1].position.seq, task.counted
        return done

    def _send_to_all(self, task: Task, group: Group, audience: Audience, end: int) -> int:
        """Push to those of ``group`` that come next, as long as the broadcast may; return where it ended."""
        start = task.place
        if task.stream.targets is not task.targets:
            end = min(end, start + MOST_LOOKED_OVER)
            look_over(task, group, end)
        stop = audience.send(task.frames(group.form)[0], start, end)
        self.delivered += audience.taken * len(task.pushes)
        for subscriber in audience.refused:
            self._notes.refused(task, subscriber, 0)
        return stop

    def _push_to_each(self, task: Task, group: Group, stop: int) -> None:
        """Push to those of ``group`` that come next, one after the other."""
        stream, targets, ticket, members = task.stream, task.targets, task.ticket, group.members
        frames = task.frames(group.form)
        for place in range(task.place, stop):
            subscriber = members[place]
            # Whoever goes or lags leaves its place; who comes back is behind the others.
            if subscriber is not None and (
                stream.targets is targets or is_target(stream, subscriber, ticket)
            ):
                self._push(task, subscriber, frames)

    def _deliver_to_one(self, task: Task) -> None:
        """Bring one member up to date, if it still waits for that."""
        member = task.member
        task.group = 1
        if member is None or member.joined != task.ticket:
            return
        subscriber = member.subscriber
        if member.following.lagging or task.stream.members.get(subscriber) is not member:
            return
        if self._push(task, subscriber, task.frames(subscriber.form)):
            self._notes.synced(member, task.pushes[-1].position.seq, task.counted)

    def _push(self, task: Task, subscriber: Subscriber, frames: list[bytes]) -> bool:
        """Push frames until one is refused; return whether none was."""
        for n, frame in enumerate(frames):
            if not subscriber.push(frame):
                self.delivered += n
                self._notes.refused(task, subscriber, n)
                return False
        self.delivered += len(task.pushes)
        return True
