"""Scaled integers against ``decimal.Decimal``: exact both ways, and every violation names its rule."""

from decimal import Decimal, localcontext

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.model import MAX_SCALED, ScaledError, encode_scaled, format_scaled, parse_scaled

PLACES = st.integers(0, 12)
VALUES = st.one_of(st.integers(0, MAX_SCALED), st.integers(0, 10**6), st.integers(0, 12).map(lambda n: 10**n))


def as_decimal(value: int, places: int) -> Decimal:
    return Decimal(value).scaleb(-places)


def rule_of(text: bytes, places: int) -> tuple[str, str]:
    with pytest.raises(ScaledError) as caught:
        parse_scaled(text, places)
    return caught.value.rule, caught.value.limit


# ---- round trips


@given(VALUES, PLACES)
@example(MAX_SCALED, 0)
@example(MAX_SCALED, 12)
@example(0, 8)
def test_a_value_survives_its_text(value: int, places: int) -> None:
    text = format_scaled(value, places)
    assert parse_scaled(text.encode("ascii"), places) == value
    assert Decimal(text) == as_decimal(value, places)
    assert encode_scaled(value, places) == text.encode("ascii")


@given(VALUES, PLACES)
def test_a_text_is_canonical(value: int, places: int) -> None:
    """As ``Decimal`` writes it without exponent and trailing zeros."""
    with localcontext() as context:
        context.prec = 60
        expected = format(as_decimal(value, places).normalize(), "f")
    assert format_scaled(value, places) == expected


@given(st.integers(-MAX_SCALED, -1), PLACES)
def test_a_negative_value_is_written_with_its_sign(value: int, places: int) -> None:
    assert Decimal(format_scaled(value, places)) == as_decimal(value, places)


@st.composite
def decimal_texts(draw: st.DrawFn) -> bytes:
    """Digits with at most one point, anywhere."""
    digits = draw(st.text("0123456789", min_size=1, max_size=16))
    point = draw(st.integers(-1, len(digits)))
    return (digits if point < 0 else f"{digits[:point]}.{digits[point:]}").encode("ascii")


@given(decimal_texts(), PLACES)
def test_a_decimal_text_is_read_exactly_or_refused_for_its_decimals(text: bytes, places: int) -> None:
    with localcontext() as context:
        context.prec = 60
        scaled = Decimal(text.decode("ascii")).scaleb(places)
    if scaled != scaled.to_integral_value():
        assert rule_of(text, places) == ("too many decimals", str(places))
    elif scaled > MAX_SCALED:
        assert rule_of(text, places) == ("too large", format_scaled(MAX_SCALED, places))
    else:
        assert parse_scaled(text, places) == scaled


@given(VALUES, PLACES, st.integers(0, 3), st.integers(0, 3))
def test_zeros_around_a_number_do_not_change_it(value: int, places: int, before: int, after: int) -> None:
    text = format_scaled(value, places)
    padded = "0" * before + text + ("" if "." in text else ".") + "0" * after
    assert parse_scaled(padded.encode("ascii"), places) == value


@pytest.mark.parametrize(
    ("text", "places", "value"),
    [
        (b"100000000.00", 0, 100000000),
        (b"5.", 2, 500),
        (b".5", 2, 50),
        (b"0", 8, 0),
        (b"0.29", 2, 29),
        (b"0.00000001", 8, 1),
        (b"92233720368.54775807", 8, MAX_SCALED),
        (b"00000000000000000000000000000000000001.5", 1, 15),
    ],
)
def test_accepted_forms(text: bytes, places: int, value: int) -> None:
    assert parse_scaled(text, places) == value


# ---- violations


@given(VALUES, PLACES, st.integers(1, 4), st.integers(1, 9))
def test_excess_precision_is_refused(value: int, places: int, more: int, last: int) -> None:
    text = f"{value // 10**places}.{value % 10**places:0{places}d}" if places else f"{value}."
    text += "0" * (more - 1) + str(last)
    assert rule_of(text.encode("ascii"), places) == ("too many decimals", str(places))


@given(decimal_texts(), PLACES)
def test_a_minus_is_refused(text: bytes, places: int) -> None:
    assert rule_of(b"-" + text, places) == ("negative", "")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b".",
        b"-",
        b"-.",
        b"--1",
        b"+1",
        b"1e3",
        b"1E3",
        b"1e-3",
        b"-1e3",
        b"nan",
        b"NaN",
        b"-NaN",
        b"inf",
        b"Infinity",
        b"-Infinity",
        b"1.2.3",
        b"1,000",
        b"1_000",
        b" 1",
        b"1 ",
        b"1\n",
        b"0x10",
        b"1/2",
        b"\x00",
        b"1\x00",
        "\u0661\u0662".encode(),
        "\uff11".encode(),
        b"\xb2",
        b"\xff",
    ],
)
@pytest.mark.parametrize("places", [0, 2, 8])
def test_what_is_no_number_is_refused(text: bytes, places: int) -> None:
    assert rule_of(text, places) == ("not a decimal number", "")


@given(st.integers(MAX_SCALED + 1, MAX_SCALED * 1000), PLACES)
@example(MAX_SCALED + 1, 0)
@example(MAX_SCALED + 1, 12)
def test_an_amount_beyond_64_bits_is_refused(value: int, places: int) -> None:
    with localcontext() as context:
        context.prec = 60
        text = format(as_decimal(value, places), "f")
    assert rule_of(text.encode("ascii"), places) == ("too large", format_scaled(MAX_SCALED, places))


@given(st.integers(41, 10_000), PLACES)
def test_a_text_without_end_is_refused_before_it_is_read(length: int, places: int) -> None:
    assert rule_of(b"1" * length, places) == ("too many characters", "40")


def test_forty_characters_are_read() -> None:
    assert parse_scaled(b"0" * 39 + b"1", 0) == 1


@given(st.binary(max_size=50), PLACES)
def test_arbitrary_bytes_are_a_number_or_a_scaled_error(text: bytes, places: int) -> None:
    try:
        value = parse_scaled(text, places)
    except ScaledError:
        return
    assert Decimal(text.decode("ascii")) == as_decimal(value, places)
    assert 0 <= value <= MAX_SCALED


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ScaledError("negative"), "negative"),
        (ScaledError("too many decimals", "2"), "too many decimals, limit 2"),
    ],
)
def test_an_error_says_its_rule_and_limit(error: ScaledError, message: str) -> None:
    assert str(error) == message
