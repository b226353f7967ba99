"""The pushes of a turn to a few connections, joined: one call and one piece of bytes for each connection.

Nearly every command leads to several pushes, and to hand each over by itself costs more than to make it. The
twin in ``_publishing.pyx`` does the same. NOT here: who gets what (``hub``).
"""

from typing import Final

from gateway.marketdata.hub import Hub
from gateway.marketdata.stream import Stream
from gateway.ports.market_data import Push, Subscriber

MOST_JOINED: Final = 8_192
"""Bytes of pushes above which they are handed over: a connection's own bound is exceeded by no more."""


class Joining:
    """Takes the pushes of streams to the hub, or joins them between ``open`` and ``close``.

    Only those are joined that the hub would deliver at once, and to connections alone. Each connection gets
    its pushes in the order in which they were published; one that refuses them has missed all of them.
    """

    __slots__ = ("_hub", "_is_open", "_joined", "_places", "_size")

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._is_open = False
        self._joined: dict[Subscriber, list[bytes]] = {}
        self._places: dict[Stream, tuple[int, int]] = {}
        self._size = 0

    def open(self) -> None:
        """Join pushes from now on."""
        self._is_open = True

    def close(self) -> None:
        """Hand over what is joined, and join nothing from now on."""
        self._is_open = False
        self._hand_over()

    def publish(self, stream: Stream, push: Push) -> None:
        """Push to each member of ``stream`` that does not lag: joined, at once, or in its turn."""
        targets = self._hub.joins(stream) if self._is_open else None
        if targets is None:
            self._hand_over()
            self._hub.publish(stream, push)
            return
        if targets.size == targets.empty:
            self._hub.publish(stream, push)
            return
        self._hub.published += 1
        for group in targets.groups:
            frame = push.frame(group.form)
            self._size += len(frame)
            for subscriber in group.members:
                if subscriber is not None:
                    self._joined.setdefault(subscriber, []).append(frame)
        self._places[stream] = (push.position.seq, stream.pushes)
        if self._size > MOST_JOINED:
            self._hand_over()

    def _hand_over(self) -> None:
        if not self._joined:
            return
        joined, self._joined = self._joined, {}
        places, self._places = self._places, {}
        self._size = 0
        for subscriber, frames in joined.items():
            self._hub.push_joined(subscriber, frames)
        part = self._hub.due.part
        for stream, (seq, pushes) in places.items():
            stream.told_seq, stream.told_pushes = seq, pushes
            stream.heard = part
