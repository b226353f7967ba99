"""An oracle that nobody here wrote: the reference engine of ``tracebook-conformance``."""

import pytest
from tracebook.conformance import (
    ConformanceConfig,
    EngineAdapter,
    run_qualification,
)

from tests.gateway.matching.tracebook_adapter import TracebookAdapter

# The symbols of the fixed suite and of the generated campaigns.
SYMBOLS = ("ALPHA", "BETA", "TEST", "FIFO-PRIORITY-PROBE", "FIFO-PARTIAL-FILL-PROBE")


def open_adapter(config: ConformanceConfig) -> EngineAdapter:
    return TracebookAdapter(config, SYMBOLS)


@pytest.mark.unmeasured  # thousands of orders, none of a new kind
@pytest.mark.parametrize("profile", ["fifo-limit-v1", "fifo-full-v1", "fifo-partial-fill-v1"])
def test_the_engine_qualifies(profile: str) -> None:
    """Fixed cases and generated traces: outcomes, fills in order, and the queue after every event."""
    result = run_qualification(open_adapter, profile, seed=42, traces=6, events_per_trace=200)
    report = result.to_dict()
    assert report["checks"]["fixed_cases"]["complete"], report["suite"]["report"]
    assert result.campaign.failure is None, result.campaign.failure.to_dict()
    assert not result.campaign.semantic_coverage.uncovered_capabilities
    assert result.qualified
