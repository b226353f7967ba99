"""Fan-out: order, lag, catching up, the queue, intervals, heartbeats, and who comes and goes meanwhile."""

import orjson
import pytest

from gateway.marketdata import Hub, HubSettings, Mode, Stream
from gateway.marketdata.stream import Imprint
from gateway.ports.market_data import EVENT, FIRST_FIX_FORM, JSON, BboContent, Push
from tests.gateway.marketdata.market import Inbox, RecordingEncoder, Told

S = 1_000_000_000


class Counter(Stream):
    """A stream whose state is the number of its changes."""

    def content(self) -> BboContent:
        return BboContent((self.pushes, 1), None)


class Floor:
    """A hub with streams that are changed by ``change``, one engine sequence each."""

    def __init__(self, *names: str, hub: Hub | None = None) -> None:
        self.hub = hub or Hub()
        self.encoder = RecordingEncoder()
        self.imprint = Imprint(self.hub.publish)
        self.imprint.encoders |= {JSON: self.encoder, FIRST_FIX_FORM: self.encoder}
        self.streams = {name: Counter(name, None, self.imprint) for name in names}

    def change(self, name: str) -> int:
        self.imprint.eseq += 1
        eseq = self.imprint.eseq
        stream = self.streams[name]
        stream.tell(EVENT, (eseq, eseq, eseq), BboContent((stream.pushes + 1, 1), None), 1)
        return eseq

    def join(
        self, inbox: Inbox, *names: str, mode: Mode = Mode.EVERY, interval_ns: int = 0, now: int = 0
    ) -> Inbox:
        for name in names:
            stream = self.streams[name]
            member = self.hub.subscribe(stream, inbox, mode, interval_ns)
            assert member is not None
            self.hub.send(member, [stream.snapshot()], now)
        return inbox

    def joined(self, *names: str, mode: Mode = Mode.EVERY, interval_ns: int = 0) -> Inbox:
        inbox = self.join(Inbox(), *names, mode=mode, interval_ns=interval_ns)
        inbox.take()
        return inbox


def pumped(*names: str, max_inline: int = 0, max_queued: int = 1_000_000) -> tuple[Floor, list[str]]:
    """Return a floor whose hub leaves fan-outs to ``work``, and where it says when it wakes the pump."""
    wakes: list[str] = []
    hub = Hub(HubSettings(max_inline=max_inline, max_queued=max_queued))
    hub.pumped_by(lambda: wakes.append("wake"))
    return Floor(*names, hub=hub), wakes


def said(inbox: Inbox) -> list[str]:
    """Return what an inbox was told: channel, type and seq, with ``+n`` for a push that stands for others."""
    return [short(push) for push in inbox.take()]


def short(push: Told) -> str:
    if push["type"] == "gap":
        return f"{push['ch']} gap {push['from_seq']}-{push['to_seq']}"
    more = f"+{push['conflated']}" if "conflated" in push else ""
    return f"{push['ch']} {push['type']} {push['seq']}{more}"


def drain(hub: Hub) -> None:
    while hub.work(1):
        pass


# ---- who gets what


def test_a_push_reaches_the_members_of_its_stream_only_and_is_encoded_once() -> None:
    floor = Floor("x", "y")
    a, b, c = floor.joined("x"), floor.joined("y"), floor.joined("x")
    floor.encoder.encoded.clear()
    floor.change("x")
    assert a.frames[0] is c.frames[0]
    assert (said(a), said(b)) == (["x event 1"], [])
    assert floor.encoder.encoded == ["x"]
    assert (floor.hub.published, floor.hub.delivered) == (1, 5)


def test_each_form_is_encoded_once() -> None:
    floor = Floor("x")
    inboxes = [floor.joined("x") for _ in range(2)]
    other = Inbox()
    other.form = FIRST_FIX_FORM
    floor.join(other, "x")
    floor.encoder.encoded.clear()
    floor.change("x")
    assert floor.encoder.encoded == ["x", "x"]
    assert inboxes[0].frames[0] is inboxes[1].frames[0]
    assert said(other)[-1] == "x event 1"


def test_subscribing_twice_and_unsubscribing_from_nothing_say_so() -> None:
    floor = Floor("x", "y")
    hub, a = floor.hub, Inbox()
    assert not hub.unsubscribe("x", a)
    floor.join(a, "x")
    assert hub.subscribe(floor.streams["x"], a) is None
    assert not hub.unsubscribe("y", a)
    assert hub.unsubscribe("x", a)
    assert not hub.unsubscribe("x", a)
    a.take()
    floor.change("x")
    assert a.frames == []
    assert hub.abandoned == [floor.streams["x"]]


