"""The same order flow in the words of each version of FIX: what a client says, and what it must be told."""

from dataclasses import dataclass, field

from tests.system.fix_engine import Fields

Order = dict[int, object]

SYMBOL = "BTC-KRW"
KINDS = {"0": "accepted", "8": "rejected", "4": "canceled", "5": "replaced"}


@dataclass(frozen=True)
class FixVersion:
    """Words that differ. ``order`` fields go on each order, ``report`` ones are on each report.

    ``filled`` are ExecType(150) of a partial fill and of the last one; ``replaced`` is OrdStatus(39) of a
    replaced order that has no fill; ``status`` and ``unknown`` what answers a status question.
    """

    begin_string: str
    order: Order = field(default_factory=dict)
    report: dict[str, str] = field(default_factory=dict)
    filled: tuple[str, str] = ("F", "F")
    replaced: str = "0"
    status: dict[str, str] = field(default_factory=lambda: {"t150": "I"})
    unknown: dict[str, str] = field(default_factory=lambda: {"t150": "I"})
    tick_reason: str = "99"

    @property
    def name(self) -> str:
        """Return a short name, fit for a comp id."""
        return {"FIX.4.2": "42", "FIX.4.4": "44", "FIXT.1.1": "50"}[self.begin_string]

    def limit(self, cl_ord_id: str, side: int, quantity: str, price: str) -> Order:
        """Return a limit order, good till cancel."""
        terms: Order = {55: SYMBOL, 54: side, 38: quantity, 40: 2, 44: price, 59: 1}
        return {11: cl_ord_id, **terms, **self.order}

    def replace(self, cl_ord_id: str, original: str, side: int, quantity: str, price: str) -> Order:
        """Return an OrderCancelReplaceRequest."""
        return {**self.limit(cl_ord_id, side, quantity, price), 41: original}

    @staticmethod
    def cancel(cl_ord_id: str, original: str, side: int) -> Order:
        """Return an OrderCancelRequest, good in every version."""
        return {11: cl_ord_id, 41: original, 55: SYMBOL, 54: side}

    @staticmethod
    def ask(cl_ord_id: str, side: int) -> Order:
        """Return an OrderStatusRequest, good in every version."""
        return {11: cl_ord_id, 55: SYMBOL, 54: side}


VERSIONS = (
    FixVersion(
        "FIX.4.2",
        order={21: 1},
        report={"t20": "0"},
        filled=("1", "2"),
        replaced="5",
        status={"t20": "3", "t150": "1"},
        unknown={"t20": "3", "t150": "8"},
        tick_reason="0",
    ),
    FixVersion("FIX.4.4"),
    # ApplVerID(1128) 9 is FIX.5.0SP2, what the Logon's DefaultApplVerID(1137) says already.
    FixVersion("FIXT.1.1", order={1128: 9}, tick_reason="18"),
)


def told(report: Fields) -> tuple[str | None, ...]:
    """Return what an ExecutionReport says, comparable with ``shown``."""
    exec_type = report[150]
    kind = KINDS.get(exec_type, "filled" if exec_type in "F12" else f"unexpected {exec_type}")
    cl_ord_id = report[41] if kind == "canceled" and 41 in report else report[11]
    return report[17], kind, report[37], cl_ord_id, report[14], report[151], *_last(report, kind)


def _last(report: Fields, kind: str) -> tuple[str | None, str | None]:
    return (report[32], report[31]) if kind == "filled" else (None, None)


def shown(execution: dict[str, str]) -> tuple[str | None, ...]:
    """Return what a push of the WebSocket channel ``executions`` says, comparable with ``told``."""
    order = tuple(execution[key] for key in ("report_id", "kind", "order_id", "cl_ord_id"))
    quantities = (execution["filled_quantity"], execution["remaining_quantity"])
    return *order, *quantities, execution.get("last_quantity"), execution.get("last_price")
