"""The auditor finds nothing where every promise was kept, and each way to break one."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.system.chaos.auditor import audit
from tests.system.chaos.history import ASK, BID, right_evidence
from tests.system.chaos.records import Evidence, FixDelivery, Span

Break = Callable[[Evidence], None]

_CASES: list[tuple[str, Break]] = []


def breaks(rule: str) -> Callable[[Break], Break]:
    """Mark a way to break the promise that ``rule`` stands for."""

    def mark(spoil: Break) -> Break:
        _CASES.append((rule, spoil))
        return spoil

    return mark


def test_a_run_that_kept_every_promise_passes() -> None:
    assert audit(right_evidence()) == []


def _resent(evidence: Evidence, number: int, body: dict[int, str]) -> None:
    """Change what both the deliveries and the history of F say of a number."""
    log = evidence.fix[0]
    for messages in (log.deliveries, log.history):
        for place, each in enumerate(messages):
            if each.msg_seq_num == number:
                messages[place] = replace(each, body=body, new_seq_no=0)


def _told(evidence: Evidence, account: str, exec_id: int, **changes: Any) -> None:
    """Change what an account is told of an execution in the end."""
    evidence.endings[account].history[exec_id - 1].push["data"].update(changes)


def _take(evidence: Evidence, account: str, exec_id: int) -> None:
    """Let the newest execution of an account be gone from history and deliveries."""
    del evidence.endings[account].history[exec_id - 1]
    for ws in evidence.ws:
        if ws.account == account:
            ws.deliveries = [each for each in ws.deliveries if each.exec_id != exec_id]


# ---- FIX


@breaks("FIX fault")
def a_reject_came(evidence: Evidence) -> None:
    evidence.fix[0].faults.append("unexpected {35: '3'}")


@breaks("FIX number with two contents")
def a_number_said_before_the_crash_says_something_else_after_it(evidence: Evidence) -> None:
    first = evidence.fix[0].deliveries[2]
    evidence.fix[0].deliveries.append(replace(first, poss_dup=True, body=first.body | {32: "0.3"}))


@breaks("FIX number with two contents")
def a_logon_number_was_used_again_for_a_report(evidence: Evidence) -> None:
    log = evidence.fix[0]
    log.deliveries.append(FixDelivery(2, 1, poss_dup=True, body=log.deliveries[1].body))


@breaks("FIX number too low")
def a_number_came_twice_without_poss_dup(evidence: Evidence) -> None:
    evidence.fix[0].deliveries.append(evidence.fix[0].deliveries[2])


@breaks("FIX hole")
def a_missing_message_was_never_resent(evidence: Evidence) -> None:
    del evidence.fix[0].deliveries[4]


@breaks("FIX message lost")
def a_message_seen_before_the_crash_is_gone_after_it(evidence: Evidence) -> None:
    history = evidence.fix[0].history
    history[2] = replace(history[2], body={35: "4"}, new_seq_no=4)


@breaks("FIX message never delivered")
def a_message_of_the_history_never_came(evidence: Evidence) -> None:
    deliveries = evidence.fix[0].deliveries
    deliveries[4] = replace(deliveries[4], body={35: "4"}, new_seq_no=5)


@breaks("FIX hole in the history")
def a_resend_skips_a_number(evidence: Evidence) -> None:
    del evidence.fix[0].history[4]


@breaks("FIX request not answered once")
def an_order_was_never_answered(evidence: Evidence) -> None:
    _resent(evidence, 6, {35: "0"})


@breaks("FIX request not answered once")
def an_order_was_accepted_twice(evidence: Evidence) -> None:
    _resent(evidence, 6, evidence.fix[0].deliveries[1].body | {17: "6-1", 37: "6"})


@breaks("FIX repeated order not answered once")
def an_order_sent_again_was_not_answered_again(evidence: Evidence) -> None:
    _resent(evidence, 8, {35: "0"})


@breaks("FIX answer to nothing")
def an_order_was_accepted_that_nobody_sent(evidence: Evidence) -> None:
    del evidence.fix[0].requests[2]


@breaks("FIX ExecID twice")
def an_execution_was_reported_under_two_numbers(evidence: Evidence) -> None:
    _resent(evidence, 7, evidence.fix[0].deliveries[2].body)


@breaks("FIX and executions differ")
def a_fill_was_told_to_fix_only(evidence: Evidence) -> None:
    del evidence.endings["F"].history[1]


@breaks("FIX and executions differ")
def a_fill_has_another_price_on_fix(evidence: Evidence) -> None:
    _resent(evidence, 3, evidence.fix[0].deliveries[2].body | {31: "99999000"})


@breaks("FIX and executions differ")
def a_cancel_reject_was_told_to_fix_only(evidence: Evidence) -> None:
    _take(evidence, "F", 5)


# ---- WebSocket


@breaks("WebSocket fault")
def a_websocket_client_met_nonsense(evidence: Evidence) -> None:
    evidence.ws[0].faults.append("nonsense")


@breaks("hole in the executions")
def the_replay_skips_an_execution(evidence: Evidence) -> None:
    del evidence.endings["W"].history[1]


@breaks("no replay of an execution")
def the_replay_has_a_gap_in_place_of_an_execution(evidence: Evidence) -> None:
    history = evidence.endings["W"].history
    history[0] = replace(history[0], kind="gap")


@breaks("executions not kept")
def a_client_was_told_of_a_gap(evidence: Evidence) -> None:
    deliveries = evidence.ws[0].deliveries
    deliveries[2] = replace(deliveries[2], kind="gap")


@breaks("exec_id missing")
def an_execution_was_skipped_over_a_crash(evidence: Evidence) -> None:
    del evidence.ws[0].deliveries[2]


@breaks("exec_id twice")
def an_exec_id_was_used_twice(evidence: Evidence) -> None:
    deliveries = evidence.ws[0].deliveries
    deliveries.insert(2, deliveries[1])


@breaks("execution lost or changed")
def an_execution_said_before_the_crash_says_something_else_after_it(evidence: Evidence) -> None:
    _told(evidence, "W", 2, last_quantity="0.3")


@breaks("execution lost or changed")
def an_execution_said_before_the_crash_is_gone_after_it(evidence: Evidence) -> None:
    del evidence.endings["W"].history[3]


@breaks("execution never delivered")
def the_newest_execution_never_came(evidence: Evidence) -> None:
    del evidence.ws[0].deliveries[3]


@breaks("WebSocket request not answered once")
def a_request_got_no_reply(evidence: Evidence) -> None:
    del evidence.ws[0].replies[1]


@breaks("called a duplicate")
def a_request_sent_once_was_called_a_duplicate(evidence: Evidence) -> None:
    replies = evidence.ws[0].replies
    replies[0] = replace(replies[0], is_duplicate=True)


@breaks("order without one outcome")
def an_order_sent_twice_was_executed_twice(evidence: Evidence) -> None:
    _told(evidence, "W", 3, cl_ord_id="W-1")


@breaks("reply and outcome differ")
def a_reply_refuses_what_was_accepted(evidence: Evidence) -> None:
    replies = evidence.ws[0].replies
    replies[0] = replace(replies[0], status=409, order_id="", error="DUPLICATE_CL_ORD_ID")


@breaks("reply and outcome differ")
def a_duplicate_reply_names_another_order(evidence: Evidence) -> None:
    replies = evidence.ws[0].replies
    replies[1] = replace(replies[1], order_id="9")


@breaks("reply and outcome differ")
def a_cancel_was_confirmed_and_not_done(evidence: Evidence) -> None:
    _take(evidence, "W", 4)


@breaks("order that nobody sent")
def an_order_appeared_from_nowhere(evidence: Evidence) -> None:
    _told(evidence, "W", 3, cl_ord_id="W-9")


@breaks("order with other terms")
def an_order_was_worked_with_another_quantity(evidence: Evidence) -> None:
    evidence.ws[0].requests[1] = replace(evidence.ws[0].requests[1], quantity="0.6")


# ---- orders and trades


@breaks("event twice")
def one_event_was_told_to_two_accounts(evidence: Evidence) -> None:
    _told(evidence, "W", 3, report_id="2-1")


@breaks("event of an order that is not open")
def an_order_was_filled_after_its_end(evidence: Evidence) -> None:
    _told(evidence, "W", 4, kind="filled", order_id="2")


@breaks("quantities do not add up")
def a_fill_counts_for_more_than_was_traded(evidence: Evidence) -> None:
    _told(evidence, "F", 2, filled_quantity="0.5", remaining_quantity="0.5")


@breaks("order entered twice")
def an_order_id_was_given_twice(evidence: Evidence) -> None:
    _told(evidence, "F", 4, order_id="2")


@breaks("a trade without its two fills")
def only_one_side_of_a_trade_was_told(evidence: Evidence) -> None:
    del evidence.endings["F"].history[1]


@breaks("the two fills of a trade differ")
def the_sides_of_a_trade_differ_in_quantity(evidence: Evidence) -> None:
    _told(evidence, "W", 2, last_quantity="0.3")


@breaks("open order twice")
def an_open_order_is_there_twice(evidence: Evidence) -> None:
    evidence.endings["F"].open_orders *= 2


@breaks("open orders differ")
def an_acknowledged_order_is_gone(evidence: Evidence) -> None:
    evidence.endings["F"].open_orders.clear()


@breaks("open orders differ")
def an_open_order_has_another_quantity(evidence: Evidence) -> None:
    order = evidence.endings["F"].open_orders[0]
    evidence.endings["F"].open_orders[0] = order | {"remaining_quantity": "0.6"}


@breaks("order unknown")
def an_open_order_is_unknown_when_asked_for(evidence: Evidence) -> None:
    evidence.endings["F"].statuses["1"] = None


@breaks("status differs")
def a_canceled_order_is_shown_as_open(evidence: Evidence) -> None:
    shown = evidence.endings["W"].statuses["3"] or {}
    evidence.endings["W"].statuses["3"] = shown | {"status": "new", "remaining_quantity": "0.5"}


@breaks("log and executions differ")
def the_log_does_not_have_an_open_order(evidence: Evidence) -> None:
    evidence.log_orders.clear()


@breaks("log and executions differ")
def the_log_has_an_open_order_of_another_account(evidence: Evidence) -> None:
    evidence.log_orders["1"]["account"] = "W"


@breaks("state differs with and without snapshots")
def a_snapshot_holds_another_state_than_the_log(evidence: Evidence) -> None:
    evidence.log_hashes[1] = "7 def"


# ---- the public feed


def _span(evidence: Evidence, channel: str, place: int) -> Span:
    return [span for span in evidence.public if span.channel.startswith(channel)][place]


@breaks("no snapshot first")
def a_channel_begins_with_an_event(evidence: Evidence) -> None:
    del _span(evidence, "book", 0).pushes[0]


@breaks("public push missing")
def a_book_change_was_left_out(evidence: Evidence) -> None:
    del _span(evidence, "book", 0).pushes[1]


@breaks("public trade without fills")
def a_trade_was_public_before_the_crash_and_never_happened(evidence: Evidence) -> None:
    _span(evidence, "trades", 0).pushes[1]["data"].append(
        {"trade_id": "2-9", "side": "sell", "price": BID, "quantity": "0.1"}
    )


@breaks("fills without public trade")
def a_trade_was_not_public(evidence: Evidence) -> None:
    _span(evidence, "trades", 0).pushes[1]["data"] = []


@breaks("fills without public trade")
def the_trades_before_the_crash_are_forgotten(evidence: Evidence) -> None:
    _span(evidence, "trades", 2).pushes[0] = _span(evidence, "trades", 2).pushes[0] | {"data": []}


@breaks("public trade twice")
def a_trade_was_public_twice(evidence: Evidence) -> None:
    data = _span(evidence, "trades", 0).pushes[1]["data"]
    data.append(data[0])


@breaks("end of the feed")
def the_feed_stopped_before_the_end(evidence: Evidence) -> None:
    _span(evidence, "book", 1).pushes.pop()


@breaks("public book and orders differ")
def a_public_level_has_another_quantity(evidence: Evidence) -> None:
    _span(evidence, "book", 0).pushes[2]["data"]["bids"] = [[BID, "0.7"]]


@breaks("public book and orders differ")
def the_book_after_the_crash_lacks_a_level(evidence: Evidence) -> None:
    _span(evidence, "book", 1).pushes[0]["data"]["asks"] = []


@breaks("public book and orders differ")
def the_last_book_is_an_old_one(evidence: Evidence) -> None:
    snapshot = _span(evidence, "book", 2).pushes[0]
    snapshot["data"] = {"bids": [[BID, "0.6"]], "asks": [[ASK, "0.5"]]}
    snapshot["seq"] = _span(evidence, "book", 1).pushes[-1]["seq"] = 3


@breaks("book crossed")
def the_book_is_crossed(evidence: Evidence) -> None:
    _span(evidence, "book", 1).pushes[0]["data"]["asks"] = [[BID, "0.5"]]


@pytest.mark.parametrize(("rule", "spoil"), _CASES, ids=[spoil.__name__ for _, spoil in _CASES])
def test_a_broken_promise_is_found(rule: str, spoil: Break) -> None:
    evidence = right_evidence()

    spoil(evidence)

    assert rule in {violation.rule for violation in audit(evidence)}


def test_every_rule_is_shown_to_find_something() -> None:
    sources = [*Path(__file__).parent.glob("audit*.py"), Path(__file__).with_name("ledger.py")]
    text = "".join(path.read_text() for path in sources)
    rules = set(re.findall(r'(?:Violation|blame)\(\s*"([^"]+)"', text)) | {"exec_id missing", "exec_id twice"}

    elsewhere = Path(__file__).with_name("test_lives.py").read_text()
    assert rules == {rule for rule, _ in _CASES} | {rule for rule in rules if f'"{rule}"' in elsewhere}
