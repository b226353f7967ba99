"""The list of securities, their status and that of the trading session, as each version says it."""

import msgspec
import pytest

from gateway.dialects.native import fix_securities
from gateway.dialects.native.fix_market_data import SubscriptionRequestType
from gateway.dialects.native.fix_orders import BusinessReject
from gateway.model import Instruments
from protocols.fix import Message, SessionReject, Validator, scan, standard_dictionary
from protocols.fix.encoder import HeaderTemplate
from tests.gateway.dialects.native.wire import BTC, INSTRUMENTS, fix_message

MANY = Instruments([msgspec.structs.replace(BTC, symbol=f"C{n}-KRW") for n in range(120)])
VERSIONS = [b"FIX.4.2", b"FIX.4.4", b"FIXT.1.1"]


def shown(begin_string: bytes, msg_type: bytes, body: bytes) -> str:
    """Return a body as text; it is valid in its version."""
    frame = HeaderTemplate(begin_string, b"BDAX", b"C").encode(msg_type, 1, b"20260101-00:00:00.000", body)
    Validator(standard_dictionary(begin_string)).validate(scan(frame))
    return body.decode().replace("\x01", "|")


def listed(
    request: dict[int, bytes], begin_string: bytes = b"FIX.4.4", instruments: Instruments = INSTRUMENTS
) -> list[str]:
    message = fix_message("x", {320: b"x-1", **request}, begin_string)
    bodies = fix_securities.encode_security_list(message, instruments, begin_string.decode())
    return [shown(begin_string, b"y", body) for body in bodies]


def test_the_list_in_fix_44() -> None:
    assert listed({559: b"4"}) == [
        "320=x-1|322=x-1-1|560=0|393=1|893=Y|146=1|55=BTC-KRW|460=4|"
        "870=2|871=99|872=tick 0.01 from 0|871=99|872=tick 1000 from 2000000|"
        "15=KRW|561=0.00000001|562=0.0001|"
    ]


def test_the_list_in_fix_5() -> None:
    assert listed({559: b"0", 55: b"BTC-KRW"}, b"FIXT.1.1") == [
        "320=x-1|322=x-1-1|560=0|393=1|893=Y|146=1|55=BTC-KRW|460=4|"
        "1205=2|1206=0|1207=2000000|1208=0.01|1206=2000000|1208=1000|"
        "562=0.0001|1140=1000|561=0.00000001|15=KRW|"
    ]


def test_a_long_list_comes_in_parts() -> None:
    parts = listed({559: b"4"}, instruments=MANY)
    heads = [part.split("|146=")[0] for part in parts]
    assert heads == [
        "320=x-1|322=x-1-1|560=0|393=120|893=N",
        "320=x-1|322=x-1-2|560=0|393=120|893=N",
        "320=x-1|322=x-1-3|560=0|393=120|893=Y",
    ]
    assert [part.split("|146=")[1].split("|")[0] for part in parts] == ["50", "50", "20"]


@pytest.mark.parametrize(
    ("request_fields", "result"),
    [
        ({559: b"0", 55: b"NO-SUCH"}, 2),
        ({559: b"0"}, 2),
        ({559: b"1"}, 1),
        ({559: b"4", 263: b"1"}, 1),
    ],
)
def test_what_is_not_listed_or_not_offered(request_fields: dict[int, bytes], result: int) -> None:
    assert listed(request_fields) == [f"320=x-1|322=x-1-1|560={result}|"]


def test_a_snapshot_may_be_asked_for_by_name() -> None:
    assert len(listed({559: b"4", 263: b"0"})) == 1


def test_an_exchange_without_instruments_has_an_empty_list() -> None:
    assert listed({559: b"4"}, instruments=Instruments([])) == ["320=x-1|322=x-1-1|560=0|"]


def status_request(begin_string: bytes = b"FIX.4.4", **tags: bytes) -> Message:
    fields = {
        324: b"s-1",
        55: b"BTC-KRW",
        263: b"1",
        **{int(name[1:]): value for name, value in tags.items()},
    }
    return fix_message("e", fields, begin_string)


def test_a_status_is_asked_for() -> None:
    request = fix_securities.decode_status_request(status_request(), INSTRUMENTS)
    assert request == (b"s-1", SubscriptionRequestType.SUBSCRIBE, b"BTC-KRW", "status.BTC-KRW")


@pytest.mark.parametrize("begin_string", VERSIONS)
def test_the_status_of_what_is_not_listed(begin_string: bytes) -> None:
    request = fix_securities.decode_status_request(status_request(begin_string, t55=b"NO-SUCH"), INSTRUMENTS)
    assert request.channel == ""
    body = fix_securities.unknown_security(request)
    assert shown(begin_string, b"f", body) == "324=s-1|55=NO-SUCH|326=20|"


def test_ids_that_cannot_be_repeated_are_rejected() -> None:
    with pytest.raises(SessionReject):
        fix_securities.decode_status_request(status_request(t324=b"a b"), INSTRUMENTS)
    with pytest.raises(SessionReject):
        listed({320: b"a b", 559: b"4"})
    with pytest.raises(SessionReject):
        session_status(t335=b"a b")


def test_a_way_of_asking_that_is_none_is_refused() -> None:
    with pytest.raises(BusinessReject):
        fix_securities.decode_status_request(status_request(t263=b"7"), INSTRUMENTS)


def test_refusals_have_their_reason() -> None:
    assert fix_securities.duplicate_status_req_id(b"s").reason == 0
    assert fix_securities.unknown_status_req_id(b"s").reason == 1
    assert fix_securities.too_many_subscriptions(1).reason == 4


def session_status(begin_string: bytes = b"FIX.4.4", **tags: bytes) -> str | None:
    fields = {335: b"g-1", 263: b"0", **{int(name[1:]): value for name, value in tags.items()}}
    body = fix_securities.encode_session_status(fix_message("g", fields, begin_string), begin_string.decode())
    return None if body is None else shown(begin_string, b"h", body)


@pytest.mark.parametrize("begin_string", VERSIONS)
@pytest.mark.parametrize("more", [{}, {"t336": b"1"}, {"t263": b"1"}])
def test_the_trading_session_is_open(begin_string: bytes, more: dict[str, bytes]) -> None:
    assert session_status(begin_string, **more) == "335=g-1|336=1|340=2|"


def test_the_end_of_updates_needs_no_answer() -> None:
    assert session_status(t263=b"2") is None


def test_another_trading_session_is_unknown() -> None:
    assert session_status(t336=b"7") == "335=g-1|336=7|340=0|567=1|"
    assert session_status(b"FIXT.1.1", t336=b"7") == "335=g-1|336=7|340=0|567=1|"
    with pytest.raises(BusinessReject) as caught:
        session_status(b"FIX.4.2", t336=b"7")
    assert caught.value.reason == 1
