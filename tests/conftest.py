"""Settings of the property tests, what coverage measures of them, and the order of all tests."""

import functools
import gc
import itertools
from collections.abc import Callable, Generator, Iterator
from typing import Any, Final

import pytest
from coverage import Coverage
from hypothesis import settings

from tests.lanes import SYSTEM, Lanes

# A busy machine makes an example slow, not wrong; pytest-timeout bounds a test that hangs.
settings.register_profile("gateway", deadline=None)
settings.load_profile("gateway")

LAST = "tests/acceptance/"

MEASURED_EXAMPLES: Final = 10
"""How many examples of a property count for coverage: measured, each takes three times as long."""


@pytest.fixture
def _no_gc() -> Iterator[None]:
    """Keep the garbage collector out of a test, which begins without garbage."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest tests first and the shortest last, so that all workers end at the same time."""
    items.sort(key=lambda item: (not item.nodeid.startswith(SYSTEM), item.nodeid.startswith(LAST)))


@pytest.hookimpl(optionalhook=True)  # pytest-xdist's
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Lanes:
    """Have the system tests run on two lanes, each on one worker."""
    return Lanes(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Measure the first examples of a property alone, and nothing of what is marked ``unmeasured``."""
    measuring = _Measuring()
    of_property: Any = getattr(getattr(item, "obj", None), "hypothesis", None)
    whole = of_property.inner_test if of_property is not None else None
    if item.get_closest_marker("unmeasured"):
        measuring.stop()
    elif whole is not None:
        of_property.inner_test = _measured_at_first(whole, measuring)
    try:
        return (yield)
    finally:
        if whole is not None:
            of_property.inner_test = whole
        measuring.go_on()


class _Measuring:
    """What measures coverage in this process: started by pytest-cov, and before it as in any subprocess."""

    def __init__(self) -> None:
        self._stopped: list[Coverage] = []

    def stop(self) -> None:
        while (running := Coverage.current()) is not None:
            running.stop()
            self._stopped.append(running)

    def go_on(self) -> None:
        while self._stopped:
            self._stopped.pop().start()


def _measured_at_first(test: Callable[..., Any], measuring: _Measuring) -> Callable[..., Any]:
    examples = itertools.count(1)

    @functools.wraps(test)
    def example(*drawn: object, **named: object) -> Any:
        if next(examples) == MEASURED_EXAMPLES + 1:
            measuring.stop()
        return test(*drawn, **named)

    return example
