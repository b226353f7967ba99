"""Reads what a FIX session received and has it judged: every message, its number, and what it says.

NOT here: what an order's reports should say (``order_check``), and what is said back (``fix_orders``).
"""

from typing import Final

from gateway.loadtest.amounts import Scaled
from gateway.loadtest.faults import FaultKind
from gateway.loadtest.findings import Findings
from gateway.loadtest.fix_messages import fields_of, frames
from gateway.loadtest.order_check import OrderCheck, Report
from gateway.loadtest.scenario import Answers, Orders
from gateway.loadtest.transact_times import Times

_NO_NUMBER: Final = -1
_FILLS: Final = (b"F", b"1", b"2")
_PENDING: Final = (b"A", b"6", b"E")
"""PendingNew, PendingCancel, PendingReplace."""
_LIMIT: Final = b"2"


class FixCheck:
    """Reads for the session whose ClOrdIDs begin with ``prefix``."""

    def __init__(
        self,
        comp_ids: tuple[bytes, bytes],
        prefix: bytes,
        settings: Orders,
        orders: OrderCheck,
        findings: Findings,
    ) -> None:
        self._name = comp_ids[0].decode()
        self._numbers: dict[int, int] = {}
        self._own, self._target = comp_ids
        self._prefix = prefix
        self._is_one = settings.answers is Answers.ONE
        self._symbol = settings.symbol.encode()
        self._account: bytes | None = None
        self._times = Times()
        self._orders = orders
        self._findings = findings
        self._expected = 1
        self._amounts = Scaled()

    @property
    def expected(self) -> int:
        """Return the MsgSeqNum(34) that is to come next."""
        return self._expected

    def read(self, now: int, received: bytes) -> None:
        """Judge whole messages that were received together."""
        for frame, wrong in frames(received):
            if wrong:
                self._fault(FaultKind.UNREADABLE, f"{wrong}: {_shown(frame)}")
                continue
            fields = fields_of(frame)
            try:
                if self._in_sequence(fields, frame):
                    self._dispatch(now, fields, frame)
            except (KeyError, ValueError) as error:
                self._fault(FaultKind.WRONG, f"{error!r} in {_shown(frame)}")

    def _in_sequence(self, fields: dict[bytes, bytes], frame: bytes) -> bool:
        if fields[b"49"] != self._target or fields[b"56"] != self._own:
            self._fault(FaultKind.WRONG, f"not between us: {_shown(frame)}")
        number = int(fields[b"34"])
        if b"43" in fields:
            self._findings.counts["received_again"] += 1
        if number == self._expected:
            self._expected = number + 1
            if fields[b"35"] == b"4":
                self._expected = max(self._expected, int(fields[b"36"]))
            return True
        if number > self._expected:
            self._fault(FaultKind.GAP, f"MsgSeqNum(34) {number}, expected {self._expected}")
            self._expected = number + 1
            return True
        if fields[b"35"] != b"8":
            if fields.get(b"43") != b"Y":
                self._fault(FaultKind.GAP, f"MsgSeqNum(34) {number} again, expected {self._expected}")
            return False
        return True  # a report that comes again is a doubled answer

    def _dispatch(self, now: int, fields: dict[bytes, bytes], frame: bytes) -> None:
        msg_type = fields[b"35"]
        if msg_type == b"8":
            self._report(now, fields, frame)
        elif msg_type == b"9":
            self._orders.refused(now, self._number(fields[b"11"]), _text(fields, b"OrderCancelReject"))
        elif msg_type in (b"3", b"j"):
            self._rejected(now, int(fields[b"45"]), _text(fields, b"MsgType(35) " + msg_type))
        elif msg_type not in (b"0", b"1", b"2", b"4", b"5", b"A"):
            self._fault(FaultKind.UNKNOWN, f"unexpected {_shown(frame)}")

    def _rejected(self, now: int, msg_seq_num: int, why: str) -> None:
        """A message as a whole was rejected."""
        if msg_seq_num not in self._numbers:
            pending = self._orders.pending.values()
            self._numbers = {request.msg_seq_num: request.number for request in pending}
        number = self._numbers.get(msg_seq_num)
        if number is None:
            self._fault(FaultKind.REJECTED, f"message {msg_seq_num}: {why}")
        else:
            self._orders.refused(now, number, why)

    def _report(self, now: int, fields: dict[bytes, bytes], frame: bytes) -> None:
        number = self._number(fields[b"11"])
        exec_type = fields[b"150"]
        if number == _NO_NUMBER:
            self._fault(FaultKind.UNKNOWN, f"report of an order that is not ours: {_shown(frame)}")
            return
        is_refusal = exec_type == b"8" or fields[b"39"] == b"8"
        if self._is_one:
            self._orders.one(now, number, _text(fields, b"ExecutionReport") if is_refusal else None)
            return
        if is_refusal:
            self._orders.refused(now, number, _text(fields, b"ExecutionReport"))
            return
        if exec_type in _PENDING:
            self._orders.announced(number)
            return
        self._check_common(fields)
        report = self._read_report(number, fields)
        if exec_type == b"0":
            self._orders.accepted(now, report)
            self._has_status(fields, b"0")
        elif exec_type in _FILLS:
            amounts = self._amounts
            is_taker = fields[b"17"].startswith(fields[b"37"] + b"-")
            self._orders.filled(
                now, report, amounts[fields[b"32"]], amounts[fields[b"31"]], is_taker=is_taker
            )
            self._has_status(fields, b"1" if report.leaves else b"2")
        elif exec_type == b"4" and b"41" in fields:
            self._orders.canceled(now, report, self._number(fields[b"41"]))
            self._has_status(fields, b"4")
        elif exec_type == b"5":
            self._orders.replaced(now, report, self._number(fields[b"41"]))
            self._has_status(fields, b"0" if not report.cum else b"1")
        else:
            self._orders.unasked(number, f"ExecType(150) {exec_type.decode()}, {_text(fields, b'unasked')}")

    def _read_report(self, number: int, fields: dict[bytes, bytes]) -> Report:
        amounts = self._amounts
        return Report(
            number,
            fields[b"37"],
            fields[b"17"],
            int(fields[b"54"]),
            amounts[fields[b"44"]],
            amounts[fields[b"38"]],
            amounts[fields[b"151"]],
            amounts[fields[b"14"]],
            amounts[fields[b"6"]],
        )

    def _check_common(self, fields: dict[bytes, bytes]) -> None:
        """Hold what all reports of the session have in common against what it sent."""
        account = fields.get(b"1")
        self._account = self._account or account
        said = fields[b"55"], fields.get(b"40", _LIMIT), account
        if said != (self._symbol, _LIMIT, self._account):
            names = zip(("Symbol(55)", "OrdType(40)", "Account(1)"), said, strict=True)
            self._wrong(fields, ", ".join(f"{name} {value!r}" for name, value in names))
        if b"60" in fields and self._times.is_absurd(fields[b"60"]):
            self._wrong(fields, f"TransactTime(60) {fields[b'60']!r}")

    def _wrong(self, fields: dict[bytes, bytes], text: str) -> None:
        self._fault(FaultKind.WRONG, f"{fields[b'11'].decode()}: {text}")

    def _has_status(self, fields: dict[bytes, bytes], expected: bytes) -> None:
        status = fields[b"39"]
        if status != expected:
            self._wrong(fields, f"OrdStatus(39) {status.decode()}, expected {expected.decode()}")

    def _number(self, cl_ord_id: bytes) -> int:
        """Return the request's number from its ClOrdID, ``_NO_NUMBER`` where it is not ours."""
        tail = cl_ord_id.removeprefix(self._prefix)
        return int(tail) if tail != cl_ord_id and tail.isdigit() else _NO_NUMBER

    def _fault(self, kind: FaultKind, what: str) -> None:
        self._findings.add(kind, f"{self._name}: {what}")


def _text(fields: dict[bytes, bytes], otherwise: bytes) -> str:
    return fields.get(b"58", otherwise).decode("utf-8", "replace")


def _shown(frame: bytes) -> str:
    return frame[:200].decode("ascii", "backslashreplace")
