"""What the harness writes is what simplefix would write; what it reads it reads in pieces and spoilt too."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simplefix import FixMessage, FixParser

from gateway.loadtest.fix_messages import (
    Clock,
    OrderWriter,
    again,
    fields_of,
    frames,
    last_number,
    session_message,
    whole,
)
from gateway.loadtest.flow import BUY, Flow, Kind, Order, Request
from gateway.loadtest.scenario import Orders

COMP_IDS = b"LOAD1", b"BDAX"
NOW = b"20261122-10:00:00.000"
WRITER = OrderWriter(COMP_IDS, "BTC-KRW", b"run-1-")


def _parsed(message: bytes) -> list[tuple[int, bytes]]:
    parser = FixParser()
    parser.append_buffer(message)
    found: FixMessage = parser.get_message()
    assert found.encode() == message
    return [(int(tag), value) for tag, value in found.pairs]


def _request(kind: Kind) -> Request:
    order = Order(4, BUY, 99_500_00000000, 1_50000000, rests=True)
    request = Request(4 if kind.enters else 9, kind, order)
    if kind is Kind.REPLACE:
        request.price, request.qty = 10000000, 2_00000000
    return request


_ENDS: list[tuple[int, object]] = [(54, 1), (55, "BTC-KRW")]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (
            Kind.REST,
            [(11, "run-1-4"), (21, 1), (38, "1.5"), (40, 2), (44, "99500"), *_ENDS, (59, 1), (60, NOW)],
        ),
        (Kind.CANCEL, [(11, "run-1-9"), (41, "run-1-4"), *_ENDS, (60, NOW)]),
        (
            Kind.REPLACE,
            [(11, "run-1-9"), (21, 1), (38, 2), (40, 2), (41, "run-1-4"), (44, "0.1"), *_ENDS, (60, NOW)],
        ),
    ],
)
def test_an_order_is_written_as_simplefix_writes_it(kind: Kind, body: list[tuple[int, object]]) -> None:
    msg_type = {Kind.REST: "D", Kind.CANCEL: "F", Kind.REPLACE: "G"}[kind]
    message = WRITER.write(_request(kind), 17, NOW)
    assert message == session_message(msg_type, 17, COMP_IDS, NOW, body)
    assert _parsed(message)[2] == (35, msg_type.encode())


@given(st.integers(0, 1 << 62))
def test_the_clock_says_milliseconds(utc: int) -> None:
    clock = Clock()
    utc %= 4_000_000_000_000_000_000
    text = clock.text(utc)
    assert text.endswith(b".%03d" % (utc // 1_000_000 % 1000))
    assert clock.text(utc // 1_000_000 * 1_000_000) == text
    assert len(text) == 21


FLOW = Flow(Orders(cancel=1, replace=1, quantity_steps=9), 0, 2)
STREAM = [WRITER.write(FLOW.draw(), number, NOW) for number in range(1, 30)]


@given(st.integers(0, sum(map(len, STREAM))))
def test_whole_messages_are_cut_off_at_any_byte(at: int) -> None:
    received = b"".join(STREAM)[:at]
    end = whole(received)
    found = list(frames(received[:end]))
    assert [frame for frame, wrong in found if not wrong] == STREAM[: len(found)]
    assert at - end < max(map(len, STREAM)) or end == 0
    assert b"".join(frame for frame, _ in found) == received[:end]


@given(st.integers(0, len(STREAM) - 1), st.integers(0, 400), st.binary(min_size=1, max_size=1))
def test_a_spoilt_byte_spoils_no_other_message(victim: int, at: int, byte: bytes) -> None:
    original = STREAM[victim]
    at %= len(original)
    spoilt = original[:at] + byte + original[at + 1 :]
    stream = [*STREAM[:victim], spoilt, *STREAM[victim + 1 :]]
    found = list(frames(b"".join(stream)))
    good = [frame for frame, wrong in found if not wrong]
    assert b"".join(frame for frame, _ in found) == b"".join(stream)
    if spoilt == original:
        assert good == STREAM
    else:
        assert good == [*STREAM[:victim], *STREAM[victim + 1 :]]


@given(st.binary(max_size=300))
def test_any_bytes_are_read_without_an_error(received: bytes) -> None:
    assert b"".join(frame for frame, _ in frames(received)) == received
    assert 0 <= whole(received) <= len(received)
    fields_of(received)


def test_fields_are_by_tag() -> None:
    assert fields_of(b"8=FIX.4.4\x019=5\x0135=0\x0110=000\x01") == {
        b"8": b"FIX.4.4",
        b"9": b"5",
        b"35": b"0",
        b"10": b"000",
    }


@pytest.mark.parametrize("kind", [Kind.REST, Kind.CANCEL, Kind.REPLACE])
def test_an_order_that_is_sent_again_is_the_same_but_for_when(kind: Kind) -> None:
    message = WRITER.write(_request(kind), 17, NOW)
    later = b"20261122-10:00:07.500"
    before, after = _parsed(message), _parsed(again(message, later))
    assert [(tag, value) for tag, value in after if tag in (43, 122, 52)] == [
        (43, b"Y"),
        (122, NOW),
        (52, later),
    ]
    said_when = {9, 10, 43, 52, 122}
    assert [pair for pair in after if pair[0] not in said_when] == [
        pair for pair in before if pair[0] not in said_when
    ]


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=4))
def test_the_number_of_the_last_message_is_known(numbers: list[int]) -> None:
    assert last_number(b"".join(session_message("0", n, COMP_IDS, NOW, ()) for n in numbers)) == numbers[-1]


@pytest.mark.parametrize("received", [b"", b"nonsense", b"8=FIX.4.4\x019=5\x0135=0\x01", b"\x0134=x\x01"])
def test_of_what_is_no_message_the_number_is_not_known(received: bytes) -> None:
    assert last_number(received) == -1
