"""What a subscriber asks for, and what it is told; the publisher's settings.

NOT here: the words of a wire protocol for it (``gateway.dialects``).
"""

from functools import lru_cache
from typing import NamedTuple

import msgspec

from gateway.marketdata.catalog import StreamBounds
from gateway.marketdata.membership import Mode, Options
from gateway.marketdata.raw_ring import RingBounds
from gateway.marketdata.replay import ReplayBounds


@lru_cache(maxsize=1_024)
def shared(options: Options) -> Options:
    """Return ``options``, the same object for many that follow alike."""
    return options


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """How a subscriber wants to follow a channel.

    ``interval_ns`` is for ``Mode.INTERVAL``. Without ``snapshot`` nothing comes before the next push.
    ``checksum`` is for books. ``from_seq``: the subscriber knows the channel up to there, by the numbers of
    ``epoch``, and wants what came after it. ``is_guest``: it may be anybody, and gets its share of streams.
    """

    mode: Mode = Mode.EVERY
    interval_ns: int = 0
    snapshot: bool = True
    checksum: bool = False
    from_seq: int | None = None
    epoch: str = ""
    is_guest: bool = False

    @property
    def options(self) -> Options:
        """What of it holds as long as the channel is followed."""
        return shared(Options(self.mode, self.interval_ns, self.checksum))


class Joined(NamedTuple):
    """Where a channel stood when it was subscribed to.

    ``recovered``: whether what was missed after ``from_seq`` is told; ``None`` if that was not asked.
    """

    seq: int
    recovered: bool | None


class PublisherSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of a publisher.

    ``ring`` says how many changes of each book, and how many trades of each instrument, can be replayed.
    """

    ring: RingBounds = RingBounds()
    replay: ReplayBounds = ReplayBounds()
    streams: StreamBounds = StreamBounds()
