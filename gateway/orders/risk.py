"""Pre-trade checks: may this order, or this change of one, go to the engine?

Checks are pure questions on the command, the instrument and what is known of the account. The first
violated rule is the answer. NOT here: the message budget (``throttle``), anything after the engine.
"""

from collections.abc import Sequence
from typing import Final

from gateway.model import (
    Instrument,
    Instruments,
    InstrumentStatus,
    NewOrder,
    OrdType,
    Refusal,
    RejectReason,
    ReplaceOrder,
    Trade,
    TradingStatus,
    format_scaled,
)
from gateway.orders.limits import OrderLimits
from gateway.orders.registry import AccountOrders, OrderRegistry
from gateway.orders.snapshot import MarketState

# Enum members as globals: a look-up on the class costs as much as a check.
_OPEN: Final = TradingStatus.OPEN
_LIMIT: Final = OrdType.LIMIT


class PreTradeRisk:
    """Checks orders against their instrument, the market and the account."""

    def __init__(self, instruments: Instruments, registry: OrderRegistry, limits: OrderLimits) -> None:
        self._instruments = dict(instruments)  # half the cost of asking a Mapping
        self._registry = registry
        self._past = registry.past
        self._limits = limits
        self._last_px: dict[str, int] = {}
        self._status = {symbol: instrument.status for symbol, instrument in instruments.items()}

    def trading_status(self, symbol: str) -> TradingStatus:
        """Return the instrument's trading status as the events left it."""
        return self._status[symbol]

    def on_trade(self, trade: Trade) -> None:
        """Move the centre of the price band."""
        self._last_px[trade.symbol] = trade.price

    def on_status(self, event: InstrumentStatus) -> None:
        """Take over an instrument's new trading status."""
        self._status[event.symbol] = event.status

    def snapshot(self) -> list[MarketState]:
        """Return what the events said of each instrument, in order of symbol."""
        return [
            MarketState(symbol, self._status[symbol], self._last_px.get(symbol))
            for symbol in sorted(self._instruments)
        ]

    def restore(self, markets: Sequence[MarketState]) -> None:
        """Take over ``markets``, but for instruments that have gone; a new one is as configured."""
        for market in markets:
            if market.symbol in self._instruments:
                self._status[market.symbol] = market.status
                if market.last_px is not None:
                    self._last_px[market.symbol] = market.last_px

    def check_new(self, order: NewOrder, orders: AccountOrders) -> Refusal | None:
        """Return why ``order`` is refused, or ``None``. ``orders`` are its account's.

        One look at all rules for what nearly every order is, a good limit order; then one by one.
        """
        symbol = order.symbol
        instrument = self._instruments.get(symbol)
        limits = self._limits
        limit = limits.max_open_orders_of.get(order.account, limits.max_open_orders)
        if instrument is not None and self._status[symbol] is _OPEN and order.ord_type is _LIMIT:
            price, order_qty = order.price, order.order_qty
            if (
                order.cl_ord_id not in orders.by_cl_ord_id
                and order.cl_ord_id not in orders.replaces
                and instrument.min_qty <= order_qty <= instrument.max_qty
                and order_qty > 0
                and not order_qty % instrument.lot
                and price > 0
                and not price % instrument.ticks.tick(price)
                and instrument.min_notional <= price * order_qty <= instrument.max_notional
                and (not instrument.band_pct or not limits.price_bands or self._is_in_band(price, instrument))
                and (not limit or orders.open_count < limit)
                and self._past.find(order.account, order.cl_ord_id) is None
            ):
                return None
        refusal = self.check_cl_ord_id(order) or self._check_terms(
            order, is_market=order.ord_type is OrdType.MARKET
        )
        if refusal is not None:
            return refusal
        if limit and orders.open_count >= limit:
            return Refusal(RejectReason.TOO_MANY_OPEN_ORDERS, "account", str(limit), order.account)
        return None

    def _is_in_band(self, price: int, instrument: Instrument) -> bool:
        last_px = self._last_px.get(instrument.symbol, instrument.reference_price)
        return abs(price - last_px) <= last_px * instrument.band_pct // 100

    def check_replace(self, replace: ReplaceOrder) -> Refusal | None:
        """Return why ``replace`` is refused, or ``None``. Whether its order exists is the engine's to say."""
        return self.check_cl_ord_id(replace) or self._check_terms(replace, is_market=False)

    def check_cl_ord_id(self, request: NewOrder | ReplaceOrder) -> Refusal | None:
        """Return a refusal when the account has used the ClOrdID before.

        A replace may keep its order's ClOrdID, or leave it empty for the same effect.
        """
        cl_ord_id = request.cl_ord_id
        if keeps_cl_ord_id(request):
            return None
        if not self._registry.is_used(request.account, cl_ord_id):
            return None
        return Refusal(
            RejectReason.DUPLICATE_CL_ORD_ID, "cl_ord_id", value=cl_ord_id.decode("ascii", "replace")
        )

    def _check_terms(self, terms: NewOrder | ReplaceOrder, *, is_market: bool) -> Refusal | None:
        instrument = self._instruments.get(terms.symbol)
        if instrument is None:
            return Refusal(RejectReason.UNKNOWN_SYMBOL, "symbol", value=terms.symbol)
        if self._status[terms.symbol] is not TradingStatus.OPEN:
            status = self._status[terms.symbol].name.lower()
            return Refusal(RejectReason.INSTRUMENT_NOT_OPEN, "symbol", status, terms.symbol)
        refusal = _check_quantity(terms.order_qty, instrument)
        if refusal is None and not is_market:
            refusal = self._check_price(terms.price, instrument) or _check_notional(
                terms.price, terms.order_qty, instrument
            )
        return refusal

    def _check_price(self, price: int, instrument: Instrument) -> Refusal | None:
        places = instrument.price_places
        tick = instrument.ticks.tick(price)
        if price <= 0 or price % tick:
            return Refusal(
                RejectReason.INVALID_PRICE_TICK,
                "price",
                format_scaled(tick, places),
                format_scaled(price, places),
            )
        band_pct = instrument.band_pct
        if not band_pct or not self._limits.price_bands:
            return None
        if self._is_in_band(price, instrument):
            return None
        last_px = self._last_px.get(instrument.symbol, instrument.reference_price)
        width = last_px * band_pct // 100
        bound = last_px - width if price < last_px else last_px + width
        return Refusal(
            RejectReason.PRICE_OUT_OF_BAND,
            "price",
            format_scaled(bound, places),
            format_scaled(price, places),
        )


