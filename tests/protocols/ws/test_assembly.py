"""Fragments become messages, within bounds; text is UTF-8."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.ws.assembly import BINARY, CONTINUATION, TEXT, Assembly, ViolationError


def _pieces(payload: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(payload) + 1) for cut in cuts), len(payload)]
    return [payload[a:b] for a, b in pairwise(edges)]


def _assemble(assembly: Assembly, opcode: int, pieces: list[bytes]) -> list[bytes | None]:
    last = len(pieces) - 1
    return [
        assembly.add(CONTINUATION if i else opcode, piece, fin=i == last) for i, piece in enumerate(pieces)
    ]


@given(st.text(), st.lists(st.integers(min_value=0), max_size=8))
def test_text_comes_out_as_it_went_in_whatever_the_cuts(text: str, cuts: list[int]) -> None:
    assembly = Assembly(10_000, 64)
    payload = text.encode()
    *before, message = _assemble(assembly, TEXT, _pieces(payload, cuts))
    assert message == payload
    assert before == [None] * len(before)
    assert assembly.is_text
    assert assembly.add(TEXT, b"next", fin=True) == b"next"


@given(st.binary(max_size=12), st.lists(st.integers(min_value=0), max_size=4))
def test_bytes_are_text_exactly_when_python_decodes_them(payload: bytes, cuts: list[int]) -> None:
    try:
        payload.decode("utf-8")
        valid = True
    except UnicodeDecodeError:
        valid = False
    for pieces in ([payload], _pieces(payload, cuts)):
        assembly = Assembly(100, 64)
        if valid:
            assert _assemble(assembly, TEXT, pieces)[-1] == payload
        else:
            with pytest.raises(ViolationError) as caught:
                _assemble(assembly, TEXT, pieces)
            assert caught.value.code == 1007


def test_bad_text_fails_at_the_first_fragment_that_shows_it() -> None:
    assembly = Assembly(100, 64)
    assert assembly.add(TEXT, "é".encode()[:1], fin=False) is None
    with pytest.raises(ViolationError, match="1007 text is not valid UTF-8"):
        assembly.add(CONTINUATION, b"a", fin=False)


def test_a_character_cut_off_by_the_end_is_bad_text() -> None:
    assembly = Assembly(100, 64)
    assert assembly.add(TEXT, b"a", fin=False) is None
    with pytest.raises(ViolationError, match="1007"):
        assembly.add(CONTINUATION, "é".encode()[:1], fin=True)


def test_the_size_bound_holds_over_fragments() -> None:
    assert Assembly(4, 64).add(TEXT, b"1234", fin=True) == b"1234"
    with pytest.raises(ViolationError, match="1009 message too big, limit 4"):
        Assembly(4, 64).add(TEXT, b"12345", fin=True)
    assembly = Assembly(4, 64)
    assembly.add(TEXT, b"123", fin=False)
    with pytest.raises(ViolationError, match="1009 message too big, limit 4"):
        assembly.add(CONTINUATION, b"45", fin=True)


def test_the_size_bound_starts_anew_with_each_message() -> None:
    assembly = Assembly(4, 64)
    for _ in range(3):
        assert _assemble(assembly, TEXT, [b"12", b"34"]) == [None, b"1234"]


def test_the_number_of_fragments_is_bounded_even_when_they_are_empty() -> None:
    assembly = Assembly(100, 3)
    assert _assemble(assembly, TEXT, [b"", b"", b""]) == [None, None, b""]
    for i in range(3):
        assert assembly.add(CONTINUATION if i else TEXT, b"", fin=False) is None
    with pytest.raises(ViolationError, match="1009 too many fragments, limit 3"):
        assembly.add(CONTINUATION, b"", fin=True)


def test_binary_is_served_where_the_setting_says_so() -> None:
    with pytest.raises(ViolationError, match="1003"):
        Assembly(100, 64).add(BINARY, b"\xff", fin=True)
    assembly = Assembly(100, 64, allow_binary=True)
    assert _assemble(assembly, BINARY, [b"\xff", b"\xfe"]) == [None, b"\xff\xfe"]
    assert not assembly.is_text
    assert assembly.add(TEXT, b"text", fin=True) == b"text"
    assert assembly.is_text


def test_frames_out_of_order_are_protocol_errors() -> None:
    with pytest.raises(ViolationError, match="1002 unexpected continuation frame"):
        Assembly(100, 64).add(CONTINUATION, b"", fin=True)
    assembly = Assembly(100, 64)
    assembly.add(TEXT, b"", fin=False)
    with pytest.raises(ViolationError, match="1002 expected a continuation frame"):
        assembly.add(TEXT, b"", fin=True)
