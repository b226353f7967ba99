"""Each version's reports say what the event said, in tags and values that the version has."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.dialects.native.fields import FIX_NAMES
from gateway.dialects.native.fix_reports import FixReports, reports_for
from gateway.dialects.native.fix_versions import STYLES
from gateway.dialects.native.origin import OrderQuery
from gateway.model import (
    CancelCause,
    CancelRejected,
    MassCanceled,
    OrderAccepted,
    OrderCanceled,
    OrderEvent,
    OrderFilled,
    OrderRejected,
    OrderReplaced,
    OrdStatus,
    OrdType,
    Refusal,
    RejectReason,
    RequestKind,
    Side,
    TimeInForce,
)
from gateway.orders import Order
from protocols.fix.errors import BusinessRejectReason
from protocols.fix.standard import standard_dictionary
from protocols.fix.validation import Validator
from tests.gateway.dialects.native.orders import accepted, canceled, filled, order, rejected, replaced
from tests.gateway.dialects.native.quickfix_spec import SPECS
from tests.gateway.dialects.native.wire import NOW, PLACES, fix_message, parsed

VERSIONS = sorted(SPECS)
VALIDATORS = {version: Validator(standard_dictionary(version), unknown_tags="ignore") for version in VERSIONS}
USER_DEFINED = {20010, 20011}
FIX_42, FIX_44, FIX_50SP2 = b"FIX.4.2", b"FIX.4.4", b"FIXT.1.1"


def checked(version: bytes, msg_type: bytes, body: bytes) -> dict[int, bytes]:
    """Return the fields of a body that two dictionaries of the version take, QuickFIX's and ours."""
    fields = parsed(msg_type, body)
    VALIDATORS[version].validate(fix_message(msg_type.decode(), fields, version))
    standard = {tag: value for tag, value in fields.items() if tag not in USER_DEFINED}
    assert SPECS[version].faults(msg_type, standard) == []
    return fields


def report(version: bytes, event: OrderEvent, record: Order | None) -> dict[int, bytes]:
    encoded = reports_for(version).report(event, record, PLACES)
    assert encoded is not None
    return checked(version, *encoded)


def difference(version: bytes, event: OrderEvent, record: Order | None) -> dict[int, bytes | None]:
    """Return what a version says otherwise than FIX.4.4; ``None``: what it does not say."""
    fields, usual = report(version, event, record), report(FIX_44, event, record)
    return {tag: fields.get(tag) for tag in fields.keys() | usual.keys() if fields.get(tag) != usual.get(tag)}


NEW: dict[int, bytes | None] = {20: b"0", 32: b"0", 31: b"0"}
ASKED: dict[str, Any] = {
    "session": "DEMO1",
    "msg_seq_num": 8,
    "cl_ord_id": b"c-1",
    "orig_cl_ord_id": b"o-1",
}
PART = filled(50_000_000, 9_999_999_900, 50_000_000, 9_999_999_900)
LAST = filled(100_000_000, 10_000_000_000, 150_000_000, 9_999_999_967, aggressor=False)


# ---- FIX.4.2


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (accepted(), NEW),
        (PART, {20: b"0", 150: b"1", 851: None}),
        (LAST, {20: b"0", 150: b"2", 851: None}),
        (canceled(CancelCause.REQUESTED, **ASKED), NEW),
        (canceled(CancelCause.REQUESTED), NEW | {378: b"4"}),
        (canceled(CancelCause.NO_LIQUIDITY), NEW | {378: b"4"}),
        (replaced(0, 0), NEW | {39: b"5"}),
        (replaced(50_000_000, 77), NEW),
    ],
)
def test_fix_42_has_exec_trans_type_and_no_trade(event: OrderEvent, expected: dict[int, bytes]) -> None:
    assert difference(FIX_42, event, order()) == expected


