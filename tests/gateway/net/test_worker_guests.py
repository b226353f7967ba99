"""Limits of anonymous addresses over several workers: together as one, as soon as all have heard."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.auth import Guest
from gateway.net.worker_guests import GuestLedger, SharedGuests
from gateway.net.worker_link import EVERYBODY, GuestChange
from gateway.settings import WsSettings

HOME = "192.0.2.1"
SECOND = 1_000_000_000
LIMITS = WsSettings(
    anonymous_connections=3,
    anonymous_subscriptions=5,
    anonymous_requests_rate=1,
    anonymous_requests_burst=4,
    anonymous_refusals=2,
    anonymous_refusal_interval_s=3600,
    anonymous_unlimited=(),
)


class Floor:
    """Workers that hear of each other when told."""

    def __init__(self, count: int, settings: WsSettings = LIMITS) -> None:
        self.urgent: list[bool] = []
        self.workers = [SharedGuests(settings, self.urgent.append) for _ in range(count)]
        self.ledger = GuestLedger()

    def hear(self) -> None:
        """Let each know what the others did."""
        told = [worker.take_changes() for worker in self.workers]
        for number, changes in enumerate(told):
            self.ledger.note(number, changes)
            for other, worker in enumerate(self.workers):
                if other != number:
                    worker.hear(changes)

    def enter(self, worker: int) -> tuple[Guest, int]:
        guest = self.workers[worker].arrive(HOME)
        return guest, guest.enter()


def test_connections_of_all_workers_count() -> None:
    floor = Floor(2)
    first, _ = floor.enter(0)
    assert [floor.enter(1)[1] for _ in range(2)] == [0, 0]
    floor.hear()
    assert floor.enter(0)[1] > 0
    assert floor.enter(1)[1] > 0
    first.leave()
    floor.hear()
    assert floor.enter(1)[1] == 0


def test_subscriptions_of_all_workers_count() -> None:
    floor = Floor(2)
    one, two = floor.enter(0)[0], floor.enter(1)[0]
    assert one.follow(4) == 0
    floor.hear()
    assert two.follow(2) > 0
    assert two.follow(1) == 0
    assert one.follow(0) == 0
    floor.hear()
    assert two.follow(5) == 0


def test_what_was_taken_elsewhere_counts_from_when_it_is_heard_of() -> None:
    worker = SharedGuests(LIMITS, Floor(0).urgent.append)
    guest = worker.arrive(HOME)
    guest.enter()
    now = 50 * SECOND
    worker.adopt(HOME, (1, 0, 3, 1), now)
    assert guest.take_request(now) == 0
    assert guest.take_request(now) == 1_000
    assert guest.refused(now) is False
    assert guest.refused(now) is True


def test_news_of_connections_are_urgent_and_of_requests_are_not() -> None:
    floor = Floor(1)
    guest, _ = floor.enter(0)
    assert floor.urgent == [True]
    guest.take_request(0)
    guest.refused(0)
    assert floor.urgent == [True, False, False]
    assert floor.workers[0].take_changes() == [GuestChange(HOME, 1, 0, 1, 1)]
    assert floor.workers[0].take_changes() == []


def test_each_worker_shows_its_own_addresses() -> None:
    floor = Floor(2)
    guest, _ = floor.enter(0)
    floor.hear()
    assert [len(worker) for worker in floor.workers] == [1, 0]
    guest.leave()
    assert len(floor.workers[0]) == 0


def test_a_worker_that_has_gone_has_nothing_open_and_a_new_one_hears_of_the_rest() -> None:
    floor = Floor(2)
    one, two = floor.enter(0)[0], floor.enter(1)[0]
    one.follow(3)
    two.follow(2)
    floor.workers[0].connected(7)
    floor.hear()
    assert floor.ledger.connected == 7
    assert floor.workers[1].elsewhere == 7
    fresh = SharedGuests(LIMITS, Floor(0).urgent.append)
    fresh.hear(floor.ledger.others(1))
    assert fresh.elsewhere == 7
    guest = fresh.arrive(HOME)
    assert (guest.enter(), guest.follow(2)) == (0, 0)
    assert guest.follow(3) > 0
    floor.workers[1].hear(floor.ledger.forget(0))
    assert floor.workers[1].elsewhere == 0
    assert two.follow(5) == 0
    assert floor.ledger.connected == 0
    assert floor.ledger.forget(0) == []


ACT = st.tuples(st.integers(0, 2), st.sampled_from(["enter", "leave", "follow", "hear"]), st.integers(0, 3))


@given(st.lists(ACT, max_size=60))
def test_once_all_have_heard_all_know_the_same(acts: list[tuple[int, str, int]]) -> None:
    floor = Floor(3)
    guests: list[tuple[int, Guest]] = []
    for worker, what, much in acts:
        if what == "enter":
            guest, wait = floor.enter(worker)
            if not wait:
                guests.append((worker, guest))
        elif what == "hear":
            floor.hear()
        elif guests:
            guest = guests[much % len(guests)][1]
            if what == "leave":
                guest.leave()
                guests.remove(guests[much % len(guests)])
            else:
                guest.follow(much)
    floor.hear()
    entries = [worker._present.get(HOME) for worker in floor.workers]
    known = [entry and (entry.connections, entry.subscriptions) for entry in entries]
    assert known == [known[0]] * 3
    assert (known[0] or (0, 0))[0] == len(guests)
    sums = floor.ledger.others(99)
    assert [(change.network, change.connections) for change in sums] == (
        [(HOME, len(guests))] if guests else []
    )
    for _, guest in guests:
        guest.leave()
    floor.hear()
    assert all(not worker._present for worker in floor.workers)
    assert [change for change in floor.ledger.others(99) if change.network != EVERYBODY] == []
