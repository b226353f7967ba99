"""Fan-outs that wait their turn, and what comes with time: intervals and heartbeats."""

import orjson
import pytest

from gateway.marketdata import Mode
from gateway.marketdata.due import PARTS
from gateway.marketdata.targets import MOST_EMPTY
from gateway.ports.market_data import FIRST_FIX_FORM, Push
from tests.gateway.marketdata import hub_floor
from tests.gateway.marketdata.hub_floor import Floor, S, drain, pumped, said, short
from tests.gateway.marketdata.market import Inbox


@pytest.fixture(autouse=True, params=["one by one", "together"])
def sending(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "together":
        monkeypatch.setattr(hub_floor, "is_broadcast", True)


# ---- the queue


def test_a_large_fan_out_waits_for_work_and_is_done_in_slices() -> None:
    floor, wakes = pumped("x", max_inline=2)
    inboxes = [floor.joined("x") for _ in range(5)]
    floor.change("x")
    assert wakes == ["wake"]
    assert (floor.hub.queued, [len(inbox.frames) for inbox in inboxes]) == (5, [0] * 5)
    assert floor.work(3) == 3
    assert (floor.hub.queued, [len(inbox.frames) for inbox in inboxes]) == (2, [1, 1, 1, 0, 0])
    assert floor.work(100) == 2
    assert floor.work(100) == 0
    assert floor.hub.queued == 0
    assert [said(inbox) for inbox in inboxes] == [["x event 1"]] * 5


def test_a_small_fan_out_is_done_at_once_but_never_overtakes() -> None:
    floor, wakes = pumped("x", "y", max_inline=2)
    both = floor.joined("x", "y")
    floor.change("y")
    assert (said(both), wakes) == (["y event 1"], [])
    for _ in range(3):
        floor.joined("x")
    floor.change("x")
    floor.change("y")
    assert (both.frames, wakes) == ([], ["wake"])
    drain(floor.hub)
    assert said(both) == ["x event 2", "y event 3"]


def test_pushes_of_one_stream_that_wait_are_joined_into_one() -> None:
    floor, _ = pumped("x", "y")
    inbox, fix = Inbox(), Inbox()
    fix.form = FIRST_FIX_FORM
    for subscriber in (inbox, fix):
        floor.join(subscriber, "x", "y")
    drain(floor.hub)
    inbox.take()
    fix.take()
    for name in ("x", "x", "y", "x"):
        floor.change(name)
    assert floor.hub.queued == 6
    drain(floor.hub)
    assert len(inbox.frames) == 3
    assert inbox.frames[0] == b"".join(fix.frames[:2])
    assert len(fix.frames) == 4
    assert floor.hub.delivered == 12


def test_a_push_is_not_joined_to_one_that_some_have_already() -> None:
    floor, _ = pumped("x")
    inboxes = [floor.join(Inbox(), "x") for _ in range(2)]
    drain(floor.hub)
    floor.change("x")
    floor.work(1)
    floor.change("x")
    drain(floor.hub)
    assert [said(inbox) for inbox in inboxes] == [["x snapshot 0", "x event 1", "x event 2"]] * 2


def test_who_comes_while_pushes_wait_gets_its_snapshot_behind_them_and_none_of_them() -> None:
    floor, _ = pumped("x", "y")
    old, new = Inbox(), Inbox()
    floor.join(old, "x", "y")
    floor.join(new, "y")
    drain(floor.hub)
    new.take()
    floor.change("y")
    floor.change("x")
    floor.join(new, "x")
    floor.change("x")
    drain(floor.hub)
    assert said(new) == ["y event 1", "x snapshot 2", "x event 3"]


@pytest.mark.parametrize("act", ["unsubscribe", "drop", "rejoin", "lag"])
def test_who_leaves_or_lags_while_pushes_wait_gets_none_of_them(act: str) -> None:
    floor, _ = pumped("x")
    stays, goes = floor.join(Inbox(), "x"), floor.join(Inbox(), "x")
    drain(floor.hub)
    goes.take()
    floor.change("x")
    if act == "lag":
        goes.full = True
        drain(floor.hub)
        goes.full = False
        floor.change("x")
        assert floor.hub.resync(goes, 0)
    elif act == "drop":
        floor.hub.drop(goes)
    else:
        floor.hub.unsubscribe("x", goes)
        if act == "rejoin":
            floor.join(goes, "x")
    drain(floor.hub)
    assert said(stays)[-1] == ("x event 2" if act == "lag" else "x event 1")
    expected = {"rejoin": ["x snapshot 1"], "lag": ["x gap 0-2", "x snapshot 2"]}
    assert said(goes) == expected.get(act, [])


def test_whoever_lags_or_leaves_in_a_slice_the_others_have_every_push() -> None:
    floor, _ = pumped("x")
    inboxes = [floor.join(Inbox(), "x") for _ in range(9)]
    drain(floor.hub)
    delivered = floor.hub.delivered
    floor.change("x")
    floor.change("x")
    inboxes[1].full = True
    floor.work(4)
    floor.hub.drop(inboxes[5])
    inboxes[7].full = True
    drain(floor.hub)
    told = ["x snapshot 0", "x event 1", "x event 2"]
    assert [said(inbox) for inbox in inboxes] == [told[:1] if n in {1, 5, 7} else told for n in range(9)]
    assert (floor.hub.lagging, floor.hub.delivered - delivered) == (2, 12)


def test_the_places_of_those_who_left_are_filled_when_they_are_many() -> None:
    floor, _ = pumped("x")
    inboxes = [floor.join(Inbox(), "x") for _ in range(MOST_EMPTY * 2)]
    drain(floor.hub)
    floor.change("x")
    for inbox in inboxes[1 : MOST_EMPTY + 2]:
        floor.hub.drop(inbox)
    # Both wait at the same time, for places as they were and as they are.
    floor.change("x")
    left = len(inboxes) - MOST_EMPTY - 1
    assert floor.hub.queued == len(inboxes) + left
    late = floor.join(Inbox(), "x")
    floor.change("x")
    drain(floor.hub)
    assert [said(inbox)[1:] for inbox in inboxes] == [
        [] if 1 <= n < MOST_EMPTY + 2 else ["x event 1", "x event 2", "x event 3"]
        for n in range(len(inboxes))
    ]
    assert said(late) == ["x snapshot 2", "x event 3"]


def test_who_comes_back_while_pushes_wait_delays_nobody_and_misses_nothing() -> None:
    floor, _ = pumped("x")
    inboxes = [floor.join(Inbox(), "x") for _ in range(4)]
    drain(floor.hub)
    inboxes[1].full = True
    floor.change("x")
    drain(floor.hub)
    floor.change("x")
    inboxes[1].full = False
    # From here on those who are pushed to are others than those of the push that waits.
    floor.hub.resync(inboxes[1], 0)
    floor.change("x")
    floor.hub.drop(inboxes[2])
    drain(floor.hub)
    events = ["x snapshot 0", "x event 1", "x event 2", "x event 3"]
    back = ["x snapshot 0", "x gap 0-2", "x snapshot 2", "x event 3"]
    assert [said(inbox) for inbox in inboxes] == [events, back, events[:2], events]


def test_who_leaves_before_its_snapshot_gets_none() -> None:
    floor, _ = pumped("x")
    gone = floor.join(Inbox(), "x")
    floor.hub.drop(gone)
    again = floor.join(Inbox(), "x")
    floor.hub.unsubscribe("x", again)
    floor.join(again, "x")
    drain(floor.hub)
    assert gone.frames == []
    assert said(again) == ["x snapshot 0"]


def test_who_drains_while_pushes_wait_has_them_in_its_snapshot() -> None:
    floor, _ = pumped("x", "y")
    other, slow = floor.join(Inbox(), "x", "y"), floor.join(Inbox(), "x", "y", mode=Mode.CONFLATE)
    drain(floor.hub)
    slow.take()
    slow.full = True
    floor.change("y")
    floor.change("x")
    floor.work(2)
    slow.full = False
    floor.hub.resync(slow, 0)
    drain(floor.hub)
    assert said(slow) == ["x snapshot 2+1", "y snapshot 1+1"]
    assert said(other)[-2:] == ["y event 1", "x event 2"]


def test_a_refused_part_of_joined_pushes_is_where_the_gap_begins() -> None:
    floor, _ = pumped("x")
    fix = Inbox(lambda inbox, _: setattr(inbox, "full", len(inbox.frames) == 2))
    fix.form = FIRST_FIX_FORM
    floor.join(fix, "x")
    drain(floor.hub)
    for _ in range(3):
        floor.change("x")
    drain(floor.hub)
    fix.full, fix.then = False, None
    floor.hub.resync(fix, 0)
    drain(floor.hub)
    assert said(fix) == ["x snapshot 0", "x event 1", "x gap 1-3", "x snapshot 3"]


def test_too_much_waiting_is_worked_off_by_the_publisher() -> None:
    floor, _ = pumped("x", "y", max_inline=2, max_queued=5)
    inboxes = [floor.join(Inbox(), "x", "y") for _ in range(3)]
    drain(floor.hub)
    for name in "xyxyxy":
        floor.change(name)
    assert 0 < floor.hub.queued <= 8
    assert floor.hub.overrun > 0
    drain(floor.hub)
    told = ["x snapshot 0", "y snapshot 0"] + [f"{name} event {n}" for n, name in enumerate("xyxyxy", 1)]
    assert [said(inbox) for inbox in inboxes] == [told] * 3


# ---- time


def test_with_nobody_there_is_no_deadline() -> None:
    floor = Floor("x")
    assert floor.hub.next_deadline() is None
    inbox = floor.joined("x")
    assert floor.hub.next_deadline() == 0
    floor.hub.on_tick(5 * S)
    assert floor.hub.next_deadline() == 5 * S + S // PARTS
    floor.hub.drop(inbox)
    assert floor.hub.next_deadline() is None
    floor.hub.on_tick(7 * S)


def test_a_silent_stream_says_each_second_where_it_stands() -> None:
    floor = Floor("x", "y")
    inbox = floor.joined("x", "y")
    floor.change("x")
    inbox.take()
    floor.hub.on_tick(0)
    floor.hub.on_tick(S // 2)
    assert inbox.frames == []
    floor.change("y")
    floor.hub.on_tick(S - 1)
    assert said(inbox) == ["y event 2"]
    floor.hub.on_tick(S)
    pushes = inbox.take()
    assert [short(push) for push in pushes] == ["x heartbeat 1"]
    assert (pushes[0]["prev"], pushes[0]["eseq"]) == (1, 2)
    floor.hub.on_tick(2 * S)
    assert sorted(said(inbox)) == ["x heartbeat 1", "y heartbeat 2"]


def test_a_heartbeat_that_is_refused_leaves_nothing_missed() -> None:
    floor = Floor("x")
    inbox = floor.joined("x")
    floor.hub.on_tick(0)
    inbox.full = True
    floor.hub.on_tick(S)
    assert floor.hub.lagging == 1
    inbox.full = False
    floor.hub.resync(inbox, S)
    assert inbox.frames == []
    floor.change("x")
    assert said(inbox) == ["x event 1"]


def test_at_an_interval_comes_the_state_and_for_how_many_pushes_it_stands() -> None:
    floor = Floor("x")
    hub = floor.hub
    inbox = floor.join(Inbox(), "x", mode=Mode.INTERVAL, interval_ns=S // 2, now=0)
    inbox.take()
    hub.on_tick(0)
    for _ in range(3):
        floor.change("x")
    hub.on_tick(S // 2 - 1)
    assert (inbox.frames, hub.next_deadline()) == ([], S // 2)
    hub.on_tick(S // 2 + 7)
    assert said(inbox) == ["x snapshot 3+3"]
    # Nothing changes: silence, then a heartbeat. A change after that is told at once.
    hub.on_tick(S)
    hub.on_tick(2 * S)
    assert said(inbox) == ["x heartbeat 3"]
    floor.change("x")
    assert (hub.next_deadline() or 0) <= 2 * S
    hub.on_tick(2 * S)
    assert said(inbox) == ["x snapshot 4+1"]
    floor.change("x")
    hub.on_tick(2 * S + 1)
    assert inbox.frames == []


def test_at_an_interval_a_subscriber_that_lags_waits_until_it_has_drained() -> None:
    floor = Floor("x", "y")
    hub = floor.hub
    inbox = floor.join(Inbox(), "x", mode=Mode.INTERVAL, interval_ns=S, now=0)
    floor.join(inbox, "y")
    inbox.take()
    inbox.full = True
    floor.change("x")
    floor.change("y")
    hub.on_tick(S)
    inbox.full = False
    hub.resync(inbox, S)
    assert said(inbox) == ["y gap 0-2", "y snapshot 2"]
    hub.on_tick(S)
    assert said(inbox) == ["x snapshot 1+1"]
    floor.change("x")
    inbox.full = True
    hub.on_tick(2 * S)
    inbox.full = False
    hub.resync(inbox, 2 * S)
    assert said(inbox) == ["x snapshot 3+1"]


def test_who_left_is_not_served_at_its_interval() -> None:
    floor = Floor("x", "y")
    hub = floor.hub
    inbox = floor.join(Inbox(), "x", "y", mode=Mode.INTERVAL, interval_ns=S)
    inbox.take()
    floor.change("x")
    hub.unsubscribe("x", inbox)
    hub.unsubscribe("y", inbox)
    hub.on_tick(S)
    floor.change("y")
    assert inbox.frames == []


def test_a_change_while_the_state_waits_in_the_queue_is_told_at_the_next_interval() -> None:
    floor, _ = pumped("x")
    inbox = floor.join(Inbox(), "x", mode=Mode.INTERVAL, interval_ns=S, now=0)
    floor.change("x")
    drain(floor.hub)
    assert said(inbox) == ["x snapshot 0"]
    floor.hub.on_tick(S)
    drain(floor.hub)
    assert said(inbox) == ["x snapshot 1+1"]


def test_a_stream_that_is_not_ready_begins_later() -> None:
    floor = Floor("x", "y")
    hub, stream = floor.hub, floor.streams["x"]
    stream.ready = False
    inbox, slow = Inbox(), floor.joined("y")
    for subscriber in (inbox, slow):
        hub.subscribe(stream, subscriber)
    slow.full = True
    floor.change("y")
    hub.on_tick(0)
    hub.on_tick(S)
    slow.full = False
    hub.resync(slow, S)
    assert said(slow) == ["y gap 0-1", "y snapshot 1"]
    stream.ready = True
    hub.begin(stream)
    hub.begin(stream)
    assert (said(inbox), said(slow)) == (["x snapshot 0"], ["x snapshot 0"])


def test_the_snapshot_of_one_state_is_encoded_once_for_each_count() -> None:
    floor = Floor("x")
    slow = [floor.joined("x", mode=Mode.CONFLATE) for _ in range(3)]
    for inbox in slow:
        inbox.full = True
    floor.change("x")
    floor.encoder.encoded.clear()
    for inbox in slow:
        inbox.full = False
        floor.hub.resync(inbox, 0)
    assert floor.encoder.encoded == ["x"]
    assert orjson.loads(slow[2].frames[0])["conflated"] == 1


def test_nothing_to_say_still_brings_a_subscriber_up_to_date() -> None:
    floor = Floor("x")
    inbox = Inbox()
    member = floor.hub.subscribe(floor.streams["x"], inbox)
    pushes: list[Push] = []
    floor.hub.send(member, pushes, 0)
    floor.change("x")
    assert said(inbox) == ["x event 1"]
