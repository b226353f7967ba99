"""``bdax loadtest`` against the gateway that it is made for: every answer is right."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.system.gateway_process import GatewayProcess, bdax

SCENARIO = """
name = "everything"
workers = 2

[fix]
sessions = 6

[ws]
sessions = 2
first = 101

[orders]
rest = 4
cross = 4
cancel = 2
replace = 2
open_max = 20
quantity_steps = 3

[load]
count = 800
{load}

[[subscribers]]
count = 4
channels = ["book.BTC-KRW", "trades.BTC-KRW", "bbo.BTC-KRW"]

[[subscribers]]
count = 10
channels = ["book.BTC-KRW.10.20ms"]
connect_after_s = 0.2
reconnect_every_s = 0.5

[[subscribers]]
count = 1
channels = ["book.BTC-KRW"]
mode = "conflate"
read_bytes_per_s = 4000
"""


# Nearly all leaves in bursts: half of one is worked, and its answers are lost.
CUT = """
name = "cut off"

[fix]
sessions = 6
reconnect_every_s = 0.4

[orders]
cancel = 0.5
replace = 0.5

[load]
rate = 60
burst = 60
burst_every_s = 0.1
duration_s = 2

[[subscribers]]
count = 1
channels = ["trades.BTC-KRW"]
"""


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    """The gateway of the load tests."""
    folder = tmp_path_factory.mktemp("venue")
    with GatewayProcess(folder, "--durability", "os", config="loadtest.toml") as running:
        yield running


def _run(
    venue: GatewayProcess, folder: Path, scenario: str, *options: str
) -> tuple[int, dict[str, Any], str]:
    path = folder / "result.json"
    target = ("--fix", str(venue.ready["fix"]), "--ws", venue.ws, "--pid", str(venue.pid))
    report = ("--json", str(path), "--html", str(folder / "result.html"))
    ended = bdax("loadtest", "run", scenario, *target, *report, *options, timeout_s=90)
    return ended.returncode, json.loads(path.read_text()), ended.stderr


# The second run finds nothing of the first one: it has canceled what was open.
LOADS = {"open loop": "rate = 800\nwarmup_s = 0.5", "closed loop": "window = 20"}


@pytest.mark.parametrize("loop", LOADS)
def test_every_answer_and_push_is_right(venue: GatewayProcess, folder: Path, loop: str) -> None:
    scenario = folder / "everything.toml"
    scenario.write_text(SCENARIO.format(load=LOADS[loop]))
    code, result, err = _run(venue, folder, str(scenario))
    assert code == 0, err
    assert result["verdict"] == {"passed": True, "reasons": []}
    assert result["complete"]
    counts = result["counts"]
    assert counts["requests_planned"] == counts["requests_sent"] == counts["requests_answered"] == 800
    assert counts["accepted"] == counts["orders"]
    assert counts["canceled"] == counts["cancels"] > 0
    assert counts["replaced"] == counts["replaces"] > 0
    assert counts["fills"] > counts["public_trades"] > 0
    names = {measure["name"] for measure in result["measures"]}
    assert names == {
        "order_to_ack",
        "order_to_fill",
        "order_to_public_trade",
        "engine_to_subscriber",
        "sent_to_subscriber",
        "connect",
    }
    assert result["server"]["cpu_us_per_request"] > 0
    assert (folder / "result.html").stat().st_size > 10_000


def test_sessions_that_are_cut_off_in_mid_flow_miss_nothing(venue: GatewayProcess, folder: Path) -> None:
    scenario = folder / "cut.toml"
    scenario.write_text(CUT)
    code, result, err = _run(venue, folder, str(scenario))
    assert code == 0, err
    assert result["verdict"] == {"passed": True, "reasons": []}
    counts = result["counts"]
    assert counts["requests_sent"] == counts["requests_answered"] > 0
    assert counts["accepted"] == counts["orders"]
    assert counts["fills"] > counts["public_trades"] > 0
    assert counts["connections"] == 6 + 1
    assert counts["reconnections"] >= 3 * 6
    assert counts["sent_again"] > 0
    assert counts["received_again"] > 0
