"""Orders that go with their connection: closed before the account's next connection has entered an order.

After a crash they go at the start, before anybody can log on; after a lost connection, before the session may
have another one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from tests.system.chaos.ledger import Violation
from tests.system.chaos.records import Evidence, Execution, FixLog, WsLog, fix_execution, ws_execution


class Told(NamedTuple):
    """An execution as it was told: on which connection, and whether at once."""

    connection: int
    event: Execution
    is_live: bool


def audit_disconnects(evidence: Evidence, told: Mapping[str, Sequence[Execution]]) -> Iterator[Violation]:
    """Yield each order that has outlived its connection; ``told`` are the executions by account."""
    for fix in evidence.fix:
        if fix.cancels_on_disconnect:
            yield from _audit(fix.account, list(_fix_told(fix)), told[fix.account])
    for ws in evidence.ws:
        if ws.cancels_on_disconnect:
            yield from _audit(ws.account, list(_ws_told(ws)), told[ws.account])
    logs: list[FixLog | WsLog] = [*evidence.fix, *evidence.ws]
    for log in logs:
        if log.cancels_on_disconnect and (left := evidence.endings[log.account].open_orders):
            yield Violation("order outlives its connection", f"{log.account} has left {left}")


def _fix_told(log: FixLog) -> Iterator[Told]:
    for each in log.deliveries:
        event = None if each.new_seq_no else fix_execution(each.body)
        if event is not None and event.has_place and each.body.get(97) != "Y":
            yield Told(each.connection, event, not each.poss_dup)


def _ws_told(log: WsLog) -> Iterator[Told]:
    for each in log.deliveries:
        if each.kind in ("event", "replay"):
            yield Told(each.connection, ws_execution(each.push["data"]), each.kind == "event")


def _audit(account: str, seen: Sequence[Told], told: Iterable[Execution]) -> Iterator[Violation]:
    ends: dict[str, int] = {}
    entered: dict[str, int] = {}
    for event in told:
        if event.kind == "accepted":
            entered[event.order_id] = event.place[0]
        elif event.kind == "canceled" or (event.kind == "filled" and not event.remaining):
            ends[event.order_id] = event.place[0]
    last_of: dict[int, int] = {}
    first_of: dict[int, int] = {}
    for connection, event, is_live in seen:
        eseq = event.place[0]
        last_of[connection] = max(last_of.get(connection, 0), eseq)
        if is_live and event.kind == "accepted":
            first_of[connection] = min(first_of.get(connection, eseq), eseq)
    for connection, first in first_of.items():
        before = max((eseq for number, eseq in last_of.items() if number < connection), default=0)
        for order_id, eseq in entered.items():
            if eseq <= before and ends.get(order_id, first) >= first:
                text = f"{account} {order_id}, ended by {ends.get(order_id)}"
                yield Violation("order outlives its connection", f"{text}, {first} on {connection}")
