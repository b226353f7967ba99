"""One scan gives every field exactly as it was sent, data fields by their length."""

import pytest
import simplefix
from hypothesis import example, given
from hypothesis import strategies as st

from protocols.fix import DATA_FIELDS, Framer, scan
from tests.protocols.fix.wire import framed, message

TAGS = st.integers(1, 9999).filter(
    lambda tag: str(tag).encode() not in {*DATA_FIELDS, *DATA_FIELDS.values()} and tag not in (8, 9, 10, 35)
)
VALUES = st.binary(min_size=1, max_size=20).filter(lambda value: b"\x01" not in value)
FIELDS = st.lists(st.tuples(TAGS.map(lambda tag: str(tag).encode()), VALUES), max_size=30)


def content(fields: list[tuple[bytes, bytes]]) -> bytes:
    return b"".join(tag + b"=" + value + b"\x01" for tag, value in fields)


def test_header_facts() -> None:
    found = scan(message("35=D|34=7|49=A|56=B|43=Y|97=Y|11=x|"))
    assert (found.msg_type, found.msg_seq_num, found.poss_dup, found.poss_resend) == (b"D", 7, True, True)
    assert found.fields[b"11"] == b"x"
    assert found.raw == message("35=D|34=7|49=A|56=B|43=Y|97=Y|11=x|")
    plain = scan(message("35=D|34=8|43=N|"))
    assert (plain.poss_dup, plain.poss_resend) == (False, False)


@pytest.mark.parametrize("value", [None, "", "x", "-1", "+1", " 1", "1_0", "9" * 19])
def test_no_usable_msg_seq_num_is_zero(value: str | None) -> None:
    assert scan(message("35=0|" if value is None else f"35=0|34={value}|")).msg_seq_num == 0


def test_the_largest_msg_seq_num() -> None:
    assert scan(message(f"35=0|34={'9' * 18}|")).msg_seq_num == 10**18 - 1


@given(fields=FIELDS)
@example(fields=[(b"11", b"a=b"), (b"58", b"="), (b"1", b"x")])
@example(fields=[(b"11", b"a"), (b"11", b"b"), (b"11", b"c")])
@example(fields=[(b"453", b"1")] * 200)
def test_every_field_as_sent(fields: list[tuple[bytes, bytes]]) -> None:
    body = [(b"35", b"D"), *fields]
    frame = framed(content(body))
    found = scan(frame)
    sent = [(b"8", b"FIX.4.4"), (b"9", b"%d" % len(content(body))), *body, (b"10", frame[-4:-1])]
    assert found.pairs() == sent
    assert found.field_count == len(sent)
    first: dict[bytes, bytes] = {}
    for tag, value in sent:
        first.setdefault(tag, value)
    assert found.fields == first
    assert list(found.fields) == list(first)


@given(fields=FIELDS)
def test_simplefix_agrees(fields: list[tuple[bytes, bytes]]) -> None:
    frame = framed(content([(b"35", b"D"), *fields]))
    parser = simplefix.FixParser()
    parser.append_buffer(frame)
    assert scan(frame).pairs() == parser.get_message().pairs


# ---- data fields


@given(pair=st.sampled_from(sorted(DATA_FIELDS.items())), value=st.binary(max_size=40), tail=FIELDS)
@example(pair=(b"95", b"96"), value=b"\x0110=000\x018=FIX.4.4\x01", tail=[])
@example(pair=(b"95", b"96"), value=b"a\x0158=b", tail=[(b"58", b"c")])
@example(pair=(b"95", b"96"), value=b"=\x01=", tail=[])
@example(pair=(b"95", b"96"), value=b"\x01", tail=[])
def test_data_may_hold_any_byte(
    pair: tuple[bytes, bytes], value: bytes, tail: list[tuple[bytes, bytes]]
) -> None:
    length_tag, data_tag = pair
    fields = [(b"35", b"B"), (length_tag, b"%d" % len(value)), (data_tag, value), *tail]
    frame = framed(content(fields))
    assert scan(frame).pairs()[2:-1] == fields


