"""A state goes into its envelope and comes back; what is in another envelope, or in none, is refused."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model import EnvelopeError, decode_envelope, encode_envelope

FORM = ("bdax-test", 3)


def test_the_envelope_is_format_version_and_state() -> None:
    encoded = encode_envelope(FORM, [1, b"x"])
    assert encoded == b"\x93\xa9bdax-test\x03\x92\x01\xc4\x01x"
    assert decode_envelope(encoded, FORM, tuple[int, bytes]) == (1, b"x")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (["bdax-else", 3, "?"], "is 'bdax-else' version 3, this gateway reads 'bdax-test' version 3"),
        (["bdax-test", 4, "?"], "is 'bdax-test' version 4, this gateway reads 'bdax-test' version 3"),
        (["bdax-test", 3, "?"], "is damaged: Expected `int`, got `str`"),
        (["bdax-test", 3], "is damaged: "),
        (["bdax-test", 3, 1, 1], "is damaged: "),
        (["bdax-test", 3, msgspec.Raw(b"\x91" * 100_000)], "is damaged: "),
        (["bdax-test", 3, msgspec.Raw(b"\xa1\xff")], "is damaged: "),
    ],
)
def test_another_envelope_is_refused(content: list[object], why: str) -> None:
    with pytest.raises(EnvelopeError, match=f"^{why}"):
        decode_envelope(msgspec.msgpack.encode(content), FORM, int)


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused(garbage: bytes) -> None:
    with pytest.raises(EnvelopeError):
        decode_envelope(garbage, FORM, int)
