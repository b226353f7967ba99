"""Reports read back by simplefix say what the event said, in tags that FIX 4.4 has."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.dialects.native.fix_reports import encode_report, encode_status, encode_unknown_status
from gateway.dialects.native.fix_versions import CANCEL_CAUSES
from gateway.dialects.native.origin import OrderQuery
from gateway.model import (
    CancelCause,
    CancelRejected,
    MassCanceled,
    OrderFilled,
    OrdStatus,
    OrdType,
    Refusal,
    RejectReason,
    RequestKind,
    Side,
    format_scaled,
)
from gateway.orders import Order
from tests.gateway.dialects.native.orders import accepted, canceled, filled, order, rejected, replaced
from tests.gateway.dialects.native.quickfix_spec import SPECS
from tests.gateway.dialects.native.wire import NOW, PLACES, parsed

TIME = b"20260101-00:00:00.123"
faults = SPECS[b"FIX.4.4"].faults

KEPT = {1: b"ACC1", 55: b"BTC-KRW", 54: b"1", 40: b"2", 59: b"1", 38: b"1.5", 44: b"100000000.5"}


def report(event: Any, record: Order | None) -> tuple[bytes, dict[int, bytes]]:
    encoded = encode_report(event, record, PLACES)
    assert encoded is not None
    msg_type, body = encoded
    fields = parsed(msg_type, body)
    assert faults(msg_type, fields) == []
    return msg_type, fields


def test_new() -> None:
    # The record is that after the whole command: the order may have traded already.
    later = order(cum_qty=150_000_000, avg_px=1, ord_status=OrdStatus.FILLED)
    assert report(accepted(), later) == (
        b"8",
        KEPT
        | {37: b"42", 17: b"42-1", 150: b"0", 39: b"0", 11: b"o-1", 151: b"1.5", 14: b"0", 6: b"0", 60: TIME},
    )


def test_new_market_order_has_no_price_and_post_only_is_said() -> None:
    _, fields = report(accepted(ord_type=OrdType.MARKET, price=0, side=Side.SELL), order())
    assert 44 not in fields
    assert (fields[40], fields[54]) == (b"1", b"2")
    _, fields = report(accepted(post_only=True), order())
    assert fields[18] == b"6"


def test_fill_and_partial_fill() -> None:
    event = filled(50_000_000, 9_999_999_900, 50_000_000, 9_999_999_900)
    changing = {
        37: b"42",
        17: b"50-3",
        150: b"F",
        39: b"1",
        11: b"o-1",
        32: b"0.5",
        31: b"99999999",
        151: b"1",
        14: b"0.5",
        6: b"99999999",
        851: b"2",
        60: TIME,
    }
    assert report(event, order()) == (b"8", KEPT | changing)
    last = filled(100_000_000, 10_000_000_000, 150_000_000, 9_999_999_967, aggressor=False)
    changing |= {
        17: b"50-3",
        39: b"2",
        32: b"1",
        31: b"100000000",
        151: b"0",
        14: b"1.5",
        6: b"99999999.67",
        851: b"1",
    }
    assert report(last, order()) == (b"8", KEPT | changing)


@pytest.mark.parametrize(
    ("refusal", "ord_rej_reason", "text"),
    [
        (
            Refusal(RejectReason.QUANTITY_TOO_SMALL, "order_qty", "2", "1.5"),
            b"13",
            b"OrderQty(38) 1.5 is below the minimum 2",
        ),
        (
            Refusal(RejectReason.DUPLICATE_CL_ORD_ID, "cl_ord_id", value="o-1"),
            b"6",
            b"ClOrdID(11) o-1 was used before",
        ),
    ],
)
def test_rejected(refusal: Refusal, ord_rej_reason: bytes, text: bytes) -> None:
    assert report(rejected(refusal), order()) == (
        b"8",
        KEPT
        | {
            37: b"42",
            17: b"42-1",
            150: b"8",
            39: b"8",
            11: b"o-1",
            151: b"0",
            14: b"0",
            6: b"0",
            60: TIME,
            103: ord_rej_reason,
            58: text,
        },
    )


def test_a_rejected_order_shows_no_terms_that_could_not_be_read() -> None:
    event = rejected(
        Refusal(RejectReason.UNKNOWN_SYMBOL, "symbol", value="X-Y"), symbol="X-Y", order_qty=0, price=0
    )
    encoded = encode_report(event, None, (0, 0))
    assert encoded is not None
    fields = parsed(*encoded)
    assert faults(b"8", fields) == []
    assert (fields[55], fields[103]) == (b"X-Y", b"1")
    assert {38, 44}.isdisjoint(fields)
    _, fields = report(rejected(Refusal(RejectReason.UNSUPPORTED, "ord_type", "", "3"), post_only=True), None)
    assert 40 not in fields
    assert fields[59] == b"1"
    assert fields[18] == b"6"
    _, fields = report(rejected(Refusal(RejectReason.UNSUPPORTED, "time_in_force", "", "0")), None)
    assert 59 not in fields
    assert fields[40] == b"2"


CANCELED = KEPT | {
    37: b"42",
    17: b"50-1",
    150: b"4",
    39: b"4",
    11: b"c-1",
    41: b"o-1",
    151: b"0",
    14: b"0.5",
    6: b"99999999",
    60: TIME,
}


def test_canceled_on_request() -> None:
    record = order(avg_px=9_999_999_900)
    event = canceled(
        CancelCause.REQUESTED, session="DEMO1", msg_seq_num=8, cl_ord_id=b"c-1", orig_cl_ord_id=b"o-1"
    )
    assert report(event, record) == (b"8", CANCELED)
    by_order_id = canceled(CancelCause.REQUESTED, session="DEMO1", msg_seq_num=8, cl_ord_id=b"c-1")
    assert report(by_order_id, record) == (b"8", CANCELED)


@pytest.mark.parametrize(
    ("cause", "restatement", "text"),
    [
        (CancelCause.REQUESTED, b"99", b"canceled by another session of the account"),
        (CancelCause.IMMEDIATE_OR_CANCEL, b"99", b"TimeInForce(59) 3: the rest could not trade at once"),
        (CancelCause.FILL_OR_KILL, b"99", b"TimeInForce(59) 4: the whole could not trade at once"),
        (CancelCause.NO_LIQUIDITY, b"8", b"OrdType(40) 1: no more quantity to trade with"),
        (CancelCause.MASS_CANCEL, b"99", b"mass cancel"),
        (CancelCause.DISCONNECT, b"99", b"cancel on disconnect"),
    ],
)
def test_canceled_unasked(cause: CancelCause, restatement: bytes, text: bytes) -> None:
    expected = {tag: value for tag, value in CANCELED.items() if tag != 41}
    expected |= {11: b"o-1", 378: restatement, 58: text}
    assert report(canceled(cause), order(avg_px=9_999_999_900)) == (b"8", expected)


def test_every_cause_has_its_words() -> None:
    assert set(CANCEL_CAUSES) == set(CancelCause)


@pytest.mark.parametrize(("cum_qty", "status"), [(0, b"0"), (50_000_000, b"1")])
def test_replaced(cum_qty: int, status: bytes) -> None:
    event = replaced(cum_qty, 77 if cum_qty else 0)
    # The record knows of the trades that the new price brought, the answer does not.
    record = order(cl_ord_id=b"r-1", orig_cl_ord_id=b"o-1", cum_qty=cum_qty + 1, avg_px=99)
    assert report(event, record) == (
        b"8",
        KEPT
        | {
            37: b"42",
            17: b"60-1",
            150: b"5",
            39: status,
            11: b"r-1",
            41: b"o-1",
            38: b"2",
            44: b"1",
            151: b"2" if not cum_qty else b"1.5",
            14: b"0" if not cum_qty else b"0.5",
            6: b"0" if not cum_qty else b"0.77",
            60: TIME,
        },
    )


@pytest.mark.parametrize(
    ("order_id", "orig_cl_ord_id", "record", "expected"),
    [
        (42, b"o-1", order(), {37: b"42", 41: b"o-1"}),
        (42, b"", order(), {37: b"42", 41: b"o-1"}),
        (0, b"o-9", None, {37: b"NONE", 41: b"o-9"}),
        (0, b"", None, {37: b"NONE", 41: b"NONE"}),
    ],
)
@pytest.mark.parametrize(("kind", "response_to"), [(RequestKind.CANCEL, b"1"), (RequestKind.REPLACE, b"2")])
def test_cancel_reject(
    order_id: int,
    orig_cl_ord_id: bytes,
    record: Order | None,
    expected: dict[int, bytes],
    kind: RequestKind,
    response_to: bytes,
) -> None:
    status = OrdStatus.FILLED if order_id else OrdStatus.REJECTED
    reason = RejectReason.TOO_LATE if order_id else RejectReason.UNKNOWN_ORDER
    refusal = Refusal(reason, "orig_cl_ord_id", value="o-1")
    event = CancelRejected(
        61, 1, NOW, "DEMO1", 9, "ACC1", b"c-1", orig_cl_ord_id, order_id, kind, status, refusal
    )
    words = b"names an order that is closed" if order_id else b"names no order of the account"
    assert report(event, record) == (
        b"9",
        expected
        | {
            11: b"c-1",
            39: b"2" if order_id else b"8",
            1: b"ACC1",
            434: response_to,
            102: b"0" if order_id else b"1",
            60: TIME,
            58: b"OrigClOrdID(41) o-1 " + words,
        },
    )


def test_a_mass_cancel_has_no_report_of_its_own() -> None:
    assert encode_report(MassCanceled(1, 1, NOW, "DEMO1", 1, "ACC1", b"m", 0), None, PLACES) is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"leaves_qty": 150_000_000, "ord_status": OrdStatus.NEW},
            {39: b"0", 151: b"1.5", 14: b"0", 6: b"0"},
        ),
        (
            {"cum_qty": 50_000_000, "leaves_qty": 0, "avg_px": 12, "ord_status": OrdStatus.CANCELED},
            {39: b"4", 151: b"0", 14: b"0.5", 6: b"0.12"},
        ),
        ({"order_id": 0}, {37: b"NONE", 39: b"A", 151: b"0", 14: b"0", 6: b"0"}),
        (
            {"orig_cl_ord_id": b"o-0", "post_only": True},
            {41: b"o-0", 18: b"6", 39: b"A", 151: b"0", 14: b"0", 6: b"0"},
        ),
        (
            {
                "ord_status": OrdStatus.REJECTED,
                "refusal": Refusal(RejectReason.INVALID_VALUE, "order_qty", "at least 0", "-1"),
            },
            {39: b"8", 151: b"0", 14: b"0", 6: b"0", 103: b"13"}
            | {58: b"OrderQty(38) -1 is not valid: at least 0"},
        ),
    ],
)
@pytest.mark.parametrize("request_id", [b"", b"q-1"])
def test_status(changes: dict[str, Any], expected: dict[int, bytes], request_id: bytes) -> None:
    fields = parsed(b"8", encode_status(order(**changes), PLACES, NOW, request_id))
    assert faults(b"8", fields) == []
    expected = {37: b"42", 17: b"0", 150: b"I", 11: b"o-1", 60: TIME} | KEPT | expected
    assert fields == (expected | {790: request_id} if request_id else expected)


def test_status_of_an_unknown_order() -> None:
    query = OrderQuery(b"o-9", 0, "X-Y", Side.SELL, b"q-1")
    fields = parsed(b"8", encode_unknown_status(query, NOW))
    assert faults(b"8", fields) == []
    assert fields == {
        37: b"NONE",
        17: b"0",
        150: b"I",
        39: b"8",
        11: b"o-9",
        790: b"q-1",
        55: b"X-Y",
        54: b"2",
        151: b"0",
        14: b"0",
        6: b"0",
        103: b"5",
        58: b"ClOrdID(11) o-9 names no order of the account",
        60: TIME,
    }
    fields = parsed(b"8", encode_unknown_status(OrderQuery(b"o-9", 0, "X-Y"), NOW))
    assert (fields[54], 790 in fields) == (b"1", False)
    fields = parsed(b"8", encode_unknown_status(OrderQuery(b"o-9", 7, "X-Y"), NOW))
    assert (fields[11], fields[58]) == (b"o-9", b"OrderID(37) 7 names no order of the account")
    # FIX.5.0SP2 needs no ClOrdID(11) beside OrderID(37).
    fields = parsed(b"8", encode_unknown_status(OrderQuery(b"", 0, "X-Y"), NOW))
    assert (11 in fields, fields[58]) == (False, b"OrderID(37) names no order of the account")


amounts = st.integers(min_value=1, max_value=2**63 - 1)


@given(st.data(), st.integers(1, 2**60), st.integers(1, 10**6), st.booleans())
def test_any_fill_is_read_back_by_simplefix(data: st.DataObject, eseq: int, n: int, aggressor: bool) -> None:
    last_qty, last_px, avg_px, price = (data.draw(amounts) for _ in range(4))
    cum_qty = data.draw(st.integers(last_qty, 2**63 - 1))
    leaves_qty = data.draw(st.integers(0, 2**63 - 1))
    record = order(price=price, order_qty=cum_qty + leaves_qty)
    event = OrderFilled(
        eseq, n, NOW, "DEMO1", "ACC1", 42, last_qty, last_px, cum_qty, leaves_qty, avg_px, aggressor
    )
    _, fields = report(event, record)
    price_places, qty_places = PLACES
    assert {tag: fields[tag].decode() for tag in (17, 32, 31, 14, 151, 6, 38, 44)} == {
        17: f"{eseq}-{n}",
        32: format_scaled(last_qty, qty_places),
        31: format_scaled(last_px, price_places),
        14: format_scaled(cum_qty, qty_places),
        151: format_scaled(leaves_qty, qty_places),
        6: format_scaled(avg_px, price_places),
        38: format_scaled(cum_qty + leaves_qty, qty_places),
        44: format_scaled(price, price_places),
    }
    assert (fields[39] == b"2") == (leaves_qty == 0)
