"""Anonymous connections share the limits of their address."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.auth import Guests, guests
from gateway.settings import WsSettings

S = 1_000_000_000
MS = 1_000_000


def hall(**changes: Any) -> Guests:
    settings: dict[str, Any] = {
        "anonymous_connections": 2,
        "anonymous_subscriptions": 5,
        "anonymous_requests_rate": 10,
        "anonymous_requests_burst": 3,
        "anonymous_refusals": 2,
        "anonymous_refusal_interval_s": 1.0,
        "anonymous_unlimited": ("127.0.0.0/8", "::1/128"),
    }
    return Guests(WsSettings(**{**settings, **changes}))


def gauges(guests: Guests) -> list[object]:
    return [sample.value for sample in guests.samples()]


def test_an_address_has_so_many_connections() -> None:
    guests = hall()
    first, second, third = (guests.arrive("10.0.0.1") for _ in range(3))
    assert (first.enter(), second.enter(), third.enter()) == (0, 0, 5000)
    assert guests.arrive("10.0.0.2").enter() == 0
    assert len(guests) == 2
    first.leave()
    first.leave()
    assert guests.arrive("10.0.0.1").enter() == 0
    assert guests.arrive("10.0.0.1").enter() == 5000
    # Who was not let in has nothing to give back.
    third.leave()
    assert guests.arrive("10.0.0.1").enter() == 5000


def test_connections_without_a_handshake_are_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guests, "SPARE_HANDSHAKES", 1)
    hosts = hall()
    visitors = [hosts.arrive("10.0.0.1") for _ in range(5)]
    assert [visitor.knock() for visitor in visitors] == [True, True, True, False, False]
    assert hosts.refusals == 2
    assert hosts.arrive("10.0.0.2").knock()
    assert hosts.arrive("127.0.0.1").knock()
    # Those that are in count as well, and who is told that there is no room still is there.
    assert [visitor.enter() for visitor in visitors[:3]] == [0, 0, 5000]
    assert not hosts.arrive("10.0.0.1").knock()
    visitors[2].leave()
    visitors[2].leave()
    # Who was not even let so far has nothing to give back.
    visitors[3].leave()
    assert hosts.arrive("10.0.0.1").knock()
    assert not hosts.arrive("10.0.0.1").knock()
    visitors[0].leave()
    assert hosts.arrive("10.0.0.1").knock()


def test_without_a_limit_any_number_may_come_without_a_handshake() -> None:
    hosts = hall(anonymous_connections=0)
    assert all(hosts.arrive("10.0.0.1").knock() for _ in range(500))


def test_an_ipv6_site_is_one_address() -> None:
    guests = hall()
    assert [guests.arrive(f"2001:db8::{i}").enter() for i in range(3)] == [0, 0, 5000]
    assert guests.arrive("2001:db8:0:1::1").enter() == 0
    assert [guests.arrive(f"::ffff:10.0.0.{i}").enter() for i in (1, 1, 2)] == [0, 0, 0]
    assert guests.arrive("10.0.0.1").enter() == 5000


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1", "::1%lo"])
def test_some_networks_have_no_limits(address: str) -> None:
    guests = hall()
    for _ in range(10):
        guest = guests.arrive(address)
        assert guest.enter() == guest.follow(1000) == 0
        assert [guest.take_request(0) for _ in range(20)] == [0] * 20
        guest.leave()
    assert len(guests) == 0


def test_an_address_that_is_none_has_limits() -> None:
    guests = hall()
    assert [guests.arrive("").enter() for _ in range(2)] == [0, 0]
    assert [guests.arrive("unix").enter() for _ in range(3)] == [0, 0, 5000]


def test_connections_of_an_address_share_their_subscriptions() -> None:
    guests = hall()
    one, two = guests.arrive("10.0.0.1"), guests.arrive("10.0.0.1")
    one.enter()
    two.enter()
    assert one.follow(3) == 0
    assert two.follow(3) == 1000
    assert two.follow(2) == 0
    assert one.follow(4) == 1000
    # What it follows already it keeps, and less is always right.
    assert one.follow(3) == 0
    assert one.follow(1) == 0
    assert two.follow(4) == 0
    two.leave()
    assert one.follow(5) == 0


def test_connections_of_an_address_share_their_requests() -> None:
    guests = hall()
    one, two, other = (guests.arrive(address) for address in ("10.0.0.1", "10.0.0.1", "10.0.0.2"))
    for guest in (one, two, other):
        guest.enter()
    assert [one.take_request(0), two.take_request(0), one.take_request(0)] == [0, 0, 0]
    assert (one.take_request(0), two.take_request(1), other.take_request(0)) == (100, 100, 0)
    assert one.take_request(40 * MS) == 60
    assert one.take_request(100 * MS) == 0
    assert two.take_request(100 * MS) == 100
    assert [two.take_request(9 * S) for _ in range(4)] == [0, 0, 0, 100]


def test_one_request_may_count_as_several() -> None:
    guest = hall().arrive("10.0.0.1")
    guest.enter()
    assert [guest.take_request(0, 5), guest.take_request(0), guest.take_request(300 * MS)] == [0, 300, 0]


def test_a_budget_is_remembered_over_connections() -> None:
    guests = hall()
    for _ in range(3):
        guest = guests.arrive("10.0.0.1")
        guest.enter()
        assert guest.take_request(0) == 0
        guest.leave()
    guest = guests.arrive("10.0.0.1")
    guest.enter()
    assert guest.take_request(0) == 100


def test_who_has_left_is_not_limited() -> None:
    guests = hall()
    guest = guests.arrive("10.0.0.1")
    guest.enter()
    guest.leave()
    assert [guest.take_request(0) for _ in range(20)] == [0] * 20
    assert guest.follow(1000) == 0


def test_a_limit_of_none_is_lifted() -> None:
    guests = hall(anonymous_connections=0, anonymous_subscriptions=0, anonymous_requests_rate=0)
    for _ in range(20):
        guest = guests.arrive("10.0.0.1")
        assert guest.enter() == guest.follow(1000) == guest.take_request(0) == 0


def test_who_is_refused_too_often_is_cut_off_for_a_while() -> None:
    guests = hall()
    one, two = guests.arrive("10.0.0.1"), guests.arrive("10.0.0.1")
    one.enter()
    assert [one.refused(0), two.refused(0), one.refused(0), two.refused(0)] == [False, False, True, True]
    assert not guests.arrive("10.0.0.2").refused(0)
    assert not one.refused(1 * S)
    assert one.refused(1 * S)
    assert gauges(guests) == [7, 3, 1]


def test_addresses_that_left_are_forgotten_at_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guests, "MAX_IDLE_ADDRESSES", 2)
    house = hall(anonymous_refusals=1)
    for address in ("10.0.0.1", "10.0.0.2", "10.0.0.3"):
        assert not house.arrive(address).refused(0)
    assert [house.arrive(f"10.0.0.{i}").refused(0) for i in (3, 2, 1)] == [True, True, False]


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["enter", "leave", 0, 1, 2, 3])), max_size=60))
def test_the_count_is_what_is_there(acts: list[tuple[int, Any]]) -> None:
    house = hall()
    comers = [house.arrive("10.0.0.1") for _ in range(6)]
    inside: dict[int, int] = {}
    done: set[int] = set()
    for number, act in acts:
        guest = comers[number]
        if act == "enter":
            if number in inside or number in done:
                continue
            assert (guest.enter() == 0) == (len(inside) < 2)
            if len(inside) < 2:
                inside[number] = 0
        elif act == "leave":
            guest.leave()
            if inside.pop(number, None) is not None:
                done.add(number)
        elif number in inside:
            fits = act <= inside[number] or sum(inside.values()) - inside[number] + act <= 5
            assert (guest.follow(act) == 0) == fits
            if fits:
                inside[number] = act
        assert len(house) == bool(inside)