def test_two_data_fields_that_look_like_each_other() -> None:
    inner = b"\x0195=3\x0196=abc"
    fields = [
        (b"35", b"A"),
        (b"95", b"%d" % len(inner)),
        (b"96", inner),
        (b"354", b"3"),
        (b"355", b"\x01=\x01"),
        (b"95", b"1"),
        (b"96", b"\x01"),
    ]
    found = scan(framed(content(fields)))
    assert found.pairs()[2:-1] == fields
    assert found.fields[b"96"] == inner


@pytest.mark.parametrize(
    "text",
    [
        "35=A|95=5|96=abc|58=x|",  # too long: the byte behind it is no SOH
        "35=A|95=2|96=abc|58=x|",  # too short
        "35=A|95=999|96=abc|58=x|",  # beyond the message
        "35=A|95=x|96=abc|58=x|",  # no number
        "35=A|95=9999999999|96=abc|58=x|",  # a number beyond any message
        "35=A|95=3|58=x|96=abc|",  # something else in between
        "35=A|96=abc|95=3|58=x|",  # the wrong way round
        "35=A|95=3|961=abc|",  # a longer tag that begins alike
        "35=A|95=3|",  # no data at all
    ],
)
def test_a_length_that_leads_nowhere_is_left_to_validation(text: str) -> None:
    pairs = [tuple(field.split("=")) for field in text.split("|")[:-1]]
    found = scan(message(text))
    assert [(tag.decode(), value.decode()) for tag, value in found.pairs()[2:-1]] == pairs


def test_data_of_length_zero() -> None:
    assert scan(message("35=A|95=0|96=|58=x|")).pairs()[2:-1] == [
        (b"35", b"A"),
        (b"95", b"0"),
        (b"96", b""),
        (b"58", b"x"),
    ]


# ---- malformed fields are kept for validation to report


@pytest.mark.parametrize(
    ("piece", "tag", "value"),
    [
        (b"58", b"58", b""),
        (b"58=", b"58", b""),
        (b"=x", b"", b"x"),
        (b"", b"", b""),
        (b"x=y", b"x", b"y"),
        (b"058=y", b"058", b"y"),
        (b"58=y=z", b"58", b"y=z"),
        (b"58==", b"58", b"="),
    ],
)
def test_malformed_pieces(piece: bytes, tag: bytes, value: bytes) -> None:
    found = scan(framed(b"35=0\x0134=2\x01" + piece + b"\x0111=a\x01"))
    assert found.pairs()[4:6] == [(tag, value), (b"11", b"a")]
    assert found.msg_seq_num == 2


def test_a_missing_equals_and_one_too_many_do_not_shift_fields() -> None:
    """As many ``=`` as SOH, yet not in turn."""
    found = scan(framed(b"35=0\x01123\x015=6=7\x0134=9\x01"))
    assert found.pairs()[2:-1] == [(b"35", b"0"), (b"123", b""), (b"5", b"6=7"), (b"34", b"9")]


@given(
    body=st.binary(min_size=1, max_size=200)
    | st.lists(st.sampled_from([b"95=", b"96=", b"\x01", b"5", b"34="]), min_size=1).map(b"".join)
)
def test_scan_takes_whatever_the_framer_passes(body: bytes) -> None:
    """Any frame is scanned without an error and no byte of it is lost."""
    framer = Framer(1 << 16)
    framer.feed(framed(b"35=" + body + b"\x01"))
    frame = framer.next_frame()
    assert frame is not None
    found = scan(frame)
    assert found.msg_type == body.partition(b"\x01")[0]
    rebuilt = [tag + b"=" + value for tag, value in found.pairs()]
    assert sum(map(len, rebuilt)) + len(rebuilt) >= len(frame)
    assert found.field_count == len(rebuilt)