@pytest.mark.parametrize(
    ("reason", "field", "ord_rej_reason"),
    [
        (RejectReason.UNKNOWN_SYMBOL, "symbol", b"1"),
        (RejectReason.DUPLICATE_CL_ORD_ID, "cl_ord_id", b"6"),
        (RejectReason.UNSUPPORTED, "max_floor", b"0"),
        (RejectReason.INVALID_VALUE, "account", b"0"),
        (RejectReason.INVALID_PRICE_TICK, "price", b"0"),
    ],
)
def test_fix_42_has_fewer_reasons_to_reject(reason: RejectReason, field: str, ord_rej_reason: bytes) -> None:
    fields = report(FIX_42, rejected(Refusal(reason, field, "l", "v")), order())
    assert fields[103] == ord_rej_reason
    assert (fields[20], fields[150], fields[39]) == (b"0", b"8", b"8")


def cancel_rejected(
    reason: RejectReason, ord_status: OrdStatus = OrdStatus.NEW, order_id: int = 42
) -> CancelRejected:
    refusal = Refusal(reason, "orig_cl_ord_id", "l", "v")
    return CancelRejected(
        61, 1, NOW, "DEMO1", 9, "ACC1", b"c-1", b"o-1", order_id, RequestKind.CANCEL, ord_status, refusal
    )


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (RejectReason.TOO_LATE, {}),
        (RejectReason.UNKNOWN_ORDER, {}),
        (RejectReason.DUPLICATE_CL_ORD_ID, {102: b"2"}),
        (RejectReason.UNSUPPORTED, {102: b"2"}),
    ],
)
def test_fix_42_has_fewer_reasons_to_refuse_a_cancel(
    reason: RejectReason, expected: dict[int, bytes]
) -> None:
    assert difference(FIX_42, cancel_rejected(reason), order()) == expected


def test_fix_42_says_of_an_unfilled_order_that_it_was_replaced() -> None:
    record = order(orig_cl_ord_id=b"o-0")
    assert report(FIX_42, cancel_rejected(RejectReason.UNSUPPORTED), record)[39] == b"5"
    assert report(FIX_44, cancel_rejected(RejectReason.UNSUPPORTED), record)[39] == b"0"
    part_filled = cancel_rejected(RejectReason.UNSUPPORTED, OrdStatus.PARTIALLY_FILLED)
    assert report(FIX_42, part_filled, record)[39] == b"1"
    unknown = cancel_rejected(RejectReason.UNKNOWN_ORDER, OrdStatus.REJECTED, order_id=0)
    assert report(FIX_42, unknown, None)[39] == b"8"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"ord_status": OrdStatus.NEW}, b"0"),
        ({"ord_status": OrdStatus.NEW, "orig_cl_ord_id": b"o-0"}, b"5"),
        ({"ord_status": OrdStatus.PARTIALLY_FILLED, "orig_cl_ord_id": b"o-0", "cum_qty": 1}, b"1"),
        ({"ord_status": OrdStatus.PENDING_NEW, "order_id": 0}, b"A"),
    ],
)
def test_fix_42_answers_a_status_question_by_exec_trans_type(changes: dict[str, Any], status: bytes) -> None:
    body = reports_for(FIX_42).status(order(**changes), PLACES, NOW, b"q-1")
    fields = checked(FIX_42, b"8", body)
    assert (fields[20], fields[17], fields[150], fields[39]) == (b"3", b"0", status, status)
    assert {790, 31, 32}.isdisjoint(fields)


def test_fix_42_does_not_know_an_order() -> None:
    body = reports_for(FIX_42).unknown_status(OrderQuery(b"o-9", 0, "X-Y", Side.SELL, b"q-1"), NOW)
    fields = checked(FIX_42, b"8", body)
    assert (fields[20], fields[37], fields[150], fields[39]) == (b"3", b"NONE", b"8", b"8")
    assert 790 not in fields


