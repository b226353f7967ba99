"""Members that are told what they missed before they join what is pushed: a slice at a time.

Between two slices the loop does other things, so a replay from far back holds up nobody. What comes meanwhile
is replayed too; with the slice that reaches the stream's place the member joins. NOT here: what a slice says
(``replay``), and who is told what otherwise (``hub``).
"""

from collections.abc import Callable
from typing import Final, Protocol

from gateway.marketdata.beginning import Beginning
from gateway.marketdata.membership import UNTOLD, Membership
from gateway.marketdata.view_replay import ViewReplay
from gateway.ports.market_data import Push

MOST_AT_ONCE: Final = 16
"""How many replays begin in a row with their first slice at once, in which most of them end."""

EFFORT_AT_ONCE: Final = 1_000
"""How many levels, or the like, are looked at in a row for those that begin, at once."""

RECEIVERS: Final = 32
"""A slice takes about as long as so many receivers of a push."""


class Live(Protocol):
    """Where members join what is pushed (``hub.Hub``)."""

    def tell(self, member: Membership, pushes: list[Push]) -> None:
        """Push to one member behind all that waits; ``Replaying.told`` follows when it has that."""

    def begin_at(self, member: Membership) -> None:
        """Push to ``member`` whatever comes from now on."""

    def give_up(self, member: Membership) -> None:
        """Go on with what stands for that which is not kept any more."""


class Replaying:
    """The replays that are under way. ``waiting`` of them could go on.

    One whose subscriber lags does not wait: ``resume`` it when that has drained.
    """

    __slots__ = (
        "_at_once",
        "_effort",
        "_ended",
        "_live",
        "_waiting",
        "_wake",
        "_working",
        "slices",
    )

    def __init__(self, live: Live) -> None:
        self._live = live
        # In order, each once: a slice is made of where the one before it ended.
        self._waiting: dict[Membership, None] = {}
        self._wake: Callable[[], None] | None = None
        self._at_once = 0
        self._effort = 0
        self._working = False
        self._ended = False
        self.slices = 0

    def pumped_by(self, wake: Callable[[], None]) -> None:
        """Let ``work`` make all slices but some first ones; ``wake`` is called when there is work."""
        self._wake = wake

    @property
    def waiting(self) -> int:
        """How many replays could go on."""
        return len(self._waiting)

    def begin(self, member: Membership, seq: int) -> None:
        """Begin the replay of ``member`` behind the place ``seq``."""
        member.seq = seq
        if member.following.lagging:
            return
        stream = member.stream
        is_free = not self._waiting and self._at_once < MOST_AT_ONCE
        if self._wake is None or (is_free and (not stream.is_stale or self.admits(stream.effort))):
            self._at_once += 1
            self._go_on(member)
        else:
            self._wait(member)

    def admits(self, effort: int) -> bool:
        """Return whether so much may be looked at now. Else it may ``wait`` its turn."""
        if not effort or self._wake is None:
            return True
        self._effort += effort
        return not self._waiting and self._effort <= EFFORT_AT_ONCE

    def put_off(self, member: Membership, now: int) -> None:
        """Let ``member``, whose replay is a ``Beginning``, begin in its turn."""
        member.due = now + member.pace_ns
        if not member.following.lagging:
            self._wait(member)

    def catches_up_later(self, member: Membership, now: int) -> bool:
        """Return whether a member at an interval, which is due, looks in its turn: it takes long."""
        stream = member.stream
        if member.seq == UNTOLD or self.admits(stream.effort):
            return False
        member.replay = Beginning(stream, pushes=member.pushes, is_synced=member.synced)
        member.behind = True
        member.synced = False
        self.put_off(member, now)
        return True

    def resume(self, members: list[Membership]) -> None:
        """Go on with the replays of a subscriber that has drained.

        With the first of them at once: if other pushes always came first, there could be no end to it.
        """
        for place, member in enumerate(members):
            if place or member.following.lagging:
                self._wait(member)
            else:
                self._go_on(member)

    def told(self, member: Membership) -> None:
        """Note that ``member`` has its slice, which was not the last."""
        self._wait(member)

    def work(self) -> int:
        """Make the next slice; return about how many receivers could have been served meanwhile."""
        self._at_once = self._effort = 0
        self._go_on(next(iter(self._waiting)))
        return RECEIVERS

    def end(self) -> None:
        """Make no slice any more: who is told how far it got can go on elsewhere."""
        self._ended = True
        self._waiting.clear()

    def _wait(self, member: Membership) -> None:
        if self._ended:
            return
        self._waiting[member] = None
        if self._wake is None:
            if not self._working:
                self._work_all()
        elif len(self._waiting) == 1:
            self._wake()

    def _work_all(self) -> None:
        self._working = True
        while self._waiting:
            self._go_on(next(iter(self._waiting)))
        self._working = False

    def _go_on(self, member: Membership) -> None:
        """Tell ``member`` the next slice, if it still wants it and reads."""
        self._waiting.pop(member, None)
        replay, stream = member.replay, member.stream
        following = member.following
        if replay is None or following.lagging or not following.is_member(member):
            return
        self.slices += 1
        if isinstance(replay, Beginning) and not replay.prepare():
            self._wait(member)
            return
        stream.refresh()
        pushes = replay.read(member.seq)
        if pushes is None:
            self._live.give_up(member)
            return
        if not pushes and isinstance(replay, ViewReplay) and replay.is_behind:
            self._wait(member)
            return
        if not pushes or pushes[-1].position.seq == stream.seq:
            self._live.begin_at(member)
        self._live.tell(member, pushes)
