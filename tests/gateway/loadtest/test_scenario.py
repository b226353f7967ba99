"""Scenarios are read strictly; what is wrong is one line with file and key."""

import os
from pathlib import Path
from typing import Any

import pytest

from gateway.loadtest import files
from gateway.loadtest.scenario import ScenarioError, checked, load, names

GOOD = 'name = "mine"\n[fix]\nsessions = 2\n[load]\ncount = 10\n'
FOLLOWERS = '[[subscribers]]\ncount = 1\nchannels = ["x"]\n'


@pytest.mark.parametrize("name", names())
def test_the_scenarios_that_come_along_are_good_and_documented(name: str) -> None:
    assert load(name).name == name
    page = (Path(__file__).parents[3] / "docs" / "loadtest.md").read_text()
    assert f"| `{name}` |" in page


def test_changes_are_laid_over_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD)
    scenario = load(str(path), {"load": {"window": 7}, "workers": 2, "subscribers": []})
    assert (scenario.load.window, scenario.load.count, scenario.workers) == (7, 10, 2)


@pytest.mark.parametrize(
    ("changes", "assignments", "described"),
    [
        ({}, (), "Quiet."),
        ({"load": {"count": 5}, "workers": 2}, (), "Quiet. Changed: load.count=5, workers=2."),
        ({"subscribers": []}, ("load.burst=0",), "Quiet. Changed: no subscribers, load.burst=0."),
        (
            {"fix": {"password": "x y"}},
            ("ws.secret=z", "fix.password=z"),
            "Quiet. Changed: fix.password, ws.secret, fix.password.",
        ),
    ],
)
def test_what_was_changed_is_described_without_secrets(
    tmp_path: Path, changes: dict[str, Any], assignments: tuple[str, ...], described: str
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('description = "Quiet."\n' + GOOD)
    assert load(str(path), changes, assignments).description == described


def test_every_key_is_documented() -> None:
    page = (Path(__file__).parents[3] / "docs" / "loadtest.md").read_text()
    table = page.partition("## Scenario files")[2].partition("\n## ")[0]
    plan = checked({"name": "x", "fix": {"sessions": 1}, "load": {"count": 1}}, "x")
    parts: list[Any] = [plan.fix, plan.ws, plan.orders, plan.load, plan.limits, *load("storm").subscribers]
    for part in parts:
        for key in part.__struct_fields__:
            assert f"`{key}`" in table, key


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("name = ", "not valid TOML: Invalid value (at end of document)"),
        ("\xff", "not valid TOML"),
        ("[fix]\nsessions = 2", "the file: Object missing required field `name`"),
        (GOOD + "stray = 1", "load: Object contains unknown field `stray`"),
        (GOOD + "window = 0", "load.window: Expected `int` >= 1"),
        (GOOD + 'window = "x"', "load.window: Expected `int`, got `str`"),
        (GOOD.replace("2", "0"), "fix.sessions: neither sessions nor subscribers: there is nothing to do"),
        (GOOD.replace("count = 10", ""), "load: needs count or duration_s"),
        (GOOD + "warmup = 10", "load.warmup: not less than count"),
        (GOOD + "duration_s = 1\nwarmup_s = 1", "load.warmup_s: not less than duration_s"),
        (GOOD + "burst = 1", "load.burst: only in an open loop, with rate"),
        (GOOD + "burst = 1\nrate = 1\nburst_every_s = 0", "load.burst_every_s: must be at least 0.01"),
        (GOOD + "[orders]\nrest = 0\ncross = 0", "orders: rest or cross must be above 0"),
        (GOOD + '[orders]\nprice = "-1"', "orders.price: not a positive decimal with at most 8 places: -1"),
        (GOOD + '[orders]\ntick = "x"', "orders.tick: not a decimal: x"),
        (GOOD + '[orders]\nquantity = "0.000000001"', "orders.quantity: not a positive decimal"),
        (GOOD + '[orders]\nprice = "50000"', "orders.levels: the lowest level has no positive price"),
        (GOOD + '[orders]\nanswers = "some"', "orders.answers: Invalid enum value 'some'"),
        (GOOD + '[orders]\nanswers = "one"\n[ws]\nsessions = 1', "orders.answers: on WebSocket only full"),
        (GOOD + "[[subscribers]]\ncount = 1\nchannels = []", "subscribers[0].channels: Expected `array`"),
        (
            GOOD + '[[subscribers]]\ncount = 1\nchannels = ["x"]\nmode = "all"',
            "subscribers[0].mode: one of every, conflate, interval",
        ),
        (
            GOOD + '[[subscribers]]\ncount = 1\nchannels = ["x"]\ninterval_ms = 5',
            "subscribers[0].interval_ms: with mode interval, and only then",
        ),
        (
            'name = "x"\n[load]\ncount = 1\n[[subscribers]]\ncount = 1\nchannels = ["x"]',
            "load.duration_s: subscribers alone need it",
        ),
        (
            GOOD.replace("[load]", "reconnect_every_s = 0.05\n[load]"),
            "fix.reconnect_every_s: 0, or at least 0.1",
        ),
        (
            GOOD.replace("[load]", "reconnect_share = 0\n[load]"),
            "fix.reconnect_share: Expected `float` > 0.0",
        ),
        (GOOD + '[orders]\nprice = "1e99999999"', "orders.price: not below 1000000000000: 1e99999999"),
        (GOOD + '[orders]\nprice = "1e30"', "orders.price: not below 1000000000000: 1e30"),
        (GOOD + '[orders]\nprice = "1e-99999999"', "orders.price: not a positive decimal"),
        (GOOD + '[orders]\nprice = "inf"', "orders.price: not below"),
        (GOOD + '[orders]\nprice = "nan"', "orders.price: "),
        (GOOD + "[orders]\nrest = inf", "orders.rest: Expected `float` <= 1000000000.0"),
        (GOOD + "[orders]\nrest = nan", "orders.rest: "),
        (GOOD + '[orders]\nsymbol = "a\\"b"', "orders.symbol: Expected `str` matching regex"),
        (GOOD + "rate = 5e-324", "load.rate: 0, or at least 0.001"),
        (GOOD + "rate = 5\nburst = 1\nburst_every_s = 5e-324", "load.burst_every_s: must be at least 0.01"),
        (
            GOOD.replace("[load]", 'sender_comp_id = "ME"\n[load]'),
            "fix.sender_comp_id: several sessions need {n}",
        ),
        (
            GOOD.replace("[load]", 'password = "a\\u0001b"\n[load]'),
            "fix.password: Expected `str` matching regex",
        ),
        (
            GOOD.replace("[load]", 'password = "\\u00e9"\n[load]'),
            "fix.password: Expected `str` matching regex",
        ),
        (
            GOOD + FOLLOWERS + 'mode = "interval"\ninterval_ms = -5',
            "subscribers[0].interval_ms: Expected `int` >= 1",
        ),
        (GOOD + FOLLOWERS + "connect_per_s = 5e-324", "subscribers[0].connect_per_s: 0, or at least"),
        (GOOD + FOLLOWERS + "reconnect_every_s = 5e-324", "subscribers[0].reconnect_every_s: 0, or at least"),
        ("a = " + "[" * 5000, "not valid TOML"),
        ("#" * (1 << 21), "larger than 1048576 bytes"),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path: Path, text: str, line: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(ScenarioError) as caught:
        load(str(path))
    assert str(caught.value).startswith(f"{path}: {line}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("path", ["/dev/zero", "/proc/self/mem"])
def test_what_never_ends_or_cannot_be_read_is_no_scenario(path: str) -> None:
    with pytest.raises(ScenarioError, match=r"larger than 1048576 bytes|cannot be read: "):
        load(path)


def test_a_pipe_may_be_read_as_a_scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = os.pipe()
    with os.fdopen(theirs, "wb") as writer:
        writer.write(GOOD.encode())
        writer.flush()
        monkeypatch.setattr(files, "_READ_S", 0.05)
        with pytest.raises(ScenarioError, match=r"cannot be read: nothing came for 0.05 s"):
            load(f"/dev/fd/{ours}")
        writer.write(GOOD.encode())
    assert load(f"/dev/fd/{ours}").name == "mine"
    os.close(ours)
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with pytest.raises(ScenarioError, match="missing required field `name`"):
        load(str(fifo))


def test_a_folder_is_no_scenario(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="cannot be read: Is a directory"):
        load(str(tmp_path))
