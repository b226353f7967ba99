"""What comes with time: in slices, not before its time, and not long after it."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from gateway.marketdata import HubSettings, Mode, Subscription
from gateway.marketdata.due import PARTS, SLACK, TOGETHER
from tests.gateway.marketdata.hub_floor import Floor, S, drain, pumped, said
from tests.gateway.marketdata.market import BTC, ETH, Inbox, Market, bid

PART = S // PARTS
NAMES = [f"s{n}" for n in range(300)]


def in_slices(floor: Floor, inboxes: list[Inbox], budget: int) -> list[int]:
    """Return how many frames came in each slice."""
    slices = []
    while floor.hub.queued:
        assert floor.hub.work(budget)
        slices.append(sum(len(inbox.frames) for inbox in inboxes))
        for inbox in inboxes:
            inbox.take()
    return slices


def test_the_heartbeats_of_many_channels_come_in_slices() -> None:
    floor, wakes = pumped(*NAMES, max_inline=64)
    inbox = floor.joined(*NAMES)
    floor.hub.on_tick(0)
    for part in range(1, PARTS + 1):
        wakes.clear()
        floor.hub.on_tick(part * PART)
        assert inbox.frames == []
        due = floor.hub.queued
        assert due <= TOGETHER
        assert bool(wakes) == bool(due)
        assert max(in_slices(floor, [inbox], 8), default=0) <= 8
    assert floor.hub.published == len(NAMES)
    # From now on each of them once a heartbeat, each in its part.
    for part in range(PARTS + 1, 2 * PARTS + 1):
        floor.hub.on_tick(part * PART)
        assert floor.hub.queued <= TOGETHER
        drain(floor.hub)
    assert floor.hub.published == 2 * len(NAMES)


def test_members_whose_interval_passes_at_the_same_time_are_served_in_slices() -> None:
    floor, wakes = pumped("x", max_inline=64)
    inboxes = [floor.joined("x", mode=Mode.INTERVAL, interval_ns=S // 2) for _ in range(300)]
    floor.hub.on_tick(0)
    floor.change("x")
    wakes.clear()
    floor.hub.on_tick(S // 2)
    assert wakes == ["wake"]
    assert not any(inbox.frames for inbox in inboxes)
    # What waits is served without another tick.
    assert floor.hub.next_deadline() == S // 2 + PART
    slices = in_slices(floor, inboxes, 8)
    assert (sum(slices), max(slices)) == (300, 8)
    floor.hub.on_tick(S // 2 + SLACK * PART + S)
    slices = in_slices(floor, inboxes, 8)
    assert (sum(slices), max(slices)) == (300, 8)


def test_what_is_due_takes_turns_with_pushes_to_many() -> None:
    floor, _ = pumped(*NAMES, max_inline=0)
    many = [floor.join(Inbox(), "s0") for _ in range(64)]
    floor.join(many[0], *NAMES[1:])
    drain(floor.hub)
    floor.hub.on_tick(0)
    floor.change("s0")
    floor.hub.on_tick(S + SLACK * PART)
    for inbox in many:
        inbox.take()
    waiting = floor.hub.due.waiting
    for _ in range(4):
        floor.hub.work(8)
    assert floor.hub.due.waiting < waiting
    assert any(inbox.frames for inbox in many[1:])


@pytest.mark.parametrize("mode", [Mode.EVERY, Mode.CONFLATE, Mode.INTERVAL])
@pytest.mark.parametrize("pushed_at", range(0, PARTS, 3))
def test_silence_lasts_a_heartbeat_and_little_more(mode: Mode, pushed_at: int) -> None:
    floor = Floor("x")
    hub = floor.hub
    inbox = floor.joined("x", mode=mode, interval_ns=PART)
    heard = []
    for part in range(4 * PARTS):
        hub.on_tick(part * PART)
        if part == pushed_at:
            floor.change("x")
        if inbox.take():
            heard.append(part)
    assert heard[0] in {pushed_at, pushed_at + 1}
    silences = [after - before for before, after in pairwise(heard)]
    assert silences[0] <= PARTS + SLACK
    assert set(silences[1:]) == {PARTS}


def test_where_each_push_comes_in_time_there_is_no_heartbeat() -> None:
    floor = Floor("x")
    inbox = floor.joined("x")
    for part in range(1, 5 * PARTS):
        floor.hub.on_tick(part * PART + 7)
        if part % (PARTS + 1) == 0:
            floor.change("x")
    assert said(inbox) == ["x heartbeat 0", *[f"x event {n}" for n in range(1, 5)]]


def test_between_two_states_at_a_long_interval_it_is_said_which_was_the_last() -> None:
    floor = Floor("x")
    inbox = floor.joined("x", mode=Mode.INTERVAL, interval_ns=4 * S)
    told = []
    for part in range(1, 8 * PARTS + 3):
        floor.change("x")
        floor.hub.on_tick(part * PART)
        told += [(push["type"], push["seq"], push["prev"], push["eseq"]) for push in inbox.take()]
    assert told == [
        *[("heartbeat", 0, 0, 0)] * 3,
        ("snapshot", 4 * PARTS, 0, 4 * PARTS),
        *[("heartbeat", 4 * PARTS, 4 * PARTS, 4 * PARTS)] * 3,
        ("snapshot", 8 * PARTS, 0, 8 * PARTS),
    ]


def test_who_wants_no_snapshot_hears_where_it_stands_all_the_same() -> None:
    floor = Floor("x")
    inbox = Inbox()
    floor.change("x")
    member = floor.hub.subscribe(floor.streams["x"], inbox, Mode.INTERVAL, 9 * S)
    floor.hub.send(member, [], 0)
    floor.hub.on_tick(0)
    floor.change("x")
    floor.hub.on_tick(S)
    assert said(inbox) == ["x heartbeat 1"]


def test_who_went_and_who_lags_hears_nothing() -> None:
    floor = Floor("x", "y")
    gone, back = (floor.joined("x", mode=Mode.INTERVAL, interval_ns=9 * S) for _ in range(2))
    slow = floor.joined("x", mode=Mode.INTERVAL, interval_ns=9 * S)
    floor.join(slow, "y")
    slow.take()
    floor.hub.on_tick(0)
    slow.full = True
    floor.change("y")
    slow.full = False
    floor.hub.drop(gone)
    floor.hub.drop(back)
    floor.join(back, "x")
    back.take()
    floor.hub.on_tick(S)
    assert (gone.frames, slow.frames, said(back)) == ([], [], ["x heartbeat 0"])
    floor.hub.drop(back)
    floor.hub.drop(slow)
    floor.hub.on_tick(2 * S)
    floor.join(back, "x")
    back.take()
    floor.hub.on_tick(2 * S + PART)
    floor.hub.on_tick(3 * S + PART)
    assert said(back) == ["x heartbeat 0"]


def test_a_heartbeat_as_often_as_is_set() -> None:
    floor = Floor("x")
    floor.hub.settings = HubSettings(heartbeat_ns=3 * S)
    inbox = floor.joined("x")
    for tenth in range(65):
        floor.hub.on_tick(tenth * S // 10)
    assert said(inbox) == ["x heartbeat 0"] * 2


def test_pushes_of_a_command_are_heard_in_both_forms_of_publishing() -> None:
    market = Market()
    publisher = market.publisher
    inbox = market.subscriber(f"book.{BTC}", f"bbo.{BTC}")
    publisher.subscribe(f"book.{BTC}.5.raw", inbox, Subscription(snapshot=False))
    eseq = 0
    for part in range(1, 4 * PARTS):
        publisher.on_tick(part * PART)
        if part % 7 == 0:
            eseq += 1
            publisher.apply([bid(eseq, 990 + eseq, 1)])
    pushes = inbox.take()
    assert {push["type"] for push in pushes} <= {"delta", "event", "snapshot"}
    assert eseq == 11


def test_few_and_many_who_rest_are_served_in_the_order_in_which_they_are_due() -> None:
    floor = Floor("x", "y")
    served: list[int] = []
    order = [7, 3, 9, 1, 8, 2]

    def noting(number: int) -> Callable[[Inbox, bytes], None]:
        return lambda _inbox, _frame: served.append(number)

    for interval in order:
        floor.join(Inbox(noting(interval)), "x", mode=Mode.INTERVAL, interval_ns=interval)
    floor.join(Inbox(noting(5)), "y", mode=Mode.INTERVAL, interval_ns=5)
    served.clear()
    floor.change("x")
    floor.change("y")
    floor.hub.on_tick(10)
    assert served == sorted([*order, 5])
    served.clear()
    floor.change("y")
    floor.change("x")
    floor.hub.on_tick(30)
    assert served == sorted([*order, 5])


@pytest.mark.parametrize(
    ("name", "mode"), [(f"book.{BTC}.5.raw", Mode.INTERVAL), (f"book.{BTC}.5.1s", Mode.EVERY)]
)
def test_a_view_is_as_it_was_up_to_the_change_that_it_has_yet_to_look_at(name: str, mode: Mode) -> None:
    market, inbox = Market(), Inbox()
    publisher = market.publisher
    publisher.subscribe(name, inbox, Subscription(mode=mode, interval_ns=S if mode is Mode.INTERVAL else 0))
    publisher.apply([bid(1, 990, 1)])
    publisher.on_tick(S)
    stream = market.hub._following[inbox].by_name[name].stream
    told = []
    for event in (bid(2, 1, 1, ETH), bid(3, 990, 2), bid(4, 1, 0, ETH), bid(5, 990, 3)):
        publisher.apply([event])
        told.append(stream.heartbeat().position)
    assert [(position.seq, position.eseq) for position in told] == [(1, 2)] * 4
    publisher.on_tick(3 * S)
    publisher.apply([bid(6, 1, 1, ETH)])
    assert stream.heartbeat().position[::2] == (5, 6)


def test_a_member_at_an_interval_is_not_told_less_than_before() -> None:
    market, inbox = Market(), Inbox()
    publisher = market.publisher
    publisher.subscribe(f"bbo.{BTC}", inbox, Subscription(mode=Mode.INTERVAL, interval_ns=60 * S))
    publisher.on_tick(0)
    publisher.apply([bid(1, 1, 1, ETH)])
    publisher.on_tick(2 * S)
    publisher.apply([bid(2, 990, 1)])
    publisher.on_tick(4 * S)
    assert [(push["type"], push["seq"], push["eseq"]) for push in inbox.take()] == [
        *(("snapshot", 0, 0), ("heartbeat", 0, 1), ("heartbeat", 0, 1))
    ]
