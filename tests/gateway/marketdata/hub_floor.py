"""A hub with streams that count their changes, for tests of the hub."""

from gateway.marketdata import Hub, HubSettings, Mode, Stream
from gateway.marketdata.stream import Imprint
from gateway.ports.market_data import EVENT, FIRST_FIX_FORM, JSON, BboContent, SendToAll, Subscriber
from tests.gateway.marketdata.market import Inbox, RecordingEncoder, Told

S = 1_000_000_000

send_to_all: SendToAll | None = None
"""How a pumped hub sends; ``None``: to one after the other."""


class Counter(Stream):
    """A stream whose state is the number of its changes."""

    def content(self) -> BboContent:
        return BboContent((self.pushes, 1), None)


class Floor:
    """A hub with streams that are changed by ``change``, one engine sequence each."""

    def __init__(self, *names: str, hub: Hub | None = None) -> None:
        self.hub = hub or Hub()
        self.encoder = RecordingEncoder()
        self.imprint = Imprint(self.hub.publish)
        self.imprint.encoders |= {JSON: self.encoder, FIRST_FIX_FORM: self.encoder}
        self.streams = {name: Counter(name, None, self.imprint) for name in names}

    def change(self, name: str) -> int:
        self.imprint.eseq += 1
        eseq = self.imprint.eseq
        stream = self.streams[name]
        stream.tell(EVENT, (eseq, eseq, eseq), BboContent((stream.pushes + 1, 1), None), 1)
        return eseq

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


def push_to_each(subscribers: list[Subscriber], frame: bytes) -> list[Subscriber]:
    """Do what ``ports.SendToAll`` promises."""
    assert all(subscriber.form == JSON for subscriber in subscribers)
    return [subscriber for subscriber in subscribers if not subscriber.push(frame)]


def pumped(*names: str, max_inline: int = 0, max_queued: int = 1_000_000) -> tuple[Floor, list[str]]:
    """Return a floor whose hub leaves fan-outs to ``work``, and where it says when it wakes the pump."""
    wakes: list[str] = []
    hub = Hub(HubSettings(max_inline=max_inline, max_queued=max_queued))
    hub.pumped_by(lambda: wakes.append("wake"))
    if send_to_all is not None:
        hub.sent_by(send_to_all)
    return Floor(*names, hub=hub), wakes


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
