"""What an account on WebSocket must show: no exec_id missing or used twice, and one outcome per request."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from tests.system.chaos.ledger import Violation
from tests.system.chaos.records import Ending, Execution, Push, WsDelivery, WsLog, WsReply


def audit_history(account: str, ending: Ending) -> Iterator[Violation]:
    """Yield what is wrong with an account's replayed executions."""
    numbers = [each.exec_id for each in ending.history]
    if numbers != list(range(1, len(numbers) + 1)):
        hole = next(place for place, number in enumerate(numbers, 1) if number != place)
        text = f"{account}: {numbers[hole - 1]} where {hole} is next, of {len(numbers)}"
        yield Violation("hole in the executions", text)
    for each in ending.history:
        if each.kind != "replay" or each.push["data"].get("exec_id") != each.exec_id:
            yield Violation("no replay of an execution", f"{account} {each.push}")


def audit_ws(log: WsLog, ending: Ending, told: Sequence[Execution]) -> Iterator[Violation]:
    """Yield what is wrong with an account's connections; ``told`` are the executions of ``ending``."""
    for fault in log.faults:
        yield Violation("WebSocket fault", f"{log.account} {fault}")
    yield from _audit_deliveries(log, ending)
    yield from _audit_replies(log, told)


def _audit_deliveries(log: WsLog, ending: Ending) -> Iterator[Violation]:
    """Each execution came once, in order, over all connections, and as it can be had again."""
    history = {each.exec_id: _content(each) for each in ending.history}
    last = 0
    for each in log.deliveries:
        if each.kind == "replay.done":
            continue
        if each.kind not in ("event", "replay"):
            yield Violation("executions not kept", f"{log.account} {each.push}")
            continue
        if each.exec_id != last + 1:
            rule = "exec_id missing" if each.exec_id > last else "exec_id twice"
            text = f"{log.account} connection {each.connection}: {each.exec_id} after {last}"
            yield Violation(rule, text)
        last = max(last, each.exec_id)
        if history.get(each.exec_id) != _content(each):
            text = f"{log.account} seen {each.push}, in the end {history.get(each.exec_id)}"
            yield Violation("execution lost or changed", text)
    if last < len(history):
        text = f"{log.account} has {last} of {len(history)}"
        yield Violation("execution never delivered", text)


def _content(each: WsDelivery) -> Push:
    return {name: value for name, value in each.push.items() if name not in ("type", "sent")}


def _audit_replies(log: WsLog, told: Sequence[Execution]) -> Iterator[Violation]:
    replies: dict[str, list[WsReply]] = defaultdict(list)
    for reply in log.replies:
        replies[reply.request.cl_ord_id].append(reply)
    entered: dict[str, list[Execution]] = defaultdict(list)
    replaced: dict[str, list[Execution]] = defaultdict(list)
    canceled: dict[str, list[Execution]] = defaultdict(list)
    for event in told:
        if event.kind in ("accepted", "rejected"):
            entered[event.cl_ord_id].append(event)
        elif event.kind == "replaced":
            replaced[event.cl_ord_id].append(event)
        elif event.kind == "canceled":
            canceled[event.cl_ord_id].append(event)
    for request in log.requests:
        name = request.cl_ord_id
        given = replies[name]
        if len(given) != 1:
            yield Violation("WebSocket request not answered once", f"{log.account} {request}: {given}")
            continue
        reply = given[0]
        facts = f"{log.account} {reply}"
        if reply.is_duplicate and reply.attempts == 1:
            yield Violation("called a duplicate", facts)
        if request.kind == "new":
            if len(entered[name]) != 1:
                yield Violation("order without one outcome", f"{facts}: {entered[name]}")
            elif not _agrees(reply, entered[name][0]):
                yield Violation("reply and outcome differ", f"{facts}: {entered[name]}")
            continue
        outcomes = replaced[name] if request.kind == "replace" else canceled[request.orig_cl_ord_id]
        # Of a cancel that was sent again, the first may have been worked and the second refused.
        is_good = reply.status == 200
        is_otherwise = is_good != bool(outcomes) if request.kind == "replace" else is_good and not outcomes
        if len(outcomes) > 1 or is_otherwise:
            yield Violation("reply and outcome differ", f"{facts}: {outcomes}")
    asked = {request.cl_ord_id for request in log.requests}
    for name in entered.keys() - asked:
        yield Violation("order that nobody sent", f"{log.account} {entered[name]}")


def _agrees(reply: WsReply, outcome: Execution) -> bool:
    if outcome.kind == "rejected":
        return reply.status != 200
    return reply.status == 200 and reply.order_id == outcome.order_id
