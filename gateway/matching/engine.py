"""The matching engine: one command in, its events out.

Every command takes the next ``eseq`` and gives at least one event; its events are numbered ``n`` = 1, 2, ….
They come in this order: the answer to the request; fills and trades in match order, then what became of
the remainder; then one ``BookDelta`` per level whose total changed, in the order in which the command first
touched the levels. So the answer never follows what it caused, and a book that is built by applying the
deltas is never crossed: levels shrink before another grows.

The engine is the last line of defence, not the first: ticks, lots, limits and bands are checked before it.
Orders of one account may trade with each other. NOT here: the queue (``book``), the match (``crossing``).
"""

from collections.abc import Callable
from typing import Any, ClassVar, Final

from gateway.matching.book import ANY_PRICE, Book, BookSide, Level
from gateway.matching.crossing import cross
from gateway.matching.order import Order, avg_px
from gateway.matching.order_index import CLOSED_ORDERS_KEPT, OrderIndex
from gateway.matching.refusals import (
    below_filled,
    cancel_rejected,
    duplicate,
    missed,
    not_open,
    not_positive,
    rejected,
    unknown_symbol,
    unnamed,
    would_trade,
)
from gateway.matching.snapshot import EngineState, decode_state, encode_state, restore_state
from gateway.matching.usual import usual_work
from gateway.model import (
    BookDelta,
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
    OrderReplaced,
    OrdType,
    Refusal,
    Refuse,
    RejectReason,
    ReplaceOrder,
    SetTradingStatus,
    Side,
    TimeInForce,
    TradingStatus,
)

# Enum members as globals: looking one up on its class costs as much as making an event.
_BUY: Final = Side.BUY
_OPEN: Final = TradingStatus.OPEN
_LIMIT: Final = OrdType.LIMIT
_GTC: Final = TimeInForce.GTC
_FOK: Final = TimeInForce.FOK
_REQUESTED: Final = CancelCause.REQUESTED
_FILL_OR_KILL: Final = CancelCause.FILL_OR_KILL


