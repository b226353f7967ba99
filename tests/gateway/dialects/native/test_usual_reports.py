"""Both twins of the usual reports say the same of any event."""

from hypothesis import example, given
from hypothesis import strategies as st

from gateway.dialects.native import order_codec, usual_reports
from gateway.dialects.native.fix_versions import STYLES
from gateway.model import OrderAccepted, OrderFilled, OrdType, Side, TimeInForce
from gateway.orders import Order

NUMBERS = st.one_of(st.integers(0, 10**10), st.integers(0, 2**63 + 5), st.integers(2**63 - 2, 2**70))
PLACES = st.tuples(st.integers(0, 20), st.integers(0, 20))
STYLE = st.sampled_from(sorted(STYLES))
TEXT = st.one_of(st.just("ACC1"), st.text(max_size=20), st.text(min_size=900, max_size=1100))


def order_of(event: OrderAccepted) -> Order:
    terms = (event.side, event.ord_type, event.time_in_force, event.price, event.order_qty, event.post_only)
    return Order(event.account, "S", event.cl_ord_id, event.symbol, *terms)


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
    event=OrderAccepted(
        1, 1, 0, "S", 1, "A", b"o", 1, "X", Side.BUY, OrdType.LIMIT, TimeInForce.GTC, 5, 10, False
    ),
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
