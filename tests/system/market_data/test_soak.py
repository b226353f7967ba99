"""A short soak: see ``soak`` for the long one."""

import asyncio
from pathlib import Path

from tests.system.market_data.soak import Soak, SoakTerms


def test_a_crowd_that_comes_and_goes_costs_no_memory_and_loses_nothing(tmp_path: Path) -> None:
    soak = Soak(SoakTerms(seconds=9, subscribers=150, folder=tmp_path))

    assert asyncio.run(soak.run()) == []

    assert soak.most_present > 100, soak.summary()
