"""The tests of the dialect hold for its other form too: usual orders, reports and pushes."""

from protocols.fix.codec import WHY_PURE
from tests.other_form import BUILT, hold_for_the_other_form

TESTS = ("fix_details", "fix_orders", "fix_reports", "same_order", "ws_executions", "ws_market_data")


@BUILT
def test_the_tests_of_the_dialect_hold_for_the_other_form() -> None:
    files = [f"tests/gateway/dialects/native/test_{name}.py" for name in TESTS]
    hold_for_the_other_form(files, is_plain=bool(WHY_PURE), is_measured=False)
