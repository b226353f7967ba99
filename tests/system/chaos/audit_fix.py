"""What a FIX session must show: no number missing or used twice, and one answer to each request."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from tests.system.chaos.ledger import Violation
from tests.system.chaos.records import Execution, FixBody, FixDelivery, FixLog, fix_execution

_ANSWERS = {
    "new": ("accepted", "rejected"),
    "cancel": ("canceled", "cancel_rejected"),
    "replace": ("replaced", "cancel_rejected"),
}


def audit_fix(log: FixLog, told: Sequence[Execution]) -> Iterator[Violation]:
    """Yield what is wrong with a session; ``told`` are all executions of its account, which no other uses."""
    for fault in log.faults:
        yield Violation("FIX fault", f"{log.session} {fault}")
    bodies: dict[int, FixBody] = {}
    yield from _audit_contents(log, bodies)
    if log.sees_session:
        yield from _audit_order(log)
    yield from _audit_history(log, bodies)
    events = [
        event
        for body in bodies.values()
        if body.get(97) != "Y" and (event := fix_execution(body)) is not None
    ]
    yield from _audit_answers(log, events)
    yield from _audit_executions(log, events, told)
    yield from _audit_recoveries(log, [event for event in told if event.kind != "cancel_rejected"])


def _audit_contents(log: FixLog, bodies: dict[int, FixBody]) -> Iterator[Violation]:
    """A number is used once, however often it comes. Fills ``bodies``."""
    for each in (*log.deliveries, *log.history):
        if each.new_seq_no:
            continue
        body = bodies.setdefault(each.msg_seq_num, each.body)
        if body != each.body:
            text = f"{log.session} MsgSeqNum {each.msg_seq_num}: {body}, then {each.body}"
            yield Violation("FIX number with two contents", text)


def _audit_order(log: FixLog) -> Iterator[Violation]:
    """Follow the session as a client must: each number in its turn, or a resend of it."""
    expected, highest = 1, 0
    for each in log.deliveries:
        number = each.msg_seq_num
        highest = max(highest, number, each.new_seq_no - 1)
        if number == expected:
            expected = each.new_seq_no or number + 1
        elif number < expected and not each.poss_dup:
            text = f"{log.session} MsgSeqNum {number}, expected {expected}: {each.body}"
            yield Violation("FIX number too low", text)
    if highest >= expected:
        yield Violation("FIX hole", f"{log.session} has {highest}, and waits for {expected} for ever")


def _audit_history(log: FixLog, bodies: dict[int, FixBody]) -> Iterator[Violation]:
    """What was seen can be had again, and what can be had was seen."""
    kept = {each.msg_seq_num for each in log.history if not each.new_seq_no}
    seen = {each.msg_seq_num for each in log.deliveries if each.is_application}
    for number in sorted(seen - kept):
        yield Violation("FIX message lost", f"{log.session} MsgSeqNum {number}: {bodies[number]}")
    for number in sorted(kept - seen):
        yield Violation("FIX message never delivered", f"{log.session} MsgSeqNum {number}: {bodies[number]}")
    expected = 1
    for each in log.history:
        if each.msg_seq_num != expected:
            text = f"{log.session} resends {each.msg_seq_num} where {expected} is next"
            yield Violation("FIX hole in the history", text)
        expected = _after(each)


def _after(each: FixDelivery) -> int:
    return each.new_seq_no or each.msg_seq_num + 1


def _audit_answers(log: FixLog, events: Sequence[Execution]) -> Iterator[Violation]:
    by_name: dict[str, list[str]] = defaultdict(list)
    for event in events:
        by_name[event.cl_ord_id].append(event.kind)
    for request in log.requests:
        answers = [kind for kind in by_name[request.cl_ord_id] if kind in _ANSWERS[request.kind]]
        if len(answers) != 1:
            yield Violation("FIX request not answered once", f"{log.session} {request}: {answers}")
    sent_again = Counter(log.repeated)
    answered_again = Counter(event.order_id for event in events if event.kind == "status")
    for order_id in sorted(sent_again.keys() | answered_again.keys()):
        if sent_again[order_id] != answered_again[order_id]:
            text = (
                f"{log.session} {order_id}: {sent_again[order_id]} times, {answered_again[order_id]} answers"
            )
            yield Violation("FIX repeated order not answered once", text)
    asked = {request.cl_ord_id for request in log.requests}
    for event in events:
        if event.kind in ("accepted", "rejected") and event.cl_ord_id not in asked:
            yield Violation("FIX answer to nothing", f"{log.session} {event}")


def _audit_executions(
    log: FixLog, events: Sequence[Execution], told: Sequence[Execution]
) -> Iterator[Violation]:
    """Reports and ``executions`` say the same."""
    reports = {event.report_id: event for event in events if event.has_place}
    counted = sum(event.has_place for event in events)
    if counted != len(reports):
        yield Violation("FIX ExecID twice", f"{log.session} has {counted} reports of {len(reports)} ExecIDs")
    executions = {event.report_id: event for event in told if event.kind != "cancel_rejected"}
    for report_id in sorted(reports.keys() ^ executions.keys()):
        text = f"{log.session} {reports.get(report_id)}, executions: {executions.get(report_id)}"
        yield Violation("FIX and executions differ", text)
    for report_id in reports.keys() & executions.keys():
        if _terms(reports[report_id]) != _terms(executions[report_id]):
            text = f"{log.session} {reports[report_id]}, executions: {executions[report_id]}"
            yield Violation("FIX and executions differ", text)
    refused = [sum(event.kind == "cancel_rejected" for event in side) for side in (events, told)]
    if refused[0] != refused[1]:
        yield Violation("FIX and executions differ", f"{log.session} cancel rejects: {refused}")


def _audit_recoveries(log: FixLog, told: Sequence[Execution]) -> Iterator[Violation]:
    """What was told again is what was told; each U2 ends one request, and nothing behind it is left out."""
    asked = {recovery.request_id: recovery for recovery in log.recoveries}
    places = {event.report_id: place for place, event in enumerate(told)}
    again: list[str] = []
    ended: set[str] = set()
    for body in log.told_again:
        event = fix_execution(body)
        if event is not None:
            place = places.get(event.report_id)
            if place is None or _terms(told[place]) != _terms(event):
                text = f"{log.session} {event}, first {None if place is None else told[place]}"
                yield Violation("FIX execution told otherwise again", text)
            again.append(event.report_id)
            continue
        request_id, count = body[20012], int(body[911])
        recovery = asked.get(request_id)
        if recovery is None or request_id in ended:
            yield Violation("FIX recovery of nothing", f"{log.session} {body}")
            continue
        ended.add(request_id)
        begin = places.get(recovery.after, -1) + 1
        expected = [event.report_id for event in told[begin : begin + count]]
        # What a lost connection left of another one may stand before them.
        got, again = again[max(0, len(again) - count) :], []
        reaches = begin + count > places.get(recovery.seen, -1)
        if got != expected or not reaches or body[20013] != "N" or body.get(17, "") != "".join(got[-1:]):
            yield Violation("FIX recovery not whole", f"{log.session} {recovery}: {body}, {got}")
    waiting = [recovery for recovery in log.recoveries if recovery.request_id not in log.refused]
    if waiting and waiting[-1].request_id not in ended:
        yield Violation("FIX recovery never ended", f"{log.session} {waiting[-1]}")


def _terms(event: Execution) -> tuple[object, ...]:
    amounts = (event.filled, event.remaining, event.last_quantity, event.last_price)
    return (event.kind, event.order_id, event.symbol, event.side, event.liquidity, *amounts)
