"""Both twins of each decoder say the same of any request, and what the step by step one says."""

from unittest import mock

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.dialects.native import fix_orders, order_codec, usual_orders
from gateway.dialects.native.origin import Origin
from gateway.model import CancelOrder, Instruments, NewOrder, ReplaceOrder
from protocols.fix import scan
from tests.gateway.dialects.native.wire import BTC, NOW
from tests.protocols.fix.wire import framed

INSTRUMENTS = Instruments([BTC])
ORIGIN = Origin("DEMO1", "CLIENT", NOW)
GOOD = {
    b"11": b"o1",
    b"55": b"BTC-KRW",
    b"54": b"1",
    b"38": b"0.5",
    b"40": b"2",
    b"44": b"5000000",
    b"59": b"1",
}

AMOUNTS = st.one_of(
    st.from_regex(rb"[0-9]{0,20}(\.[0-9]{0,12})?", fullmatch=True),
    st.text(alphabet="0123456789.-+e", max_size=45).map(str.encode),
)
CODES = st.sampled_from([b"", b"0", b"1", b"2", b"3", b"4", b"6", b"8", b"9", b"11", b"x", b"1 6"])
OTHERS = st.tuples(
    st.sampled_from([b"1", b"11", b"18", b"21", b"44", b"99", b"110", b"58", b"5000", b"54", b"38"]),
    st.sampled_from([b"1", b"6", b"CLIENT", b"", b"0", b"x y", b"o2"]),
)


Request = NewOrder | CancelOrder | ReplaceOrder


def decoded(fields: list[tuple[bytes, bytes]], kind: str = "new_order") -> Request | None:
    message = scan(framed(b"35=D\x0134=7\x01" + b"".join(b"%b=%b\x01" % field for field in fields)))
    request: Request | None = getattr(order_codec, f"usual_{kind}")(message, ORIGIN, INSTRUMENTS)
    assert request == getattr(usual_orders, f"usual_{kind}")(message, ORIGIN, INSTRUMENTS)
    if request is not None:
        with mock.patch.object(fix_orders, f"usual_{kind}", return_value=None):
            step_by_step = getattr(fix_orders, f"decode_{kind}")(message, ORIGIN, INSTRUMENTS)
        assert request == step_by_step
        assert repr(request) == repr(step_by_step), "the same types too"
    return request


@given(order_qty=AMOUNTS, price=AMOUNTS)
@example(order_qty=b"9223372036854775807", price=b"92233720368547.75807")
@example(order_qty=b"0.123456789", price=b"5.")
@example(order_qty=b"00000000000000000000000000000000000001", price=b".5")
def test_any_amounts(order_qty: bytes, price: bytes) -> None:
    decoded(list({**GOOD, b"38": order_qty, b"44": price}.items()))


@given(
    side=CODES, ord_type=CODES, time_in_force=CODES, others=st.lists(OTHERS, max_size=3), at=st.integers(0, 7)
)
def test_any_codes_and_more_fields(
    side: bytes, ord_type: bytes, time_in_force: bytes, others: list[tuple[bytes, bytes]], at: int
) -> None:
    fields = list({**GOOD, b"54": side, b"40": ord_type, b"59": time_in_force}.items())
    decoded([*fields[:at], *others, *fields[at:]])


@given(
    missing=st.sets(st.sampled_from(sorted(GOOD))),
    cl_ord_id=st.binary(max_size=70),
    symbol=st.binary(max_size=9),
)
def test_any_identifiers_and_missing_fields(missing: set[bytes], cl_ord_id: bytes, symbol: bytes) -> None:
    clean = {b"11": cl_ord_id.replace(b"\x01", b""), b"55": symbol.replace(b"\x01", b"") or b"BTC-KRW"}
    decoded([(tag, value) for tag, value in {**GOOD, **clean}.items() if tag not in missing])