def test_business_reject_reasons_are_those_of_the_version() -> None:
    for version in VERSIONS:
        known = SPECS[version].enumerations[380]
        for reason in BusinessRejectReason:
            said = reports_for(version).business_reject_reason(reason)
            assert said == (reason if b"%d" % reason in known else BusinessRejectReason.OTHER)


# ---- FIX.5.0SP2


@pytest.mark.parametrize(
    ("event", "record", "expected"),
    [
        (accepted(), order(), {1138: b"1.5"}),
        (accepted(time_in_force=TimeInForce.IOC), order(), {}),
        (accepted(ord_type=OrdType.MARKET, price=0), order(), {}),
        (PART, order(), {1138: b"1", 880: b"50-5", 1057: b"Y"}),
        (LAST, order(), {1138: b"0", 880: b"50-4", 1057: b"N"}),
        (PART, order(time_in_force=TimeInForce.FOK), {880: b"50-5", 1057: b"Y"}),
        (canceled(CancelCause.REQUESTED, **ASKED), order(), {1138: b"0"}),
        (canceled(CancelCause.DISCONNECT), order(time_in_force=TimeInForce.IOC), {}),
        (replaced(50_000_000, 77), order(), {1138: b"1.5"}),
        (rejected(Refusal(RejectReason.UNSUPPORTED, "stop_px", "l", "v")), order(), {}),
        (rejected(Refusal(RejectReason.PRICE_OUT_OF_BAND, "price", "l", "v")), order(), {103: b"16"}),
        (rejected(Refusal(RejectReason.INVALID_PRICE_TICK, "price", "l", "v")), order(), {103: b"18"}),
        (cancel_rejected(RejectReason.PRICE_OUT_OF_BAND), order(), {102: b"8"}),
        (cancel_rejected(RejectReason.INVALID_PRICE_TICK), order(), {102: b"18"}),
        (cancel_rejected(RejectReason.TOO_LATE), order(), {}),
    ],
)
def test_fix_50sp2_says_what_is_shown_and_who_took(
    event: OrderEvent, record: Order, expected: dict[int, bytes]
) -> None:
    assert difference(FIX_50SP2, event, record) == expected


def test_fix_50sp2_answers_a_status_question() -> None:
    reports = reports_for(FIX_50SP2)
    fields = checked(FIX_50SP2, b"8", reports.status(order(leaves_qty=5), PLACES, NOW, b"q-1"))
    assert (fields[150], fields[790], fields[1138]) == (b"I", b"q-1", b"0.00000005")
    fields = checked(FIX_50SP2, b"8", reports.unknown_status(OrderQuery(b"", 9, "X-Y"), NOW))
    assert (fields[150], fields[58]) == (b"I", b"OrderID(37) 9 names no order of the account")


# ---- user-defined tags


@pytest.mark.parametrize("version", VERSIONS)
def test_engine_tags_are_sent_where_they_are_asked_for(version: bytes) -> None:
    plain, tagged = reports_for(version), reports_for(version, extra_tags=True)
    without, encoded = plain.report(accepted(), order(), PLACES), tagged.report(accepted(), order(), PLACES)
    assert without is not None
    assert encoded is not None
    tags = {20010: b"42", 20011: b"%d" % NOW}
    assert checked(version, *encoded) == checked(version, *without) | tags
    reject = cancel_rejected(RejectReason.TOO_LATE)
    assert tagged.report(reject, order(), PLACES) == plain.report(reject, order(), PLACES)
    assert tagged.report(MassCanceled(1, 1, NOW, "DEMO1", 1, "ACC1", b"m", 0), None, PLACES) is None

    known = checked(version, b"8", tagged.status(order(eseq=50), PLACES, NOW))
    assert (known[20010], known[20011]) == (b"50", b"%d" % NOW)
    pending = checked(version, b"8", tagged.status(order(order_id=0), PLACES, NOW))
    unknown = checked(version, b"8", tagged.unknown_status(OrderQuery(b"o-9", 0, "X-Y"), NOW))
    for fields in (pending, unknown):
        assert (20010 in fields, fields[20011]) == (False, b"%d" % NOW)


