"""What a FIX client may do wrong, and what the gateway makes of it, over a real socket."""

import itertools
import re
import urllib.request

import pytest

from tests.system.conftest import DEMO_PASSWORD
from tests.system.gateway_process import GatewayProcess, eventually
from tests.system.raw_fix import RawFix

_ids = itertools.count(1)

GARBLED = r'bdax_garbled_total\{front="fix"\} '

ORDER = ((55, "BTC-KRW"), (54, 1), (38, "1"), (40, 2), (44, "90000000"), (59, 1))


def order(client: RawFix, **changes: object) -> bytes:
    """Return a NewOrderSingle; ``t<tag>=None`` leaves a field out, any other value changes it."""
    values = {int(name.removeprefix("t")): value for name, value in changes.items()}
    fields = [(11, f"bad-{next(_ids)}"), *ORDER, (60, "20250101-00:00:00.000")]
    merged = [(tag, values.get(tag, value)) for tag, value in fields]
    return client.encode("D", *[(tag, value) for tag, value in merged if value is not None])


def counted(gateway: GatewayProcess, pattern: str) -> float:
    """Return the sum of the metrics whose line matches ``pattern``."""
    with urllib.request.urlopen(f"{gateway.http}/metrics", timeout=5) as answer:  # noqa: S310 - http, ours
        text = answer.read().decode()
    lines = [line for line in text.splitlines() if re.match(pattern, line)]
    assert lines, text
    return sum(float(line.rpartition(" ")[2]) for line in lines)


def assert_alive(client: RawFix) -> None:
    """Show that the session still works: an order is accepted and canceled."""
    client.send_bytes(order(client))
    accepted = client.receive()
    assert (accepted[35], accepted[150]) == ("8", "0")
    cancel = ((11, f"bad-{next(_ids)}"), (41, accepted[11]), (55, "BTC-KRW"), (54, 1))
    client.send("F", *cancel, (60, "20250101-00:00:00.000"))
    assert client.receive()[150] == "4"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [(rb"10=\d{3}\x01$", b"10=%03d\x01"), (rb"\x019=\d+\x01", b"\x019=%d\x01")],
    ids=["CheckSum", "BodyLength"],
)
def test_a_garbled_message_is_ignored_and_counted_and_takes_no_number(
    gateway: GatewayProcess, right: bytes, wrong: bytes
) -> None:
    before = counted(gateway, GARBLED)
    with RawFix(gateway.fix, "DEMO1") as client:
        client.logon(DEMO_PASSWORD)
        sound = order(client)
        match = re.search(right, sound)
        assert match is not None
        number = int(re.sub(rb"\D", b"", match[0].partition(b"=")[2]))
        garbled = sound[: match.start()] + wrong % ((number + 1) % 256) + sound[match.end() :]
        client.send_bytes(garbled)
        client.next_out -= 1
        assert_alive(client)
    eventually(lambda: counted(gateway, GARBLED) > before, "the count of garbled messages")


@pytest.mark.parametrize(
    "first",
    [
        b"GET / HTTP/1.1\r\nHost: bdax\r\n\r\n",
        b"8=FIX.4.4\x019=5\x0135=0\x0110=163\x01",
        b"8=FIX.4.4\x019=99999999\x01" + b"x" * 70_000,
    ],
    ids=["another protocol", "heartbeat", "endless"],
)
def test_a_stranger_hears_nothing(gateway: GatewayProcess, first: bytes) -> None:
    with RawFix(gateway.fix, "DEMO1") as client:
        client.send_bytes(first)
        if first.startswith(b"GET"):
            # Not a byte of FIX: whatever comes next is skipped up to the next message, which is no Logon.
            client.send("0")
        assert client.received_until_closed() == []


