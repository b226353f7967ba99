"""The tests of whole sessions hold for the other form of all that is between their sockets and the log."""

from tests.other_form import BUILT, hold_for_the_other_form

TESTS = ("commit", "fix_client", "fix_market_data", "push_writes", "ws_channels", "ws_session")


@BUILT
def test_the_tests_of_sessions_hold_for_the_other_form() -> None:
    hold_for_the_other_form([f"tests/gateway/net/test_{name}.py" for name in TESTS], is_measured=False)
