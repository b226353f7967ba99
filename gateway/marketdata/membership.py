"""A subscriber's place in a stream, and the work that the hub has queued.

NOT here: who gets what when (``hub``).
"""

import enum
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from gateway.ports.market_data import FIRST_FIX_FORM, Position, Push, Subscriber

if TYPE_CHECKING:
    from gateway.marketdata.replay import Replay
    from gateway.marketdata.stream import Stream
    from gateway.marketdata.targets import Group, Targets

UNTOLD: Final = -1
"""The ``seq`` of a membership that has been told nothing yet."""

MAX_JOINED: Final = 64
"""How many pushes are joined into one."""


class Mode(enum.Enum):
    """What becomes of pushes that a subscriber cannot take, or does not want so often.

    ``EVERY``: it gets each push; what it missed is a gap, then comes a snapshot. ``CONFLATE``: it gets each
    push that it can take, and a snapshot that says how many pushes it stands for. ``INTERVAL``: it gets such
    snapshots, at least the interval apart.
    """

    EVERY = "every"
    CONFLATE = "conflate"
    INTERVAL = "interval"


class Options(NamedTuple):
    """How a channel is followed as long as it is: what of a ``Subscription`` holds beyond its beginning."""

    mode: Mode = Mode.EVERY
    interval_ns: int = 0
    checksum: bool = False


class Membership:
    """A subscriber, with all that it is ``following``, in a stream.

    ``joined`` is the hub's ticket of when it last joined or was brought up to date: it gets no push queued
    before. ``synced``: it has been brought up to date. ``seq`` and ``pushes`` are where it stood then, or
    when it began to lag, or how far its ``replay`` has come; while it is ``behind`` it gets nothing but that.
    Of one that is served at an interval, ``due`` is when it may be pushed to next; it is ``armed`` when it
    will be, ``pace_ns`` later at least; ``told`` is the place of its last push, ``heard`` the part of time
    (``due``) of that. One that is pushed to at once is at ``place`` in ``group``.
    """

    __slots__ = (
        "armed",
        "behind",
        "due",
        "following",
        "group",
        "heard",
        "interval_ns",
        "is_timed",
        "joined",
        "mode",
        "pace_ns",
        "place",
        "pushes",
        "replay",
        "seq",
        "stream",
        "subscriber",
        "synced",
        "told",
    )

    def __init__(
        self,
        stream: "Stream",
        subscriber: Subscriber,
        following: "Following",
        pace: tuple[Mode, int],
        replay: "Replay | None",
    ) -> None:
        self.stream = stream
        self.subscriber = subscriber
        self.following = following
        self.mode, self.interval_ns = pace
        self.pace_ns = max(self.interval_ns, stream.period_ns)
        self.joined = 0
        self.group: Group | None = None
        self.place = 0
        self.seq = UNTOLD
        self.pushes = stream.pushes
        self.synced = False
        self.replay = replay
        self.behind = replay is not None
        self.due = 0
        self.armed = False
        self.told: Position | None = None
        self.heard = 0
        self.is_timed = False

    @property
    def options(self) -> Options:
        """How it follows the stream."""
        return Options(self.mode, self.interval_ns, self.stream.is_checked)

    @property
    def is_current(self) -> bool:
        """Whether nothing was pushed since it was brought up to date, or began to lag."""
        return self.synced and self.stream.pushes == self.pushes and not self.stream.is_stale


class Following:
    """What one subscriber follows; ``lags`` are the times at which it had missed pushes that it wanted."""

    __slots__ = ("by_name", "lagging", "lags")

    def __init__(self) -> None:
        self.by_name: dict[str, Membership] = {}
        self.lagging = False
        self.lags: deque[int] = deque()

    def is_member(self, member: Membership) -> bool:
        """Whether ``member`` is still one."""
        return self.by_name.get(member.stream.name) is member

    def standings(self) -> dict[str, int]:
        """Return how far it has been told, by channel; nothing of those that have had no snapshot yet."""
        seqs = {}
        for name, member in self.by_name.items():
            has_all = member.synced and not self.lagging and member.mode is not Mode.INTERVAL
            seq = member.stream.seq if has_all else member.seq
            if seq != UNTOLD:
                seqs[name] = seq
        return seqs

    def lagged_too_often(self, now: int, settings: "HubSettings") -> bool:
        """Count one more time; return whether that is too often."""
        lags = self.lags
        lags.append(now)
        while lags[0] <= now - settings.lag_window_ns:
            lags.popleft()
        return len(lags) > settings.max_lags


class Task:
    """Pushes of one stream that wait for their receivers.

    For one ``member``, or for ``targets`` as far as ``lengths``, of which those before ``place`` in ``group``
    have them. ``ticket`` is the hub's when they were queued, ``counted`` the number of the stream's pushes
    with the last of them.
    """

    __slots__ = (
        "_frames",
        "counted",
        "group",
        "lengths",
        "member",
        "place",
        "pushes",
        "stream",
        "targets",
        "ticket",
    )

    def __init__(
        self,
        stream: "Stream",
        pushes: list[Push],
        ticket: int,
        targets: "Targets | None" = None,
        member: Membership | None = None,
    ) -> None:
        self.stream = stream
        self.pushes = pushes
        self.counted = stream.pushes
        self.ticket = ticket
        self.targets = targets
        self.lengths = (1,) if targets is None else targets.lengths
        self.member = member
        self.group = 0
        self.place = 0
        self._frames: dict[int, list[bytes]] = {}

    def frames(self, form: int) -> list[bytes]:
        """Return what a receiver of ``form`` is given: joined into one where the form can be."""
        frames = self._frames.get(form)
        if frames is None:
            pushes = self.pushes
            if len(pushes) == 1:
                frames = [pushes[0].frame(form)]
            else:
                frames = [push.frame(form) for push in pushes]
                if form < FIRST_FIX_FORM:
                    frames = [b"".join(frames)]
            self._frames[form] = frames
        return frames


class HubSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of a hub.

    Up to ``max_inline`` receivers are served at once when nothing is queued. With more than ``max_queued``
    deliveries waiting the hub works the oldest off before it takes more. A member of mode ``every`` may miss
    pushes ``max_lags`` times within ``lag_window_ns``. A stream that is silent for ``heartbeat_ns`` says so.
    """

    max_inline: int = 64
    max_queued: int = 1_000_000
    max_lags: int = 10
    lag_window_ns: int = 60_000_000_000
    heartbeat_ns: int = 1_000_000_000


def earlier(one: int | None, other: int | None) -> int | None:
    """Return the earlier of two deadlines; ``None`` is none."""
    if one is None:
        return other
    return one if other is None or one < other else other