@pytest.mark.parametrize(
    ("comp_id", "password", "username"),
    [
        ("NOBODY", DEMO_PASSWORD, "NOBODY"),
        ("DEMO1", "wrong", "DEMO1"),
        ("DEMO1", DEMO_PASSWORD, "DEMO2"),
        ("DEMO1", "", "DEMO1"),
        ("SIM1", DEMO_PASSWORD, "SIM1"),
    ],
    ids=["unknown CompID", "wrong password", "wrong username", "no password", "no demo market"],
)
def test_a_refused_logon_is_closed_without_an_answer(
    gateway: GatewayProcess, comp_id: str, password: str, username: str
) -> None:
    refused = len([entry for entry in gateway.log() if entry["event"] == "fix logon refused"])
    with RawFix(gateway.fix, comp_id) as client:
        client.send_logon(password or "\N{NO-BREAK SPACE}", username=username)
        assert client.received_until_closed() == []
    entries = eventually(
        lambda: [entry for entry in gateway.log() if entry["event"] == "fix logon refused"][refused:],
        "a log line",
    )
    assert len(entries) == 1
    assert entries[0]["claimed"] == comp_id
    assert not password or password not in str(entries[0]), "an operator learns who, and no secret"


@pytest.mark.parametrize(
    ("changes", "tag", "reason"),
    [
        ({"t55": None}, "55", "1"),
        ({"t38": "1.2.3"}, "38", "6"),
        ({"t44": "12e3"}, "44", "6"),
        ({"t54": "X"}, "54", "5"),
        ({"t40": None}, "40", "1"),
        ({"t60": "yesterday"}, "60", "6"),
    ],
    ids=["no symbol", "quantity", "exponent", "side", "no type", "time"],
)
def test_a_fault_of_form_is_rejected_by_tag_and_the_session_lives_on(
    raw_demo1: RawFix, changes: dict[str, str | None], tag: str, reason: str
) -> None:
    number = str(raw_demo1.next_out)
    raw_demo1.send_bytes(order(raw_demo1, **changes))
    reject = raw_demo1.receive()
    assert (reject[35], reject[45], reject[371], reject[373]) == ("3", number, tag, reason)
    assert reject[372] == "D"
    assert_alive(raw_demo1)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"t44": "90000500"}, ("Price(44)", "90000500", "1000")),
        ({"t44": "0"}, ("Price(44)", "0")),
        ({"t38": "5000"}, ("OrderQty(38)", "5000", "1000")),
        ({"t38": "-1"}, ("OrderQty(38)", "-1")),
        ({"t55": "DOGE-KRW"}, ("Symbol(55)", "DOGE-KRW")),
        ({"t59": "0"}, ("TimeInForce(59)", "0")),
    ],
    ids=["tick", "no price", "quantity", "negative", "symbol", "time in force"],
)
def test_a_value_out_of_range_is_reported_with_field_value_and_limit(
    raw_demo1: RawFix, changes: dict[str, str], words: tuple[str, ...]
) -> None:
    raw_demo1.send_bytes(order(raw_demo1, **changes))
    report = raw_demo1.receive()
    assert (report[35], report[150], report[39]) == ("8", "8", "8")
    assert all(word in report[58] for word in words)
    assert int(report[17].partition("-")[0]) > 0
    assert_alive(raw_demo1)


def test_a_valid_but_unsupported_message_gets_a_business_reject(raw_demo1: RawFix) -> None:
    raw_demo1.send("V", (262, "1"), (263, 0), (264, 1), (267, 1), (269, 0), (146, 1), (55, "BTC-KRW"))
    reject = raw_demo1.receive()
    assert (reject[35], reject[372], reject[380]) == ("j", "V", "3")
    assert_alive(raw_demo1)


def test_a_message_that_is_too_large_ends_the_session(raw_demo1: RawFix) -> None:
    raw_demo1.send_bytes(order(raw_demo1, t11="x" * 70_000))
    [logout] = raw_demo1.received_until_closed()
    assert logout[35] == "5"
    assert logout[58]


def test_a_second_connection_under_a_live_identity_is_dropped_and_the_first_kept(
    gateway: GatewayProcess, raw_demo1: RawFix
) -> None:
    with RawFix(gateway.fix, "DEMO1") as second:
        second.send_logon(DEMO_PASSWORD)
        assert second.received_until_closed() == []
    assert_alive(raw_demo1)
