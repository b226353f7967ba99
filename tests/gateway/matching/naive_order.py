"""An order of the naive exchange, and how its requests are refused."""

from decimal import ROUND_HALF_UP, Decimal, localcontext

from gateway.model import (
    CancelOrder,
    CancelRejected,
    NewOrder,
    OrderRejected,
    OrdStatus,
    Refusal,
    ReplaceOrder,
    RequestKind,
)


class NaiveOrder:
    """An accepted order, and its fills as (quantity, price)."""

    def __init__(self, order_id: int, command: NewOrder) -> None:
        self.order_id = order_id
        self.owner = command.session
        self.account = command.account
        self.cl_ord_id = command.cl_ord_id
        self.symbol = command.symbol
        self.side = command.side
        self.price = command.price
        self.quantity = command.order_qty
        self.post_only = command.post_only
        self.is_closed = False
        self.fills: list[tuple[int, int]] = []

    @property
    def filled(self) -> int:
        return sum(quantity for quantity, _ in self.fills)

    @property
    def open(self) -> int:
        return 0 if self.is_closed else self.quantity - self.filled

    @property
    def average(self) -> int:
        with localcontext() as context:
            context.prec = 100
            paid = Decimal(sum(quantity * price for quantity, price in self.fills))
            return int((paid / self.filled).quantize(Decimal(1), ROUND_HALF_UP))

    @property
    def status(self) -> OrdStatus:
        if self.filled == self.quantity:
            return OrdStatus.FILLED
        if self.is_closed:
            return OrdStatus.CANCELED
        return OrdStatus.PARTIALLY_FILLED if self.fills else OrdStatus.NEW


def rejected(eseq: int, c: NewOrder, refusal: Refusal) -> OrderRejected:
    return OrderRejected(
        eseq=eseq,
        n=1,
        transact_time=c.transact_time,
        session=c.session,
        msg_seq_num=c.msg_seq_num,
        account=c.account,
        cl_ord_id=c.cl_ord_id,
        order_id=eseq,
        symbol=c.symbol,
        side=c.side,
        ord_type=c.ord_type,
        time_in_force=c.time_in_force,
        order_qty=c.order_qty,
        price=c.price,
        post_only=c.post_only,
        refusal=refusal,
    )


def cancel_rejected(
    eseq: int, c: CancelOrder | ReplaceOrder, order: NaiveOrder | None, refusal: Refusal
) -> CancelRejected:
    return CancelRejected(
        eseq=eseq,
        n=1,
        transact_time=c.transact_time,
        session=c.session,
        msg_seq_num=c.msg_seq_num,
        account=c.account,
        cl_ord_id=c.cl_ord_id,
        orig_cl_ord_id=c.orig_cl_ord_id,
        order_id=order.order_id if order else 0,
        kind=RequestKind.CANCEL if isinstance(c, CancelOrder) else RequestKind.REPLACE,
        ord_status=order.status if order else OrdStatus.REJECTED,
        refusal=refusal,
        symbol=c.symbol if isinstance(c, ReplaceOrder) else "",
        order_qty=c.order_qty if isinstance(c, ReplaceOrder) else 0,
        price=c.price if isinstance(c, ReplaceOrder) else 0,
    )
