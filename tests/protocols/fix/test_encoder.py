"""What is encoded is framed and scanned back; simplefix encodes the same message."""

import pytest
import simplefix
from hypothesis import given
from hypothesis import strategies as st

from protocols.fix import Framer, HeaderTemplate, as_possible_duplicate, scan
from tests.protocols.fix.wire import message, soh

TIME = b"20260101-12:34:56.789"
LATER = b"20260101-12:35:00.000"
HEADER = HeaderTemplate(b"FIX.4.4", b"BDAX", b"DEMO1")
TEXT = st.binary(min_size=1, max_size=30).filter(lambda value: b"\x01" not in value)


def framed_back(frame: bytes) -> bytes:
    framer = Framer(1 << 16)
    framer.feed(frame)
    found = framer.next_frame()
    assert found is not None
    assert framer.next_frame() is None
    assert framer.garbled == 0
    return found


def test_bytes_of_a_message() -> None:
    assert HEADER.encode(b"0", 12, TIME, b"") == message(
        "35=0|34=12|49=BDAX|52=20260101-12:34:56.789|56=DEMO1|"
    )


def test_version_of_the_application_and_comp_ids_with_percent_signs() -> None:
    header = HeaderTemplate(b"FIXT.1.1", b"100%d", b"%", b"9")
    assert header.begin_string == b"FIXT.1.1"
    assert header.encode(b"8", 1, TIME, b"37=1\x01") == message(
        "35=8|34=1|49=100%d|52=20260101-12:34:56.789|56=%|1128=9|37=1|", b"FIXT.1.1"
    )


@given(
    st.binary(max_size=600),
    st.integers(min_value=1, max_value=10**12),
    st.sampled_from([HEADER, HeaderTemplate(b"FIXT.1.1", b"100%d", b"%", b"9")]),
)
def test_the_usual_message_is_the_same_message(body: bytes, number: int, header: HeaderTemplate) -> None:
    assert header.encode_usual(b"8", number, TIME, body) == header.encode(b"8", number, TIME, body)


@pytest.mark.parametrize("size", range(180, 300))
def test_the_usual_message_of_each_length_around_a_block(size: int) -> None:
    body = b"\xff" * size
    assert HEADER.encode_usual(b"8", 1, TIME, body) == HEADER.encode(b"8", 1, TIME, body)


def test_optional_header_fields() -> None:
    assert HEADER.encode(
        b"8",
        3,
        LATER,
        b"37=1\x01",
        poss_dup=True,
        orig_sending_time=TIME,
        poss_resend=True,
        extra=b"369=7\x01",
    ) == message(
        "35=8|34=3|43=Y|49=BDAX|52=20260101-12:35:00.000|56=DEMO1|97=Y|122=20260101-12:34:56.789|369=7|37=1|"
    )
    assert HEADER.encode(b"0", 3, TIME, b"", poss_resend=True) == message(
        "35=0|34=3|49=BDAX|52=20260101-12:34:56.789|56=DEMO1|97=Y|"
    )
    assert HEADER.encode(b"0", 3, TIME, b"", extra=b"369=7\x01") == message(
        "35=0|34=3|49=BDAX|52=20260101-12:34:56.789|56=DEMO1|369=7|"
    )


@given(
    sender=TEXT,
    target=TEXT,
    msg_seq_num=st.integers(1, 10**12),
    fields=st.lists(st.tuples(st.integers(500, 600), TEXT), max_size=40),
)
def test_simplefix_encodes_the_same(
    sender: bytes, target: bytes, msg_seq_num: int, fields: list[tuple[int, bytes]]
) -> None:
    other = simplefix.FixMessage()
    for tag, value in (
        (8, b"FIX.4.4"),
        (35, b"8"),
        (34, msg_seq_num),
        (49, sender),
        (52, TIME),
        (56, target),
    ):
        other.append_pair(tag, value)
    body = b""
    for tag, value in fields:
        other.append_pair(tag, value)
        body += b"%d=%b\x01" % (tag, value)
    frame = HeaderTemplate(b"FIX.4.4", sender, target).encode(b"8", msg_seq_num, TIME, body)
    assert frame == other.encode()
    assert framed_back(frame) == frame
    assert scan(frame).msg_seq_num == msg_seq_num


# ---- possible duplicates


BODY = soh("37=1|17=1-1|58=52=x|43=|122=|")


@pytest.mark.parametrize("appl_ver_id", [None, b"9"])
@pytest.mark.parametrize("extra", [b"", b"369=7\x01"])
@pytest.mark.parametrize("poss_resend", [False, True])
def test_as_possible_duplicate(appl_ver_id: bytes | None, extra: bytes, poss_resend: bool) -> None:
    header = HeaderTemplate(b"FIXT.1.1", b"BDAX", b"DEMO1", appl_ver_id)
    frame = header.encode(b"8", 3, TIME, BODY, poss_resend=poss_resend, extra=extra)
    again = as_possible_duplicate(frame, LATER)
    assert framed_back(again) == again
    found = scan(again)
    before = scan(frame)
    assert found.poss_dup
    assert found.poss_resend is poss_resend
    assert found.fields[b"52"] == LATER
    assert found.fields[b"122"] == TIME
    changed = (b"9", b"10", b"43", b"52", b"122")
    assert [p for p in found.pairs() if p[0] not in changed] == [
        p for p in before.pairs() if p[0] not in changed
    ]
    assert again.endswith(BODY + again[-7:])


def test_a_second_resend_keeps_the_first_sending_time() -> None:
    frame = HEADER.encode(b"8", 3, TIME, BODY, extra=b"369=7\x01")
    once = as_possible_duplicate(frame, LATER)
    assert as_possible_duplicate(once, LATER) == once
    assert as_possible_duplicate(as_possible_duplicate(frame, b"20260101-12:34:59"), LATER) == once


@pytest.mark.parametrize("poss_resend", [False, True])
def test_what_was_encoded_as_possible_duplicate_keeps_its_original_time(poss_resend: bool) -> None:
    frame = HEADER.encode(
        b"8", 3, LATER, BODY, poss_dup=True, orig_sending_time=TIME, poss_resend=poss_resend
    )
    again = scan(as_possible_duplicate(frame, b"20260101-13:00:00"))
    assert again.fields[b"122"] == TIME
    assert again.poss_resend is poss_resend
    without = HEADER.encode(b"8", 3, TIME, BODY, poss_dup=True)
    again = scan(as_possible_duplicate(without, LATER))
    assert again.fields[b"122"] == TIME
    assert again.field_count == scan(without).field_count + 1
