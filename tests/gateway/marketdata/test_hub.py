"""Fan-out: who gets what, who lags and catches up, and who comes and goes meanwhile."""

from gateway.marketdata import Hub, HubSettings, Mode
from gateway.marketdata.targets import MOST_EMPTY
from gateway.ports.market_data import FIRST_FIX_FORM
from tests.gateway.marketdata.hub_floor import Floor, S, said
from tests.gateway.marketdata.market import Inbox

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


def test_unsubscribing_from_nothing_says_so() -> None:
    floor = Floor("x", "y")
    hub, a = floor.hub, Inbox()
    assert not hub.unsubscribe("x", a)
    floor.join(a, "x")
    assert (hub.follows(a, "x"), hub.follows(a, "y"), hub.follows(Inbox(), "x")) == (True, False, False)
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
    assert list(hub.followed(a)) == ["z", "x", "y"]
    hub.unsubscribe("y", a)
    floor.join(a, "y")
    assert list(hub.followed(a)) == ["z", "x", "y"]
    assert hub.subscriptions == 4
    hub.drop(a)
    hub.drop(a)
    assert hub.followed(a) == {}
    assert (hub.subscriptions, list(hub.followed(b))) == (1, ["x"])


def test_who_lagged_is_served_behind_the_others_from_a_place_that_makes_nobody_else_wait() -> None:
    floor = Floor("x")
    served: list[int] = []
    inboxes = [Inbox(lambda inbox, _: served.append(inboxes.index(inbox))) for _ in range(4)]
    for inbox in inboxes:
        floor.join(inbox, "x")
    inboxes[1].full = True
    floor.change("x")
    targets = floor.streams["x"].targets
    inboxes[1].full = False
    floor.hub.resync(inboxes[1], 0)
    served.clear()
    floor.change("x")
    assert served == [0, 2, 3, 1]
    # Others would be made of all members, however many, at each push behind a slow reader's return.
    assert floor.streams["x"].targets is targets is not None


def test_who_lags_again_and_again_leaves_no_places() -> None:
    floor = Floor("x")
    slow, quick = floor.joined("x", mode=Mode.CONFLATE), floor.joined("x")
    most = 0
    for _ in range(3 * MOST_EMPTY):
        slow.full = True
        floor.change("x")
        slow.full = False
        floor.hub.resync(slow, 0)
        targets = floor.streams["x"].targets
        most = max(most, 0 if targets is None else targets.size)
    assert MOST_EMPTY < most <= 2 * MOST_EMPTY
    slow.take()
    quick.take()
    floor.change("x")
    assert said(slow) == said(quick) != []


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


def test_who_comes_and_goes_on_a_silent_stream_leaves_no_places() -> None:
    floor = Floor("a")
    stays, guest = floor.joined("a"), Inbox()
    floor.change("a")
    most = 0
    for _ in range(3 * MOST_EMPTY):
        floor.join(guest, "a")
        targets = floor.streams["a"].targets
        most = max(most, 0 if targets is None else targets.size)
        floor.hub.unsubscribe("a", guest)
    assert MOST_EMPTY < most <= 2 * MOST_EMPTY
    floor.join(guest, "a")
    guest.take()
    stays.take()
    floor.change("a")
    assert said(stays) == said(guest) != []
