"""What is recorded of an execution comes back as it was told."""

import msgspec
import pytest

from gateway.model import (
    CancelOrder,
    CancelRejected,
    MassCancel,
    MassCancelScope,
    OrderAccepted,
    OrderFilled,
    OrdStatus,
    OrdType,
    ReplaceOrder,
    Side,
    TimeInForce,
)
from gateway.orders import Order
from gateway.orders.executions import decode_execution, encode_execution
from gateway.ports import StoredExecution
from tests.gateway.orders.floor import Floor, order


def test_every_execution_survives_its_bytes() -> None:
    floor = Floor()
    session = floor.session("S1")
    floor.submit(
        order("a", Side.SELL),
        order("b", qty=60),
        order("c", price=1),
        ReplaceOrder("S1", 4, "A", 1, b"r", b"a", 0, "BTC-KRW", 80, 5_010),
        CancelOrder("S1", 5, "A", 1, b"d", b"nothing", 0, "BTC-KRW"),
        MassCancel("S1", 6, "A", 1, b"m", MassCancelScope.ACCOUNT),
    )
    executions = session.heard[:-1]
    assert [type(event).__name__ for event, _ in executions] == [
        "OrderAccepted",
        "OrderAccepted",
        "OrderFilled",
        "OrderFilled",
        "OrderRejected",
        "OrderReplaced",
        "CancelRejected",
        "OrderCanceled",
    ]
    for event, record in executions:
        assert decode_execution(encode_execution(event, record)) == (event, record)
    assert any(isinstance(event, CancelRejected) and record is None for event, record in executions)


def test_an_order_as_its_acceptance_says_is_left_out() -> None:
    floor, told = Floor(), list[StoredExecution]()
    floor.router.record_executions(told.append)
    floor.submit(order("a", Side.SELL), order("b", qty=160))
    lengths = [len(msgspec.msgpack.decode(execution.execution)) for execution in told]
    assert lengths == [1, 2, 2, 2], "the second order had traded when its acceptance was told"
    event, entered = decode_execution(told[0].execution)
    assert isinstance(event, OrderAccepted)
    assert entered == Order(
        *("A", "S1", b"a", "BTC-KRW", Side.SELL, OrdType.LIMIT, TimeInForce.GTC),
        price=event.price,
        order_qty=event.order_qty,
        transact_time=event.transact_time,
        order_id=1,
        leaves_qty=event.order_qty,
        ord_status=OrdStatus.NEW,
        eseq=1,
    )


FILLED = msgspec.msgpack.encode((OrderFilled(1, 2, 3, "S1", "A", 1, 5, 6, 5, 0, 6, True),))


@pytest.mark.parametrize("execution", [b"", b"\xc0", b"\x90", b"\x92\x91\xa5trade\xc0", FILLED])
def test_other_bytes_are_an_error(execution: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_execution(execution)
