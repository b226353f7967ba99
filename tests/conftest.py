"""Settings of the property tests, and the order of all tests."""

import pytest
from hypothesis import settings

# A busy machine makes an example slow, not wrong; pytest-timeout bounds a test that hangs.
settings.register_profile("gateway", deadline=None)
settings.load_profile("gateway")

FIRST, LAST = "tests/system/", "tests/acceptance/"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest tests first and the shortest last, so that two workers end at the same time."""
    items.sort(key=lambda item: (not item.nodeid.startswith(FIRST), item.nodeid.startswith(LAST)))
