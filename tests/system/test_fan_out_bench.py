"""The pieces of the fan-out benchmarks measure what they say, in sizes too small for a figure."""

import pytest

from gateway.marketdata import Book
from gateway.model import BookDelta
from gateway.settings import load
from tests.bench import fan_out, fan_out_orders
from tests.bench.event_tape import record
from tests.bench.fan_out_candidates import (
    BLAST_VARIABLE,
    BROADCAST,
    C_LIMIT,
    GATEWAY,
    NODE,
    SINK_VARIABLE,
    Absent,
    Candidate,
    Load,
    candidates,
    receiver,
)
from tests.bench.fan_out_run import Cores, Run, run_once
from tests.bench.order_flow import Paced
from tests.bench.order_path import CONFIG


@pytest.fixture(autouse=True)
def _plain_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure with what the project brings itself."""
    for name in (BLAST_VARIABLE, SINK_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", "")


def _present(name: str) -> Candidate:
    return next(each for each in candidates()[0] if each.name == name)


def test_what_the_machine_does_not_have_is_named() -> None:
    present, absent = candidates()
    assert [each.name for each in present] == [GATEWAY, BROADCAST]
    assert [each.name for each in absent] == [C_LIMIT, NODE]


def test_a_tape_is_the_same_each_time_and_each_command_in_it_changes_the_book() -> None:
    instruments = load(CONFIG).instruments
    tape = record(instruments, "BTC-KRW", 300)
    assert tape == record(instruments, "BTC-KRW", 300)
    assert tape != record(instruments, "BTC-KRW", 300, seed=6)
    book = Book(instruments["BTC-KRW"])
    for number, events in enumerate(tape, 1):
        assert {event.eseq for event in events} == {number}
        deltas = [event for event in events if isinstance(event, BookDelta)]
        assert deltas
        for delta in deltas:
            book.apply(delta)
    assert len(book) > 0


@pytest.mark.parametrize("load_", [Load(5, 40), Load(5, 40, batch=10), Load(70, 20), Load(5, 10, rate=50)])
def test_every_subscriber_of_the_gateway_gets_every_update(load_: Load) -> None:
    run = run_once(_present(GATEWAY), load_, receiver()[0], Cores.of_machine())
    assert run.deliveries_per_s > 0
    assert 0 < run.p50_us <= run.p99_us
    assert run.bytes_per_delivery > 100
    if load_.rate:
        assert run.deliveries_per_s < 3 * load_.clients * load_.rate


def test_every_client_of_a_broadcast_gets_every_update() -> None:
    run = run_once(_present(BROADCAST), Load(5, 40), receiver()[0], Cores.of_machine())
    assert run.deliveries_per_s > 0
    assert run.bytes_per_client == 0


def test_a_server_that_does_not_start_is_told_with_what_it_said() -> None:
    broken = Candidate("broken", lambda _: ["/bin/sh", "-c", "echo no port left >&2; exit 1"])
    with pytest.raises(AssertionError, match="no port left"):
        run_once(broken, Load(1, 1), receiver()[0], Cores.of_machine())


def _run(rate: float, p99: float = 100.0, cost: float = 5.0, held: float = 9_000.0) -> Run:
    return Run(rate, p99 / 2, p99, cost, 3.0, 180.0, held)


def test_the_table_has_the_ratios_of_the_rounds_and_the_verdicts() -> None:
    plain, large = Load(fan_out.SMALL, 10), Load(fan_out.LARGE, 10)
    form = fan_out.Form(2, (plain, large, paced := Load(fan_out.SMALL, 10, rate=20)))
    found = {
        (plain, GATEWAY): [_run(90), _run(180)],
        (plain, C_LIMIT): [_run(100), _run(200)],
        (plain, NODE): [_run(90), _run(200)],
        (large, GATEWAY): [_run(80, cost=6.0)] * 2,
        (large, C_LIMIT): [_run(100, cost=5.5)] * 2,
        (large, NODE): [_run(80)] * 2,
        (paced, GATEWAY): [_run(20, p99=120)] * 2,
        (paced, C_LIMIT): [_run(20)] * 2,
        (paced, NODE): [_run(20)] * 2,
    }
    outcome = fan_out.outcome(form, found, [Absent(BROADCAST, "told so")], [])
    assert len(outcome.rows) == len(found)
    assert [target.held for target in outcome.targets] == [
        True,  # 0.9 of the C limit
        False,  # 1.0 and 0.9 of Node's, in the middle 0.95
        False,  # 0.8 of the C limit
        True,  # 1.0 of Node's
        False,  # 1.2 times Node's p99
        True,  # 1.2 against 1.1 times the cost
        True,  # 9,000 bytes
    ]
    assert outcome.figures["growth"] == pytest.approx(1.2)
    found[large, GATEWAY] = [_run(90, cost=6.1, held=50_000.0)] * 2
    assert [target.held for target in fan_out.outcome(form, found, [Absent(BROADCAST, "")], []).targets] == [
        True,
        False,
        True,
        True,
        False,
        False,
        False,
    ]


def test_the_order_path_is_judged_by_the_median_of_the_rounds_ratios() -> None:
    ms = 1_000_000
    rounds = [
        fan_out_orders.Round(Paced(5000, [2 * ms] * 9), Paced(5000, [each * ms] * 9), 20_000.0, 900.0)
        for each in (2, 3, 9)
    ]
    outcome = fan_out_orders.outcome(rounds)
    assert outcome.figures["p99_growth"] == pytest.approx(1.5)
    assert [target.held for target in outcome.targets] == [True]
    rounds[0] = rounds[2]
    assert [target.held for target in fan_out_orders.outcome(rounds).targets] == [False]
