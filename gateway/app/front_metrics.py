"""What `/metrics` shows of the front ends and of market data, in whichever process they are."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from gateway.net.counters import FrontCounters
from gateway.net.ws_acceptor import MarketDataFeed, WsAcceptor
from gateway.ports.metrics import Sample


class Front(Protocol):
    """The connections of one front end."""

    counters: FrontCounters

    @property
    def connected(self) -> int:
        """Connections that are open."""

    @property
    def established(self) -> int:
        """Connections that are logged on."""


def front_samples(front: str, acceptor: Front) -> Iterable[Sample]:
    """Read the connections of one front end."""
    labels, counters = (("front", front),), acceptor.counters
    yield Sample("bdax_open_connections", "Open connections.", "gauge", acceptor.connected, labels)
    yield Sample("bdax_sessions", "Sessions that are logged on.", "gauge", acceptor.established, labels)
    yield Sample("bdax_connections", "Connections taken.", "counter", counters.connections, labels)
    yield Sample("bdax_received_bytes", "Bytes read.", "counter", counters.bytes_in, labels)
    yield Sample("bdax_sent_bytes", "Bytes written.", "counter", counters.bytes_out, labels)
    yield from _each("bdax_requests", "Requests by type.", "type", _names(counters.messages_in), front)
    yield from _each("bdax_request_rejects", "Refused requests by reason.", "reason", counters.rejects, front)
    yield from _each(
        "bdax_disconnects", "Ended connections by reason.", "reason", counters.disconnects, front
    )


def _each(name: str, text: str, label: str, counts: Mapping[str, int], front: str) -> Iterable[Sample]:
    for key, count in counts.items():
        yield Sample(name, text, "counter", count, (("front", front), (label, key)))


def _names(counts: Mapping[bytes, int]) -> Mapping[str, int]:
    return {name.decode("ascii", "replace"): count for name, count in counts.items()}


def market_data_samples(feed: MarketDataFeed) -> Iterable[Sample]:
    """Read publisher, hub and pump."""
    hub = feed.hub
    yield Sample("bdax_subscriptions", "Channel subscriptions.", "gauge", hub.subscriptions)
    yield Sample("bdax_lagging", "Subscribers that do not read.", "gauge", hub.lagging)
    yield Sample("bdax_pushes", "Pushes encoded and published.", "counter", hub.published)
    yield Sample("bdax_deliveries", "Pushes taken by subscribers.", "counter", hub.delivered)
    yield Sample("bdax_lagged", "Times a subscriber fell behind.", "counter", hub.lagged)
    yield Sample("bdax_resynced", "Times a subscriber was brought up to date.", "counter", hub.resynced)
    yield Sample("bdax_conflated", "Pushes that a snapshot stood for.", "counter", hub.conflated)
    yield Sample("bdax_gaps", "Gaps told to subscribers that fell behind.", "counter", hub.gaps)
    yield Sample("bdax_slow_closed", "Subscribers that fell behind too often.", "counter", hub.closed_slow)
    yield Sample("bdax_fan_out_queue", "Deliveries that wait for a slice.", "gauge", hub.queued)
    yield Sample("bdax_fan_out_slices", "Slices of fan-outs.", "counter", feed.pump.slices)
    yield Sample(
        "bdax_fan_out_overrun",
        "Deliveries made out of slice because too many waited.",
        "counter",
        hub.overrun,
    )
    yield Sample(
        "bdax_replay_slices",
        "Slices in which clients that resume were told what they missed.",
        "counter",
        hub.replaying.slices,
    )
    yield Sample(
        "bdax_resume_bytes",
        "What is kept for resume: packed changes, and about what recent pushes take.",
        "gauge",
        feed.publisher.ring_bytes,
    )
    yield Sample(
        "bdax_resume_cuts",
        "Times recent pushes of a channel were let go because those of all took too much.",
        "counter",
        feed.publisher.rings_cut,
    )
    yield Sample("bdax_streams", "Channel variants made on demand.", "gauge", feed.publisher.streams)
    yield Sample("bdax_engine_sequence", "Engine sequence published.", "gauge", feed.publisher.eseq)


def door_samples(ws: WsAcceptor) -> Iterable[Sample]:
    """Read who waits in the lobby, and what became of subscriptions that resume."""
    yield Sample("bdax_lobby_queue", "Pieces of input without a logon that wait.", "gauge", ws.lobby.waiting)
    yield Sample(
        "bdax_lobby_waited", "Pieces of input without a logon that had to wait.", "counter", ws.lobby.waited
    )
    for outcome in ("recovered", "not_recovered", "beyond"):
        yield Sample(
            "bdax_resumes",
            "Channels subscribed to with from_seq, by outcome.",
            "counter",
            ws.counters.resumes[outcome],
            (("outcome", outcome),),
        )
    for outcome, count in ws.counters.outcomes.items():
        yield Sample(
            "bdax_channel_outcomes",
            "Channels of subscribe and unsubscribe, by outcome.",
            "counter",
            count,
            (("outcome", outcome),),
        )
