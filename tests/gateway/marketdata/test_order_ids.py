"""Public order ids: a permutation that only the key tells."""

from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.marketdata import PUBLIC_ID_BITS, OrderIds

KEY = bytes(range(32))

_ORDER_IDS = st.integers(1, 2**PUBLIC_ID_BITS - 1)


def test_ids_are_the_same_for_the_same_key_and_others_for_another() -> None:
    ids, same, other = OrderIds(KEY), OrderIds(KEY), OrderIds(KEY[::-1])
    of_ids = [ids.public(order_id) for order_id in range(1, 100)]
    assert of_ids == [same.public(order_id) for order_id in range(1, 100)]
    assert not set(of_ids) & {other.public(order_id) for order_id in range(1, 100)}


def test_a_log_that_exists_keeps_its_ids() -> None:
    # Were these to change, orders would change their ids over an upgrade.
    ids = OrderIds(KEY)
    assert [ids.public(order_id) for order_id in (1, 2, 2**40)] == [
        1712308389910269,
        2010147252896660,
        413095301457801,
    ]


def test_ids_of_neighbours_differ_in_about_half_of_their_bits() -> None:
    ids = OrderIds(KEY)
    flips = [(ids.public(n) ^ ids.public(n + 1)).bit_count() for n in range(1, 2000)]
    assert abs(sum(flips) / len(flips) - PUBLIC_ID_BITS / 2) < 1


@given(st.sets(_ORDER_IDS, min_size=2), st.binary(min_size=16, max_size=64))
def test_no_two_orders_share_an_id(order_ids: set[int], key: bytes) -> None:
    ids = OrderIds(key)
    public = {ids.public(order_id) for order_id in order_ids}
    assert len(public) == len(order_ids)
    assert all(0 <= number < 2**PUBLIC_ID_BITS for number in public)


def _order_id(public: int, key: bytes) -> int:
    """Return what the holder of the key knows: the network run backwards."""
    left, right = public >> 26, public % 2**26
    for number in (3, 2, 1, 0):
        mixed = blake2b(left.to_bytes(4, "big"), digest_size=4, key=key, person=b"order id %d" % number)
        left, right = right ^ int.from_bytes(mixed.digest(), "big") % 2**26, left
    return left * 2**26 + right


@given(_ORDER_IDS, st.binary(min_size=16, max_size=64))
def test_the_key_leads_back_to_the_order(order_id: int, key: bytes) -> None:
    assert _order_id(OrderIds(key).public(order_id), key) == order_id


@pytest.mark.parametrize("size", [0, 15, 65])
def test_a_key_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="16 to 64 bytes"):
        OrderIds(bytes(size))
