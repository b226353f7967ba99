"""``tracebook-conformance`` speaks to the engine through this: its lifecycle in our commands.

Where the two vocabularies differ, the adapter composes: a ``reduce`` is a replace with less quantity (a
cancel when nothing is left); a ``replace`` always loses priority there, so one that would keep it here is a
cancel and a new order; a ``clear`` cancels every order of the book; prices off the tick grid are rounded to
it, as the reference does.
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

from tracebook.conformance import (
    BookSnapshot,
    BookState,
    ConformanceConfig,
    EngineMetadata,
    Observation,
    Outcome,
    RestingOrder,
    TradeFill,
)
from tracebook.core.order import OrderSide as TracebookSide
from tracebook.core.order import OrderType as TracebookType
from tracebook.events import MarketEvent

from gateway.matching import BookSide, MatchingEngine
from gateway.model import (
    CancelOrder,
    CancelRejected,
    Event,
    Instruments,
    MassCancel,
    MassCancelScope,
    NewOrder,
    OrderAccepted,
    OrderFilled,
    OrderRejected,
    OrdType,
    RejectReason,
    ReplaceOrder,
    Side,
    TimeInForce,
    Trade,
    format_scaled,
)
from tests.gateway.matching.trading_floor import instrument

QTY_PLACES = 12
_TERMS = {
    TracebookType.LIMIT: (OrdType.LIMIT, TimeInForce.GTC),
    TracebookType.MARKET: (OrdType.MARKET, TimeInForce.IOC),
    TracebookType.IOC: (OrdType.LIMIT, TimeInForce.IOC),
    TracebookType.FOK: (OrdType.LIMIT, TimeInForce.FOK),
}


_REASONS = {
    RejectReason.DUPLICATE_CL_ORD_ID: "DUPLICATE_ORDER_ID",
    RejectReason.INVALID_VALUE: "INVALID_ORDER",
    RejectReason.TOO_LATE: "ORDER_NOT_ACTIVE",
    RejectReason.UNKNOWN_ORDER: "ORDER_NOT_ACTIVE",
}


class SourceError(Exception):
    """The engine refused a source event; the text is the reason as tracebook says it."""


class SourceOrder(NamedTuple):
    """An order as a trace enters it, in scaled integers."""

    owner: str
    symbol: str
    name: bytes
    side: Side
    order_type: TracebookType
    quantity: int
    price: int


class TracebookAdapter:
    """One engine with a book per symbol of the traces.

    A source order is an order of ours whose ClOrdID is its number and whose owner is its owner's number.
    """

    metadata = EngineMetadata("bdax-matching", "1", "Python")

    def __init__(self, config: ConformanceConfig, symbols: Iterable[str]) -> None:
        self._tick = Decimal(str(config.tick_size))
        self._price_places = -int(self._tick.as_tuple().exponent)
        instruments = Instruments(
            instrument(symbol, price_places=self._price_places, qty_places=QTY_PLACES) for symbol in symbols
        )
        self._engine = MatchingEngine(instruments)
        self._symbols: set[str] = set()
        self._source_ids: dict[int, int] = {}

    def apply(self, event: MarketEvent, index: int) -> Observation:
        events: list[Event] = []
        try:
            events = self._work(event)
            outcome = Outcome("applied")
        except SourceError as error:
            outcome = Outcome("rejected", str(error))
        state = self.snapshot()
        return Observation(index, outcome, self._fills(events), state.digest(), state.order_count)

    def snapshot(self) -> BookState:
        return BookState(
            tuple(
                BookSnapshot(
                    symbol,
                    self._resting(self._engine.book(symbol).bids),
                    self._resting(self._engine.book(symbol).asks),
                )
                for symbol in sorted(self._symbols)
            )
        )

    def close(self) -> None:
        """Nothing is held outside this process."""

    def _work(self, event: MarketEvent) -> list[Event]:
        symbol = event.symbol
        if event.op in ("new", "clear"):
            self._symbols.add(symbol)
        if event.op == "clear":
            return self._engine.work(MassCancel("0", 0, symbol, 0, b"", MassCancelScope.SYMBOL, symbol))
        name = b"%d" % (event.order_id or 0)
        if event.op == "new":
            return self._enter(self._source_order(event, name))
        book = self._engine.book(symbol)
        order = next((o for o in (*book.bids.orders(), *book.asks.orders()) if o.cl_ord_id == name), None)
        if event.op == "cancel" or order is None:
            return self._cancel(symbol, name)
        if event.op == "reduce":
            leaves_qty = order.leaves_qty - self._quantity(event.quantity)
            if not leaves_qty:
                return self._cancel(symbol, name)
            return self._replace(symbol, name, order.cum_qty + leaves_qty, order.price)
        quantity = order.leaves_qty if event.quantity is None else self._quantity(event.quantity)
        price = order.price if event.price is None else self._price(event.price)
        if price == order.price and quantity < order.leaves_qty:
            self._cancel(symbol, name)
            return self._enter(
                SourceOrder(order.owner, symbol, name, order.side, TracebookType.LIMIT, quantity, price)
            )
        return self._replace(symbol, name, order.cum_qty + quantity, price)

    def _source_order(self, event: MarketEvent, name: bytes) -> SourceOrder:
        return SourceOrder(
            str(event.owner),
            event.symbol,
            name,
            Side.BUY if event.side is TracebookSide.BUY else Side.SELL,
            event.order_type,
            self._quantity(event.quantity),
            0 if event.order_type is TracebookType.MARKET else self._price(event.price),
        )

    def _enter(self, terms: SourceOrder) -> list[Event]:
        ord_type, time_in_force = _TERMS[terms.order_type]
        symbol = terms.symbol
        # In the place of the account stands the symbol: the source's numbers are unique per symbol.
        events = self._engine.work(
            NewOrder(
                terms.owner,
                0,
                symbol,
                0,
                terms.name,
                symbol,
                terms.side,
                ord_type,
                time_in_force,
                terms.quantity,
                terms.price,
            )
        )
        answer = events[0]
        if isinstance(answer, OrderRejected):
            raise SourceError(_REASONS[answer.refusal.reason])
        assert isinstance(answer, OrderAccepted)
        self._source_ids[answer.order_id] = int(terms.name)
        return events

    def _cancel(self, symbol: str, name: bytes) -> list[Event]:
        events = self._engine.work(CancelOrder("0", 0, symbol, 0, b"x", name, 0, symbol))
        return _answered(events)

    def _replace(self, symbol: str, name: bytes, order_qty: int, price: int) -> list[Event]:
        events = self._engine.work(ReplaceOrder("0", 0, symbol, 0, name, name, 0, symbol, order_qty, price))
        return _answered(events)

    def _price(self, price: float | None) -> int:
        """Return the nearest price on the grid, in ticks."""
        ticks = (Decimal(str(price)) / self._tick).quantize(Decimal(1), ROUND_HALF_EVEN)
        return int(ticks) * int(self._tick.scaleb(self._price_places))

    def _quantity(self, quantity: float | None) -> int:
        return int(Decimal(str(quantity)).scaleb(QTY_PLACES))

    def _fills(self, events: list[Event]) -> tuple[TradeFill, ...]:
        """Translate the matches, which are three events each: aggressor's fill, maker's fill, trade."""
        matches = [event for event in events if isinstance(event, OrderFilled | Trade)]
        return tuple(self._fill(*matches[i : i + 3]) for i in range(0, len(matches), 3))

    def _fill(self, aggressor: Event, maker: Event, trade: Event) -> TradeFill:
        assert isinstance(aggressor, OrderFilled)
        assert isinstance(maker, OrderFilled)
        assert isinstance(trade, Trade)
        assert (aggressor.aggressor, maker.aggressor) == (True, False)
        assert aggressor.last_qty == maker.last_qty == trade.quantity
        assert aggressor.last_px == maker.last_px == trade.price
        buyer, seller = (aggressor, maker) if trade.aggressor_side is Side.BUY else (maker, aggressor)
        return TradeFill(
            trade.symbol,
            self._source_ids[buyer.order_id],
            self._source_ids[seller.order_id],
            format_scaled(trade.price, self._price_places),
            format_scaled(trade.quantity, QTY_PLACES),
        )

    def _resting(self, side: BookSide) -> tuple[RestingOrder, ...]:
        return tuple(
            RestingOrder(
                order_id=self._source_ids[order.order_id],
                price=format_scaled(order.price, self._price_places),
                remaining_quantity=format_scaled(order.leaves_qty, QTY_PLACES),
                owner=int(order.owner),
            )
            for order in side.orders()
        )


def _answered(events: list[Event]) -> list[Event]:
    answer = events[0]
    if isinstance(answer, CancelRejected):
        raise SourceError(_REASONS[answer.refusal.reason])
    return events
