"""A hub with streams that count their changes, for tests of the hub."""

from gateway.marketdata import Hub, HubSettings, Mode, Stream
from gateway.marketdata.stream import Imprint
from gateway.ports.market_data import EVENT, FIRST_FIX_FORM, JSON, Audience, BboContent, Subscriber
from tests.gateway.marketdata.market import Inbox, RecordingEncoder, Told

S = 1_000_000_000

is_broadcast = False
"""Whether a pumped hub serves those of a stream together."""


class Counter(Stream):
    """A stream whose state is the number of its changes."""

    def content(self) -> BboContent:
        return BboContent((self.pushes, 1), None)


class Floor:
    """A hub with streams that are changed by ``change``, one engine sequence each."""

    def __init__(self, *names: str, hub: Hub | None = None) -> None:
        self.hub = hub or Hub()
        self.broadcast = Broadcast()
        self.encoder = RecordingEncoder()
        self.imprint = Imprint(self.hub.publish, self.hub.stir)
        self.imprint.encoders |= {JSON: self.encoder, FIRST_FIX_FORM: self.encoder}
        self.streams = {name: Counter(name, None, self.imprint) for name in names}

    def change(self, name: str) -> int:
        self.imprint.eseq += 1
        eseq = self.imprint.eseq
        stream = self.streams[name]
        stream.tell(EVENT, (eseq, eseq, eseq), BboContent((stream.pushes + 1, 1), None), 1)
        return eseq

    def work(self, budget: int) -> int:
        """Have the hub serve ``budget`` receivers, together or one by one."""
        self.broadcast.limit = budget
        return self.hub.work(budget)

    def join(
        self, inbox: Inbox, *names: str, mode: Mode = Mode.EVERY, interval_ns: int = 0, now: int = 0
    ) -> Inbox:
        for name in names:
            stream = self.streams[name]
            member = self.hub.subscribe(stream, inbox, mode, interval_ns)
            self.hub.send(member, [stream.snapshot()], now)
        return inbox

    def joined(self, *names: str, mode: Mode = Mode.EVERY, interval_ns: int = 0) -> Inbox:
        inbox = self.join(Inbox(), *names, mode=mode, interval_ns=interval_ns)
        inbox.take()
        return inbox


class Broadcast:
    """Serves ``limit`` receivers at most in all, but one in each call (``ports.Broadcasting``)."""

    def __init__(self) -> None:
        self.limit = 0

    def audience(self) -> Audience:
        return Together(self)


class Together:
    """Pushes to each (``ports.Audience``)."""

    def __init__(self, broadcast: Broadcast) -> None:
        self.broadcast = broadcast
        self.members: list[Subscriber | None] = []
        self.refused: list[Subscriber] = []
        self.taken = 0

    def add(self, receiver: Subscriber) -> None:
        assert receiver.form == JSON
        self.members.append(receiver)

    def discard(self, place: int) -> None:
        assert self.members[place] is not None
        self.members[place] = None

    def send(self, frame: bytes, start: int, stop: int) -> int:
        assert 0 <= start < stop <= len(self.members)
        stop = min(stop, start + max(self.broadcast.limit, 1))
        self.broadcast.limit -= stop - start
        tried = [each for each in self.members[start:stop] if each is not None]
        self.refused = [each for each in tried if not each.push(frame)]
        self.taken = len(tried) - len(self.refused)
        return stop


def pumped(*names: str, max_inline: int = 0, max_queued: int = 1_000_000) -> tuple[Floor, list[str]]:
    """Return a floor whose hub leaves fan-outs to ``work``, and where it says when it wakes the pump."""
    wakes: list[str] = []
    hub = Hub(HubSettings(max_inline=max_inline, max_queued=max_queued))
    hub.pumped_by(lambda: wakes.append("wake"))
    floor = Floor(*names, hub=hub)
    if is_broadcast:
        hub.sent_by(floor.broadcast)
    return floor, wakes


def said(inbox: Inbox) -> list[str]:
    """Return what an inbox was told: channel, type and seq, with ``+n`` for a push that stands for others."""
    return [short(push) for push in inbox.take()]


def short(push: Told) -> str:
    if push["type"] == "gap":
        return f"{push['ch']} gap {push['from_seq']}-{push['to_seq']}"
    more = f"+{push['conflated']}" if "conflated" in push else ""
    return f"{push['ch']} {push['type']} {push['seq']}{more}"


def drain(hub: Hub) -> None:
    while hub.work(1):
        pass
