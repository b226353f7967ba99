"""Who is pushed to at once on a stream, by wire form, each at a place of its own.

Whoever comes, or comes back, is added behind the others, whoever goes or lags leaves its place empty: so
pushes that wait in the queue need to know no more than how far they go. NOT here: who gets what when
(``hub``).
"""

from collections.abc import Iterable
from typing import Final

from gateway.marketdata.membership import Membership, Mode, Task
from gateway.marketdata.stream import Stream
from gateway.ports.market_data import FIRST_FIX_FORM, Audience, Broadcasting, Subscriber

MOST_EMPTY: Final = 64
"""How many places may be empty, whatever part of all they are."""
MOST_LOOKED_OVER: Final = 128
"""How many receivers are looked over at once where those that are pushed to are others by now."""


class Group:
    """Those of one wire form; ``audience`` where they can be pushed to all together."""

    __slots__ = ("audience", "form", "members")

    def __init__(self, form: int, broadcast: Broadcasting | None) -> None:
        self.form = form
        self.audience: Audience | None = None
        self.members: list[Subscriber | None] = []
        if broadcast is not None and form < FIRST_FIX_FORM:
            self.audience = broadcast.audience()
            self.members = self.audience.members

    def add(self, subscriber: Subscriber) -> int:
        """Add ``subscriber`` behind all others; return its place."""
        if self.audience is not None:
            self.audience.add(subscriber)
        else:
            self.members.append(subscriber)
        return len(self.members) - 1

    def discard(self, place: int) -> None:
        """Let nobody be at ``place``."""
        if self.audience is not None:
            self.audience.discard(place)
        else:
            self.members[place] = None


class Targets:
    """Those ``members`` of a stream that are pushed to at once: not lagging or behind, nor at an interval.

    ``lengths`` is how far each group goes; another tuple whenever somebody comes. ``size`` counts the places,
    ``empty`` those where nobody is any more. ``are_connections``: all can be pushed to together.
    """

    __slots__ = ("_broadcast", "_by_form", "are_connections", "empty", "groups", "lengths", "size")

    def __init__(self, members: Iterable[Membership], broadcast: Broadcasting | None) -> None:
        self._broadcast = broadcast
        self._by_form: dict[int, Group] = {}
        self.groups: list[Group] = []
        self.lengths: tuple[int, ...] = ()
        self.are_connections = True
        self.size = 0
        self.empty = 0
        for member in members:
            member.group = None
            if not member.following.lagging:
                self._place(member)
        self._measure()

    def add(self, member: Membership) -> None:
        """Push to ``member`` too, from the next push on."""
        self._place(member)
        self._measure()

    @property
    def is_sparse(self) -> bool:
        """Whether so many places are empty that others should take over."""
        return self.empty > MOST_EMPTY and self.empty * 2 > self.size

    def _place(self, member: Membership) -> None:
        if member.mode is Mode.INTERVAL or member.behind:
            return
        form = member.subscriber.form
        group = self._by_form.get(form)
        if group is None:
            group = self._by_form[form] = Group(form, self._broadcast)
            self.groups.append(group)
            self.are_connections = self.are_connections and group.audience is not None
        member.group = group
        member.place = group.add(member.subscriber)
        self.size += 1

    def _measure(self) -> None:
        self.lengths = tuple([len(group.members) for group in self.groups])


def targets_of(stream: Stream, broadcast: Broadcasting | None) -> Targets:
    """Return those that a push of ``stream`` goes to now."""
    targets = stream.targets
    if targets is None or (targets.empty and targets.is_sparse):
        targets = stream.targets = Targets(stream.members.values(), broadcast)
    return targets


def add_target(member: Membership) -> None:
    """Have ``member`` among those that are pushed to at once, from the next push on; it may be already."""
    stream = member.stream
    if stream.targets is None or member.group is not None:
        return
    if stream.targets.is_sparse:
        # The next push makes others; where none comes, places would only add up.
        stream.targets = None
    else:
        stream.targets.add(member)


def discard(member: Membership) -> None:
    """Push nothing more to ``member``, not even what waits already."""
    group, member.group = member.group, None
    if group is not None:
        group.discard(member.place)
        targets = member.stream.targets
        if targets is not None:
            targets.empty += 1


def is_target(stream: Stream, subscriber: Subscriber, ticket: int) -> bool:
    """Return whether ``subscriber`` gets what was queued at ``ticket``."""
    member = stream.members.get(subscriber)
    return member is not None and member.joined <= ticket and not member.following.lagging


def look_over(task: Task, group: Group, stop: int) -> None:
    """Empty the places of ``group``, up to ``stop``, of those that ``task`` is not for.

    For a task whose targets are not the stream's any more: what waits behind it is not for them either.
    """
    for place in range(task.place, stop):
        subscriber = group.members[place]
        if subscriber is not None and not is_target(task.stream, subscriber, task.ticket):
            group.discard(place)