class MatchingEngine:
    """Works commands in price-time priority, deterministically.

    ``eseq`` is the sequence of the last command worked. The same commands after the same state give the
    same events, byte for byte. ``closed_kept`` closed orders are remembered, so that a late cancel is
    answered TOO_LATE; older ones are UNKNOWN_ORDER. ``usual`` works usual commands on the same state, where
    the compiled form is there.
    """

    __slots__ = ("_books", "_index", "_work", "eseq", "usual")

    def __init__(self, instruments: Instruments, *, closed_kept: int = CLOSED_ORDERS_KEPT) -> None:
        self.eseq = 0
        self._books = {symbol: Book(instrument) for symbol, instrument in instruments.items()}
        self._index = OrderIndex(closed_kept)
        self.usual = usual_work(self._books, self._index)
        # Read from the instance: a class attribute read through it is a slow look-up per command.
        self._work = self._WORK

    @classmethod
    def restore(
        cls, instruments: Instruments, snapshot: bytes, *, closed_kept: int | None = None
    ) -> "MatchingEngine":
        """Return an engine that goes on where ``snapshot`` was taken, with another ``closed_kept`` if given.

        Instruments that the snapshot does not know start as configured. Raises ``SnapshotError``.
        """
        state = decode_state(snapshot)
        engine = cls(instruments, closed_kept=state.closed_kept if closed_kept is None else closed_kept)
        engine.eseq = state.eseq
        restore_state(state, engine._books, engine._index)
        return engine

    def snapshot(self) -> bytes:
        """Return the whole state; equal states give equal bytes."""
        return encode_state(EngineState.of(self.eseq, self._books, self._index))

    def book(self, symbol: str) -> Book:
        """Return the book of ``symbol``, to be read and not changed. Raises ``KeyError``."""
        return self._books[symbol]

    def work(self, command: Command) -> list[Event]:
        """Work one command. Never raises for what a client sent."""
        eseq = self.eseq + 1
        usual = self.usual
        if usual is not None and (events := usual.work(command, eseq)) is not None:
            self.eseq = eseq
            return events
        work = self._work[type(command)]
        self.eseq = eseq
        return work(self, command)

    def _enter(self, command: NewOrder) -> list[Event]:
        eseq = self.eseq
        symbol = command.symbol
        side = command.side
        price = command.price
        order_qty = command.order_qty
        post_only = command.post_only
        is_limit = command.ord_type is _LIMIT
        book = self._books.get(symbol)
        if book is None:
            return [rejected(eseq, command, unknown_symbol(symbol))]
        if book.status is not _OPEN:
            return [rejected(eseq, command, not_open(book))]
        cl_ord_id = command.cl_ord_id
        if not cl_ord_id:
            return [rejected(eseq, command, unnamed())]
        if order_qty < 1 or (is_limit and price < 1):
            return [rejected(eseq, command, not_positive(book, order_qty, price))]
        own, opposite = (book.bids, book.asks) if side is _BUY else (book.asks, book.bids)
        limit = opposite.sign * price if is_limit else ANY_PRICE
        keys = opposite.keys
        crosses = bool(keys) and keys[-1] >= limit
        if crosses and post_only:
            return [rejected(eseq, command, would_trade(book, opposite, price))]
        owner = command.session
        account = command.account
        order = Order(eseq, owner, account, cl_ord_id, symbol, side, price, order_qty, order_qty, post_only)
        if not self._index.add(order):
            return [rejected(eseq, command, duplicate(cl_ord_id))]

        transact_time = command.transact_time
        time_in_force = command.time_in_force
        events: list[Event] = [
            OrderAccepted(
                eseq,
                1,
                transact_time,
                owner,
                command.msg_seq_num,
                account,
                cl_ord_id,
                eseq,
                symbol,
                side,
                command.ord_type,
                time_in_force,
                order_qty,
                price,
                post_only,
            )
        ]
        if not is_limit or time_in_force is not _GTC:
            self._trade(order, own, opposite, limit, events, _remainder_cause(command))
        elif crosses:
            self._trade(order, own, opposite, limit, events)
        else:
            level = own.rest(order)
            events.append(BookDelta(eseq, 2, transact_time, symbol, side, price, level.quantity))
        return events

    def _trade(
        self,
        order: Order,
        own: BookSide,
        opposite: BookSide,
        limit: int,
        events: list[Event],
        remainder: CancelCause | None = None,
        left: Level | None = None,
    ) -> None:
        """Trade an incoming order; rest its remainder, or cancel it with the cause ``remainder``.

        ``left`` is the level from which a replace took the order.
        """
        traded: list[Level] = []
        if remainder is not _FILL_OR_KILL or opposite.holds(limit, order.leaves_qty):
            traded = cross(order, opposite, limit, self._index, events)
        if not order.leaves_qty:
            self._index.close(order)
        elif remainder is not None:
            self._expire(order, remainder, events, events[0].transact_time)
        if left is not None:
            _append_deltas(events, order.symbol, own, [left])
        _append_deltas(events, order.symbol, opposite, traded)
        if order.leaves_qty:
            _append_deltas(events, order.symbol, own, [own.rest(order)])

    def _cancel(self, command: CancelOrder) -> list[Event]:
        eseq = self.eseq
        order = self._index.find(command.account, command.order_id, command.orig_cl_ord_id)
        if order is None or not order.leaves_qty or (command.symbol and command.symbol != order.symbol):
            return [missed(eseq, command, order)]
        transact_time = command.transact_time
        symbol = order.symbol
        side = order.side
        book = self._books[symbol]
        canceled_qty = order.leaves_qty
        level = (book.bids if side is _BUY else book.asks).remove(order)
        self._index.close(order)
        return [
            OrderCanceled(
                eseq,
                1,
                transact_time,
                order.owner,
                order.account,
                order.order_id,
                order.cum_qty,
                canceled_qty,
                _REQUESTED,
                command.session,
                command.msg_seq_num,
                command.cl_ord_id,
                order.cl_ord_id,
            ),
            BookDelta(eseq, 2, transact_time, symbol, side, order.price, level.quantity),
        ]

    def _replace(self, command: ReplaceOrder) -> list[Event]:
        eseq = self.eseq
        order = self._index.find(command.account, command.order_id, command.orig_cl_ord_id)
        if order is None or not order.leaves_qty or (command.symbol and command.symbol != order.symbol):
            return [missed(eseq, command, order)]
        book = self._books[order.symbol]
        own, opposite = book.sides(order.side)
        orig_cl_ord_id = order.cl_ord_id
        refusal = _check_replace(command, order, book, opposite)
        if refusal is None and not self._index.rename(order, command.cl_ord_id):
            refusal = duplicate(command.cl_ord_id)
        if refusal is not None:
            return [cancel_rejected(eseq, command, order, refusal)]

        price = command.price
        leaves_qty = command.order_qty - order.cum_qty
        order.order_qty = command.order_qty
        events: list[Event] = [
            OrderReplaced(
                eseq,
                1,
                command.transact_time,
                order.owner,
                order.account,
                order.order_id,
                command.session,
                command.msg_seq_num,
                order.cl_ord_id,
                orig_cl_ord_id,
                command.order_qty,
                price,
                order.cum_qty,
                leaves_qty,
                avg_px(order),
            )
        ]
        if price == order.price:
            is_changed = leaves_qty != order.leaves_qty
            level = own.resize(order, leaves_qty)
            if is_changed:
                _append_deltas(events, order.symbol, own, [level])
            return events
        left = own.remove(order)
        order.price = price
        order.leaves_qty = leaves_qty
        self._trade(order, own, opposite, opposite.sign * price, events, left=left)
        return events

    def _mass_cancel(self, command: MassCancel) -> list[Event]:
        cause = CancelCause.DISCONNECT if command.on_disconnect else CancelCause.MASS_CANCEL
        orders = [o for o in self._index.open_orders(command.account) if _is_in_scope(o, command)]
        events: list[Event] = []
        changed: dict[tuple[str, int], tuple[BookSide, Level]] = {}
        for order in orders:
            own, _ = self._books[order.symbol].sides(order.side)
            # The keys of bids are positive and those of asks negative: no two sides share one.
            changed[order.symbol, own.sign * order.price] = own, own.remove(order)
            self._expire(order, cause, events, command.transact_time)
        events.append(
            MassCanceled(
                self.eseq,
                len(orders) + 1,
                command.transact_time,
                command.session,
                command.msg_seq_num,
                command.account,
                command.cl_ord_id,
                len(orders),
            )
        )
        for (symbol, _), (own, level) in changed.items():
            _append_deltas(events, symbol, own, [level])
        return events

    def _refuse(self, command: Refuse) -> list[Event]:
        request = command.request
        if isinstance(request, NewOrder):
            return [rejected(self.eseq, request, command.refusal)]
        order = None
        if command.refusal.reason is not RejectReason.UNKNOWN_ORDER:
            order = self._index.find(request.account, request.order_id, request.orig_cl_ord_id)
        return [cancel_rejected(self.eseq, request, order, command.refusal)]

    def _set_status(self, command: SetTradingStatus) -> list[Event]:
        book = self._books.get(command.symbol)
        status = command.status
        if book is None:
            # A logged command must be answered, whatever it says: nothing trades in an unknown symbol.
            status = TradingStatus.HALTED
        else:
            book.status = status
        return [InstrumentStatus(self.eseq, 1, command.transact_time, command.symbol, status)]

    def _expire(self, order: Order, cause: CancelCause, events: list[Event], transact_time: int) -> None:
        """Close an order that is not in the book, unasked."""
        events.append(
            OrderCanceled(
                self.eseq,
                len(events) + 1,
                transact_time,
                order.owner,
                order.account,
                order.order_id,
                order.cum_qty,
                order.leaves_qty,
                cause,
            )
        )
        self._index.close(order)

    _WORK: ClassVar[dict[type, Callable[["MatchingEngine", Any], list[Event]]]] = {
        NewOrder: _enter,
        CancelOrder: _cancel,
        ReplaceOrder: _replace,
        MassCancel: _mass_cancel,
        Refuse: _refuse,
        SetTradingStatus: _set_status,
    }