def keeps_cl_ord_id(request: NewOrder | ReplaceOrder) -> bool:
    """Whether ``request`` is a replace that leaves its order's ClOrdID as it is."""
    return isinstance(request, ReplaceOrder) and request.cl_ord_id in (b"", request.orig_cl_ord_id)


def _check_quantity(order_qty: int, instrument: Instrument) -> Refusal | None:
    places = instrument.qty_places
    if order_qty % instrument.lot:
        reason, limit = RejectReason.INVALID_QUANTITY_LOT, instrument.lot
    elif order_qty < instrument.min_qty or order_qty <= 0:
        reason, limit = RejectReason.QUANTITY_TOO_SMALL, instrument.min_qty
    elif order_qty > instrument.max_qty:
        reason, limit = RejectReason.QUANTITY_TOO_LARGE, instrument.max_qty
    else:
        return None
    return Refusal(reason, "order_qty", format_scaled(limit, places), format_scaled(order_qty, places))


def _check_notional(price: int, order_qty: int, instrument: Instrument) -> Refusal | None:
    notional = price * order_qty
    if notional < instrument.min_notional:
        reason, limit = RejectReason.NOTIONAL_TOO_SMALL, instrument.min_notional
    elif notional > instrument.max_notional:
        reason, limit = RejectReason.NOTIONAL_TOO_LARGE, instrument.max_notional
    else:
        return None
    places = instrument.price_places + instrument.qty_places
    return Refusal(reason, "notional", format_scaled(limit, places), format_scaled(notional, places))
