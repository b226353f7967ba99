import pytest

from gateway.demo import fix_messages
from gateway.demo.fix_session import FixSessionError
from gateway.demo.maker import MoveOrder, PlaceOrder, PullOrder, Refused, Report
from gateway.demo.quoting import BUY, SELL
from tests.gateway.demo.acceptor import Acceptor
from tests.gateway.demo.pairs import BTC

TIME = (60, "20250101-00:00:00.123")
UTC = 1_735_689_600_123_000_000


def test_a_new_order_is_a_limit_order_good_till_cancel() -> None:
    request = PlaceOrder("a-1", BUY, 99_999_000_00, 5_000_000)
    assert fix_messages.encode(request, BTC, UTC) == (
        "D",
        [
            (11, "a-1"),
            (55, "BTC-KRW"),
            (54, 1),
            TIME,
            (38, "0.05000000"),
            (40, 2),
            (44, "99999000.00"),
            (59, 1),
        ],
    )


def test_a_replace_names_both_orders() -> None:
    msg_type, fields = fix_messages.encode(MoveOrder("a-2", "a-1", SELL, 100_000_00, 10**8), BTC, UTC)
    assert msg_type == "G"
    assert fields[:4] == [(11, "a-2"), (41, "a-1"), (55, "BTC-KRW"), (54, 2)]
    assert (44, "100000.00") in fields


def test_a_cancel_has_no_terms() -> None:
    assert fix_messages.encode(PullOrder("a-3", "a-2", SELL), BTC, UTC) == (
        "F",
        [(11, "a-3"), (41, "a-2"), (55, "BTC-KRW"), (54, 2), TIME],
    )


@pytest.mark.parametrize(
    ("exec_type", "ord_status", "is_open", "is_fill", "is_reject"),
    [
        ("0", "0", True, False, False),
        ("5", "0", True, False, False),
        ("5", "1", True, False, False),
        ("F", "1", True, True, False),
        ("F", "2", False, True, False),
        ("4", "4", False, False, False),
        ("8", "8", False, False, True),
    ],
)
def test_an_execution_report_tells_the_order_s_state(
    exec_type: str, ord_status: str, is_open: bool, is_fill: bool, is_reject: bool
) -> None:
    [message] = Acceptor().read(
        Acceptor().say(
            "8", (11, "a-1"), (39, ord_status), (150, exec_type), (44, "99999000"), (14, "0.5"), (151, "1.5")
        )
    )
    assert fix_messages.decode(message, BTC) == Report(
        "a-1", is_open, is_fill, is_reject, 99_999_000_00, 50_000_000, 150_000_000
    )


def test_a_report_without_a_price_has_none() -> None:
    [message] = Acceptor().read(
        Acceptor().say("8", (11, "a-1"), (39, "8"), (150, "8"), (14, "0"), (151, "0"))
    )
    answer = fix_messages.decode(message, BTC)
    assert isinstance(answer, Report)
    assert answer.price == 0


@pytest.mark.parametrize(("reason", "is_gone"), [("0", True), ("1", True), ("2", False), ("99", False)])
def test_a_cancel_reject_says_whether_the_order_is_gone(reason: str, is_gone: bool) -> None:
    [message] = Acceptor().read(Acceptor().say("9", (11, "a-2"), (102, reason)))
    assert fix_messages.decode(message, BTC) == Refused("a-2", is_gone)


def test_anything_else_is_a_fault() -> None:
    [message] = Acceptor().read(Acceptor().say("j", (380, 3), (58, "unsupported")))
    with pytest.raises(FixSessionError, match="unsupported"):
        fix_messages.decode(message, BTC)


def test_a_report_with_a_number_that_is_none_is_a_fault() -> None:
    [message] = Acceptor().read(Acceptor().say("8", (11, "a-1"), (39, "0"), (150, "0"), (44, "1.2.3")))
    with pytest.raises(FixSessionError, match="unreadable report"):
        fix_messages.decode(message, BTC)
