import pytest

from gateway.demo import ws_wire
from gateway.demo.briefing import Participant
from gateway.demo.quoting import BUY, SELL
from gateway.demo.taking import TakerCancel, TakerOrder, Touch
from tests.gateway.demo.instruments import BTC_ON_THE_WIRE
from tests.gateway.demo.pairs import BTC


def test_a_logon_is_signed_over_time_and_key() -> None:
    params = ws_wire.logon_params(Participant("SIM5", "", "SIM5", "secret"), 1_735_689_600_123_456_789)
    assert params == {
        "key": "SIM5",
        "timestamp": 1_735_689_600_123,
        # printf '1735689600123\nsession.logon\nSIM5' | openssl dgst -sha256 -hmac secret
        "signature": "db2f770e913ed539da44d9af81f70eb837795e46be452d17f2fcadedb92ba0e4",
    }


@pytest.mark.parametrize(
    ("action", "method", "params"),
    [
        (TakerCancel("t-1"), "order.cancel", {"cl_ord_id": "t-1"}),
        (
            TakerOrder("t-2", BUY, 100_001_000_00, 5_000_000, "ioc"),
            "order.place",
            {
                "symbol": "BTC-KRW",
                "side": "buy",
                "quantity": "0.05000000",
                "cl_ord_id": "t-2",
                "type": "limit",
                "price": "100001000.00",
                "time_in_force": "ioc",
            },
        ),
        (
            TakerOrder("t-3", SELL, 0, 10**8, "ioc"),
            "order.place",
            {
                "symbol": "BTC-KRW",
                "side": "sell",
                "quantity": "1.00000000",
                "cl_ord_id": "t-3",
                "type": "market",
            },
        ),
    ],
)
def test_an_action_is_one_request(
    action: TakerOrder | TakerCancel, method: str, params: dict[str, object]
) -> None:
    assert ws_wire.request_of(action, BTC) == (method, params)


def test_instruments_are_read_and_closed_ones_left_out() -> None:
    halted = {**BTC_ON_THE_WIRE, "symbol": "OLD-KRW", "status": "halted"}
    assert ws_wire.pairs_of([BTC_ON_THE_WIRE, halted]) == [BTC]


@pytest.mark.parametrize(
    ("best", "touch"),
    [
        ({"bid": ["99999000", "1"], "ask": ["100001000", "2"]}, Touch(99_999_000_00, 100_001_000_00)),
        ({"bid": None, "ask": ["100001000", "2"]}, Touch(0, 100_001_000_00)),
        ({"bid": None, "ask": None}, Touch(0, 0)),
    ],
)
def test_the_touch_is_read_from_a_push(best: dict[str, object], touch: Touch) -> None:
    assert ws_wire.touch_of({"ch": "bbo.BTC-KRW", "data": best}, BTC) == touch
