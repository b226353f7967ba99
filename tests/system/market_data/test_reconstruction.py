"""Clients on bad lines rebuild the market from what they are told, and it is the engine's, at each moment."""

import asyncio
from pathlib import Path

import pytest

from tests.system.market_data.market import Market, Terms, replayed_book

RESUMED = "recovered True"

pytestmark = pytest.mark.xdist_group("system market data")


def test_what_clients_rebuild_through_faults_and_crashes_is_the_engines_market(tmp_path: Path) -> None:
    market = Market(Terms(seed=7, seconds=7, kills=1, folder=tmp_path))

    truth = asyncio.run(market.run())

    evidence = market.evidence
    assert evidence.violations == []
    assert evidence.judge(truth) == []
    assert market.ends(truth) == []
    assert market.flow.refused == []
    for what in ("delta", "event", "snapshot", "checked", "packed", "deflated", RESUMED):
        assert evidence.happened[what], f"the run had no {what}: {evidence.happened}"
    middle = truth.eseq // 2
    replayed = asyncio.run(replayed_book(market.exchange.data_dir, "BTC-KRW", middle))
    assert replayed == truth.view("book.BTC-KRW", middle)
