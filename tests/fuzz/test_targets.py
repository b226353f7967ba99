"""Every fuzz target holds for chance bytes; ``make fuzz`` looks harder."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.draw import Draw
from tests.fuzz.targets import TARGETS
from tests.fuzz.weight import held_bytes

CHANCE_BYTES = st.one_of(
    st.binary(max_size=64), st.binary(min_size=64, max_size=512), st.binary(min_size=512, max_size=1536)
)


@pytest.mark.unmeasured  # chance bytes are no measure
@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_target(target: object) -> None:
    @settings(max_examples=300, deadline=None, derandomize=True, database=None)
    @given(CHANCE_BYTES)
    def holds(data: bytes) -> None:
        assert callable(target)
        target(data)

    holds()


@given(st.binary(max_size=40), st.integers(0, 1 << 70))
def test_a_drawn_number_keeps_to_its_limit(data: bytes, limit: int) -> None:
    draw = Draw(data)
    for _ in range(5):
        assert 0 <= draw.number(limit) <= limit
    assert not draw or limit < 1 << 64


def test_all_that_an_object_holds_counts_once() -> None:
    text = b"x" * 10_000
    assert 10_000 < held_bytes([text, {"again": text}]) < 11_000
    assert held_bytes([text], apart_from=(bytes,)) < 200
