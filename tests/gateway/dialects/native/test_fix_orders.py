"""D, F, G and H become commands, refusals or rejects that name tag, limit and value."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.dialects.native import fix_orders
from gateway.dialects.native.fix_orders import BusinessReject
from gateway.dialects.native.origin import OrderQuery, Origin
from gateway.dialects.native.reasons import fix_text
from gateway.model import (
    CancelOrder,
    Instruments,
    NewOrder,
    OrdType,
    Refusal,
    Refuse,
    RejectReason,
    ReplaceOrder,
    Side,
    TimeInForce,
)
from protocols.fix.codec import Message
from protocols.fix.errors import SessionReject
from tests.gateway.dialects.native.wire import INSTRUMENTS, NOW, ORDER, ORIGIN, fix_message, order_with

PLAIN = NewOrder(
    session="DEMO1",
    msg_seq_num=7,
    account="ACC1",
    transact_time=NOW,
    cl_ord_id=b"o-1",
    symbol="BTC-KRW",
    side=Side.BUY,
    ord_type=OrdType.LIMIT,
    time_in_force=TimeInForce.GTC,
    order_qty=1_000_000,
    price=10_000_000_000,
)
CANCEL = {11: b"c-1", 41: b"o-1", 55: b"BTC-KRW", 54: b"1", 60: b"20260101-00:00:00"}
REPLACE = {**ORDER, 11: b"r-1", 41: b"o-1"}


def new_order(fields: dict[int, bytes]) -> NewOrder | Refuse:
    return fix_orders.decode_new_order(fix_message("D", fields), ORIGIN, INSTRUMENTS)


def changed(**changes: object) -> NewOrder:
    values = {name: getattr(PLAIN, name) for name in PLAIN.__struct_fields__} | changes
    return NewOrder(**values)


@pytest.mark.parametrize(
    ("fields", "command"),
    [
        (order_with(), PLAIN),
        (order_with(t54=b"2"), changed(side=Side.SELL)),
        (order_with(t59=b"1"), PLAIN),
        (order_with(t59=b"3"), changed(time_in_force=TimeInForce.IOC)),
        (order_with(t59=b"4"), changed(time_in_force=TimeInForce.FOK)),
        (order_with(t18=b"6"), changed(post_only=True)),
        (order_with(44, t40=b"1"), changed(ord_type=OrdType.MARKET, price=0)),
        (order_with(t1=b"ACC1", t21=b"1", t58=b"hello", t528=b"A"), PLAIN),
        (order_with(t44=b"100000000.00", t38=b"00.0100000000"), PLAIN),
        (order_with(t111=b"0", t110=b"0.0", t15=b"KRW", t854=b"0", t423=b"2", t100=b"BDAX"), PLAIN),
        (order_with(t11=b"!" + b"~" * 63), changed(cl_ord_id=b"!" + b"~" * 63)),
    ],
)
def test_a_new_order_is_decoded(fields: dict[int, bytes], command: NewOrder) -> None:
    assert new_order(fields) == command


@pytest.mark.parametrize(
    ("fields", "reason", "text"),
    [
        (order_with(t55=b"DOGE-KRW"), RejectReason.UNKNOWN_SYMBOL, "Symbol(55) DOGE-KRW is not traded here"),
        (
            order_with(t40=b"3", t99=b"5"),
            RejectReason.UNSUPPORTED,
            "OrdType(40) 3 is not supported: 1 or 2 only",
        ),
        (order_with(44, t40=b"P"), RejectReason.UNSUPPORTED, "OrdType(40) P is not supported: 1 or 2 only"),
        (
            order_with(t59=b"0"),
            RejectReason.UNSUPPORTED,
            "TimeInForce(59) 0 is not supported: 1, 3 or 4 only",
        ),
        (
            order_with(t59=b"6"),
            RejectReason.UNSUPPORTED,
            "TimeInForce(59) 6 is not supported: 1, 3 or 4 only",
        ),
        (order_with(t1=b"ACC2"), RejectReason.INVALID_VALUE, "Account(1) ACC2 is not valid: ACC1"),
        (order_with(t18=b"G"), RejectReason.UNSUPPORTED, "ExecInst(18) G is not supported: 6 only"),
        (order_with(t18=b"6 G"), RejectReason.UNSUPPORTED, "ExecInst(18) 6 G is not supported: 6 only"),
        (
            order_with(t18=b"6", t59=b"3"),
            RejectReason.UNSUPPORTED,
            "ExecInst(18) is not supported: a post-only order is a limit order, good till cancel",
        ),
        (
            order_with(44, t18=b"6", t40=b"1"),
            RejectReason.UNSUPPORTED,
            "ExecInst(18) is not supported: a post-only order is a limit order, good till cancel",
        ),
        (
            order_with(t40=b"1"),
            RejectReason.UNSUPPORTED,
            "Price(44) 100000000 is not supported: a market order has no price",
        ),
        (order_with(t21=b"3"), RejectReason.UNSUPPORTED, "HandlInst(21) 3 is not supported: 1 only"),
        (order_with(t99=b"1"), RejectReason.UNSUPPORTED, "StopPx(99) 1 is not supported: no stop orders"),
        (order_with(t111=b"0.5"), RejectReason.UNSUPPORTED, "MaxFloor(111) 0.5 is not supported: 0 only"),
        (
            order_with(t126=b"20260102-00:00:00"),
            RejectReason.UNSUPPORTED,
            "ExpireTime(126) 20260102-00:00:00 is not supported: orders do not expire",
        ),
        (
            order_with(t15=b"USD"),
            RejectReason.UNSUPPORTED,
            "Currency(15) USD is not supported: the quote currency only",
        ),
        (
            order_with(38, t152=b"1000"),
            RejectReason.UNSUPPORTED,
            "CashOrderQty(152) 1000 is not supported: quantities in OrderQty(38) only",
        ),
        (order_with(t854=b"1"), RejectReason.UNSUPPORTED, "QtyType(854) 1 is not supported: 0 only"),
        (
            order_with(t38=b"0.123456789"),
            RejectReason.INVALID_VALUE,
            "OrderQty(38) 0.123456789 is not valid: at most 8 decimals",
        ),
        (order_with(t38=b"-1"), RejectReason.INVALID_VALUE, "OrderQty(38) -1 is not valid: at least 0"),
        (
            order_with(t44=b"1.005"),
            RejectReason.INVALID_VALUE,
            "Price(44) 1.005 is not valid: at most 2 decimals",
        ),
        (
            order_with(t44=b"9" * 30),
            RejectReason.INVALID_VALUE,
            "Price(44) " + "9" * 30 + " is not valid: at most 92233720368547758.07",
        ),
        (
            order_with(t44=b"9" * 4000),
            RejectReason.INVALID_VALUE,
            "Price(44) " + "9" * 45 + "... is not valid: at most 40 characters",
        ),
    ],
)
def test_terms_that_are_not_offered_or_not_valid_are_refused_by_name(
    fields: dict[int, bytes], reason: RejectReason, text: str
) -> None:
    command = new_order(fields)
    assert isinstance(command, Refuse)
    assert command.refusal.reason is reason
    assert fix_text(command.refusal) == text.encode()
    assert isinstance(command.request, NewOrder)
    assert command.request.cl_ord_id == b"o-1"
    assert command.request.msg_seq_num == 7


def test_a_refused_order_keeps_the_amounts_that_can_be_read() -> None:
    command = new_order(order_with(t44=b"1.005"))
    assert isinstance(command, Refuse)
    assert command.request == changed(price=0)
    command = new_order(order_with(t55=b"DOGE-KRW"))
    assert isinstance(command, Refuse)
    assert command.request == changed(symbol="DOGE-KRW", price=0, order_qty=0)


def test_the_first_of_two_unsupported_fields_is_named() -> None:
    command = new_order(order_with() | {126: b"20260102-00:00:00", 99: b"1"})
    assert isinstance(command, Refuse)
    assert command.refusal.field == "expire_time"


@pytest.mark.parametrize(
    ("fields", "reason", "tag", "text"),
    [
        (order_with(11), 1, b"11", "required ClOrdID(11) is missing"),
        (order_with(55), 1, b"55", "required Symbol(55) is missing"),
        (order_with(54), 1, b"54", "required Side(54) is missing"),
        (order_with(40), 1, b"40", "required OrdType(40) is missing"),
        (order_with(t11=b"a b"), 5, b"11", "ClOrdID(11) a b is incorrect: 1 to 64"),
        (order_with(t11=b'a"'), 5, b"11", 'ClOrdID(11) a" is incorrect: 1 to 64'),
        (order_with(t11=b"a\\"), 5, b"11", "ClOrdID(11) a\\ is incorrect: 1 to 64"),
        (order_with(t11=b"\xea\xb0\x80"), 5, b"11", "ClOrdID(11) ??? is incorrect: 1 to 64"),
        (order_with(t11=b"a" * 65), 5, b"11", "ClOrdID(11) " + "a" * 45 + "... is incorrect: 1 to 64"),
        (order_with(t55=b"BTC KRW"), 5, b"55", "Symbol(55) BTC KRW is incorrect: 1 to 32"),
        (order_with(t55=b"B" * 33), 5, b"55", "Symbol(55) " + "B" * 33 + " is incorrect: 1 to 32"),
        (order_with(t54=b"5"), 5, b"54", "Side(54) 5 is incorrect: 1 (buy) or 2 (sell)"),
        (order_with(t38=b"abc"), 6, b"38", "OrderQty(38) abc is not a decimal number"),
        (order_with(t38=b"1e5"), 6, b"38", "OrderQty(38) 1e5 is not a decimal number"),
        (order_with(t44=b"NaN"), 6, b"44", "Price(44) NaN is not a decimal number"),
        (order_with(t44=b"1.2.3"), 6, b"44", "Price(44) 1.2.3 is not a decimal number"),
        (order_with(t44=b"."), 6, b"44", "Price(44) . is not a decimal number"),
    ],
)
def test_a_malformed_order_is_a_session_reject(
    fields: dict[int, bytes], reason: int, tag: bytes, text: str
) -> None:
    with pytest.raises(SessionReject) as caught:
        new_order(fields)
    assert (caught.value.reason, caught.value.ref_tag) == (reason, tag)
    assert caught.value.text.startswith(text)


@pytest.mark.parametrize(
    ("fields", "text"),
    [(order_with(38), "OrderQty(38) is missing"), (order_with(44), "Price(44) is missing")],
)
def test_a_conditionally_required_field_that_is_missing_is_a_business_reject(
    fields: dict[int, bytes], text: str
) -> None:
    with pytest.raises(BusinessReject) as caught:
        new_order(fields)
    assert (caught.value.reason, caught.value.text) == (5, text)


VALUES = st.one_of(
    st.sampled_from(
        [b"0", b"1", b"2", b"3", b"4", b"6", b"6 G", b"BTC-KRW", b"ACC1", b"N", b"KRW", b"-1", b"."]
    ),
    st.from_regex(rb"[0-9]{1,12}(\.[0-9]{0,9})?", fullmatch=True),
    st.binary(min_size=1, max_size=70).map(lambda v: v.replace(b"\x01", b"?")),
)
TAGS = st.sampled_from([1, 11, 15, 18, 21, 38, 40, 44, 54, 55, 59, 63, 99, 110, 111, 126, 152, 528, 854])


def outcome(decode: Callable[[Message, Origin, Instruments], NewOrder | Refuse], message: Message) -> object:
    try:
        return decode(message, ORIGIN, INSTRUMENTS)
    except SessionReject as error:
        return error.reason, error.ref_tag, error.text
    except BusinessReject as error:
        return error.reason, error.text


@given(st.dictionaries(TAGS, VALUES, max_size=6), st.sets(st.sampled_from(sorted(ORDER)), max_size=2))
def test_any_fields_give_a_command_or_a_documented_reject(
    fields: dict[int, bytes], without: set[int]
) -> None:
    message = fix_message("D", {t: v for t, v in (ORDER | fields).items() if t not in without})
    quick = outcome(fix_orders.decode_new_order, message)
    # The quick way and the careful way agree on every message.
    assert quick == outcome(fix_orders._decode_unusual, message)
    if isinstance(quick, Refuse):
        assert quick.refusal.value in fix_text(quick.refusal).decode()
    elif isinstance(quick, tuple):
        assert str(quick[-1]).isascii()


# ---- F


def test_a_cancel_names_its_order_by_cl_ord_id_and_order_id() -> None:
    def cancel(fields: dict[int, bytes]) -> CancelOrder | Refuse:
        return fix_orders.decode_cancel(fix_message("F", fields), ORIGIN, INSTRUMENTS)

    def expected(orig_cl_ord_id: bytes, order_id: int) -> CancelOrder:
        return CancelOrder("DEMO1", 7, "ACC1", NOW, b"c-1", orig_cl_ord_id, order_id, "BTC-KRW")

    assert cancel(CANCEL) == expected(b"o-1", 0)
    assert cancel(CANCEL | {37: b"42"}) == expected(b"o-1", 42)
    by_id = CANCEL | {37: b"42"}
    del by_id[41]
    assert cancel(by_id) == expected(b"", 42)
    assert cancel(CANCEL | {55: b"X"}) == Refuse(
        CancelOrder("DEMO1", 7, "ACC1", NOW, b"c-1", b"o-1", 0, "X"),
        Refusal(RejectReason.UNKNOWN_SYMBOL, "symbol", value="X"),
    )
    assert cancel(CANCEL | {1: b"ACC2"}) == Refuse(
        expected(b"o-1", 0), Refusal(RejectReason.INVALID_VALUE, "account", "ACC1", "ACC2")
    )
    for order_id in (b"NONE", b"0", b"-1", b"9223372036854775808", b"1" * 5000):
        command = cancel(CANCEL | {37: order_id})
        assert isinstance(command, Refuse)
        assert command.refusal.reason is RejectReason.UNKNOWN_ORDER
        assert fix_text(command.refusal).startswith(b"OrderID(37) " + order_id[:40])


def test_a_cancel_without_a_target_is_a_business_reject() -> None:
    # The dictionaries of FIX.4.2 and FIX.4.4 require OrigClOrdID(41) before that.
    fields = dict(CANCEL)
    del fields[41]
    with pytest.raises(BusinessReject) as caught:
        fix_orders.decode_cancel(fix_message("F", fields), ORIGIN, INSTRUMENTS)
    assert (caught.value.reason, caught.value.text) == (5, "OrigClOrdID(41) is missing")


# ---- G


def replace(fields: dict[int, bytes]) -> ReplaceOrder | Refuse:
    return fix_orders.decode_replace(fix_message("G", fields), ORIGIN, INSTRUMENTS)


@pytest.mark.parametrize("extra", [{}, {59: b"1"}, {21: b"1"}, {1: b"ACC1"}])
def test_a_replace_is_decoded(extra: dict[int, bytes]) -> None:
    expected = ReplaceOrder("DEMO1", 7, "ACC1", NOW, b"r-1", b"o-1", 0, "BTC-KRW", 1_000_000, 10_000_000_000)
    assert replace(REPLACE | extra) == expected


@pytest.mark.parametrize(
    ("extra", "text"),
    [
        ({55: b"X"}, "Symbol(55) X is not traded here"),
        ({1: b"ACC2"}, "Account(1) ACC2 is not valid: ACC1"),
        ({37: b"NONE"}, "OrderID(37) NONE names no order of the account"),
        ({40: b"1"}, "OrdType(40) 1 is not supported: 2 only in a replace"),
        ({59: b"3"}, "TimeInForce(59) 3 is not supported: 1 only in a replace"),
        ({18: b"6"}, "ExecInst(18) 6 is not supported: a replace keeps it as it is"),
        ({99: b"1"}, "StopPx(99) 1 is not supported: no stop orders"),
        ({38: b"0.000000001"}, "OrderQty(38) 0.000000001 is not valid: at most 8 decimals"),
        ({44: b"-5"}, "Price(44) -5 is not valid: at least 0"),
    ],
)
def test_a_replace_that_cannot_be_is_refused(extra: dict[int, bytes], text: str) -> None:
    command = replace(REPLACE | extra)
    assert isinstance(command, Refuse)
    assert fix_text(command.refusal) == text.encode()
    assert isinstance(command.request, ReplaceOrder)
    assert (command.request.cl_ord_id, command.request.orig_cl_ord_id) == (b"r-1", b"o-1")


@pytest.mark.parametrize("tag", [38, 44])
def test_a_replace_needs_quantity_and_price(tag: int) -> None:
    with pytest.raises(BusinessReject) as caught:
        replace({t: v for t, v in REPLACE.items() if t != tag})
    assert caught.value.reason == 5
    assert f"({tag}) is missing" in caught.value.text
    with pytest.raises(SessionReject) as rejected:
        replace(REPLACE | {tag: b"x"})
    assert (rejected.value.reason, rejected.value.ref_tag) == (6, str(tag).encode())


# ---- H


def test_a_status_request_is_decoded() -> None:
    fields = {11: b"o-1", 55: b"BTC-KRW", 54: b"2"}
    query = fix_orders.decode_status(fix_message("H", fields), ORIGIN)
    assert query == OrderQuery(b"o-1", 0, "BTC-KRW", Side.SELL, b"")
    query = fix_orders.decode_status(fix_message("H", fields | {37: b"9", 790: b"q", 1: b"ACC1"}), ORIGIN)
    assert query == OrderQuery(b"o-1", 9, "BTC-KRW", Side.SELL, b"q")


def test_a_status_request_names_its_order_by_one_of_two_ids() -> None:
    fields = {55: b"BTC-KRW", 54: b"2"}
    query = fix_orders.decode_status(fix_message("H", fields | {37: b"9"}), ORIGIN)
    assert query == OrderQuery(b"", 9, "BTC-KRW", Side.SELL, b"")
    with pytest.raises(BusinessReject) as caught:
        fix_orders.decode_status(fix_message("H", fields), ORIGIN)
    assert (caught.value.reason, caught.value.text) == (5, "ClOrdID(11) is missing")


def test_a_status_request_for_another_account_or_side_is_rejected() -> None:
    fields = {11: b"o-1", 55: b"BTC-KRW", 54: b"2"}
    with pytest.raises(BusinessReject) as caught:
        fix_orders.decode_status(fix_message("H", fields | {1: b"ACC2"}), ORIGIN)
    assert (caught.value.reason, caught.value.text) == (
        6,
        "Account(1) ACC2 is not the session's account ACC1",
    )
    with pytest.raises(SessionReject) as rejected:
        fix_orders.decode_status(fix_message("H", fields | {54: b"8"}), ORIGIN)
    assert rejected.value.ref_tag == b"54"
