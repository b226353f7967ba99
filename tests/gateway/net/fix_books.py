"""Followers of FIX market data: a session without a socket, and a client that keeps a book of what it hears.

simplefix reads the messages, so nothing of the gateway's own codec tells what they say.
"""

from collections.abc import Iterator

from simplefix import FixParser

from gateway.marketdata import Hub, Publisher, Subscription
from gateway.net.fix_subscription import FixSubscription
from protocols.fix import Validator, scan, standard_dictionary
from protocols.fix.encoder import HeaderTemplate

Pairs = list[tuple[int, str]]
Book = dict[str, dict[str, str]]


class Told:
    """One message as a client sees it."""

    def __init__(self, frame: bytes) -> None:
        parser = FixParser()
        parser.append_buffer(frame)
        message = parser.get_message()
        assert message is not None
        self.pairs: Pairs = [(int(tag), value.decode()) for tag, value in message.pairs]
        self.fields = dict(reversed(self.pairs))

    @property
    def msg_type(self) -> str:
        return self.fields[35]

    def entries(self, delimiter: int) -> Iterator[dict[int, str]]:
        """Return the instances of the group of market data entries, which each begin with ``delimiter``."""
        at = [tag for tag, _ in self.pairs].index(268)
        entry: dict[int, str] = {}
        for tag, value in self.pairs[at + 1 :]:
            if tag == delimiter and entry:
                yield entry
                entry = {}
            if tag not in {10, 20010, 20011}:
                entry[tag] = value
        if entry:
            yield entry


class Speaker:
    """A session that says what it is given to one client, which may stop reading."""

    def __init__(self, begin_string: bytes, *, extra_tags: bool = False) -> None:
        self.can_say = True
        self.told: list[Told] = []
        self.behind: list[FixSubscription] = []
        self.over: list[FixSubscription] = []
        self._template = HeaderTemplate(begin_string, b"BDAX", b"C")
        self._validator = None if extra_tags else Validator(standard_dictionary(begin_string))

    def say(self, msg_type: bytes, body: bytes) -> None:
        frame = self._template.encode(msg_type, 1, b"20260101-00:00:00.000", body)
        if self._validator is not None:
            self._validator.validate(scan(frame))
        self.told.append(Told(frame))

    def refused(self, subscription: FixSubscription) -> None:
        self.behind.append(subscription)

    def finished(self, subscription: FixSubscription) -> None:
        subscription.is_over = True
        self.over.append(subscription)

    def take(self) -> list[Told]:
        """Return what was said since the last call."""
        told, self.told = self.told, []
        return told

    def drain(self, hub: Hub, now: int = 0) -> None:
        """Read again."""
        self.can_say = True
        behind, self.behind = self.behind, []
        for subscription in dict.fromkeys(behind):
            hub.resync(subscription, now)


class Follower:
    """A client that keeps the book and the trades of one subscription, and takes no nonsense."""

    def __init__(self, speaker: Speaker, sides: str = "01") -> None:
        self.speaker = speaker
        self.book: Book = {side: {} for side in sides}
        self.trades: list[str] = []
        self.eseq = 0
        self.rpt_seq: int | None = None
        self.refreshes = 0

    def follow(self) -> None:
        """Apply what has been said."""
        for message in self.speaker.take():
            if message.msg_type == "W":
                self._refresh(message)
            else:
                assert message.msg_type == "X"
                for entry in message.entries(279):
                    self._change(entry, message)

    def _refresh(self, message: Told) -> None:
        self.refreshes += 1
        entries = list(message.entries(269))
        if any(entry[269] in self.book for entry in entries):
            for side in self.book.values():
                side.clear()
        for entry in entries:
            if entry[269] == "2":
                if entry[271] != "0":
                    self.trades.append(entry[299])
                continue
            self._stand(entry, message)
            if entry[271] != "0":
                assert entry[270] not in self.book[entry[269]]
                self.book[entry[269]][entry[270]] = entry[271]

    def _change(self, entry: dict[int, str], message: Told) -> None:
        if entry[269] == "2":
            assert entry[279] == "0"
            assert entry[278] == entry[299]
            self.trades.append(entry[278])
            return
        before = self.eseq
        self._stand(entry, message)
        if 1350 in message.fields and self.eseq != before and len(self.book) == 2:
            assert int(message.fields[1350]) == before
        side, price = self.book[entry[269]], entry[270]
        # New is new, and what is changed or deleted was there.
        assert (price in side) == (entry[279] != "0"), (entry, side)
        if entry[279] == "2":
            del side[price]
        else:
            side[price] = entry[271]

    def _stand(self, entry: dict[int, str], message: Told) -> None:
        eseq = int(entry[299])
        assert int(message.fields.get(1181, eseq)) == eseq
        assert eseq >= self.eseq
        if 83 in entry and message.msg_type == "X":
            assert self.rpt_seq is not None
            # Of a book that is followed by one side, changes of the other count too.
            assert int(entry[83]) - self.rpt_seq == (eseq != self.eseq) or len(self.book) < 2
        self.rpt_seq = int(entry[83]) if 83 in entry else None
        self.eseq = eseq


def begin(publisher: Publisher, subscription: FixSubscription, wish: Subscription, now: int = 0) -> None:
    """Subscribe to what ``subscription`` is about."""
    for channel in subscription.channels:
        publisher.subscribe(channel, subscription, wish, now=now)
