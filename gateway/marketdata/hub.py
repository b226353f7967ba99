"""Who receives what: streams to subscribers, each push encoded once for all of them that want one form.

NOT here: what a push says (``publisher``), and the queue of a connection (``gateway.net``).
"""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Final

from gateway.marketdata.alert import Alert
from gateway.marketdata.delivery import Delivery
from gateway.marketdata.due import Due
from gateway.marketdata.membership import UNTOLD, Following, HubSettings, Membership, Mode, Options, Task
from gateway.marketdata.replay import Replay
from gateway.marketdata.replaying import Replaying
from gateway.marketdata.stream import Stream
from gateway.marketdata.targets import Targets, add_target, discard, targets_of
from gateway.ports.market_data import GAP, HEARTBEAT, SNAPSHOT, Broadcasting, Push, Subscriber

_INTERVAL: Final = Mode.INTERVAL
_EVERY: Final = Mode.EVERY
_NOBODY: Final = Following()
_rank: Final = attrgetter("stream.rank")


class Hub:
    """Fans pushes out. Cost goes with the receivers of a push, not with streams.

    A subscriber whose ``push`` returns ``False`` lags: nothing is queued for it, on any stream, until
    ``resync``. With a pump (``pumped_by``) a fan-out to many waits for ``work``, and everything behind it
    does too: each subscriber gets its pushes in the order in which they were published. Who comes, goes,
    lags or catches up while a push waits does not get that push: it is in its snapshot.

    ``now`` is monotonic ns. Counters: ``published`` pushes, ``lagged`` and ``resynced`` subscribers,
    ``conflated`` pushes that snapshots stood for, ``gaps`` told, ``closed_slow`` subscribers given up.
    """

    def __init__(self, settings: HubSettings | None = None) -> None:
        self.settings = settings or HubSettings()
        self._following: dict[Subscriber, Following] = {}
        self._streams: dict[Stream, None] = {}
        self.alert = Alert()
        self._delivery = Delivery(self)
        self.due = Due(self, self._delivery, self.alert)
        self.stir = self.due.arm_all
        self.replaying = Replaying(self)
        # Whether other things came first the last time.
        self._due_gave_way = self._replay_gave_way = False
        self._ticket = 0
        self._now = 0
        self.abandoned: list[Stream] = []
        self.lagging = 0
        self.subscriptions = 0
        self.published = self.lagged = self.resynced = 0
        self.conflated = self.gaps = self.closed_slow = 0

    def pumped_by(self, wake: Callable[[], None]) -> None:
        """Let ``work`` do larger fan-outs, replays and what is due; ``wake`` is called when there is work."""
        self._delivery.pumped_by(wake)
        self.due.pumped_by(wake)
        self.replaying.pumped_by(wake)

    def sent_by(self, broadcast: Broadcasting) -> None:
        """Let ``work`` push to all WebSocket subscribers of a stream together, as long as ``broadcast`` may.

        Before the first subscription.
        """
        self._delivery.broadcast = broadcast

    @property
    def queued(self) -> int:
        """Deliveries that wait, replays that could go on, and what is due."""
        return self._delivery.queued + self.replaying.waiting + self.due.waiting

    @property
    def delivered(self) -> int:
        """Pushes taken."""
        return self._delivery.delivered

    @property
    def overrun(self) -> int:
        """Deliveries made because too many waited."""
        return self._delivery.overrun

    # ---- who follows what

    def subscribe(
        self,
        stream: Stream,
        subscriber: Subscriber,
        mode: Mode = Mode.EVERY,
        interval_ns: int = 0,
        replay: Replay | None = None,
    ) -> Membership:
        """Add ``subscriber``, which follows none of that name yet, to ``stream``. Pushes nothing.

        With a ``replay`` it gets nothing of what comes before it has caught up: begin that with ``replay``.
        """
        following = self._following.setdefault(subscriber, Following())
        stream.attend(int(mode is not _INTERVAL))
        if not stream.members:
            # Whoever left may still be in the queue, but gets nothing from it.
            stream.told_seq, stream.told_pushes = stream.seq, stream.pushes
            self._streams[stream] = None
            self.alert.is_on = True
            self.due.add(stream)
        member = Membership(stream, subscriber, following, (mode, interval_ns), replay)
        following.by_name[stream.name] = stream.members[subscriber] = member
        if mode is _INTERVAL:
            self.due.add(member)
        self._join(member)
        if not member.behind and not following.lagging:
            add_target(member)
        self.subscriptions += 1
        return member

    def unsubscribe(self, name: str, subscriber: Subscriber) -> bool:
        """Remove ``subscriber`` from the stream ``name``; return ``False`` when it was not there."""
        following = self._following.get(subscriber, _NOBODY)
        member = following.by_name.pop(name, None)
        if member is None:
            return False
        self._remove(member)
        if not following.by_name:
            self._forget(subscriber)
        return True

    def drop(self, subscriber: Subscriber) -> None:
        """Remove ``subscriber`` from all its streams: its connection is gone."""
        following = self._following.get(subscriber)
        if following is not None:
            for member in following.by_name.values():
                self._remove(member)
            self._forget(subscriber)

    def is_lagging(self, subscriber: Subscriber) -> bool:
        """Whether ``subscriber`` waits for ``resync``."""
        return self._following.get(subscriber, _NOBODY).lagging

    def follows(self, subscriber: Subscriber, name: str) -> bool:
        """Whether ``subscriber`` follows a stream of that name."""
        return name in self._following.get(subscriber, _NOBODY).by_name

    def followed(self, subscriber: Subscriber) -> dict[str, Options]:
        """Return what ``subscriber`` follows and how, in the order of subscription."""
        by_name = self._following.get(subscriber, _NOBODY).by_name
        return {name: member.options for name, member in by_name.items()}

    def standings(self, subscriber: Subscriber) -> dict[str, int]:
        """Return how far ``subscriber`` has been told of what it follows; when nothing is queued."""
        return self._following.get(subscriber, _NOBODY).standings()

    # ---- pushes

    def publish(self, stream: Stream, push: Push) -> None:
        """Push to each member of ``stream`` that does not lag, now or when ``work`` comes to it."""
        if stream.waiting:
            self.due.arm_all(stream)
        self._fan_out(stream, push)

    def joins(self, stream: Stream) -> Targets | None:
        """Return those that ``publish`` pushes to at once, if it does, and all are connections, or nobody."""
        targets = stream.targets
        if targets is None or targets.is_sparse or stream.waiting:
            return None
        if targets.size == targets.empty:
            return targets if self._delivery.is_free(0) else None
        return targets if targets.are_connections and self._delivery.is_free(targets.size) else None

    def push_joined(self, subscriber: Subscriber, frames: Sequence[bytes]) -> None:
        """Push to a connection what it gets of several streams, whose ``told_seq`` is in front of that."""
        following = self._following.get(subscriber)
        if following is None or following.lagging:
            return
        if subscriber.push(b"".join(frames)):
            self._delivery.delivered += len(frames)
        else:
            self.lag(subscriber)

    def send(self, member: Membership, pushes: Sequence[Push], now: int) -> None:
        """Bring one member up to date with ``pushes``, behind all that waits. If it lags, ``resync`` does."""
        self._now = now
        member.due = now + member.pace_ns
        self.tell(member, list(pushes))

    def replay(self, member: Membership, seq: int, now: int) -> None:
        """Replay to one member, subscribed so, what came after ``seq``; it catches up slice by slice."""
        self._now = now
        member.due = now + member.pace_ns
        self.replaying.begin(member, seq)

    def begin(self, stream: Stream) -> None:
        """Bring the members of a stream that was not ready up to date."""
        for member in tuple(stream.members.values()):
            if not member.synced and not member.following.lagging:
                self.catch_up(member, self._now)

    def resync(self, subscriber: Subscriber, now: int) -> bool:
        """Bring a lagging subscriber, which has drained, up to date on each stream that it missed pushes of.

        It may lag again halfway; then this is to be called again. Returns ``False`` when it has lagged too
        often: nothing is pushed, and the connection should be closed.
        """
        following = self._following.get(subscriber)
        if following is None or not following.lagging:
            return True
        behind = [member for member in following.by_name.values() if not member.is_current]
        behind.sort(key=_rank)
        replays = [member for member in behind if member.replay is not None]
        # What is replayed may fill any connection.
        missed = not replays and any(member.mode is _EVERY and member.seq != UNTOLD for member in behind)
        if missed and following.lagged_too_often(now, self.settings):
            self.closed_slow += 1
            return False
        following.lagging = False
        self.lagging -= 1
        self.resynced += 1
        for member in behind:
            if member.mode is _INTERVAL and member.synced:
                self.due.arm(member)
            else:
                # At once for all: catching up with one may deliver what waits.
                self._join(member)
                member.behind = member.replay is not None
        for member in following.by_name.values():
            add_target(member)
        for member in behind:
            # It may lag or leave again meanwhile; what is not up to date stays so.
            is_due = member.replay is None and not member.armed
            if is_due and following.is_member(member) and not following.lagging:
                self.catch_up(member, now)
        self.replaying.resume(replays)
        return True

    def work(self, budget: int) -> int:
        """Deliver pushes that wait; return how many receivers were tried.

        That is up to about ``budget``, and besides those whom the broadcast serves until its time is up. Or,
        in turn with that, make a slice of a replay, or serve who is due.
        """
        replaying, due = self.replaying, self.due
        if due.waiting and (self._due_gave_way or not (self._delivery.queued or replaying.waiting)):
            self._due_gave_way = False
            return due.work(budget)
        self._due_gave_way = True
        if replaying.waiting and (self._replay_gave_way or not self._delivery.queued):
            self._replay_gave_way = False
            return replaying.work()
        self._replay_gave_way = True
        return self._delivery.work(budget)

    def abandon(self, stream: Stream) -> None:
        """Have the publisher look, at its next tick, whether anybody follows ``stream``."""
        self.abandoned.append(stream)
        self.alert.is_on = True

    # ---- time

    def next_deadline(self) -> int | None:
        """Return when ``on_tick`` is to be called next; ``None`` while nobody follows anything."""
        return self.due.next_deadline(is_followed=bool(self._streams))

    def on_tick(self, now: int) -> None:
        """Serve members whose interval has passed, and say of silent streams where they stand."""
        self._now = now
        self.due.tick(now, self.settings.heartbeat_ns)

    def beat(self, stream: Stream) -> int:
        """Say where ``stream`` stands to those who are told of each push; return how many have it at once."""
        targets = targets_of(stream, self._delivery.broadcast)
        if targets.size == targets.empty:
            return 0
        is_free = self._delivery.is_free(targets.size)
        self._fan_out(stream, stream.heartbeat())
        return targets.size if is_free else 1

    def _fan_out(self, stream: Stream, push: Push) -> None:
        targets = targets_of(stream, self._delivery.broadcast)
        if targets.size == targets.empty:
            stream.told_seq, stream.told_pushes = stream.seq, stream.pushes
            return
        self.published += 1
        stream.heard = self.due.part
        self._delivery.publish(stream, push, self._ticket, targets)

    def synced(self, member: Membership, seq: int, pushes: int) -> None:
        """Note where a member stands that has been brought up to date, or has a slice of its replay."""
        member.seq = seq
        member.heard = self.due.part
        if member.behind:
            self.replaying.told(member)
            return
        member.replay = None
        member.synced = True
        member.pushes = pushes
        if member.mode is _INTERVAL:
            self.due.rest(member)

    def refused(self, task: Task, subscriber: Subscriber, taken: int) -> None:
        """Note that a subscriber lags, the first ``taken`` pushes of ``task`` not missed."""
        self.lag(subscriber)
        member = task.stream.members.get(subscriber)
        if member is None:
            return
        push = task.pushes[taken]
        if push.type not in {SNAPSHOT, GAP}:
            member.seq = push.position.prev
        if task.member is None:
            missed = sum(push.type != HEARTBEAT for push in task.pushes[taken:])
            member.pushes = task.counted - missed

    def lag(self, subscriber: Subscriber) -> None:
        """Mark a subscriber that refused a push, unless its ``push`` dropped or marked it already."""
        following = self._following.get(subscriber)
        if following is None or following.lagging:
            return
        following.lagging = True
        self.lagging += 1
        self.lagged += 1
        for member in following.by_name.values():
            discard(member)
            if member.synced and member.mode is not _INTERVAL:
                member.seq, member.pushes = member.stream.told_seq, member.stream.told_pushes

    def tell(self, member: Membership, pushes: list[Push]) -> None:
        """Push to one member behind all that waits; ``synced`` follows when it has that."""
        if pushes:
            member.told = pushes[-1].position
            self._delivery.take(Task(member.stream, pushes, member.joined, member=member), 1)
        else:
            if member.mode is _INTERVAL:
                member.told = member.stream.heartbeat().position
            self.synced(member, member.stream.seq, member.stream.pushes)

    def begin_at(self, member: Membership) -> None:
        """Push to ``member``, which is told all up to now, whatever comes."""
        member.behind = False
        self._join(member)
        add_target(member)

    def give_up(self, member: Membership) -> None:
        """Go on with what stands for the pushes that can be replayed no more."""
        member.replay = None
        member.behind = False
        self.catch_up(member, self._now)

    def catch_up(self, member: Membership, now: int) -> None:
        """Send one member what stands for the pushes that it missed."""
        stream = member.stream
        if not stream.ready or (member.mode is _INTERVAL and self.replaying.catches_up_later(member, now)):
            return
        stream.refresh()
        if member.mode is _INTERVAL and member.is_current:
            self.due.rest(member)
            return
        missed = stream.pushes - member.pushes
        pushes = []
        if member.seq == UNTOLD:
            pushes.append(stream.snapshot())
        elif member.mode is _EVERY:
            snapshot = stream.snapshot()
            pushes += [stream.gap(member.seq, snapshot.position), snapshot]
            self.gaps += 1
        else:
            pushes.append(stream.snapshot(missed))
            self.conflated += missed
        self._join(member)
        add_target(member)
        self.send(member, pushes, now)

    def _join(self, member: Membership) -> None:
        """Let ``member`` have nothing of what waits now, but what comes."""
        self._ticket += 1
        member.joined = self._ticket
        member.synced = False

    def _remove(self, member: Membership) -> None:
        stream = member.stream
        discard(member)
        del stream.members[member.subscriber]
        stream.waiting.pop(member, None)
        stream.attend(-int(member.mode is not _INTERVAL))
        self.subscriptions -= 1
        if not stream.members:
            del self._streams[stream]
            self.abandon(stream)

    def _forget(self, subscriber: Subscriber) -> None:
        following = self._following.pop(subscriber)
        following.by_name.clear()
        if following.lagging:
            self.lagging -= 1
