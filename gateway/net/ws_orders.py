"""Order entry and queries of one WebSocket connection that is logged on.

An order request is answered when the engine has answered, a query or a repeated request at the end of the
turn. NOT here: the envelope and the methods' names (``ws_session``), pushes (``ws_channels``).
"""

import time

from gateway.dialects.native import ws_replies, ws_requests
from gateway.dialects.native.origin import OrderQuery, Origin
from gateway.dialects.native.terms import places_of
from gateway.model import CancelRejected, Command, OrderEvent, OrderFilled, OrderRejected
from gateway.net.desk import Desk
from gateway.net.ws_services import WsReplies
from gateway.orders import Order, Outcome
from protocols.ws.envelope import Request, RequestId


class WsOrders:
    """The orders of one connection, as the order path knows it (``ports.ClientSession``).

    They belong to the connection: its ``key`` is unique over restarts, and what a lost connection does to its
    open orders is the client's choice at logon.
    """

    def __init__(self, key: str, account: str, desk: Desk, replies: WsReplies) -> None:
        self.key = key
        self.account = account
        self._desk = desk
        self._replies = replies
        self._requests = 0
        self._waiting: dict[int, RequestId] = {}

    def report(self, event: OrderEvent, order: Order | None) -> None:
        """Answer the request that caused ``event``; all else the ``executions`` channel says."""
        if isinstance(event, OrderFilled) or event.session != self.key:
            return
        if event.msg_seq_num not in self._waiting:
            return
        request_id = self._waiting.pop(event.msg_seq_num)
        if isinstance(event, OrderRejected | CancelRejected):
            self._replies.refuse(request_id, *ws_replies.refusal_error(event.refusal))
        elif order is not None:
            self._accept(request_id, order)

    def place(self, request: Request, now: int) -> None:
        """Work ``order.place``."""
        origin = self._origin()
        command = ws_requests.decode_place(request.params, self._requests, origin, self._desk.instruments)
        self._submit(request.id, command, now)

    def cancel(self, request: Request, now: int) -> None:
        """Work ``order.cancel``."""
        origin = self._origin()
        command = ws_requests.decode_cancel(request.params, self._requests, origin, self._desk.instruments)
        self._submit(request.id, command, now)

    def replace(self, request: Request, now: int) -> None:
        """Work ``order.replace``."""
        origin = self._origin()
        instruments = self._desk.instruments
        command = ws_requests.decode_replace(
            request.params, self._requests, origin, instruments, self._symbol_of
        )
        self._submit(request.id, command, now)

    def status(self, request: Request, now: int) -> None:
        """Work ``order.status``."""
        del now
        query = ws_requests.decode_status(request.params)

        def answer() -> None:
            order = self._desk.find(self.account, query)
            if order is None:
                self._replies.refuse(request.id, *ws_replies.unknown_order(query.cl_ord_id, query.order_id))
            else:
                self._accept(request.id, order)

        self._desk.turns.ask(answer)

    def open_orders(self, request: Request, now: int) -> None:
        """Work ``orders.open``."""
        del now
        instruments = self._desk.instruments
        symbol = ws_requests.decode_open_orders(request.params, instruments)

        def answer() -> None:
            orders = self._desk.router.registry.open_orders(self.account)
            wanted = (order for order in orders if symbol is None or order.symbol == symbol)
            self._replies.accept(request.id, ws_replies.open_orders_result(wanted, instruments))

        self._desk.turns.ask(answer)

    def _origin(self) -> Origin:
        self._requests += 1
        return Origin(self.key, self.account, time.time_ns())

    def _submit(self, request_id: RequestId, command: Command, now: int) -> None:
        """Submit a request, unless it was worked before: then its outcome is said again."""
        outcome = self._desk.router.submit(command, now, once=True)
        if outcome is None:
            self._waiting[self._requests] = request_id
        else:
            # The earlier one may have come in this turn.
            self._desk.turns.ask(lambda: self._say_again(request_id, outcome))

    def _say_again(self, request_id: RequestId, found: Outcome) -> None:
        outcome = self._desk.router.settled(found)
        if outcome.refusal is not None:
            self._replies.refuse(request_id, *ws_replies.refusal_error(outcome.refusal), duplicate=True)
        elif isinstance(outcome, Order):
            places = places_of(self._desk.instruments, outcome.symbol)
            self._replies.accept(request_id, ws_replies.duplicate_object(outcome, places))

    def _accept(self, request_id: RequestId, order: Order) -> None:
        places = places_of(self._desk.instruments, order.symbol)
        self._replies.accept(request_id, ws_replies.order_object(order, places))

    def _symbol_of(self, query: OrderQuery) -> str:
        if query.order_id:
            order = self._desk.find(self.account, query)
            return "" if order is None else order.symbol
        # A replace that is sent again names its order as it was called then, perhaps long ago.
        return self._desk.router.registry.symbol_of(self.account, query.cl_ord_id)
