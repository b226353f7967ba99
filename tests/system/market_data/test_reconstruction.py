"""Clients on bad lines rebuild the market from what they are told, and it is the engine's, at each moment.

``RECONSTRUCTION_SCENES=200 pytest tests/system/market_data/test_reconstruction.py`` plays more scenes than
``make test`` does, other ones each time.
"""

import asyncio
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings

from tests.system.market_data.market import Market, replayed_book
from tests.system.market_data.plans import EVERYTHING, SCENES, Scene

FEW = 2
MANY = int(os.environ.get("RECONSTRUCTION_SCENES", "0"))
RESUMED = "recovered True"


@pytest.mark.timeout(120 + 20 * MANY)
@pytest.mark.parametrize("workers", [0, 2], ids=["no workers", "two workers"])
def test_what_clients_rebuild_through_faults_and_crashes_is_the_engines_market(
    workers: int, tmp_path: Path
) -> None:
    market = Market(tmp_path, workers)

    # A scene takes seconds, and none is ever quite the same again: what broke is said, not made smaller.
    @settings(
        max_examples=MANY or FEW,
        derandomize=not MANY,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=(HealthCheck.too_slow,),
    )
    @given(scene=SCENES)
    @example(scene=EVERYTHING)
    def play(scene: Scene) -> None:
        assert runner.run(market.play(scene)) == []

    with asyncio.Runner() as runner:
        runner.run(market.exchange.start({}))
        try:
            play()
            assert runner.run(market.exchange.stop()) == 0
        finally:
            runner.run(market.exchange.kill())
        for what in (
            *("delta", "event", "snapshot", "checked", "packed", "deflated", RESUMED),
            *("drop", "leave", "stall", "change", "conflated", "killed", "stopped"),
        ):
            assert market.happened[what], f"the scenes had no {what}: {market.happened}"
        middle = market.truth.eseq // 2
        replayed = runner.run(replayed_book(market.exchange.data_dir, "BTC-KRW", middle))
        assert replayed == market.truth.view("book.BTC-KRW", middle)
