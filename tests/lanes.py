"""Which tests go one behind the other on one worker: the system tests, on two lanes.

They start processes of their own, and mostly wait. Of three workers on two cores two take the lanes, so that
there are never more than two gateways at a time, and one takes what computes. A file's tests stay together:
they share a gateway. pytest-xdist's own groups by marks need an attribute that pytest 9.2 no longer has.
"""

from typing import Final

from xdist.scheduler import LoadScopeScheduling

SYSTEM: Final = "tests/system/"
WITHOUT_PROCESSES: Final = ("tests/system/chaos/test_auditor.py", "tests/system/chaos/test_lives.py")

BUSY: Final = (
    "market_data/",
    "test_benches.py",
    "test_demo_market.py",
    "test_exactly_once.py",
    "test_fan_out_bench.py",
    "test_fix_bad_input.py",
    "test_fix_page.py",
    "test_loadtest.py",
    "test_process.py",
    "test_readme.py",
    "test_rfc6455.py",
    "test_workers.py",
)
"""About half of them by time: those that compute most, apart from the crash test."""


def lane(nodeid: str) -> str:
    """Return the name of what a test is run with: its lane, or itself alone."""
    if not nodeid.startswith(SYSTEM) or nodeid.startswith(WITHOUT_PROCESSES):
        return nodeid
    return "busy" if nodeid.removeprefix(SYSTEM).startswith(BUSY) else "waiting"


class Lanes(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist says nothing of its types
    """Gives a worker that is free the longest lane that is left, then test by test."""

    def _split_scope(self, nodeid: str) -> str:
        return lane(nodeid)