# ---- any event

amounts = st.integers(0, 2**63 - 1)
numbers = st.integers(1, 2**63 - 1)
times = st.integers(0, 4_102_444_800 * 10**9)
printable = st.from_regex(r"[!#-\[\]-~]{1,64}", fullmatch=True).map(str.encode)
perhaps = st.just(b"") | printable
names = st.from_regex(r"[A-Za-z0-9_.-]{1,32}", fullmatch=True)
symbols = st.sampled_from(["BTC-KRW", "X", "!#~"])
refusals = st.builds(
    Refusal, st.sampled_from(RejectReason), st.sampled_from([*FIX_NAMES, "session", ""]), st.text(), st.text()
)
terms: dict[str, Any] = {
    "symbol": symbols,
    "cl_ord_id": printable,
    "order_qty": amounts,
    "price": amounts,
    "order_id": numbers,
}
stamp: dict[str, Any] = {"eseq": numbers, "n": numbers, "transact_time": times, "account": names}
quantities: dict[str, Any] = {"cum_qty": amounts, "leaves_qty": amounts, "avg_px": amounts}
records = st.builds(
    Order,
    **terms,
    **quantities,
    account=names,
    owner=names,
    orig_cl_ord_id=perhaps,
    eseq=amounts,
    refusal=st.none() | refusals,
)
events: st.SearchStrategy[OrderEvent] = st.one_of(
    st.builds(OrderAccepted, **stamp, **terms),
    st.builds(OrderRejected, **stamp, **terms, refusal=refusals),
    st.builds(OrderFilled, **stamp, **quantities, order_id=numbers, last_qty=numbers, last_px=numbers),
    st.builds(
        OrderCanceled, **stamp, order_id=numbers, cum_qty=amounts, cl_ord_id=perhaps, orig_cl_ord_id=perhaps
    ),
    st.builds(
        OrderReplaced,
        **stamp,
        **quantities,
        order_id=numbers,
        cl_ord_id=printable,
        orig_cl_ord_id=printable,
        order_qty=numbers,
        price=numbers,
    ),
    st.builds(
        CancelRejected,
        **stamp,
        cl_ord_id=printable,
        orig_cl_ord_id=perhaps,
        order_id=st.just(0) | numbers,
        refusal=refusals,
    ),
)
sessions = st.sampled_from([(version, extra) for version in VERSIONS for extra in (False, True)])


def reports_of(session: tuple[bytes, bool]) -> FixReports:
    return reports_for(session[0], extra_tags=session[1])


@given(sessions, events, records)
def test_any_event_is_a_message_of_the_version(
    session: tuple[bytes, bool], event: OrderEvent, record: Order
) -> None:
    encoded = reports_of(session).report(event, record, PLACES)
    assert encoded is not None
    fields = checked(session[0], *encoded)
    is_execution = encoded[0] == b"8"
    if is_execution:
        assert fields[17] == b"%d-%d" % (event.eseq, event.n)
    assert (fields.keys() >= USER_DEFINED) == (session[1] and is_execution)


@given(sessions, records, times, perhaps)
def test_any_status_is_a_message_of_the_version(
    session: tuple[bytes, bool], record: Order, now: int, request_id: bytes
) -> None:
    checked(session[0], b"8", reports_of(session).status(record, PLACES, now, request_id))


queries = st.builds(OrderQuery, perhaps, amounts, symbols, st.none() | st.sampled_from(Side), perhaps)


@given(sessions, queries, times)
def test_any_unknown_order_is_a_message_of_the_version(
    session: tuple[bytes, bool], query: OrderQuery, now: int
) -> None:
    checked(session[0], b"8", reports_of(session).unknown_status(query, now))


def test_every_version_has_a_style() -> None:
    assert STYLES.keys() == SPECS.keys()
