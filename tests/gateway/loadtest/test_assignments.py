"""Keys of a scenario that are set on the command line."""

from pathlib import Path

import msgspec
import pytest

from gateway.loadtest.scenario import ScenarioError, load

FOLLOWED = 'subscribers.0.channels=["book.BTC-KRW", "trades.BTC-KRW"]'


def test_every_kind_of_value_is_taken_for_what_the_key_is() -> None:
    plan = load(
        "latency",
        {"subscribers": []},
        [
            "load.ramp_s=2.5",
            "load.burst=100",
            "load.burst_every_s = 0.5",
            "orders.seed=7",
            "orders.levels=20",
            "orders.open_max=30",
            "orders.price=90000000",
            "orders.cancel_at_end=false",
            "fix.sender_comp_id=A=B{n}",
            "subscriber_workers=2",
            "subscribers.0.count=50",
            FOLLOWED,
            "subscribers.0.mode=interval",
            "subscribers.0.interval_ms=250",
            "subscribers.1.count=3",
            'subscribers.1.channels=["bbo.BTC-KRW"]',
            "subscribers.1.read_bytes_per_s=4000",
            "subscribers.reconnect_every_s=5",
            "subscribers.1.connect_per_s=2",
        ],
    )
    assert (plan.load.ramp_s, plan.load.burst, plan.load.burst_every_s) == (2.5, 100, 0.5)
    orders = plan.orders
    assert (orders.seed, orders.levels, orders.open_max, orders.price) == (7, 20, 30, "90000000")
    assert not orders.cancel_at_end
    assert plan.fix.sender_comp_id == "A=B{n}"
    assert plan.subscriber_workers == 2
    first, second = plan.subscribers
    assert (first.count, first.channels) == (50, ("book.BTC-KRW", "trades.BTC-KRW"))
    assert (first.mode, first.interval_ms, first.reconnect_every_s) == ("interval", 250, 5)
    assert (second.count, second.read_bytes_per_s, second.connect_per_s) == (3, 4000, 2)
    assert second.reconnect_every_s == 5


def test_groups_that_are_there_are_changed_and_no_others() -> None:
    before, after = load("storm"), load("storm", None, ["subscribers.1.count=4"])
    assert after.subscribers[1] == msgspec.structs.replace(before.subscribers[1], count=4)
    assert after.subscribers[0] == before.subscribers[0]


@pytest.mark.parametrize(
    ("assignment", "line"),
    [
        ("load.window", "load.window: not TABLE.KEY=VALUE"),
        ("a.b.c=1", "a.b.c=1: not TABLE.KEY=VALUE"),
        ("a.b.c.d=1", "a.b.c.d=1: not TABLE.KEY=VALUE"),
        ("load.windows=1", "load.windows=1: a scenario has no load.windows"),
        ("loads.window=1", "loads.window=1: a scenario has no loads.window"),
        ("name.x=1", "name.x=1: a scenario has no name.x"),
        ("load=1", "load=1: a scenario has no load"),
        ("subscribers=[]", "subscribers=[]: a scenario has no subscribers"),
        ("=1", "=1: a scenario has no "),
        ("load.window=0", "load.window: Expected `int` >= 1"),
        ("load.window=many", "load.window: Expected `int`, got `str`"),
        ("load.window=[1]", "load.window: Expected `int`, got `array`"),
        ("orders.rest=inf", "orders.rest: Expected `float` <= 1000000000.0"),
        ("subscribers.7.count=1", "subscribers.7.count=1: of subscribers there are 3 groups, from 0 on"),
        ("subscribers.x.count=1", "subscribers.x.count=1: of subscribers there are 3"),
        ("subscribers.3.count=1", "subscribers[3]: Object missing required field `channels`"),
    ],
)
def test_what_is_wrong_is_one_line(assignment: str, line: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load("storm", None, [assignment])
    assert str(caught.value).startswith(f"storm: {line}")
    assert "\n" not in str(caught.value)


def test_a_file_that_has_something_else_in_its_place_is_told(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('name = "x"\nload = 5\nsubscribers = [1]\n')
    for assignment in ("load.count=1", "subscribers.0.count=1"):
        with pytest.raises(ScenarioError, match="is no table in it"):
            load(str(path), None, [assignment])


def test_without_groups_there_are_none_to_change() -> None:
    with pytest.raises(ScenarioError, match="there are no subscribers"):
        load("storm", {"subscribers": []}, ["subscribers.count=1"])
