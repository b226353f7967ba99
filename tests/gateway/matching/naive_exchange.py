"""The rules of the exchange written the slow and obvious way: one list of orders, searched and sorted.

It shares no code with ``gateway.matching``. It answers a command with the events other than ``BookDelta``,
and with the book as totals per level, from which the deltas follow.
"""

from collections import Counter

from gateway.model import (
    CancelCause,
    CancelOrder,
    Command,
    Event,
    Instruments,
    InstrumentStatus,
    MassCancel,
    MassCanceled,
    MassCancelScope,
    NewOrder,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderReplaced,
    OrdType,
    Refusal,
    Refuse,
    RejectReason,
    ReplaceOrder,
    SetTradingStatus,
    Side,
    TimeInForce,
    Trade,
    TradingStatus,
    format_scaled,
)
from tests.gateway.matching.naive_order import NaiveOrder, cancel_rejected, rejected

Totals = Counter[tuple[str, Side, int]]


class NaiveExchange:
    """``resting`` holds all resting orders of all books in the order in which they came to rest."""

    def __init__(self, instruments: Instruments, closed_kept: int) -> None:
        self.instruments = instruments
        self.closed_kept = closed_kept
        self.status = dict.fromkeys(instruments, TradingStatus.OPEN)
        self.resting: list[NaiveOrder] = []
        self.by_name: dict[tuple[str, bytes], NaiveOrder] = {}
        self.by_id: dict[int, NaiveOrder] = {}
        self.closed: list[NaiveOrder] = []
        self.eseq = 0
        self.events: list[Event] = []

    def totals(self) -> Totals:
        totals: Totals = Counter()
        for order in self.resting:
            totals[order.symbol, order.side, order.price] += order.open
        return totals

    def work(self, command: Command) -> list[Event]:
        self.eseq += 1
        self.events = []
        match command:
            case NewOrder():
                self.enter(command)
            case CancelOrder():
                self.cancel(command)
            case ReplaceOrder():
                self.replace(command)
            case MassCancel():
                self.mass_cancel(command)
            case Refuse():
                self.refuse(command)
            case SetTradingStatus():
                known = command.symbol in self.status
                if known:
                    self.status[command.symbol] = command.status
                status = command.status if known else TradingStatus.HALTED
                self.events.append(
                    InstrumentStatus(self.eseq, 1, command.transact_time, command.symbol, status)
                )
        return self.events

    @property
    def n(self) -> int:
        return len(self.events) + 1

    # ---- names

    def remembered(self, order: NaiveOrder | None) -> NaiveOrder | None:
        if order is None or not order.is_closed:
            return order
        kept = self.closed[-self.closed_kept :] if self.closed_kept else []
        return order if order in kept else None

    def find(self, command: CancelOrder | ReplaceOrder) -> NaiveOrder | None:
        if command.order_id:
            order = self.by_id.get(command.order_id)
            if order is not None and order.account != command.account:
                return None
            return self.remembered(order)
        return self.remembered(self.by_name.get((command.account, command.orig_cl_ord_id)))

    def is_taken(self, account: str, cl_ord_id: bytes, but: NaiveOrder | None = None) -> bool:
        holder = self.by_name.get((account, cl_ord_id)) if cl_ord_id else None
        return holder is not None and not holder.is_closed and holder is not but

    def close(self, order: NaiveOrder) -> None:
        order.is_closed = True
        self.closed.append(order)
        if order in self.resting:
            self.resting.remove(order)

    # ---- matching

    def opposite(self, symbol: str, side: Side, price: int | None) -> list[NaiveOrder]:
        """Return whom an order would trade with, in priority. ``sorted`` keeps the time order."""
        found = [o for o in self.resting if o.symbol == symbol and o.side is not side]
        if price is not None:
            found = [o for o in found if (o.price <= price if side is Side.BUY else o.price >= price)]
        return sorted(found, key=lambda o: o.price if side is Side.BUY else -o.price)

    def trade(self, order: NaiveOrder, time: int, price: int | None) -> None:
        for maker in self.opposite(order.symbol, order.side, price):
            quantity = min(order.open, maker.open)
            if not quantity:
                return
            for party in (order, maker):
                party.fills.append((quantity, maker.price))
                self.events.append(
                    OrderFilled(
                        self.eseq,
                        self.n,
                        time,
                        party.owner,
                        party.account,
                        party.order_id,
                        quantity,
                        maker.price,
                        party.filled,
                        party.open,
                        party.average,
                        party is order,
                    )
                )
            self.events.append(
                Trade(self.eseq, self.n, time, order.symbol, maker.price, quantity, order.side)
            )
            if not maker.open:
                self.close(maker)

    def expire(self, order: NaiveOrder, cause: CancelCause, time: int) -> None:
        self.events.append(
            OrderCanceled(
                self.eseq,
                self.n,
                time,
                order.owner,
                order.account,
                order.order_id,
                order.filled,
                order.open,
                cause,
            )
        )
        self.close(order)

    # ---- commands

    def enter(self, command: NewOrder) -> None:
        refusal = self.why_not_new(command)
        if refusal is not None:
            self.events.append(rejected(self.eseq, command, refusal))
            return
        c = command
        order = NaiveOrder(self.eseq, c)
        self.by_id[self.eseq] = order
        self.by_name[c.account, c.cl_ord_id] = order
        self.events.append(
            OrderAccepted(
                self.eseq,
                1,
                c.transact_time,
                c.session,
                c.msg_seq_num,
                c.account,
                c.cl_ord_id,
                self.eseq,
                c.symbol,
                c.side,
                c.ord_type,
                c.time_in_force,
                c.order_qty,
                c.price,
                c.post_only,
            )
        )
        price = None if c.ord_type is OrdType.MARKET else c.price
        available = sum(o.open for o in self.opposite(c.symbol, c.side, price))
        if c.time_in_force is TimeInForce.FOK and available < c.order_qty:
            self.expire(order, CancelCause.FILL_OR_KILL, c.transact_time)
            return
        self.trade(order, c.transact_time, price)
        if not order.open:
            self.close(order)
        elif price is None:
            self.expire(order, CancelCause.NO_LIQUIDITY, c.transact_time)
        elif c.time_in_force is TimeInForce.IOC:
            self.expire(order, CancelCause.IMMEDIATE_OR_CANCEL, c.transact_time)
        else:
            self.resting.append(order)

    def why_not_new(self, c: NewOrder) -> Refusal | None:
        if c.symbol not in self.status:
            return Refusal(RejectReason.UNKNOWN_SYMBOL, "symbol", "", c.symbol)
        is_market = c.ord_type is OrdType.MARKET
        if self.status[c.symbol] is TradingStatus.OPEN and not c.cl_ord_id:
            return Refusal(RejectReason.INVALID_VALUE, "cl_ord_id")
        refusal = self.why_not_terms(c.symbol, c.order_qty, 1 if is_market else c.price)
        if refusal is None and c.post_only:
            refusal = self.why_not_post(c.symbol, c.side, c.price, is_market=is_market)
        if refusal is None and self.is_taken(c.account, c.cl_ord_id):
            refusal = Refusal(RejectReason.DUPLICATE_CL_ORD_ID, "cl_ord_id", "", c.cl_ord_id.decode())
        return refusal

    def why_not_terms(self, symbol: str, quantity: int, price: int) -> Refusal | None:
        status = self.status[symbol]
        if status is not TradingStatus.OPEN:
            return Refusal(RejectReason.INSTRUMENT_NOT_OPEN, "symbol", status.name.lower(), symbol)
        instrument = self.instruments[symbol]
        for name, value, places in (
            ("order_qty", quantity, instrument.qty_places),
            ("price", price, instrument.price_places),
        ):
            if value <= 0:
                limit, text = format_scaled(1, places), format_scaled(value, places)
                return Refusal(RejectReason.INVALID_VALUE, name, limit, text)
        return None

    def why_not_post(self, symbol: str, side: Side, price: int, *, is_market: bool) -> Refusal | None:
        would_trade = self.opposite(symbol, side, None if is_market else price)
        if not would_trade:
            return None
        places = self.instruments[symbol].price_places
        return Refusal(
            RejectReason.POST_ONLY_WOULD_TRADE,
            "price",
            format_scaled(would_trade[0].price, places),
            format_scaled(price, places),
        )

    def cancel(self, command: CancelOrder) -> None:
        order = self.find(command)
        if self.is_missed(command, order):
            return
        assert order is not None
        c = command
        self.events.append(
            OrderCanceled(
                self.eseq,
                1,
                c.transact_time,
                order.owner,
                order.account,
                order.order_id,
                order.filled,
                order.open,
                CancelCause.REQUESTED,
                c.session,
                c.msg_seq_num,
                c.cl_ord_id,
                order.cl_ord_id,
            )
        )
        self.close(order)

    def is_missed(self, command: CancelOrder | ReplaceOrder, order: NaiveOrder | None) -> bool:
        if order is not None and not order.is_closed and command.symbol in ("", order.symbol):
            return False
        too_late = order is not None and order.is_closed
        reason = RejectReason.TOO_LATE if too_late else RejectReason.UNKNOWN_ORDER
        name = ("order_id", str(command.order_id))
        if not command.order_id:
            name = ("orig_cl_ord_id", command.orig_cl_ord_id.decode())
        refusal = Refusal(reason, name[0], "", name[1])
        self.events.append(cancel_rejected(self.eseq, command, order if too_late else None, refusal))
        return True

    def replace(self, command: ReplaceOrder) -> None:
        order = self.find(command)
        if self.is_missed(command, order):
            return
        assert order is not None
        c = command
        refusal = self.why_not_replace(c, order)
        if refusal is not None:
            self.events.append(cancel_rejected(self.eseq, c, order, refusal))
            return
        orig_cl_ord_id = order.cl_ord_id
        if c.cl_ord_id and c.cl_ord_id != orig_cl_ord_id:
            del self.by_name[order.account, orig_cl_ord_id]
            order.cl_ord_id = c.cl_ord_id
            self.by_name[order.account, order.cl_ord_id] = order
        keeps_place = c.price == order.price and c.order_qty < order.quantity
        order.quantity, order.price = c.order_qty, c.price
        self.events.append(
            OrderReplaced(
                self.eseq,
                1,
                c.transact_time,
                order.owner,
                order.account,
                order.order_id,
                c.session,
                c.msg_seq_num,
                order.cl_ord_id,
                orig_cl_ord_id,
                c.order_qty,
                c.price,
                order.filled,
                order.open,
                order.average if order.fills else 0,
            )
        )
        if keeps_place:
            return
        self.resting.remove(order)
        self.trade(order, c.transact_time, c.price)
        if order.open:
            self.resting.append(order)
        else:
            self.close(order)

    def why_not_replace(self, c: ReplaceOrder, order: NaiveOrder) -> Refusal | None:
        refusal = self.why_not_terms(order.symbol, c.order_qty, c.price)
        if refusal is None and c.order_qty <= order.filled:
            places = self.instruments[order.symbol].qty_places
            limit, text = format_scaled(order.filled, places), format_scaled(c.order_qty, places)
            refusal = Refusal(RejectReason.QUANTITY_BELOW_FILLED, "order_qty", limit, text)
        if refusal is None and order.post_only:
            refusal = self.why_not_post(order.symbol, order.side, c.price, is_market=False)
        if refusal is None and self.is_taken(order.account, c.cl_ord_id, but=order):
            refusal = Refusal(RejectReason.DUPLICATE_CL_ORD_ID, "cl_ord_id", "", c.cl_ord_id.decode())
        return refusal

    def mass_cancel(self, command: MassCancel) -> None:
        c = command
        affected = [
            order
            for order in sorted(self.resting, key=lambda o: o.order_id)
            if order.account == c.account
            and (c.scope is not MassCancelScope.SYMBOL or order.symbol == c.symbol)
            and (c.scope is not MassCancelScope.SESSION or order.owner == c.target_session)
        ]
        for order in affected:
            cause = CancelCause.DISCONNECT if c.on_disconnect else CancelCause.MASS_CANCEL
            self.expire(order, cause, c.transact_time)
        self.events.append(
            MassCanceled(
                self.eseq,
                self.n,
                c.transact_time,
                c.session,
                c.msg_seq_num,
                c.account,
                c.cl_ord_id,
                len(affected),
            )
        )

    def refuse(self, command: Refuse) -> None:
        request, refusal = command.request, command.refusal
        if isinstance(request, NewOrder):
            self.events.append(rejected(self.eseq, request, refusal))
            return
        is_unknown = refusal.reason is RejectReason.UNKNOWN_ORDER
        order = None if is_unknown else self.find(request)
        self.events.append(cancel_rejected(self.eseq, request, order, refusal))
