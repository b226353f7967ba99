"""Both twins of the usual reports say the same of any event."""

from types import SimpleNamespace

from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import asdict

from gateway.dialects.native import order_codec, usual_reports
from gateway.dialects.native.fix_versions import STYLES
from gateway.model import (
    CancelCause,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderReplaced,
    OrdType,
    Side,
    TimeInForce,
)
from gateway.orders import Order

NUMBERS = st.one_of(st.integers(0, 10**10), st.integers(0, 2**63 + 5), st.integers(2**63 - 2, 2**70))
PLACES = st.tuples(st.integers(0, 20), st.integers(0, 20))
STYLE = st.sampled_from(sorted(STYLES))
TEXT = st.one_of(st.just("ACC1"), st.text(max_size=20), st.text(min_size=900, max_size=1100))


def order_of(event: OrderAccepted) -> Order:
    terms = (event.side, event.ord_type, event.time_in_force, event.price, event.order_qty, event.post_only)
    return Order(event.account, "S", event.cl_ord_id, event.symbol, *terms)


EVENT = OrderAccepted(
    1, 1, 0, "S", 1, "A", b"o", 1, "X", Side.BUY, OrdType.LIMIT, TimeInForce.GTC, 5, 10, False
)
REQUESTED = CancelCause.REQUESTED


@st.composite
def accepted_events(draw: st.DrawFn) -> OrderAccepted:
    number = draw(st.integers(1, 2**62))
    return OrderAccepted(
        number,
        draw(st.integers(1, 9)),
        draw(st.integers(0, 2**60)),
        "S",
        1,
        draw(TEXT),
        draw(st.binary(max_size=64)),
        number,
        "BTC-KRW",
        draw(st.sampled_from(Side)),
        draw(st.sampled_from(OrdType)),
        draw(st.sampled_from(TimeInForce)),
        draw(NUMBERS),
        draw(NUMBERS),
        draw(st.booleans()),
    )


@given(event=accepted_events(), places=PLACES, version=STYLE)
def test_any_acceptance(event: OrderAccepted, places: tuple[int, int], version: bytes) -> None:
    order = order_of(event)
    style = STYLES[version]
    report = order_codec.accepted(style, event, order, places)
    assert report == usual_reports.accepted(style, event, order, places)


@given(
    event=accepted_events(),
    numbers=st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS),
    aggressor=st.booleans(),
    places=PLACES,
    version=STYLE,
)
@example(
    event=EVENT,
    numbers=(10, 100, 0, 1, 101),
    aggressor=True,
    places=(2, 1),
    version=b"FIX.4.2",
)
def test_any_fill(
    event: OrderAccepted,
    numbers: tuple[int, int, int, int, int],
    aggressor: bool,
    places: tuple[int, int],
    version: bytes,
) -> None:
    order = order_of(event)
    fill = OrderFilled(
        event.eseq + 1, 2, event.transact_time + 1, "S", event.account, event.order_id, *numbers, aggressor
    )
    style = STYLES[version]
    report = order_codec.filled(style, fill, order, places)
    assert report == usual_reports.filled(style, fill, order, places)


@given(
    event=accepted_events(),
    names=st.tuples(st.binary(max_size=64), st.binary(max_size=64)),
    numbers=st.tuples(NUMBERS, NUMBERS, NUMBERS),
    cause=st.sampled_from(CancelCause),
    places=PLACES,
    version=STYLE,
)
@example(
    event=EVENT, names=(b"c", b"o"), numbers=(5, 7, 9), cause=REQUESTED, places=(2, 1), version=b"FIX.4.2"
)
@example(
    event=EVENT, names=(b"c", b""), numbers=(5, 7, 9), cause=REQUESTED, places=(2, 1), version=b"FIX.4.4"
)
def test_any_cancel(
    event: OrderAccepted,
    names: tuple[bytes, bytes],
    numbers: tuple[int, int, int],
    cause: CancelCause,
    places: tuple[int, int],
    version: bytes,
) -> None:
    cum_qty, canceled_qty, avg_px = numbers
    order = order_of(event)
    order.avg_px = avg_px
    stamps = (event.eseq + 1, event.n, event.transact_time + 1, "S", event.account, event.order_id)
    cancel = OrderCanceled(*stamps, cum_qty, canceled_qty, cause, "S", 2, *names)
    style = STYLES[version]
    report = order_codec.canceled(style, cancel, order, places)
    assert report == usual_reports.canceled(style, cancel, order, places)


@given(
    event=accepted_events(),
    names=st.tuples(st.binary(max_size=64), st.binary(max_size=64)),
    numbers=st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS),
    places=PLACES,
    version=STYLE,
)
@example(event=EVENT, names=(b"r", b"o"), numbers=(5, 7, 0, 5, 0), places=(2, 1), version=b"FIX.4.2")
def test_any_replace(
    event: OrderAccepted,
    names: tuple[bytes, bytes],
    numbers: tuple[int, int, int, int, int],
    places: tuple[int, int],
    version: bytes,
) -> None:
    stamps = (event.eseq + 1, event.n, event.transact_time + 1, "S", event.account, event.order_id)
    replace = OrderReplaced(*stamps, "S", 2, *names, *numbers)
    order = order_of(event)
    style = STYLES[version]
    report = order_codec.replaced(style, replace, order, places)
    assert report == usual_reports.replaced(style, replace, order, places)


def test_events_and_orders_of_other_classes_are_said_alike() -> None:
    """Whatever has the fields will do, as in plain Python."""
    style, places = STYLES[b"FIX.4.4"], (2, 8)
    order = order_of(EVENT)
    stamps = (2, 1, 3, "S", EVENT.account, EVENT.order_id)
    events = {
        "accepted": EVENT,
        "filled": OrderFilled(*stamps, 5, 10, 5, 0, 10, True),
        "canceled": OrderCanceled(*stamps, 0, 5, REQUESTED, "S", 2, b"c", b"o"),
        "replaced": OrderReplaced(*stamps, "S", 2, b"r", b"o", 6, 11, 0, 6),
    }
    for name, event in events.items():
        said = getattr(order_codec, name)(style, event, order, places)
        like_event, like_order = (SimpleNamespace(**asdict(one)) for one in (event, order))
        assert getattr(order_codec, name)(style, like_event, order, places) == said
        assert getattr(order_codec, name)(style, event, like_order, places) == said
