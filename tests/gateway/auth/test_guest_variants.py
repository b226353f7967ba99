"""Anonymous connections of one address follow so many different books to a depth."""

from gateway.auth import Guest, Guests
from gateway.settings import WsSettings


def guests_of(count: int, limit: int) -> list[Guest]:
    guests = Guests(WsSettings(anonymous_variants=limit))
    made = [guests.arrive("10.0.0.1") for _ in range(count)]
    for guest in made:
        assert guest.enter() == 0
    return made


def test_an_address_has_so_many_variants_however_many_connections_follow_each() -> None:
    one, two = guests_of(2, 3)
    assert one.vary({"a", "b"}) == 0
    assert two.vary({"a", "b", "c"}) == 0
    assert one.vary({"a", "b", "d"}) == 1000
    # What goes makes room only when the last one left it, and the refusal changed nothing.
    assert two.vary({"a"}) == 0
    assert one.vary({"b", "d", "c"}) == 1000
    assert two.vary(set()) == 0
    assert one.vary({"b"}) == 0
    assert one.vary({"b", "c", "d"}) == 0
    one.leave()
    assert two.vary({"x", "y", "z"}) == 0


def test_other_addresses_those_logged_on_and_those_without_a_limit_are_free() -> None:
    [one] = guests_of(1, 0)
    assert one.vary({str(n) for n in range(5000)}) == 0
    one.leave()
    assert one.vary({"a"}) == 0
    guests = Guests(WsSettings(anonymous_variants=1))
    local, near, far = guests.arrive("127.0.0.1"), guests.arrive("10.0.0.1"), guests.arrive("10.0.0.2")
    assert [guest.enter() for guest in (local, near, far)] == [0, 0, 0]
    assert [guest.vary({"a", "b"}) for guest in (local, near, far)] == [0, 1000, 1000]
    assert [guest.vary({"a"}) for guest in (near, far)] == [0, 0]