def test_what_is_followed_can_be_asked() -> None:
    floor = Floor("x", "y", "z")
    hub, a, b = floor.hub, floor.joined("z", "x", "y"), floor.joined("x")
    assert hub.channels(a) == ("z", "x", "y")
    hub.unsubscribe("y", a)
    floor.join(a, "y")
    assert hub.channels(a) == ("z", "x", "y")
    assert hub.subscriptions == 4
    hub.drop(a)
    hub.drop(a)
    assert hub.channels(a) == ()
    assert (hub.subscriptions, hub.channels(b)) == (1, ("x",))


def test_subscribers_are_served_in_the_order_of_subscription_lag_or_not() -> None:
    floor = Floor("x")
    served: list[int] = []
    inboxes = [Inbox(lambda inbox, _: served.append(inboxes.index(inbox))) for _ in range(4)]
    for inbox in inboxes:
        floor.join(inbox, "x")
    inboxes[1].full = True
    floor.change("x")
    inboxes[1].full = False
    floor.hub.resync(inboxes[1], 0)
    served.clear()
    floor.change("x")
    assert served == [0, 1, 2, 3]


def test_who_comes_while_a_push_is_fanned_out_has_it_in_the_snapshot() -> None:
    floor, late = Floor("x"), Inbox()

    def join(_: Inbox, __: bytes) -> None:
        floor.join(late, "x")

    first = Inbox(join)
    floor.hub.subscribe(floor.streams["x"], first)
    floor.change("x")
    assert said(late) == ["x snapshot 1"]
    first.then = None
    floor.change("x")
    assert said(late) == ["x event 2"]


def test_who_goes_while_a_push_is_fanned_out_gets_nothing_more() -> None:
    floor = Floor("x")
    first, second = floor.joined("x"), floor.joined("x")
    first.then = lambda _, __: floor.hub.drop(second)
    floor.change("x")
    assert second.frames == []
    assert floor.hub.subscriptions == 1


def test_who_is_gone_when_its_push_is_refused_is_no_member() -> None:
    floor = Floor("x")
    hub = floor.hub

    class Leaver(Inbox):
        def push(self, frame: bytes) -> bool:
            hub.drop(self)
            return not frame

    hub.subscribe(floor.streams["x"], Leaver())
    floor.change("x")
    assert (hub.lagging, hub.subscriptions) == (0, 0)


# ---- who does not read


def test_who_lags_gets_nothing_on_any_stream_until_it_has_drained() -> None:
    floor = Floor("x", "y", "z")
    hub, slow, quick = floor.hub, floor.joined("x", "y", "z"), floor.joined("x", "y")
    slow.full = True
    floor.change("x")
    slow.full = False
    floor.change("x")
    floor.change("y")
    assert (hub.is_lagging(slow), hub.lagging, hub.lagged) == (True, 1, 1)
    assert (said(slow), said(quick)) == ([], ["x event 1", "x event 2", "y event 3"])
    assert hub.resync(slow, 0)
    # Nothing was missed on z: its pushes just go on.
    assert said(slow) == ["x gap 0-2", "x snapshot 2", "y gap 0-3", "y snapshot 3"]
    floor.change("z")
    floor.change("y")
    assert said(slow) == ["z event 4", "y event 5"]
    assert (hub.lagging, hub.resynced, hub.gaps, hub.conflated) == (0, 1, 2, 0)


def test_conflating_gets_the_newest_state_and_for_how_many_pushes_it_stands() -> None:
    floor = Floor("x", "y")
    slow = floor.joined("x", "y", mode=Mode.CONFLATE)
    floor.change("x")
    slow.full = True
    for name in ("x", "x", "y", "x"):
        floor.change(name)
    slow.full = False
    slow.take()
    floor.hub.resync(slow, 0)
    assert said(slow) == ["x snapshot 5+3", "y snapshot 4+1"]
    assert (floor.hub.conflated, floor.hub.gaps) == (4, 0)
    floor.change("x")
    assert said(slow) == ["x event 6"]


def test_a_gap_begins_where_the_subscriber_stood() -> None:
    floor = Floor("x")
    slow = floor.joined("x")
    for full in (False, False, True, False):
        slow.full = full
        floor.change("x")
    slow.full = False
    floor.hub.resync(slow, 0)
    assert said(slow) == ["x event 1", "x event 2", "x gap 2-4", "x snapshot 4"]


def test_draining_is_for_those_that_lag() -> None:
    floor = Floor("x")
    inbox = floor.joined("x")
    assert floor.hub.resync(inbox, 0)
    assert floor.hub.resync(Inbox(), 0)
    assert inbox.frames == []
    assert floor.hub.resynced == 0


def test_a_subscriber_may_lag_again_while_it_catches_up() -> None:
    floor = Floor("x", "y", "z")
    slow = floor.joined("x", "y", "z", mode=Mode.CONFLATE)
    slow.full = True
    for name in ("x", "y", "z"):
        floor.change(name)
    slow.full = False
    slow.then = lambda inbox, _: setattr(inbox, "full", True)
    floor.hub.resync(slow, 0)
    assert said(slow) == ["x snapshot 1+1"]
    assert floor.hub.is_lagging(slow)
    floor.change("y")
    slow.then, slow.full = None, False
    floor.hub.resync(slow, 0)
    assert said(slow) == ["y snapshot 4+2", "z snapshot 3+1"]
    assert (floor.hub.lagged, floor.hub.resynced) == (2, 2)


