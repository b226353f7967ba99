"""Each event of an account becomes one push: what happened, and the order right after it."""

from typing import Any

import orjson
import pytest

from gateway.dialects.native.ws_executions import (
    CAUSES,
    REQUESTS,
    encode_execution,
    encode_gap,
    encode_replay_done,
    encode_replayed,
)
from gateway.dialects.native.ws_replies import order_object
from gateway.model import (
    CancelCause,
    CancelRejected,
    MassCanceled,
    OrdStatus,
    Refusal,
    RejectReason,
    RequestKind,
)
from gateway.orders import Order
from protocols.ws.frames import text_frame
from tests.gateway.dialects.native.orders import accepted, canceled, filled, order, rejected, replaced
from tests.gateway.dialects.native.wire import NOW, PLACES

SENT = NOW + 1_000

# The record after the whole command: the order entered, traded half, traded the rest.
LATER = {
    "cum_qty": 150_000_000,
    "avg_px": 9_999_999_967,
    "ord_status": OrdStatus.FILLED,
    "eseq": 50,
    "transact_time": 9,
}


def push(event: Any, record: Order | None) -> dict[str, Any]:
    frame = encode_execution(event, record, 11, PLACES, SENT)
    assert frame is not None
    payload = frame[frame.index(b'{"ch"') :]
    assert frame == text_frame(payload)
    decoded: dict[str, Any] = orjson.loads(payload)
    members: dict[str, Any] = decoded.pop("data")
    assert decoded == {
        "ch": "executions",
        "type": "event",
        "seq": 11,
        "prev": 10,
        "eseq": event.eseq,
        "ts": NOW,
        "sent": SENT,
    }
    assert (members.pop("exec_id"), members.pop("report_id")) == (11, f"{event.eseq}-{event.n}")
    assert (members["eseq"], members["ts"]) == (event.eseq, NOW)
    return members


def state(event: Any, record: Order, **then: Any) -> dict[str, Any]:
    return order_object(record, PLACES) | {"eseq": event.eseq, "ts": NOW} | then


def test_accepted() -> None:
    event, record = accepted(), order(**LATER)
    then = {"filled_quantity": "0", "remaining_quantity": "1.5", "average_price": None, "status": "new"}
    assert push(event, record) == state(event, record, **then) | {"kind": "accepted"}


def test_filled() -> None:
    event, record = filled(50_000_000, 9_999_999_900, 50_000_000, 9_999_999_900), order(**LATER)
    assert push(event, record) == state(
        event,
        record,
        filled_quantity="0.5",
        remaining_quantity="1",
        average_price="99999999",
        status="partially_filled",
    ) | {"kind": "filled", "last_quantity": "0.5", "last_price": "99999999", "liquidity": "taker"}
    event = filled(100_000_000, 10_000_000_000, 150_000_000, 9_999_999_967, aggressor=False)
    assert push(event, record) == state(
        event,
        record,
        filled_quantity="1.5",
        remaining_quantity="0",
        average_price="99999999.67",
        status="filled",
    ) | {"kind": "filled", "last_quantity": "1", "last_price": "100000000", "liquidity": "maker"}


ERROR = {
    "code": 2011,
    "name": "DUPLICATE_CL_ORD_ID",
    "msg": "cl_ord_id o-1 was used before",
    "field": "cl_ord_id",
    "limit": None,
    "value": "o-1",
}
DUPLICATE = Refusal(RejectReason.DUPLICATE_CL_ORD_ID, "cl_ord_id", value="o-1")


def test_rejected() -> None:
    event, record = rejected(DUPLICATE), order(order_id=0, ord_status=OrdStatus.REJECTED)
    assert push(event, record) == state(event, record, order_id="42") | {"kind": "rejected", "error": ERROR}


@pytest.mark.parametrize("cause", CancelCause)
def test_canceled(cause: CancelCause) -> None:
    event, record = canceled(cause), order(cum_qty=50_000_000, avg_px=1, ord_status=OrdStatus.CANCELED)
    assert push(event, record) == state(event, record) | {
        "kind": "canceled",
        "canceled_quantity": "1",
        "cause": cause.name.lower(),
    }
    assert set(CAUSES) == set(CancelCause)


def test_replaced() -> None:
    record = order(cl_ord_id=b"r-1", orig_cl_ord_id=b"o-1", **LATER)
    event = replaced(0, 0)
    then = {"price": "1", "quantity": "2", "filled_quantity": "0", "remaining_quantity": "2"}
    assert push(event, record) == state(event, record, **then, average_price=None, status="new") | {
        "kind": "replaced",
        "orig_cl_ord_id": "o-1",
    }
    event, record = replaced(150_000_000, 9_999_999_900), order(cl_ord_id=b"r-1", **LATER)
    then |= {"filled_quantity": "1.5", "remaining_quantity": "0.5", "average_price": "99999999"}
    assert push(event, record) == state(event, record, **then, status="partially_filled") | {
        "kind": "replaced",
        "orig_cl_ord_id": "o-1",
    }


@pytest.mark.parametrize("kind", RequestKind)
def test_cancel_rejected(kind: RequestKind) -> None:
    event = CancelRejected(61, 1, NOW, "DEMO1", 9, "ACC1", b"c-1", b"o-1", 42, kind, OrdStatus.NEW, DUPLICATE)
    said = {
        "kind": "cancel_rejected",
        "request": REQUESTS[kind],
        "request_cl_ord_id": "c-1",
        "error": ERROR,
    }
    record = order(ord_status=OrdStatus.NEW)
    assert push(event, record) == state(event, record) | said
    event = CancelRejected(
        61, 1, NOW, "ws:1.1", 9, "ACC1", b"", b"o-9", 0, kind, OrdStatus.REJECTED, DUPLICATE
    )
    unknown = {"order_id": None, "cl_ord_id": "o-9", "eseq": 61, "ts": NOW}
    assert push(event, None) == unknown | said | {"request_cl_ord_id": None}


def test_a_mass_cancel_is_about_no_one_order() -> None:
    assert (
        encode_execution(MassCanceled(1, 1, NOW, "DEMO1", 1, "ACC1", b"m", 0), None, 1, PLACES, SENT) is None
    )


def test_a_replayed_event_differs_in_type_and_sent_only() -> None:
    event, record = filled(50_000_000, 9_999_999_900, 50_000_000, 9_999_999_900), order(**LATER)
    live = encode_execution(event, record, 11, PLACES, SENT)
    again = encode_replayed(event, record, 11, PLACES, SENT + 5)
    assert live is not None
    was, now = (orjson.loads(frame[frame.index(b'{"ch"') :]) for frame in (live, again))
    assert now == {**was, "type": "replay", "sent": SENT + 5}
    assert list(now) == list(was)


@pytest.mark.parametrize(
    ("frame", "kind", "seq", "prev", "members"),
    [
        (encode_gap(3, 7, SENT), "gap", 7, 2, {"from": 3, "to": 7}),
        (encode_replay_done(9, SENT), "replay.done", 9, 9, {}),
    ],
)
def test_what_surrounds_a_replay(
    frame: bytes, kind: str, seq: int, prev: int, members: dict[str, int]
) -> None:
    payload = frame[frame.index(b'{"ch"') :]
    assert frame == text_frame(payload)
    assert orjson.loads(payload) == {
        "ch": "executions",
        "type": kind,
        "seq": seq,
        "prev": prev,
        "eseq": 0,
        "ts": 0,
        "sent": SENT,
        "data": members,
    }
