"""Judges what is said about the orders of one session, whichever wire it came by.

Each request is answered once, by what it asked for; fills add up; an order keeps its id and its terms. The
first report that says otherwise is a fault, and what it says is believed from there on, so that one fault is
counted once. NOT here: reading reports (``fix_check``, ``ws_check``).
"""

from typing import Final, NamedTuple

from gateway.loadtest.faults import FaultKind
from gateway.loadtest.findings import Findings, Half
from gateway.loadtest.flow import Kind, Order, Request

_TERMS: Final = ("OrderID", "Side", "Price", "OrderQty", "LeavesQty", "CumQty", "AvgPx")


class Report(NamedTuple):
    """A report on an order, amounts scaled. ``number`` is of the request that its ClOrdID came with."""

    number: int
    order_id: bytes
    exec_id: bytes
    side: int
    price: int
    qty: int
    leaves: int
    cum: int
    avg_px: int


class OrderCheck:
    """The open orders and unanswered requests of the session ``name``."""

    def __init__(self, name: str, findings: Findings, *, answers_apart: bool = False) -> None:
        """``answers_apart``: answers come beside the reports (WebSocket), and both are waited for."""
        self.pending: dict[int, Request] = {}
        self.crosses_fill = False
        """Whether each order that should cross has found its counterpart, so that none can be canceled."""
        self._given_up: set[int] = set()
        self._next = 0
        self._name = name
        self._findings = findings
        self._answers_apart = answers_apart

    def expect(self, request: Request) -> None:
        """Wait for the answer to a request that is about to be sent."""
        self.pending[request.number] = request
        self._next = request.number + 1

    def answered(self, now: int, number: int) -> Request | None:
        """Note the answer to a request, ``None`` where there is nothing to answer."""
        request = self.pending.get(number)
        if request is None:
            self._nothing_to_answer(number, "an answer")
        elif request.answered:
            self._fault(FaultKind.DOUBLED, request, "answered again")
        else:
            request.answered = True
            request.message = b""
            if request.planned:
                self._findings.acks.append((request.planned, now))
                self._findings.counts["requests_answered"] += 1
            if self._answers_apart and request.reported and request.number not in request.order.numbers:
                del self.pending[number]
            return request
        return None

    def accepted(self, now: int, report: Report) -> None:
        """An order was accepted."""
        request = self._first(now, report, Kind.CROSS, "accepted")
        if request is None:
            return
        order = request.order
        order.order_id = report.order_id
        order.last_exec = report.exec_id
        if request.planned:
            self._findings.counts["accepted"] += 1
        if not self._findings.order_ids.is_new(report.order_id):
            self._fault(FaultKind.WRONG, request, f"OrderID {report.order_id!r} is another order's")
        self._terms(request, report, leaves=order.qty, cum=0)

    def filled(self, now: int, report: Report, last_qty: int, last_px: int, *, is_taker: bool) -> None:
        """An order was filled, in part or whole."""
        request = self.pending.get(report.number)
        if request is None:
            self._nothing_to_answer(report.number, f"fill {report.exec_id.decode()}")
            return
        order = request.order
        if report.exec_id == order.last_exec:
            self._fault(FaultKind.DOUBLED, request, f"fill {report.exec_id.decode()} came again")
            return
        findings = self._findings
        before, order.cum, order.last_exec = order.cum, report.cum, report.exec_id
        if before + last_qty < report.cum:
            self._fault(FaultKind.MISSING, request, f"a fill before {report.exec_id.decode()} never came")
        elif before + last_qty != report.cum:
            self._fault(FaultKind.WRONG, request, f"filled {before} and {last_qty} more is not {report.cum}")
        if order.rests or last_px != order.price:
            self._fault(FaultKind.WRONG, request, f"filled at {last_px}, {'rests' if order.rests else 'not'}")
        self._terms(request, report, leaves=order.qty - report.cum, cum=report.cum)
        findings.counts["fills"] += 1
        if is_taker and not before:
            findings.fills.append((request.planned, now))
        if findings.is_witnessed:
            self._note_half(request, report.exec_id, (last_qty, last_px), is_taker=is_taker)
        if order.cum >= order.qty:
            self._close(order)

    def canceled(self, now: int, report: Report, named: int) -> None:
        """An order was canceled on request; ``named`` is the number of the ClOrdID that it had."""
        request = self._first(now, report, Kind.CANCEL, "canceled")
        if request is None:
            return
        if request.planned:
            self._findings.counts["canceled"] += 1
        if named != request.named:
            self._fault(FaultKind.WRONG, request, f"names {named}, asked for {request.named}")
        self._catch_up(request)
        self._terms(request, report, leaves=0, cum=request.order.cum)
        if self.crosses_fill and not request.order.rests:
            self._fault(
                FaultKind.WRONG, request, "was left over, though as much was sold as bought at its price"
            )
        self._close(request.order)

    def replaced(self, now: int, report: Report, named: int) -> None:
        """An order was replaced; ``named`` is the number of the ClOrdID that it had."""
        request = self._first(now, report, Kind.REPLACE, "replaced")
        if request is None:
            return
        order = request.order
        order.price, order.qty = request.price, request.qty
        order.last_exec = report.exec_id
        self._findings.counts["replaced"] += 1
        if named != request.named:
            self._fault(FaultKind.WRONG, request, f"names {named}, asked for {request.named}")
        self._terms(request, report, leaves=order.qty - order.cum, cum=order.cum)
        self._forget_before(request)

    def refused(self, now: int, number: int, why: str) -> None:
        """A request was refused, whatever it was."""
        request = self.pending.get(number)
        if request is None or request.reported:
            self._nothing_to_answer(number, f"refused: {why}")
            return
        self._findings.counts["rejected"] += 1
        if not self._answers_apart:
            self.answered(now, number)
        request.reported = True
        order = request.order
        if request.kind.enters:
            self._fault(FaultKind.REJECTED, request, why)
            self._close(order)
            return
        if number in order.numbers:
            order.numbers.remove(number)
        if request.kind is Kind.REPLACE or order.rests:
            self._fault(FaultKind.REJECTED, request, why)
        elif order.cum < order.qty:
            # Orders that cross are canceled at the end only, when what traded should have been reported.
            self._fault(FaultKind.MISSING, request, f"open after {order.cum} of {order.qty}, but: {why}")
            self._close(order)
        if request.answered:
            self.pending.pop(number, None)

    def announced(self, number: int) -> None:
        """A request was said to be pending; that is no answer, and right before it only."""
        request = self.pending.get(number)
        if request is None:
            self._nothing_to_answer(number, "pending")
        elif request.reported:
            self._fault(FaultKind.WRONG, request, "pending after its answer")

    def one(self, now: int, number: int, refusal: str | None) -> None:
        """The one ExecutionReport of an order came, from a target that sends no more."""
        request = self.answered(now, number)
        if request is None:
            return
        del self.pending[number]
        self._findings.counts["accepted" if refusal is None else "rejected"] += 1
        if refusal is not None:
            self._fault(FaultKind.REJECTED, request, refusal)

    def unasked(self, number: int, what: str) -> None:
        """An order was canceled, or else changed, though nobody asked for it."""
        request = self.pending.get(number)
        if request is None:
            self._nothing_to_answer(number, what)
        else:
            self._fault(FaultKind.WRONG, request, what)
            self._close(request.order)

    def open_orders(self) -> list[Order]:
        """Return the orders that can be canceled: all that are open and not being canceled."""
        requests = self.pending.values()
        closing = {request.order for request in requests if request.kind is Kind.CANCEL}
        # A closed order has no numbers, though an answer to one of its requests may still be due.
        orders = (request.order for request in requests if request.order.numbers)
        return [order for order in dict.fromkeys(orders) if order not in closing]

    def waits(self, *, fills: bool) -> bool:
        """Return whether a request waits for its answer or, with ``fills``, an order for its counterpart."""
        return any(
            self._is_waiting(request) or (fills and not request.order.rests)
            for number, request in self.pending.items()
            if number not in self._given_up
        )

    def give_up(self) -> None:
        """Wait no more for anything that has been sent; it is judged when it comes all the same."""
        self._given_up = set(self.pending)

    def close(self, before: int) -> None:
        """Count what never came, of what was planned before a time (ns)."""
        for request in self.pending.values():
            if self._is_waiting(request) and request.planned < before:
                what = "never reported" if request.answered else "never answered"
                self._fault(FaultKind.MISSING, request, what)
        self.pending.clear()

    def _is_waiting(self, request: Request) -> bool:
        return not request.answered or not request.reported

    def _first(self, now: int, report: Report, kind: Kind, what: str) -> Request | None:
        """Return the request that a report is the first one for, ``None`` after a fault."""
        request = self.pending.get(report.number)
        if request is None:
            self._nothing_to_answer(report.number, what)
            return None
        if request.reported:
            self._fault(FaultKind.DOUBLED, request, f"{what} again")
            return None
        if request.kind is not kind and not (request.kind.enters and kind.enters):
            self._fault(FaultKind.WRONG, request, f"answered by {what}")
            return None
        request.reported = True
        if not self._answers_apart:
            self.answered(now, report.number)
        return request

    def _terms(self, request: Request, report: Report, leaves: int, cum: int) -> None:
        """Hold a report against the order."""
        order = request.order
        if not self._findings.exec_ids.is_new(report.exec_id):
            self._fault(FaultKind.WRONG, request, f"ExecID {report.exec_id!r} was another report's")
        avg_px = order.price if cum else 0
        expected_terms = (
            order.order_id or report.order_id,
            order.side,
            order.price,
            order.qty,
            leaves,
            cum,
            avg_px,
        )
        said_terms = (report.order_id, *report[3:])
        if said_terms == expected_terms:
            return
        for name, said, expected in zip(_TERMS, said_terms, expected_terms, strict=True):
            if said != expected:
                self._fault(FaultKind.WRONG, request, f"{name} {said!r}, expected {expected!r}")
                return

    def _catch_up(self, request: Request) -> None:
        """Believe in the replaces before a request whose answers are missing: they were worked before it."""
        order = request.order
        for number in order.numbers:
            earlier = self.pending[number]
            if number < request.number and earlier.kind is Kind.REPLACE and not earlier.reported:
                order.price, order.qty = earlier.price, earlier.qty

    def _note_half(self, request: Request, exec_id: bytes, last: tuple[int, int], *, is_taker: bool) -> None:
        head = exec_id.partition(b"-")[0]
        if not head.isdigit():
            return
        eseq, findings = int(head), self._findings
        qty, price = last
        if is_taker:
            before = findings.takers.get(eseq)
            traded, value = (before.qty, before.value) if before is not None else (0, 0)
            side = request.order.side
            findings.takers[eseq] = Half(request.planned, traded + qty, side, value + qty * price)
        else:
            findings.makers[eseq] = findings.makers.get(eseq, 0) + qty

    def _close(self, order: Order) -> None:
        """Forget an order with its requests; what was not answered never will be."""
        for number in order.numbers:
            request = self.pending.get(number)
            if request is None:
                continue
            if not request.reported:
                if request.kind is Kind.CANCEL:
                    continue  # it came too late, and will be refused
                self._fault(FaultKind.MISSING, request, "never answered")
            elif not request.answered:
                continue  # its answer is on the way
            del self.pending[number]
        order.numbers.clear()

    def _forget_before(self, replace: Request) -> None:
        numbers = replace.order.numbers
        for number in numbers[: numbers.index(replace.number)]:
            request = self.pending[number]
            if not request.reported:
                self._fault(FaultKind.MISSING, request, "never answered")
            elif not request.answered:
                continue
            del self.pending[number]
            numbers.remove(number)

    def _nothing_to_answer(self, number: int, what: str) -> None:
        if 0 <= number < self._next:
            self._findings.add(FaultKind.DOUBLED, f"{self._name}: request {number}, already done: {what}")
        else:
            self._findings.add(FaultKind.UNKNOWN, f"{self._name}: {what}, of an order that was never sent")

    def _fault(self, kind: FaultKind, request: Request, what: str) -> None:
        self._findings.add(kind, f"{self._name}: {request.kind.name.lower()} {request.number}: {what}")
