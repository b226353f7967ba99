"""A gateway in the test's own event loop, as the tests of ``gateway.net`` have it."""

from tests.gateway.net.conftest import gateway, pytest_asyncio_loop_factories, start, workers

__all__ = ["gateway", "pytest_asyncio_loop_factories", "start", "workers"]
