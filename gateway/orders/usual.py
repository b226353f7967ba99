"""Whether usual orders go the compiled way (``_taking.pyx``, ``_delivering.pyx``), and what it is asked for.

``BDAX_PURE=1`` in the environment forces plain Python, which has one way for all orders (``router``).
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from gateway.model import Command, Event, NewOrder
from gateway.orders.risk import PreTradeRisk
from gateway.ports import StoredExecution
from gateway.ports.forms import IS_PLAIN

if TYPE_CHECKING:
    from gateway.orders.router import Deliver, OrderRouter, Submit


class Usual(NamedTuple):
    """The compiled way, on the state of a router. Each does what the router's own of that name does.

    ``reserves`` says whether a new order is usual, and reserves what it asks for if it is. ``count_commands``
    and ``count_events`` count what was submitted and delivered since their last call.
    """

    submit: "Submit"
    reserves: Callable[[NewOrder, int], bool]
    deliver: "Deliver"
    follow: Callable[[Sequence[Event]], None]
    record_commands: Callable[[Callable[[Command], None]], None]
    count_commands: Callable[[], None]
    count_events: Callable[[], None]
    record_executions: Callable[[Callable[[StoredExecution], None] | None], None]


def usual_orders(router: "OrderRouter", risk: PreTradeRisk) -> Usual | None:
    """Return the compiled way, ``None`` where it is not there."""
    if IS_PLAIN:
        return None
    try:
        from gateway.orders._delivering import Delivering
        from gateway.orders._taking import Taking
    except ImportError:
        return None
    taking, delivering = Taking(router, risk), Delivering(router, risk)
    return Usual(
        taking.submit,
        taking.reserve,
        delivering.deliver,
        delivering.follow,
        taking.record_commands,
        taking.count_commands,
        delivering.count_events,
        delivering.record_executions,
    )
