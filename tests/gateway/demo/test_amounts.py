import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.demo import amounts


@given(st.integers(min_value=0, max_value=10**18), st.integers(min_value=0, max_value=12))
def test_text_and_back_is_the_same_number(value: int, places: int) -> None:
    assert amounts.scaled(amounts.text(value, places), places) == value


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [(0, 0, "0"), (12_300, 2, "123.00"), (1, 8, "0.00000001"), (10**16, 8, "100000000.00000000")],
)
def test_text_is_plain(value: int, places: int, text: str) -> None:
    assert amounts.text(value, places) == text


@pytest.mark.parametrize("text", ["", "x", "1.234", "NaN", "Infinity", "1,5"])
def test_what_does_not_fit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="number"):
        amounts.scaled(text, 2)
