"""The seams of the house: small protocols with what they promise on order, delivery and durability.

One contract suite runs against each adapter of a port.
"""

from gateway.ports.engine import EnginePort
from gateway.ports.market_data import BookLevels, Position, Push, PushEncoder, Subscriber
from gateway.ports.metrics import HistogramValue, LatencyBuckets, MetricsSource, Sample
from gateway.ports.sessions import ClientSession, ExecutionListener
from gateway.ports.store import (
    Batch,
    Durability,
    SessionNumbers,
    Store,
    StoredExecution,
    StoredMessage,
    StoreError,
)

__all__ = [
    "Batch",
    "BookLevels",
    "ClientSession",
    "Durability",
    "EnginePort",
    "ExecutionListener",
    "HistogramValue",
    "LatencyBuckets",
    "MetricsSource",
    "Position",
    "Push",
    "PushEncoder",
    "Sample",
    "SessionNumbers",
    "Store",
    "StoreError",
    "StoredExecution",
    "StoredMessage",
    "Subscriber",
]
