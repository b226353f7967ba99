"""What is recorded of an execution comes back as it was told."""

import msgspec
import pytest

from gateway.model import CancelOrder, CancelRejected, MassCancel, MassCancelScope, ReplaceOrder, Side
from gateway.orders.executions import decode_execution, encode_execution
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


@pytest.mark.parametrize("execution", [b"", b"\xc0", b"\x92\x91\xa5trade\xc0"])
def test_other_bytes_are_an_error(execution: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_execution(execution)
