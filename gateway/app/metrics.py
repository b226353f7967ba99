"""What `/metrics` shows of the order path, the front ends and market data, read when asked."""

import logging
from collections.abc import Iterable, Mapping
from typing import Final, Protocol

from gateway.net.fix_acceptor import FixAcceptor
from gateway.net.turns import Turns
from gateway.net.ws_acceptor import MarketDataFeed, WsAcceptor
from gateway.orders import OrderRouter
from gateway.ports.metrics import MetricsSource, Sample

ALARM_PERIOD_S: Final = 60.0

log = logging.getLogger(__name__)


class Measured(Protocol):
    """The parts of a gateway that are measured."""

    turns: Turns
    router: OrderRouter
    feed: MarketDataFeed
    fix: FixAcceptor
    ws: WsAcceptor


def metrics_sources(gateway: Measured) -> list[MetricsSource]:
    """Return the sources of the gateway's metrics; they read the parts at each scrape."""
    return [
        lambda: _fronts(gateway.fix, gateway.ws),
        gateway.ws.guests.samples,
        lambda: _orders(gateway.router),
        lambda: _batches(gateway.turns),
        lambda: market_data_samples(gateway.feed),
        lambda: resume_samples(gateway.ws),
    ]


def _fronts(fix: FixAcceptor, ws: WsAcceptor) -> Iterable[Sample]:
    yield Sample(
        "bdax_garbled", "Garbled messages that were ignored.", "counter", fix.garbled, (("front", "fix"),)
    )
    yield from front_samples("fix", fix)
    yield from front_samples("ws", ws)


def front_samples(front: str, acceptor: FixAcceptor | WsAcceptor) -> Iterable[Sample]:
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


def _orders(router: OrderRouter) -> Iterable[Sample]:
    for command, count in router.commands.items():
        yield Sample(
            "bdax_commands", "Commands handed to the engine.", "counter", count, (("kind", command.__name__),)
        )
    for event, count in router.events.items():
        yield Sample("bdax_events", "Events of the engine.", "counter", count, (("kind", event.__name__),))
    for reason, count in router.rejects.items():
        labels = (("reason", reason.name.lower()),)
        yield Sample("bdax_order_rejects", "Refused orders and changes.", "counter", count, labels)
    registry = router.registry
    yield Sample("bdax_open_orders", "Orders that can trade.", "gauge", registry.open_total)
    used = registry.past.used
    yield Sample("bdax_idempotency_entries", "ClOrdIDs of older orders remembered.", "gauge", len(used))
    yield Sample(
        "bdax_idempotency_evictions",
        "ClOrdIDs forgotten because too many were remembered.",
        "counter",
        registry.evicted,
    )


def _batches(turns: Turns) -> Iterable[Sample]:
    yield Sample("bdax_batches", "Commits.", "counter", turns.batches)
    yield Sample("bdax_commit_seconds", "Time of a commit.", "histogram", turns.commit_ns.value())
    age_s = turns.commit_age_ns / 1e9
    yield Sample("bdax_commit_age_seconds", "Age of the commit under way, 0 without one.", "gauge", age_s)
    yield Sample(
        "bdax_order_seconds",
        "From a batch's first command to its answers written.",
        "histogram",
        turns.order_ns.value(),
    )


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
        "bdax_resume_bytes",
        "Packed changes of books and trades that can be resumed from.",
        "gauge",
        feed.publisher.ring_bytes,
    )
    yield Sample("bdax_streams", "Channel variants made on demand.", "gauge", feed.publisher.streams)
    yield Sample("bdax_engine_sequence", "Engine sequence published.", "gauge", feed.publisher.eseq)


def resume_samples(ws: WsAcceptor) -> Iterable[Sample]:
    """Read what became of subscriptions that resume."""
    for outcome in ("recovered", "not_recovered"):
        yield Sample(
            "bdax_resumes",
            "Channels subscribed to with from_seq, by outcome.",
            "counter",
            ws.public.resumes[outcome],
            (("outcome", outcome),),
        )


def beside(source: MetricsSource, workers: MetricsSource) -> MetricsSource:
    """Return ``source`` with a label ``worker``, empty, on what the workers measure too."""

    def read() -> Iterable[Sample]:
        shared = {sample.name for sample in workers()}
        for sample in source():
            if sample.name in shared:
                yield sample._replace(labels=(*sample.labels, ("worker", "")))
            else:
                yield sample

    return read


class EvictionAlarm:
    """Warns when ClOrdIDs are forgotten for want of room: the first time, then at most once a minute."""

    def __init__(self, router: OrderRouter) -> None:
        self._registry = router.registry
        self._seen = router.registry.evicted
        self._quiet_until = float("-inf")

    def look(self, now_s: float) -> None:
        """Look now and then; ``now_s`` is any steady clock's time (s)."""
        evicted = self._registry.evicted
        if evicted > self._seen and now_s >= self._quiet_until:
            log.warning(
                "ClOrdIDs forgotten before their time",
                extra={"forgotten": evicted - self._seen, "raise": "orders.idempotency_max"},
            )
            self._seen = evicted
            self._quiet_until = now_s + ALARM_PERIOD_S
