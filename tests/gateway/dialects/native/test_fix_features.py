"""Orders of each version that ask for more than there is are refused by the tag, whichever version asks."""

import pytest

from gateway.dialects.native import fix_orders
from gateway.dialects.native.fix_features import FEATURES
from gateway.dialects.native.reasons import fix_text
from gateway.model import NewOrder, Refuse, RejectReason, ReplaceOrder, TimeInForce
from protocols.fix.codec import Message
from protocols.fix.errors import SessionReject
from protocols.fix.standard import standard_dictionary
from protocols.fix.validation import Validator
from tests.gateway.dialects.native.quickfix_spec import SPECS
from tests.gateway.dialects.native.wire import INSTRUMENTS, ORDER, ORIGIN, fix_message

VERSIONS = sorted(SPECS)
VALIDATORS = {version: Validator(standard_dictionary(version)) for version in VERSIONS}
# A value of each type that asks for something, and of those fields for which another says it.
ASKING = {
    "BOOLEAN": b"Y",
    "CHAR": b"3",
    "CURRENCY": b"USD",
    "DAYOFMONTH": b"15",
    "EXCHANGE": b"XNAS",
    "FLOAT": b"5",
    "INT": b"1",
    "LOCALMKTDATE": b"20260102",
    "MONTHYEAR": b"202612",
    "NUMINGROUP": b"1",
    "PERCENTAGE": b"0.5",
    "PRICE": b"5",
    "PRICEOFFSET": b"5",
    "QTY": b"5",
    "STRING": b"1",
    "UTCTIMESTAMP": b"20260102-00:00:00",
}
CODES = {
    65: b"WI",
    81: b"1",
    167: b"FUT",
    388: b"1",
    544: b"2",
    1083: b"1",
    1092: b"1",
    1100: b"1",
    1390: b"2",
}
CODES |= {1101: b"1"}
GROUPS = {
    78: {79: b"A", 80: b"1"},
    386: {336: b"1"},
    711: {311: b"BTC"},
    957: {958: b"P", 959: b"1", 960: b"1"},
    1461: {1462: b"P"},
}


def placed(version: bytes, msg_type: bytes) -> dict[int, str]:
    """Return the tags and types of a message, outside of groups."""
    members = standard_dictionary(version).messages[msg_type].members
    return {int(member.field.tag): member.field.type for member in members}


def asking(version: bytes, msg_type: str, tag: int) -> Message:
    """Return a valid order or replace that asks for what ``tag`` stands for."""
    kind = placed(version, msg_type.encode())[tag]
    fields = dict(ORDER)
    if msg_type == "G":
        fields[41] = b"o-0"
    if version == b"FIX.4.2":
        fields[21] = b"1"
    fields[tag] = CODES.get(tag) or ASKING[kind]
    message = fix_message(msg_type, fields | GROUPS.get(tag, {}), version)
    VALIDATORS[version].validate(message)
    return message


CASES = [
    pytest.param(version, msg_type, int(tag), id=f"{version.decode()}-{msg_type}-{tag.decode()}")
    for version in VERSIONS
    for msg_type in ("D", "G")
    for tag in FEATURES
    if int(tag) in placed(version, msg_type.encode())
]


@pytest.mark.parametrize(("version", "msg_type", "tag"), CASES)
def test_what_a_version_can_ask_for_is_refused_by_its_tag(version: bytes, msg_type: str, tag: int) -> None:
    message = asking(version, msg_type, tag)
    command: object
    if msg_type == "D":
        command = fix_orders.decode_new_order(message, ORIGIN, INSTRUMENTS)
    else:
        command = fix_orders.decode_replace(message, ORIGIN, INSTRUMENTS)
    assert isinstance(command, Refuse)
    assert command.refusal.reason is RejectReason.UNSUPPORTED
    assert f"({tag}) ".encode() in fix_text(command.refusal)


def test_every_feature_is_one_that_a_version_has() -> None:
    cases = {tag for version in VERSIONS for tag in placed(version, b"D")}
    assert {int(tag) for tag in FEATURES} <= cases


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("time_in_force", ["0", "2", "5", "6", "7", "8", "9", "A", "B", "C"])
def test_a_time_in_force_is_refused_by_the_dictionary_or_as_unsupported(
    version: bytes, time_in_force: str
) -> None:
    message = fix_message("D", ORDER | {21: b"1", 59: time_in_force.encode()}, version)
    if time_in_force.encode() not in SPECS[version].enumerations[59]:
        with pytest.raises(SessionReject) as caught:
            VALIDATORS[version].validate(message)
        assert (caught.value.reason, caught.value.ref_tag) == (5, b"59")
        return
    VALIDATORS[version].validate(message)
    command = fix_orders.decode_new_order(message, ORIGIN, INSTRUMENTS)
    assert isinstance(command, Refuse)
    assert command.refusal.field == "time_in_force"


@pytest.mark.parametrize("version", VERSIONS)
def test_an_ordinary_order_and_replace_are_the_same_in_every_version(version: bytes) -> None:
    fields = ORDER | {1: b"ACC1", 21: b"1", 59: b"1", 58: b"hello"}
    message = fix_message("D", fields, version)
    VALIDATORS[version].validate(message)
    order = fix_orders.decode_new_order(message, ORIGIN, INSTRUMENTS)
    assert isinstance(order, NewOrder)
    assert (order.order_qty, order.price, order.time_in_force) == (1_000_000, 10_000_000_000, TimeInForce.GTC)
    message = fix_message("G", fields | {41: b"o-0"}, version)
    VALIDATORS[version].validate(message)
    replace = fix_orders.decode_replace(message, ORIGIN, INSTRUMENTS)
    assert isinstance(replace, ReplaceOrder)
    assert (replace.order_qty, replace.price, replace.orig_cl_ord_id) == (1_000_000, 10_000_000_000, b"o-0")


@pytest.mark.parametrize(
    ("version", "fields"),
    [
        (b"FIX.4.2", {47: b"A", 109: b"CLIENT", 76: b"BROKER", 77: b"O", 204: b"0", 111: b"0", 63: b"0"}),
        (b"FIX.4.4", {528: b"A", 582: b"1", 111: b"0", 854: b"0", 386: b"0", 167: b"CS"}),
        (b"FIXT.1.1", {528: b"A", 1028: b"N", 1138: b"00.0100", 1084: b"1", 1390: b"1", 1092: b"0"}),
    ],
)
def test_what_only_informs_or_asks_for_nothing_has_no_effect(
    version: bytes, fields: dict[int, bytes]
) -> None:
    message = fix_message("D", ORDER | {21: b"1"} | fields, version)
    VALIDATORS[version].validate(message)
    command = fix_orders.decode_new_order(message, ORIGIN, INSTRUMENTS)
    assert command == fix_orders.decode_new_order(fix_message("D", ORDER), ORIGIN, INSTRUMENTS)


@pytest.mark.parametrize("display_qty", [b"0", b"0.001", b"1", b"-0.01", b"x"])
def test_a_part_that_is_shown_is_refused(display_qty: bytes) -> None:
    message = fix_message("D", ORDER | {1138: display_qty}, b"FIXT.1.1")
    command = fix_orders.decode_new_order(message, ORIGIN, INSTRUMENTS)
    assert isinstance(command, Refuse)
    assert fix_text(command.refusal) == (
        b"DisplayQty(1138) %b is not supported: the whole OrderQty(38) only" % display_qty
    )
