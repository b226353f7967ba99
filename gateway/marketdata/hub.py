"""Who receives what: channels to subscribers, each push encoded once for all of them that want one form.

NOT here: what a push says (``publisher``), and the queue of a connection (``gateway.net``).
"""

from collections.abc import Callable

from gateway.ports import Push, Subscriber


class _Channel:
    """The subscribers of one channel.

    ``members`` in order of subscription, each with the count of joins when it last joined or was resynced;
    ``targets`` those that do not lag, built when first needed.
    """

    __slots__ = ("members", "targets")

    def __init__(self) -> None:
        self.members: dict[Subscriber, int] = {}
        self.targets: list[Subscriber] | None = None


class Hub:
    """Fans frames out. Cost goes with the subscribers of a channel, not with channels.

    A subscriber whose ``push`` returns ``False`` lags: nothing is pushed to it on any channel until
    ``resync``. Within a channel subscribers are served in the order of subscription. Subscribing,
    unsubscribing, dropping and resyncing are safe while a frame is published: who is gone gets nothing more,
    who is new or resynced has the frame in its snapshot and gets the next one.

    Counters: ``published`` frames, ``delivered`` pushes taken, ``lagged`` and ``resynced`` subscribers.
    """

    def __init__(self) -> None:
        self._channels: dict[str, _Channel] = {}
        self._subscriptions: dict[Subscriber, dict[str, None]] = {}
        self._lagging: dict[Subscriber, None] = {}
        self._snapshot: Callable[[str], Push] | None = None
        self._joins = 0
        self.published = 0
        self.delivered = 0
        self.lagged = 0
        self.resynced = 0

    def snapshots_from(self, snapshot: Callable[[str], Push]) -> None:
        """Say where ``resync`` gets the snapshot of a channel. A publisher does this."""
        self._snapshot = snapshot

    def subscribe(self, channel: str, subscriber: Subscriber) -> bool:
        """Add ``subscriber`` to ``channel``; return ``False`` when it was there already. Pushes nothing."""
        entry = self._channels.get(channel)
        if entry is None:
            entry = self._channels[channel] = _Channel()
        elif subscriber in entry.members:
            return False
        self._joins += 1
        entry.members[subscriber] = self._joins
        entry.targets = None
        self._subscriptions.setdefault(subscriber, {})[channel] = None
        return True

    def unsubscribe(self, channel: str, subscriber: Subscriber) -> bool:
        """Remove ``subscriber`` from ``channel``; return ``False`` when it was not there."""
        entry = self._channels.get(channel)
        if entry is None or subscriber not in entry.members:
            return False
        self._remove(channel, subscriber)
        channels = self._subscriptions[subscriber]
        del channels[channel]
        if not channels:
            self._forget(subscriber)
        return True

    def drop(self, subscriber: Subscriber) -> None:
        """Remove ``subscriber`` from all its channels: its connection is gone."""
        for channel in self._subscriptions.get(subscriber, ()):
            self._remove(channel, subscriber)
        self._forget(subscriber)

    def publish(self, channel: str, push: Push) -> None:
        """Push ``push`` to each subscriber of ``channel`` that does not lag."""
        entry = self._channels.get(channel)
        if entry is None:
            return
        targets = self._targets(entry)
        if not targets:
            return
        self.published += 1
        joins = self._joins
        delivered = 0
        for subscriber in targets:
            # The list is replaced, never changed, when somebody comes, goes or lags.
            if entry.targets is not targets and not self._is_target(entry, subscriber, joins):
                continue
            if subscriber.push(push.frame(subscriber.form)):
                delivered += 1
            else:
                self._lag(subscriber)
        self.delivered += delivered

    def send(self, subscriber: Subscriber, push: Push) -> bool:
        """Push ``push`` to one subscriber unless it lags; return whether it was taken."""
        if subscriber in self._lagging:
            return False
        if subscriber.push(push.frame(subscriber.form)):
            self.delivered += 1
            return True
        self._lag(subscriber)
        return False

    def resync(self, subscriber: Subscriber) -> None:
        """Take a lagging subscriber, which has drained, back: a fresh snapshot of each channel, then pushes.

        It may lag again halfway; then it asks again. Does nothing for a subscriber that does not lag.
        """
        if subscriber not in self._lagging:
            return
        del self._lagging[subscriber]
        self.resynced += 1
        channels = tuple(self._subscriptions.get(subscriber, ()))
        self._joins += 1
        for channel in channels:
            entry = self._channels[channel]
            entry.members[subscriber] = self._joins
            entry.targets = None
        for channel in channels:
            if self._snapshot is None or not self.send(subscriber, self._snapshot(channel)):
                return

    def is_lagging(self, subscriber: Subscriber) -> bool:
        """Whether ``subscriber`` waits for ``resync``."""
        return subscriber in self._lagging

    def is_wanted(self, channel: str) -> bool:
        """Whether anybody would receive a frame on ``channel`` now."""
        entry = self._channels.get(channel)
        return entry is not None and bool(self._targets(entry))

    def channels(self, subscriber: Subscriber) -> tuple[str, ...]:
        """Return the channels of ``subscriber`` in the order of subscription."""
        return tuple(self._subscriptions.get(subscriber, ()))

    def subscribers(self, channel: str) -> int:
        """Return the number of subscribers of ``channel``, lagging ones included."""
        entry = self._channels.get(channel)
        return 0 if entry is None else len(entry.members)

    @property
    def subscriptions(self) -> int:
        """The number of (channel, subscriber) pairs."""
        return sum(len(entry.members) for entry in self._channels.values())

    @property
    def lagging(self) -> int:
        """The number of subscribers that lag now."""
        return len(self._lagging)

    def _targets(self, entry: _Channel) -> list[Subscriber]:
        targets = entry.targets
        if targets is None:
            lagging = self._lagging
            targets = entry.targets = [member for member in entry.members if member not in lagging]
        return targets

    def _is_target(self, entry: _Channel, subscriber: Subscriber, joins: int) -> bool:
        joined = entry.members.get(subscriber)
        return joined is not None and joined <= joins and subscriber not in self._lagging

    def _lag(self, subscriber: Subscriber) -> None:
        """Mark a subscriber that refused a frame, unless its ``push`` dropped or marked it already."""
        channels = self._subscriptions.get(subscriber)
        if channels is None or subscriber in self._lagging:
            return
        self._lagging[subscriber] = None
        self.lagged += 1
        for channel in channels:
            self._channels[channel].targets = None

    def _remove(self, channel: str, subscriber: Subscriber) -> None:
        entry = self._channels[channel]
        del entry.members[subscriber]
        entry.targets = None
        if not entry.members:
            del self._channels[channel]

    def _forget(self, subscriber: Subscriber) -> None:
        self._subscriptions.pop(subscriber, None)
        self._lagging.pop(subscriber, None)
