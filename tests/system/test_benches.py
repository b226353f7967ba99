"""The pieces of the durable store's benchmarks measure what they say, in sizes too small for a figure."""

import json
import os
from itertools import repeat
from pathlib import Path

import pytest

from tests.bench import __main__ as benches
from tests.bench import durability, filled_log, long_run, memory
from tests.bench.allocations import allocations
from tests.bench.commit_probe import probe
from tests.bench.gateway_figures import Counters, Usage, file_system, percentile
from tests.bench.order_flow import Paced, Windowed
from tests.bench.outcome import Outcome, Target
from tests.system.gateway_process import GatewayProcess


def test_a_client_process_has_every_order_acknowledged_and_filled(folder: Path) -> None:
    with (
        GatewayProcess(folder, "--durability", "fsync", config="loadtest.toml") as gateway,
        durability.clients(gateway, sessions=4) as client,
    ):
        paced = client.paced(400, 0.25)
        windowed = client.windowed(400, 8)
        counters = Counters.of(gateway)
        usage = Usage.of(gateway)
    assert len(paced.latencies) == 96  # 100, less what does not go round four sessions in pairs
    assert min(paced.latencies) > 0
    assert 0 < windowed.orders <= 400
    assert windowed.rate > 0
    assert counters["bdax_commands_total"] == usage.commands == 96 + 400
    assert counters["bdax_open_orders"] == 0
    assert usage.commits > 0
    # The zeros that are ahead of the log's end do not count.
    assert 300 < usage.log_bytes / usage.commands < 1_500


def test_a_stretch_of_a_long_run_is_answered_and_costs_something(folder: Path) -> None:
    with GatewayProcess(folder, "--durability", "os", config="loadtest.toml") as gateway:
        cost_us, orders = long_run.stretch(gateway, 2_000)
        counters = Counters.of(gateway)
    assert cost_us > 0
    assert 2_000 * 0.7 < orders < 2_000 * 0.9  # about a fifth are cancels
    assert counters["bdax_open_orders"] == 0


def test_a_rate_is_held_when_no_queue_is_left_at_the_end() -> None:
    ms = 1_000_000
    assert Paced(1000, [500 * ms] * 80 + [5 * ms] * 20).held
    assert not Paced(1000, [5 * ms] * 80 + [500 * ms] * 20).held


@pytest.mark.parametrize("filled", [False, True])
def test_the_probe_commits_as_often_as_asked_and_leaves_nothing(tmp_path: Path, filled: bool) -> None:
    took = probe(tmp_path, size=700, rate=200, seconds=0.05, filled=filled)
    assert len(took) == 10
    assert min(took) > 0
    assert list(tmp_path.iterdir()) == []


def test_the_table_has_each_figure_and_the_verdicts() -> None:
    found = {
        "fsync": [_round(p50_ms=1.4, commit_ms=1.0, top=86), _round(p50_ms=1.6, commit_ms=1.0, top=84)],
        "os": [_round(p50_ms=0.4, commit_ms=0.0, top=100)] * 2,
    }
    outcome = durability.outcome(found, "ext4")
    assert len(outcome.rows) == len(durability.FIGURES)
    assert [target.held for target in outcome.targets] == [True, True]
    assert outcome.figures["fsync_more_than_commit_ms"] == pytest.approx(0.5)
    assert outcome.figures["fsync_more_than_filled_ms"] == pytest.approx(1.0)
    assert outcome.figures["fsync_to_os_rate"] == pytest.approx(0.85)

    found["fsync"] = [_round(p50_ms=1.6, commit_ms=1.0, top=84)] * 2
    assert [target.held for target in durability.outcome(found, "ext4").targets] == [False, False]


@pytest.mark.parametrize("held", [True, False])
def test_all_of_a_table_is_written_for_programs_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, held: bool
) -> None:
    made = Outcome("Title", ("step", "us"), [("scan", "0.2")], {"scan_us": 0.2}, [Target("fast", held=held)])
    monkeypatch.setattr(benches, "BENCHES", {"codec": lambda: made})
    path = tmp_path / "benches.json"
    assert benches.main(["codec", "--json", str(path)]) == (0 if held else 1)
    assert json.loads(path.read_text())["benches"]["codec"] == {
        "title": "Title",
        "rows": [{"step": "scan", "us": "0.2"}],
        "figures": {"scan_us": 0.2},
        "targets": [{"text": "fast", "verdict": "held" if held else "MISSED"}],
        "notes": [],
    }


def test_a_table_that_is_not_finished_costs_none_of_those_before_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = Outcome("Title", ("step", "us"), [("scan", "0.2")], {"scan_us": 0.2})

    def broken() -> Outcome:
        raise KeyboardInterrupt

    monkeypatch.setattr(benches, "BENCHES", {"codec": lambda: made, "resend": broken})
    path = tmp_path / "benches.json"
    with pytest.raises(KeyboardInterrupt):
        benches.main(["--json", str(path)])
    assert list(json.loads(path.read_text())["benches"]) == ["codec"]


def _round(*, p50_ms: float, commit_ms: float, top: int) -> durability.Round:
    usage = Usage(commits=50, commit_s=0.05, commands=100, cpu_s=0.01, children_cpu_s=0.0, log_bytes=70_000)
    return durability.Round(
        slow=Paced(1_000, [int(p50_ms * 1e6)] * 100),
        slow_usage=usage,
        commit_ms=commit_ms,
        filled_ms=commit_ms / 2,
        fast=Paced(10_000, [2_000_000] * 100),
        fast_usage=usage,
        top=Windowed(top, 1.0),
        top_usage=usage,
    )


def test_the_commands_of_a_filled_log_keep_as_many_orders_open() -> None:
    resting: set[bytes] = set()
    for number in range(filled_log.OPEN + 50):
        fields = dict(pair.split(b"=", 1) for pair in filled_log.command(number).split(b"\x01")[:-1])
        if fields[b"35"] == b"F":
            resting.remove(fields[b"41"])
        elif fields[b"54"] == b"2":
            resting.remove(b"C%08d" % (number - 1))
        else:
            resting.add(fields[b"11"])
        assert len(resting) == filled_log.open_orders(number + 1)


def test_what_the_idempotency_memory_takes_grows_with_its_entries() -> None:
    some, more = memory.idempotency_bytes(100_000, [50_000, 100_000])
    assert 0 < some < more
    assert more / 100_000 <= memory.MOST_BYTES


def test_figures_are_read_from_text_and_lists(tmp_path: Path) -> None:
    text = '# HELP x y\nx_total{a="1"} 2.0\nx_total{a="2"} 3.0\nt_bucket{le="1"} 9\nt_sum 0.5\n'
    assert Counters.parse(text) == {"x_total": 5.0, "t_sum": 0.5}
    assert [percentile(range(1, 1001), p) for p in (50, 99, 99.9, 100)] == [500, 990, 999, 1000]
    assert os.path.ismount("/proc")
    assert file_system(Path("/proc/self")) == "proc"
    assert file_system(tmp_path) != "unknown"


def test_allocations_are_counted_between_start_and_stop() -> None:
    counter = allocations()
    if isinstance(counter, str):
        pytest.skip(counter)  # why it could not be built
    counter.start()
    kept = [object() for _ in repeat(None, 1_000)]  # a range would allocate its numbers
    counted = counter.stop()
    assert len(kept) <= counted < 1_100
