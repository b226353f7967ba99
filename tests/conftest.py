"""Settings of the property tests, what coverage measures of them, and the order of all tests."""

import functools
from collections.abc import Callable, Generator
from typing import Any, Final

import pytest
from coverage import Coverage
from hypothesis import settings

# A busy machine makes an example slow, not wrong; pytest-timeout bounds a test that hangs.
settings.register_profile("gateway", deadline=None)
settings.load_profile("gateway")

FIRST, LAST = "tests/system/", "tests/acceptance/"

MEASURED_EXAMPLES: Final = 10
"""How many examples of a property count for coverage: measured, each takes three times as long."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest tests first and the shortest last, so that two workers end at the same time."""
    items.sort(key=lambda item: (not item.nodeid.startswith(FIRST), item.nodeid.startswith(LAST)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Measure the first examples of a property alone; all are run."""
    of_property = getattr(getattr(item, "obj", None), "hypothesis", None)
    measuring = Coverage.current()
    if of_property is None or measuring is None or item.get_closest_marker("no_cover"):
        return (yield)
    whole = of_property.inner_test
    first = _First(whole, measuring)
    of_property.inner_test = functools.wraps(whole)(lambda *drawn, **named: first(*drawn, **named))
    try:
        return (yield)
    finally:
        of_property.inner_test = whole
        if first.left <= 0:
            measuring.start()


class _First:
    """Calls ``test``, and has ``measuring`` stop behind the first calls."""

    def __init__(self, test: Callable[..., Any], measuring: Coverage) -> None:
        self._test = test
        self._measuring = measuring
        self.left = MEASURED_EXAMPLES + 1

    def __call__(self, *drawn: object, **named: object) -> Any:
        self.left -= 1
        if self.left == 0:
            self._measuring.stop()
        return self._test(*drawn, **named)
