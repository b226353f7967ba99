"""Fan-out: order, lag, resync, and subscribers that come and go while a frame is published."""

from gateway.marketdata import Hub
from gateway.ports.market_data import EVENT, JSON, Position, Push
from tests.gateway.marketdata.market import Inbox


class Words:
    """Encodes every push as the same bytes."""

    def __init__(self, frame: bytes) -> None:
        self.frame = frame

    def encode(self, push: Push) -> bytes:
        del push
        return self.frame


def told(frame: bytes) -> Push:
    return Push({JSON: Words(frame)}, "x", EVENT, None, Position(1, 0, 1, 0), None)


def _hub() -> Hub:
    hub = Hub()
    hub.snapshots_from(lambda channel: told(b"snapshot " + channel.encode()))
    return hub


def test_a_frame_reaches_the_subscribers_of_its_channel_only() -> None:
    hub, a, b = Hub(), Inbox(), Inbox()
    assert hub.subscribe("x", a)
    assert hub.subscribe("y", b)
    frame = b"1"
    hub.publish("x", told(frame))
    hub.publish("nobody", told(b"2"))
    assert (a.frames, b.frames) == ([b"1"], [])
    assert a.frames[0] is frame
    assert (hub.published, hub.delivered) == (1, 1)


def test_subscribing_twice_and_unsubscribing_from_nothing_say_so() -> None:
    hub, a = Hub(), Inbox()
    assert not hub.unsubscribe("x", a)
    assert hub.subscribe("x", a)
    assert not hub.subscribe("x", a)
    hub.publish("x", told(b"1"))
    assert a.frames == [b"1"]
    assert not hub.unsubscribe("y", a)
    assert hub.unsubscribe("x", a)
    assert not hub.unsubscribe("x", a)
    hub.publish("x", told(b"2"))
    assert a.frames == [b"1"]


def test_what_is_subscribed_can_be_asked() -> None:
    hub, a, b = Hub(), Inbox(), Inbox()
    for channel in ("z", "x", "y"):
        hub.subscribe(channel, a)
    hub.subscribe("x", b)
    assert hub.channels(a) == ("z", "x", "y")
    hub.unsubscribe("y", a)
    hub.subscribe("y", a)
    assert hub.channels(a) == ("z", "x", "y")
    assert (hub.subscribers("x"), hub.subscribers("none")) == (2, 0)
    assert hub.subscriptions == 4
    assert hub.is_wanted("x")
    assert not hub.is_wanted("none")
    hub.drop(a)
    hub.drop(a)
    assert hub.channels(a) == ()
    assert (hub.subscriptions, hub.subscribers("z")) == (1, 0)
    assert not hub.is_wanted("z")


def test_subscribers_are_served_in_the_order_of_subscription_lag_or_not() -> None:
    hub = _hub()
    served: list[int] = []
    inboxes = [Inbox(lambda inbox, _: served.append(inboxes.index(inbox))) for _ in range(4)]
    for inbox in inboxes:
        hub.subscribe("x", inbox)
    hub.publish("x", told(b"1"))
    assert served == [0, 1, 2, 3]
    inboxes[1].full = True
    hub.publish("x", told(b"2"))
    inboxes[1].full = False
    hub.resync(inboxes[1])
    served.clear()
    hub.publish("x", told(b"3"))
    assert served == [0, 1, 2, 3]


def test_a_lagging_subscriber_gets_nothing_on_any_channel_until_resync() -> None:
    hub, slow, quick = _hub(), Inbox(full=True), Inbox()
    for channel in ("x", "y"):
        hub.subscribe(channel, slow)
        hub.subscribe(channel, quick)
    hub.publish("x", told(b"1"))
    assert hub.is_lagging(slow)
    assert (hub.lagging, hub.lagged) == (1, 1)
    slow.full = False
    hub.publish("x", told(b"2"))
    hub.publish("y", told(b"3"))
    assert not hub.send(slow, told(b"4"))
    assert slow.frames == []
    assert quick.frames == [b"1", b"2", b"3"]
    hub.resync(slow)
    assert slow.frames == [b"snapshot x", b"snapshot y"]
    hub.publish("y", told(b"5"))
    assert slow.frames[2:] == [b"5"]
    assert (hub.lagging, hub.lagged, hub.resynced) == (0, 1, 1)


def test_resync_is_for_those_that_lag() -> None:
    hub, a = _hub(), Inbox()
    hub.subscribe("x", a)
    hub.resync(a)
    hub.resync(Inbox())
    assert a.frames == []
    assert hub.resynced == 0


