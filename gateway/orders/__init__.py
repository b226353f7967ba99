"""The order path between the front ends and the engine: checks, registry, routing of reports."""

from gateway.orders.limits import OrderLimits
from gateway.orders.order import Order
from gateway.orders.registry import OrderRegistry
from gateway.orders.repeats import Outcome, Repeat
from gateway.orders.router import OrderRouter
from gateway.orders.snapshot import SnapshotError

__all__ = ["Order", "OrderLimits", "OrderRegistry", "OrderRouter", "Outcome", "Repeat", "SnapshotError"]
