"""A market maker's orders: what is live, what is under way, what to ask for next.

Deterministic and without I/O: reports go in, requests come out; ``now`` is monotonic ns. NOT here: where
quotes should be (``quoting``), the wire (``fix_session``, ``fix_maker``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from gateway.demo.quoting import BUY, Place, Quote, Quoter, Wish

_PAUSE_NS: Final = 1_000_000_000


class PlaceOrder(NamedTuple):
    """Enter a limit order."""

    cl_ord_id: str
    side: int
    price: int
    quantity: int


class MoveOrder(NamedTuple):
    """Replace price and total quantity (filled part included) of the order ``orig_cl_ord_id``."""

    cl_ord_id: str
    orig_cl_ord_id: str
    side: int
    price: int
    quantity: int


class PullOrder(NamedTuple):
    """Cancel the order ``orig_cl_ord_id``."""

    cl_ord_id: str
    orig_cl_ord_id: str
    side: int


Request: TypeAlias = PlaceOrder | MoveOrder | PullOrder


class Report(NamedTuple):
    """The state of an order as an execution report tells it. ``is_open`` says whether it can still trade.

    ``answers`` is the ClOrdID of the request that this report answers or, for a fill, of the order.
    """

    answers: str
    is_open: bool
    is_fill: bool
    is_reject: bool
    price: int
    cum_qty: int
    leaves_qty: int


class OpenOrder(NamedTuple):
    """An open order of an earlier start or connection."""

    order_id: str
    cl_ord_id: str
    side: int
    price: int
    cum_qty: int
    leaves_qty: int


class Refused(NamedTuple):
    """A cancel or replace was refused; ``is_gone`` says that its order is not open any more."""

    answers: str
    is_gone: bool


@dataclass(slots=True)
class _Working:
    """The order at one place. ``request`` names what is under way, with the price it asks for."""

    cl_ord_id: str
    price: int
    leaves_qty: int = 0
    cum_qty: int = 0
    request: str = ""
    asked_price: int = 0


class Maker:
    """Keeps the orders of one participant in line with its quoter's wishes.

    ``prefix`` makes its ClOrdIDs unique among all starts of the demo. At most one order per place and one
    request per order are under way, so open orders are bounded by the ladder.
    """

    def __init__(self, quoter: Quoter, prefix: str) -> None:
        self._quoter = quoter
        self._prefix = prefix
        self._count = 0
        self._working: dict[Place, _Working] = {}
        self._places: dict[str, Place] = {}
        self._paused_until = 0

    @property
    def open_orders(self) -> int:
        """How many orders are live or under way."""
        return len(self._working)

    def resume(self, orders: Sequence[OpenOrder]) -> list[OpenOrder]:
        """Take over what an earlier start or connection left in the book, and go on from its prices.

        The best orders of each side come first in the ladder. Returns those that have no place in it.
        """
        self._working.clear()
        self._places.clear()
        bids = sorted((order for order in orders if order.side == BUY), key=_price, reverse=True)
        asks = sorted((order for order in orders if order.side != BUY), key=_price)
        if bids and asks:
            self._quoter.resume((bids[0].price + asks[0].price) // 2)
        surplus = []
        for ladder in (bids, asks):
            for level, order in enumerate(ladder):
                place = Place(order.side, level)
                if place in self._quoter.places:
                    working = _Working(order.cl_ord_id, order.price, order.leaves_qty, order.cum_qty)
                    self._working[place] = working
                    self._places[order.cl_ord_id] = place
                else:
                    surplus.append(order)
        return surplus

    def requests(self, now: int) -> list[Request]:
        """Return what to send at this step."""
        if now < self._paused_until:
            return []
        quotes = {place: _shown(place, order) for place, order in self._working.items()}
        busy = frozenset(place for place, order in self._working.items() if order.request)
        return [self._request(wish) for wish in self._quoter.next_wishes(quotes, busy)]

    def on_report(self, report: Report, now: int) -> None:
        """Take over an execution report. One that belongs to no working order is of the past, and ignored."""
        place = self._places.get(report.answers)
        if place is None:
            return
        order = self._working[place]
        if report.is_reject:
            self._paused_until = now + _PAUSE_NS
        if not report.is_open:
            self._drop(place)
            return
        order.cum_qty = report.cum_qty
        order.leaves_qty = report.leaves_qty
        if report.answers == order.request and not report.is_fill:
            if order.cl_ord_id != report.answers:
                del self._places[order.cl_ord_id]
            order.cl_ord_id = report.answers
            order.request = ""
            order.price = report.price

    def on_refused(self, refused: Refused, now: int) -> None:
        """Take over the refusal of a cancel or replace: the order stands as it was, or is gone."""
        place = self._places.get(refused.answers)
        if place is None:
            return
        if refused.is_gone:
            self._drop(place)
            return
        order = self._working[place]
        if order.request == refused.answers:
            del self._places[order.request]
            order.request = ""
        self._paused_until = now + _PAUSE_NS

    def _request(self, wish: Wish) -> Request:
        self._count += 1
        cl_ord_id = f"{self._prefix}-{self._count}"
        place, quote = wish
        self._places[cl_ord_id] = place
        if quote is None:
            return self._pull(cl_ord_id, place)
        if place in self._working:
            return self._move(cl_ord_id, place, quote)
        return self._enter(cl_ord_id, place, quote)

    def _enter(self, cl_ord_id: str, place: Place, quote: Quote) -> PlaceOrder:
        self._working[place] = _Working(cl_ord_id, quote.price, request=cl_ord_id, asked_price=quote.price)
        return PlaceOrder(cl_ord_id, place.side, quote.price, quote.quantity)

    def _move(self, cl_ord_id: str, place: Place, quote: Quote) -> MoveOrder:
        order = self._working[place]
        order.request, order.asked_price = cl_ord_id, quote.price
        return MoveOrder(cl_ord_id, order.cl_ord_id, place.side, quote.price, order.cum_qty + quote.quantity)

    def _pull(self, cl_ord_id: str, place: Place) -> PullOrder:
        order = self._working[place]
        order.request, order.asked_price = cl_ord_id, order.price
        return PullOrder(cl_ord_id, order.cl_ord_id, place.side)

    def _drop(self, place: Place) -> None:
        order = self._working.pop(place)
        self._places.pop(order.cl_ord_id, None)
        self._places.pop(order.request, None)


def _shown(place: Place, order: _Working) -> Quote:
    """Return the quote at its most aggressive: while it moves, either price may be in the book."""
    price = order.price
    if order.request:
        price = max(price, order.asked_price) if place.side == BUY else min(price, order.asked_price)
    return Quote(price, order.leaves_qty)


def _price(order: OpenOrder) -> int:
    return order.price