def test_a_gap_without_its_snapshot_is_told_again() -> None:
    floor = Floor("x")
    slow = Inbox()
    slow.form = FIRST_FIX_FORM
    floor.join(slow, "x")
    slow.take()
    slow.full = True
    floor.change("x")
    slow.full = False
    slow.then = lambda inbox, _: setattr(inbox, "full", True)
    floor.hub.resync(slow, 0)
    floor.change("x")
    slow.then, slow.full = None, False
    floor.hub.resync(slow, 0)
    assert said(slow) == ["x gap 0-1", "x gap 0-2", "x snapshot 2"]


def test_who_lags_when_it_subscribes_gets_a_snapshot_and_no_gap_when_it_has_drained() -> None:
    floor = Floor("x", "y")
    slow = floor.joined("x")
    slow.full = True
    floor.change("x")
    floor.join(slow, "y")
    floor.change("y")
    slow.full = False
    floor.hub.resync(slow, 0)
    assert said(slow) == ["x gap 0-1", "x snapshot 1", "y snapshot 2"]


def test_who_lags_and_leaves_is_forgotten() -> None:
    floor = Floor("x")
    slow = floor.joined("x")
    slow.full = True
    floor.change("x")
    floor.hub.unsubscribe("x", slow)
    assert floor.hub.lagging == 0
    slow.full = False
    floor.join(slow, "x")
    assert said(slow) == ["x snapshot 1"]


def test_who_leaves_while_it_catches_up_is_left_alone() -> None:
    floor = Floor("x", "y")
    slow = floor.joined("x", "y", mode=Mode.CONFLATE)
    slow.full = True
    floor.change("x")
    floor.change("y")
    slow.full = False
    slow.then = lambda inbox, _: floor.hub.drop(inbox)
    assert floor.hub.resync(slow, 0)
    assert said(slow) == ["x snapshot 1+1"]
    assert floor.hub.lagging == 0


def test_who_misses_pushes_too_often_is_given_up() -> None:
    hub = Hub(HubSettings(max_lags=2, lag_window_ns=10 * S))
    floor = Floor("x", hub=hub)
    slow, patient = floor.joined("x"), floor.joined("x", mode=Mode.CONFLATE)
    outcomes = []
    for now in (0, 1, 11, 12, 13):
        slow.full = patient.full = True
        floor.change("x")
        slow.full = patient.full = False
        outcomes.append(hub.resync(slow, now * S))
        assert hub.resync(patient, now * S)
    # The third within ten seconds; from then on it is told nothing more.
    assert outcomes == [True, True, True, True, False]
    assert hub.closed_slow == 1
    slow.take()
    floor.change("x")
    assert slow.frames == []


# ---- the queue


def test_a_large_fan_out_waits_for_work_and_is_done_in_slices() -> None:
    floor, wakes = pumped("x", max_inline=2)
    inboxes = [floor.joined("x") for _ in range(5)]
    floor.change("x")
    assert wakes == ["wake"]
    assert (floor.hub.queued, [len(inbox.frames) for inbox in inboxes]) == (5, [0] * 5)
    assert floor.hub.work(3) == 3
    assert (floor.hub.queued, [len(inbox.frames) for inbox in inboxes]) == (2, [1, 1, 1, 0, 0])
    assert floor.hub.work(100) == 2
    assert floor.hub.work(100) == 0
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
    floor.hub.work(1)
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
    floor.hub.work(2)
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
    assert floor.hub.next_deadline() == 6 * S
    floor.hub.drop(inbox)
    assert floor.hub.next_deadline() is None
    floor.hub.on_tick(7 * S)


def test_a_silent_stream_says_each_second_where_it_stands() -> None:
    floor = Floor("x", "y")
    inbox = floor.joined("x", "y")
    floor.change("x")
    inbox.take()
    floor.hub.on_tick(0)
    assert inbox.frames == []
    floor.change("y")
    floor.hub.on_tick(S - 1)
    assert said(inbox) == ["y event 2"]
    floor.hub.on_tick(S)
    pushes = inbox.take()
    assert [short(push) for push in pushes] == ["x heartbeat 1"]
    assert (pushes[0]["prev"], pushes[0]["eseq"]) == (1, 2)
    floor.hub.on_tick(2 * S)
    assert said(inbox) == ["x heartbeat 1", "y heartbeat 2"]


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
    assert hub.next_deadline() == S // 2
    hub.on_tick(S // 2 - 1)
    assert inbox.frames == []
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
    assert member is not None
    pushes: list[Push] = []
    floor.hub.send(member, pushes, 0)
    floor.change("x")
    assert said(inbox) == ["x event 1"]