def _check_replace(command: ReplaceOrder, order: Order, book: Book, opposite: BookSide) -> Refusal | None:
    """Return why ``order`` cannot be replaced, or ``None``. Its new ClOrdID is not looked at."""
    if book.status is not _OPEN:
        return not_open(book)
    if command.order_qty < 1 or command.price < 1:
        return not_positive(book, command.order_qty, command.price)
    if command.order_qty <= order.cum_qty:
        # Equal too: an order with nothing left to trade is no longer open, and only a fill or a cancel
        # closes one.
        return below_filled(book, command.order_qty, order.cum_qty)
    if order.post_only and opposite.reaches(opposite.sign * command.price):
        return would_trade(book, opposite, command.price)
    return None


def _remainder_cause(command: NewOrder) -> CancelCause:
    """Return why what an order that does not rest cannot trade is canceled."""
    if command.time_in_force is _FOK:
        return _FILL_OR_KILL
    return CancelCause.IMMEDIATE_OR_CANCEL if command.ord_type is _LIMIT else CancelCause.NO_LIQUIDITY


def _is_in_scope(order: Order, command: MassCancel) -> bool:
    if command.scope is MassCancelScope.SESSION:
        return order.owner == command.target_session
    if command.scope is MassCancelScope.SYMBOL:
        return order.symbol == command.symbol
    return True


def _append_deltas(events: list[Event], symbol: str, own: BookSide, levels: list[Level]) -> None:
    """Append the new total of each of ``levels``, which are on the side ``own`` of ``symbol``."""
    eseq = events[0].eseq
    transact_time = events[0].transact_time
    side = own.side
    n = len(events)
    for level in levels:
        n += 1
        events.append(BookDelta(eseq, n, transact_time, symbol, side, level.price, level.quantity))
