"""A small storm: see ``tests.bench.storm`` for the large one."""

from pathlib import Path

import pytest

from tests.bench import storm
from tests.bench.fan_out_orders import LEVELS
from tests.bench.gateway_figures import Counters
from tests.bench.order_flow import Paced
from tests.bench.storm_clients import Beside, Told
from tests.system.gateway_process import GatewayProcess, loadtest_config

CLIENTS = 300
RATE = 400
# No more orders than that many seconds' worth, less what does not go round ten sessions in pairs.
FORM = storm.Form(rounds=1, before_s=0.3, storm_s=0.8, clients=CLIENTS, rate=RATE)


@pytest.mark.parametrize("workers", [0, 2], ids=["no workers", "two workers"])
def test_all_who_come_at_once_are_told_and_no_order_is_lost(workers: int, tmp_path: Path) -> None:
    config = loadtest_config(tmp_path, "[ws]", f"workers = {workers}")
    with GatewayProcess(tmp_path, "--durability", "os", config=config) as gateway:
        before = len(gateway.log())  # plain Python is said there
        [found] = storm.measure(gateway, FORM)
        counters = Counters.of(gateway)
        log = gateway.log()[before:]

    told = found.beside.told
    assert (len(told.latencies), told.failed) == (CLIENTS, 0)
    assert min(told.latencies) > 0
    # Each order was acknowledged and filled, or the clients would have said so.
    orders = 400 + len(found.before.latencies) + sum(len(part.latencies) for part in found.beside[:2])
    assert len(found.before.latencies) == 120
    assert sum(len(part.latencies) for part in found.beside[:2]) == 320
    assert counters["bdax_commands_total"] >= orders + LEVELS
    assert [record for record in log if record["level"] not in {"debug", "info"}] == []


def test_the_table_has_the_medians_and_the_verdicts() -> None:
    ms = 1_000_000
    form = storm.Form(rounds=2, before_s=1, storm_s=1, clients=4)

    def of(during_ms: int, told: int) -> storm.Round:
        beside = Beside(Paced(10, [during_ms * ms] * 9), Paced(10, []), Told([500 * ms] * told, 4 - told))
        return storm.Round(Paced(10, [2 * ms] * 9), beside)

    good = storm.outcome([of(4, 4), of(8, 4)], form)
    assert good.figures["p99_growth"] == pytest.approx(3)
    assert good.figures["during_longest_ms"] == pytest.approx(8)
    assert (good.figures["half_told_s"], good.figures["all_told_s"]) == (0.5, 0.5)
    assert [target.held for target in good.targets] == [True, True]
    assert [target.held for target in storm.outcome([of(4, 4), of(101, 3)], form).targets] == [False, False]