def test_a_subscriber_may_lag_again_within_its_resync() -> None:
    hub = _hub()
    slow = Inbox(lambda inbox, _: setattr(inbox, "full", True), full=True)
    for channel in ("x", "y", "z"):
        hub.subscribe(channel, slow)
    hub.publish("x", told(b"1"))
    slow.full = False
    hub.resync(slow)
    assert slow.frames == [b"snapshot x"]
    assert hub.is_lagging(slow)
    slow.then = None
    slow.full = False
    hub.resync(slow)
    assert slow.frames[1:] == [b"snapshot x", b"snapshot y", b"snapshot z"]
    assert (hub.lagged, hub.resynced) == (2, 2)


def test_without_a_source_of_snapshots_resync_only_goes_on() -> None:
    hub, slow = Hub(), Inbox(full=True)
    hub.subscribe("x", slow)
    hub.publish("x", told(b"1"))
    slow.full = False
    hub.resync(slow)
    hub.publish("x", told(b"2"))
    assert slow.frames == [b"2"]


def test_a_channel_with_lagging_subscribers_only_is_not_wanted() -> None:
    hub, slow = _hub(), Inbox(full=True)
    hub.subscribe("x", slow)
    hub.publish("x", told(b"1"))
    assert not hub.is_wanted("x")
    hub.publish("x", told(b"2"))
    assert hub.published == 1


def test_who_lags_and_leaves_is_forgotten() -> None:
    hub, slow = _hub(), Inbox(full=True)
    hub.subscribe("x", slow)
    hub.publish("x", told(b"1"))
    hub.unsubscribe("x", slow)
    assert hub.lagging == 0
    hub.subscribe("x", slow)
    hub.publish("x", told(b"2"))
    hub.drop(slow)
    assert hub.lagging == 0
    assert hub.lagged == 2


def test_a_refusal_by_somebody_who_is_not_subscribed_marks_nobody() -> None:
    hub, stranger = _hub(), Inbox(full=True)
    assert not hub.send(stranger, told(b"1"))
    assert hub.lagging == 0


def test_a_single_push_is_counted() -> None:
    hub, a = _hub(), Inbox()
    assert hub.send(a, told(b"1"))
    assert hub.delivered == 1


def test_who_is_dropped_while_a_frame_is_published_gets_nothing_more() -> None:
    hub, b, c = _hub(), Inbox(), Inbox()

    def leave(inbox: Inbox, _: bytes) -> None:
        hub.drop(b)
        hub.unsubscribe("x", inbox)

    a = Inbox(leave)
    for inbox in (a, b, c):
        hub.subscribe("x", inbox)
    hub.publish("x", told(b"1"))
    assert (a.frames, b.frames, c.frames) == ([b"1"], [], [b"1"])
    assert hub.subscribers("x") == 1


def test_the_last_subscriber_may_leave_within_its_push() -> None:
    hub = _hub()
    a = Inbox(lambda inbox, _: hub.drop(inbox))
    hub.subscribe("x", a)
    hub.publish("x", told(b"1"))
    hub.publish("x", told(b"2"))
    assert a.frames == [b"1"]
    assert hub.subscriptions == 0


def test_who_leaves_and_refuses_in_one_push_does_not_lag() -> None:
    hub = _hub()

    class Leaver:
        form = JSON

        def push(self, frame: bytes) -> bool:
            hub.drop(self)
            return not frame

    leaver = Leaver()
    hub.subscribe("x", leaver)
    hub.publish("x", told(b"1"))
    assert hub.lagging == 0


def test_who_comes_while_a_frame_is_published_gets_the_next_one() -> None:
    hub, late = _hub(), Inbox()
    a = Inbox(lambda _, __: (hub.subscribe("x", late), None)[1])
    hub.subscribe("x", a)
    hub.publish("x", told(b"1"))
    assert late.frames == []
    hub.publish("x", told(b"2"))
    assert late.frames == [b"2"]


def test_who_leaves_and_comes_back_or_resyncs_has_the_frame_in_its_snapshot() -> None:
    hub = _hub()
    again, drained = Inbox(), Inbox(full=True)

    def turn(_: Inbox, __: bytes) -> None:
        hub.unsubscribe("x", again)
        hub.subscribe("x", again)
        drained.full = False
        hub.resync(drained)

    hub.subscribe("x", drained)
    hub.publish("x", told(b"1"))
    first = Inbox(turn)
    for inbox in (first, again):
        hub.subscribe("x", inbox)
    hub.unsubscribe("x", drained)
    drained.full = True
    hub.subscribe("x", drained)
    hub.subscribe("y", drained)
    hub.publish("y", told(b"lag"))
    hub.publish("x", told(b"2"))
    assert again.frames == []
    assert drained.frames == [b"snapshot x", b"snapshot y"]
    first.then = None
    hub.publish("x", told(b"3"))
    assert again.frames == [b"3"]
    assert drained.frames[2:] == [b"3"]
