"""The auditor of the crash test: an independent look at what clients asked for and saw.

It knows nothing of the gateway but its documents, and returns each broken promise with its facts.
"""

from collections.abc import Iterator
from decimal import Decimal

from tests.system.chaos.audit_disconnects import audit_disconnects
from tests.system.chaos.audit_fix import audit_fix
from tests.system.chaos.audit_public import audit_public
from tests.system.chaos.audit_ws import audit_history, audit_ws
from tests.system.chaos.ledger import Ledger, Order, Violation
from tests.system.chaos.records import Ending, Evidence, Execution, Push, ws_execution


def audit(evidence: Evidence) -> list[Violation]:
    """Return all violations of one run; none when every promise was kept."""
    told = executions(evidence)
    ledger = ledger_of(told)
    return [*_audit_all(evidence, told, ledger), *ledger.violations]


def executions(evidence: Evidence) -> dict[str, list[Execution]]:
    """Return what each account was told of its orders from the first event on."""
    return {
        account: [ws_execution(each.push["data"]) for each in ending.history if each.kind == "replay"]
        for account, ending in evidence.endings.items()
    }


def ledger_of(told: dict[str, list[Execution]]) -> Ledger:
    """Return what the accounts' executions make of orders, trades and books."""
    return Ledger.of((account, event) for account, events in told.items() for event in events)


def _audit_all(evidence: Evidence, told: dict[str, list[Execution]], ledger: Ledger) -> Iterator[Violation]:
    for account, ending in evidence.endings.items():
        yield from audit_history(account, ending)
        yield from _audit_open_orders(account, ending.open_orders, ledger)
        yield from _audit_statuses(account, ending, ledger)
    for fix in evidence.fix:
        yield from audit_fix(fix, told[fix.account])
    for ws in evidence.ws:
        yield from audit_ws(ws, evidence.endings[ws.account], told[ws.account])
    yield from audit_disconnects(evidence, told)
    yield from _audit_terms(evidence)
    yield from _audit_log(evidence, ledger)
    yield from audit_public(evidence.public, ledger)


def _audit_open_orders(account: str, shown: list[Push], ledger: Ledger) -> Iterator[Violation]:
    """What is open is what the executions leave open, each order once."""
    by_id = {order["order_id"]: order for order in shown}
    if len(by_id) != len(shown):
        yield Violation("open order twice", f"{account} {[order['order_id'] for order in shown]}")
    mine = {name for name, order in ledger.orders.items() if order.account == account and order.is_open}
    for name in sorted(mine ^ by_id.keys()):
        text = f"{account} executions: {ledger.orders.get(name)}, shown: {by_id.get(name)}"
        yield Violation("open orders differ", text)
    for name in mine & by_id.keys():
        if not _is_as_shown(ledger.orders[name], by_id[name]):
            yield Violation("open orders differ", f"{account} {ledger.orders[name]}, shown: {by_id[name]}")


def _audit_statuses(account: str, ending: Ending, ledger: Ledger) -> Iterator[Violation]:
    """The status of an order is where its executions lead; only one that is closed may be forgotten."""
    for name, shown in ending.statuses.items():
        order = ledger.orders.get(name)
        if shown is None:
            if order is None or order.is_open:
                yield Violation("order unknown", f"{account} {name} {order}")
        elif order is None or not _is_as_shown(order, shown):
            yield Violation("status differs", f"{account} {order}, shown: {shown}")


def _audit_terms(evidence: Evidence) -> Iterator[Violation]:
    """Each order in the engine was sent, with these terms."""
    sent = {(account, each.cl_ord_id): each for account, each in evidence.requests()}
    for account, ending in evidence.endings.items():
        for push in (each.push["data"] for each in ending.history):
            if push.get("kind") != "accepted":
                continue
            request = sent.get((account, push["cl_ord_id"]))
            if request is None:
                yield Violation("order that nobody sent", f"{account} {push}")
                continue
            wanted = (request.symbol, request.side, Decimal(request.quantity), request.time_in_force)
            got = (push["symbol"], push["side"], Decimal(push["quantity"]), push["time_in_force"])
            if wanted != got:
                yield Violation("order with other terms", f"{request}, {push}")


def _audit_log(evidence: Evidence, ledger: Ledger) -> Iterator[Violation]:
    """The log gives the same open orders, and the same state with snapshots and without."""
    if not evidence.log_hashes:
        return  # a gateway without a log
    still_open = {name for name, order in ledger.orders.items() if order.is_open}
    for name in sorted(still_open ^ evidence.log_orders.keys()):
        text = f"executions: {ledger.orders.get(name)}, log: {evidence.log_orders.get(name)}"
        yield Violation("log and executions differ", text)
    for name in still_open & evidence.log_orders.keys():
        order, shown = ledger.orders[name], evidence.log_orders[name]
        if not _is_as_shown(order, shown) or order.account != shown["account"]:
            yield Violation("log and executions differ", f"{order}, log: {shown}")
    if len(set(evidence.log_hashes)) > 1:
        yield Violation("state differs with and without snapshots", f"{evidence.log_hashes}")


def _is_as_shown(order: Order, shown: Push) -> bool:
    mine = (order.cl_ord_id, order.symbol, order.side, order.status)
    amounts = (order.price, order.quantity, order.filled, order.remaining)
    names = ("price", "quantity", "filled_quantity", "remaining_quantity")
    return mine == (shown["cl_ord_id"], shown["symbol"], shown["side"], shown["status"]) and amounts == tuple(
        Decimal(shown[name] or 0) for name in names
    )
