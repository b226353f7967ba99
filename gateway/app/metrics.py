"""What `/metrics` shows of the order path, and all sources of a gateway together, read when asked."""

import logging
from collections.abc import Iterable
from typing import Final, Protocol

from gateway.app.front_metrics import door_samples, front_samples, market_data_samples
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
        lambda: door_samples(gateway.ws),
    ]


def _fronts(fix: FixAcceptor, ws: WsAcceptor) -> Iterable[Sample]:
    yield Sample(
        "bdax_garbled", "Garbled messages that were ignored.", "counter", fix.garbled, (("front", "fix"),)
    )
    yield from front_samples("fix", fix)
    yield from front_samples("ws", ws)


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
