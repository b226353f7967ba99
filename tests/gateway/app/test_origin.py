"""The origin of a log: instruments and limits as bytes, and back."""

import msgspec
import pytest

from gateway.app.origin import Origin, OriginError
from gateway.marketdata import RingBounds
from gateway.orders import OrderLimits
from gateway.settings import load
from tests.gateway.net.running import CONFIG


def shipped() -> Origin:
    limits = OrderLimits(max_open_orders_of={"B": 2, "A": 1}, closed_max=7)
    return Origin(load(CONFIG).instruments, limits, RingBounds(changes=5_000))


def test_an_origin_comes_back_and_equal_ones_are_equal_bytes() -> None:
    origin = shipped()
    encoded = origin.encode()
    again = Origin.decode(encoded)
    assert again == origin
    assert [tuple(one.ticks) for one in again.instruments.values()] == [
        tuple(one.ticks) for one in origin.instruments.values()
    ]
    limits = OrderLimits(max_open_orders_of={"A": 1, "B": 2}, closed_max=7)
    other = Origin(origin.instruments, limits, origin.rings)
    assert again.encode() == encoded == other.encode()
    assert Origin(origin.instruments, OrderLimits(), origin.rings).encode() != encoded
    assert Origin(origin.instruments, origin.limits).encode() != encoded


def test_an_origin_from_before_rings_had_bounds_has_the_usual_ones() -> None:
    origin = msgspec.structs.replace(shipped(), rings=RingBounds())
    form, version, content = msgspec.json.decode(origin.encode())
    assert Origin.decode(msgspec.json.encode([form, version, content[:-1]])) == origin


@pytest.mark.parametrize(
    ("encoded", "words"),
    [
        (b"", "damaged"),
        (b"\xff", "damaged"),
        (msgspec.json.encode(["bdax-origin", 1, [[], 5]]), "damaged"),
        (msgspec.json.encode(["bdax-origin", 9, []]), "version 9"),
        (msgspec.json.encode(["else", 1, []]), "'else' version 1"),
    ],
)
def test_what_is_no_origin_of_this_version_is_refused(encoded: bytes, words: str) -> None:
    with pytest.raises(OriginError, match=words):
        Origin.decode(encoded)
