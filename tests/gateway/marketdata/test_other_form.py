"""The tests of market data hold for its other form too: applying, packing and joining."""

from tests.other_form import BUILT, hold_for_the_other_form

TESTS = ("hub", "joining", "publisher", "publisher_state", "replaying", "resume", "streams")


@BUILT
def test_the_tests_of_market_data_hold_for_the_other_form() -> None:
    hold_for_the_other_form([f"tests/gateway/marketdata/test_{name}.py" for name in TESTS], is_measured=False)