@pytest.mark.parametrize(
    ("change", "is_usual"),
    [
        ({}, True),
        ({b"18": b"6"}, True),
        ({b"59": b"3"}, True),
        ({b"1": b"CLIENT"}, True),
        ({b"21": b"1"}, True),
        ({b"58": b"a text"}, True),
        ({b"38": b"1.00000000"}, True),
        ({b"38": b"1.000000000"}, True),
        ({b"1": b"CLIEN"}, False),
        ({b"21": b"3"}, False),
        ({b"18": b"6", b"59": b"3"}, False),
        ({b"59": b"0"}, False),
        ({b"55": b"BTC"}, False),
        ({b"40": b"1"}, False),
        ({b"99": b"1"}, False),
        ({b"11": b"a b"}, False),
        ({b"11": b"x" * 65}, False),
        ({b"38": b"-1"}, False),
        ({b"38": b"99999999999999"}, False),
        ({b"95": b"1", b"96": b"\x01"}, True),  # not indexed by the codec
    ],
)
def test_what_is_usual(change: dict[bytes, bytes], is_usual: bool) -> None:
    order = decoded(list({**GOOD, **change}.items()))
    assert (order is not None) is is_usual
    if isinstance(order, NewOrder):
        assert (order.session, order.msg_seq_num, order.account, order.transact_time) == (
            *ORIGIN[:1],
            7,
            *ORIGIN[1:],
        )
        assert order.cl_ord_id == b"o1"
        assert order.price == 5_000_000 * 10**BTC.price_places


# ---- cancels and replaces

CANCEL = {b"41": b"o1", b"11": b"c1", b"55": b"BTC-KRW", b"54": b"1", b"38": b"0.5"}
REPLACE = {**CANCEL, b"40": b"2", b"44": b"5000000"}
NAMES = st.one_of(st.just(b"o1"), st.binary(max_size=70).map(lambda name: name.replace(b"\x01", b"")))
ORDER_IDS = st.one_of(
    st.from_regex(rb"[0-9]{0,20}", fullmatch=True), st.sampled_from([b"", b"x", b"-1", b"1.0"])
)
CHANGES = st.dictionaries(
    st.sampled_from(
        [b"1", b"11", b"18", b"21", b"37", b"38", b"40", b"41", b"44", b"55", b"59", b"99", b"110"]
    ),
    st.one_of(
        st.sampled_from([b"1", b"2", b"6", b"CLIENT", b"BTC-KRW", b"0", b"0.5", b"-3", b"x y"]), ORDER_IDS
    ),
    max_size=3,
)


@pytest.mark.parametrize(("kind", "good"), [("cancel", CANCEL), ("replace", REPLACE)])
@given(
    names=st.tuples(NAMES, NAMES),
    order_id=st.none() | ORDER_IDS,
    changes=CHANGES,
    missing=st.sets(st.sampled_from([b"11", b"41", b"44", b"55"]), max_size=1),
)
def test_any_cancel_and_replace(
    kind: str,
    good: dict[bytes, bytes],
    names: tuple[bytes, bytes],
    order_id: bytes | None,
    changes: dict[bytes, bytes],
    missing: set[bytes],
) -> None:
    fields = {**good, b"11": names[0], b"41": names[1], **({b"37": order_id} if order_id else {}), **changes}
    decoded([field for field in fields.items() if field[0] not in missing], kind)


@given(order_qty=AMOUNTS, price=AMOUNTS)
def test_any_amounts_of_a_replace(order_qty: bytes, price: bytes) -> None:
    decoded(list({**REPLACE, b"38": order_qty, b"44": price}.items()), "replace")


@pytest.mark.parametrize(
    ("change", "is_usual_cancel", "is_usual_replace"),
    [
        ({}, True, True),
        ({b"1": b"CLIENT"}, True, True),
        ({b"37": b"12"}, True, True),
        ({b"37": b"12", b"41": None}, True, True),
        ({b"59": b"1", b"21": b"1"}, True, True),
        ({b"95": b"1", b"96": b"\x01"}, True, True),  # not indexed by the codec
        ({b"41": None}, False, False),
        ({b"41": b"a b"}, False, False),
        ({b"11": b"x" * 65}, False, False),
        ({b"55": b"BTC"}, False, False),
        ({b"1": b"CLIEN"}, False, False),
        ({b"37": b"NONE"}, False, False),
        ({b"37": b"0"}, False, False),
        ({b"37": b"9" * 19}, False, False),
        ({b"38": None}, True, False),
        ({b"38": b"-1"}, True, False),
        ({b"44": None}, True, False),
        ({b"40": b"1"}, True, False),
        ({b"59": b"3"}, True, False),
        ({b"18": b"6"}, True, False),
        ({b"21": b"3"}, True, False),
        ({b"99": b"1"}, True, False),
    ],
)
def test_which_cancels_and_replaces_are_usual(
    change: dict[bytes, bytes | None], is_usual_cancel: bool, is_usual_replace: bool
) -> None:
    fields = [(tag, value) for tag, value in {**REPLACE, **change}.items() if value is not None]
    assert (decoded(fields, "cancel") is not None) is is_usual_cancel
    assert (decoded(fields, "replace") is not None) is is_usual_replace
