"""Events that the compiled form makes field by field are what their classes make, and are freed as those."""

import copy
import gc
import importlib.util
import sys
import weakref

import msgspec
import pytest

from gateway.matching.order import Order
from gateway.model import (
    BookDelta,
    CancelCause,
    Event,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderReplaced,
    Side,
    Trade,
)
from tests.gateway.matching.trading_floor import BTC, TradingFloor
from tests.other_form import COMPILED

pytestmark = [
    pytest.mark.skipif(
        importlib.util.find_spec("gateway.matching._events") is None, reason="not compiled here"
    ),
    COMPILED,
]

KINDS = {OrderAccepted, OrderCanceled, OrderFilled, OrderReplaced, Trade, BookDelta}

encode = msgspec.msgpack.encode
decode = msgspec.msgpack.decode


@pytest.fixture
def made() -> list[Event]:
    """What is said of an order that rests, trades in part, is replaced twice and canceled."""
    floor = TradingFloor()
    events = [*floor.buy(5, 100, cl_ord_id=b"a"), *floor.sell(3, 100), *floor.replace(b"a", b"b", 4, 100)]
    events += [*floor.replace(b"b", b"c", 6, 101), *floor.cancel(b"c")]
    assert {type(event) for event in events} == KINDS
    return events


def called(event: Event) -> Event:
    """Return the same event, made by a call of its class."""
    return type(event)(*msgspec.structs.astuple(event))


def test_they_are_equal_hash_alike_and_read_alike(made: list[Event]) -> None:
    for event in made:
        assert event == called(event)
        assert hash(event) == hash(called(event))
        assert repr(event) == repr(called(event))


def test_they_are_encoded_decoded_and_copied(made: list[Event]) -> None:
    for event in made:
        assert encode(event) == encode(called(event))
        assert decode(encode(event), type=type(event)) == event
        assert copy.copy(event) == event
        assert event.__reduce__() == called(event).__reduce__()
        assert msgspec.structs.replace(event, eseq=7) == msgspec.structs.replace(called(event), eseq=7)


def test_they_are_frozen_and_not_followed_by_the_collector(made: list[Event]) -> None:
    for event in made:
        assert not gc.is_tracked(event)
        with pytest.raises(AttributeError, match="immutable"):
            event.eseq = 7  # type: ignore[misc]  # what is to be refused
        assert sys.getsizeof(event) == sys.getsizeof(called(event))


def test_a_class_derived_from_theirs_is_freed_in_its_own_way() -> None:
    class Followed(OrderFilled, gc=True, weakref=True, frozen=True):
        more: object = None

    class Larger(OrderFilled, frozen=True):
        more: object = None

    more = ["what is not a field of theirs"]
    fields = (1, 2, 3, "S1", "A", 4, 5, 6, 5, 0, 6, True)
    held = [more, OrderFilled, Followed, Larger]
    before = [sys.getrefcount(one) for one in held]
    for kind in (Followed, Larger):
        event = kind(*fields, more)
        assert sys.getrefcount(kind) > before[held.index(kind)]
        del event
    followed = Followed(*fields)
    gone = weakref.ref(followed)
    del followed, kind
    assert gone() is None
    assert [sys.getrefcount(one) for one in held] == before


def test_what_they_refer_to_is_freed_with_them() -> None:
    """An engine that remembers no closed order holds nothing of a day whose orders are all gone."""
    price, session = 10**6 + len(BTC), "DEMO7"[:]
    held = [*KINDS, Order, BTC, Side.BUY, Side.SELL, CancelCause.REQUESTED, price, session]

    def day() -> None:
        floor = TradingFloor(closed_kept=0)
        floor.sell(3, price, session=session)
        floor.buy(2, price, session=session)
        floor.buy(4, price, session=session, cl_ord_id=b"rests")
        floor.replace(b"rests", b"rests less", 2, price, session=session)
        floor.replace(b"rests less", b"goes", 2, price + 1, session=session)
        floor.cancel(b"goes", session=session)
        assert floor.bids() == floor.asks() == []

    day()  # the first one fills caches
    before = [sys.getrefcount(one) for one in held]
    for _ in range(5):
        day()
    assert [sys.getrefcount(one) for one in held] == before
