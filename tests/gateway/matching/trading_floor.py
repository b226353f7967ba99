"""A matching engine with short words for commands, for tests."""

from gateway.matching import MatchingEngine
from gateway.model import (
    BookDelta,
    CancelOrder,
    Event,
    Instrument,
    Instruments,
    MassCancel,
    MassCancelScope,
    NewOrder,
    OrderAccepted,
    OrdType,
    Refusal,
    Refuse,
    RejectReason,
    ReplaceOrder,
    SetTradingStatus,
    Side,
    TickTable,
    TimeInForce,
    Trade,
    TradingStatus,
)

BTC = "BTC-KRW"
ETH = "ETH-KRW"
BUY, SELL = Side.BUY, Side.SELL
GTC, IOC, FOK = TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK


def instrument(
    symbol: str,
    *,
    price_places: int = 2,
    qty_places: int = 8,
    status: TradingStatus = TradingStatus.OPEN,
) -> Instrument:
    """Return an instrument without limits: the engine does not look at them."""
    return Instrument(
        symbol=symbol,
        base=symbol[:3],
        quote="KRW",
        price_places=price_places,
        qty_places=qty_places,
        ticks=TickTable([(0, 1)]),
        lot=1,
        min_qty=1,
        max_qty=10**15,
        min_notional=0,
        max_notional=10**30,
        reference_price=100,
        band_pct=0,
        status=status,
    )


def two_instruments() -> Instruments:
    return Instruments([instrument(BTC), instrument(ETH)])


class TradingFloor:
    """Gives commands to an engine; each gets the next MsgSeqNum and a later time."""

    def __init__(self, instruments: Instruments | None = None, *, closed_kept: int = 100) -> None:
        self.instruments = instruments or two_instruments()
        self.engine = MatchingEngine(self.instruments, closed_kept=closed_kept)
        self.msg_seq_num = 0

    @property
    def now(self) -> int:
        """The time of the last command."""
        return 1_700_000_000_000_000_000 + self.msg_seq_num

    def order(
        self,
        side: Side,
        quantity: int,
        price: int = 0,
        *,
        cl_ord_id: bytes | None = None,
        time_in_force: TimeInForce = GTC,
        post_only: bool = False,
        symbol: str = BTC,
        account: str = "ACC1",
        session: str = "DEMO1",
    ) -> NewOrder:
        """Return a limit order; without a price a market order."""
        self.msg_seq_num += 1
        return NewOrder(
            session=session,
            msg_seq_num=self.msg_seq_num,
            account=account,
            transact_time=self.now,
            cl_ord_id=b"c%d" % self.msg_seq_num if cl_ord_id is None else cl_ord_id,
            symbol=symbol,
            side=side,
            ord_type=OrdType.LIMIT if price else OrdType.MARKET,
            time_in_force=time_in_force,
            order_qty=quantity,
            price=price,
            post_only=post_only,
        )

    def buy(self, quantity: int, price: int = 0, **terms: object) -> list[Event]:
        return self.engine.work(self.order(BUY, quantity, price, **terms))  # type: ignore[arg-type] # forwarded

    def sell(self, quantity: int, price: int = 0, **terms: object) -> list[Event]:
        return self.engine.work(self.order(SELL, quantity, price, **terms))  # type: ignore[arg-type] # forwarded

    def cancel_command(
        self,
        orig_cl_ord_id: bytes = b"",
        *,
        order_id: int = 0,
        cl_ord_id: bytes = b"x",
        symbol: str = BTC,
        account: str = "ACC1",
        session: str = "DEMO1",
    ) -> CancelOrder:
        self.msg_seq_num += 1
        return CancelOrder(
            session, self.msg_seq_num, account, self.now, cl_ord_id, orig_cl_ord_id, order_id, symbol
        )

    def cancel(self, orig_cl_ord_id: bytes = b"", **terms: object) -> list[Event]:
        return self.engine.work(self.cancel_command(orig_cl_ord_id, **terms))  # type: ignore[arg-type] # forwarded

    def replace_command(
        self,
        orig_cl_ord_id: bytes,
        cl_ord_id: bytes,
        quantity: int,
        price: int,
        *,
        order_id: int = 0,
        symbol: str = BTC,
        account: str = "ACC1",
        session: str = "DEMO1",
    ) -> ReplaceOrder:
        self.msg_seq_num += 1
        return ReplaceOrder(
            session,
            self.msg_seq_num,
            account,
            self.now,
            cl_ord_id,
            orig_cl_ord_id,
            order_id,
            symbol,
            quantity,
            price,
        )

    def replace(
        self, orig_cl_ord_id: bytes, cl_ord_id: bytes, quantity: int, price: int, **terms: object
    ) -> list[Event]:
        command = self.replace_command(orig_cl_ord_id, cl_ord_id, quantity, price, **terms)  # type: ignore[arg-type] # forwarded
        return self.engine.work(command)

    def mass_cancel(
        self,
        scope: MassCancelScope,
        *,
        symbol: str = "",
        target_session: str = "",
        on_disconnect: bool = False,
        account: str = "ACC1",
    ) -> list[Event]:
        self.msg_seq_num += 1
        return self.engine.work(
            MassCancel(
                "DEMO1",
                self.msg_seq_num,
                account,
                self.now,
                b"mass",
                scope,
                symbol,
                target_session,
                on_disconnect,
            )
        )

    def set_status(self, status: TradingStatus, symbol: str = BTC) -> list[Event]:
        self.msg_seq_num += 1
        return self.engine.work(SetTradingStatus(self.now, symbol, status))

    def refuse(
        self, request: NewOrder | CancelOrder | ReplaceOrder, reason: RejectReason, field: str = "price"
    ) -> list[Event]:
        return self.engine.work(Refuse(request, Refusal(reason, field, "1", "2")))

    def bids(self, symbol: str = BTC) -> list[tuple[int, int]]:
        """Return (price, quantity) of the bid levels, best first."""
        return [(level.price, level.quantity) for level in self.engine.book(symbol).bids.depth()]

    def asks(self, symbol: str = BTC) -> list[tuple[int, int]]:
        """Return (price, quantity) of the ask levels, best first."""
        return [(level.price, level.quantity) for level in self.engine.book(symbol).asks.depth()]

    def queue(self, side: Side, symbol: str = BTC) -> list[int]:
        """Return the order ids of one side in priority."""
        book = self.engine.book(symbol)
        return [order.order_id for order in (book.bids if side is BUY else book.asks).orders()]


def order_id(events: list[Event]) -> int:
    """Return the OrderID of the order that the events accept."""
    assert isinstance(events[0], OrderAccepted)
    return events[0].order_id


def trades(events: list[Event]) -> list[tuple[int, int]]:
    """Return (price, quantity) of the trades."""
    return [(event.price, event.quantity) for event in events if isinstance(event, Trade)]


def deltas(events: list[Event]) -> list[tuple[Side, int, int]]:
    """Return (side, price, quantity) of the book changes."""
    return [(event.side, event.price, event.quantity) for event in events if isinstance(event, BookDelta)]
