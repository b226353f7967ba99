"""Every command and event survives its msgpack form, which is the journal and the wire between nodes."""

import enum
import typing
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import model
from gateway.model import (
    CancelOrder,
    Command,
    Event,
    MarketEvent,
    NewOrder,
    OrderEvent,
    OrdStatus,
    Refuse,
    ReplaceOrder,
    RequestKind,
)

COMMANDS: tuple[type[msgspec.Struct], ...] = get_args(Command)
EVENTS: tuple[type[msgspec.Struct], ...] = get_args(Event)

# What a value of the model may be: times and amounts fit 64 bits, texts are what a client sent.
ATOMS: dict[object, st.SearchStrategy[object]] = {
    int: st.integers(-(2**63), 2**63 - 1),
    str: st.text(max_size=20),
    bytes: st.binary(max_size=20),
    bool: st.booleans(),
}


def values_of(annotation: object) -> st.SearchStrategy[object]:
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return st.sampled_from(annotation)
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return structs(annotation)
    if annotation in ATOMS:
        return ATOMS[annotation]
    return st.one_of([values_of(member) for member in get_args(annotation)])


def structs(struct: type[msgspec.Struct]) -> st.SearchStrategy[msgspec.Struct]:
    hints = typing.get_type_hints(struct)
    fields = {field.name: values_of(hints[field.name]) for field in msgspec.structs.fields(struct)}
    return st.builds(struct, **fields)


ANY_COMMAND = st.one_of([structs(struct) for struct in COMMANDS])
ANY_EVENT = st.one_of([structs(struct) for struct in EVENTS])


@given(st.lists(ANY_COMMAND, max_size=5))
def test_commands_survive_msgpack(commands: list[Command]) -> None:
    encoded = msgspec.msgpack.encode(commands)
    decoded = msgspec.msgpack.decode(encoded, type=list[Command])
    assert decoded == commands
    assert [type(command) for command in decoded] == [type(command) for command in commands]
    assert msgspec.msgpack.encode(decoded) == encoded


@given(st.lists(ANY_EVENT, max_size=5))
def test_events_survive_msgpack(events: list[Event]) -> None:
    encoded = msgspec.msgpack.encode(events)
    decoded = msgspec.msgpack.decode(encoded, type=list[Event])
    assert decoded == events
    assert [type(event) for event in decoded] == [type(event) for event in events]
    assert msgspec.msgpack.encode(decoded) == encoded


@given(st.one_of(ANY_COMMAND, ANY_EVENT))
def test_enums_come_back_as_members_and_not_as_numbers(value: Command | Event) -> None:
    """The core compares members by identity."""
    decoded = msgspec.msgpack.decode(msgspec.msgpack.encode(value), type=Command | Event)
    for name in value.__struct_fields__:
        assert type(getattr(decoded, name)) is type(getattr(value, name))


@pytest.mark.parametrize("struct", [*COMMANDS, *EVENTS], ids=lambda struct: struct.__name__)
def test_each_is_a_frozen_tagged_array_outside_the_garbage_collector(struct: type[msgspec.Struct]) -> None:
    config = struct.__struct_config__
    assert config.frozen
    assert config.array_like
    assert config.gc is False
    assert config.tag


def test_tags_are_unique() -> None:
    tags = [struct.__struct_config__.tag for struct in (*COMMANDS, *EVENTS)]
    assert len(set(tags)) == len(tags)


def test_events_are_order_events_or_market_events() -> None:
    assert set(EVENTS) == {*get_args(OrderEvent), *get_args(MarketEvent)}
    assert not {*get_args(OrderEvent)} & {*get_args(MarketEvent)}


@pytest.mark.parametrize("struct", EVENTS, ids=lambda struct: struct.__name__)
def test_every_event_begins_with_its_stamp(struct: type[msgspec.Struct]) -> None:
    assert struct.__struct_fields__[:3] == ("eseq", "n", "transact_time")


def test_a_refuse_carries_any_request_that_is_answered() -> None:
    assert set(get_args(typing.get_type_hints(Refuse)["request"])) == {NewOrder, CancelOrder, ReplaceOrder}


@pytest.mark.parametrize(
    "encoded",
    [
        msgspec.msgpack.encode(["new"]),
        msgspec.msgpack.encode(["no_such_command", 1]),
        msgspec.msgpack.encode(["status", 1, "BTC-KRW", 99]),
        msgspec.msgpack.encode({"type": "status"}),
        b"",
        b"\xc1",
    ],
)
def test_what_is_no_command_is_refused(encoded: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        msgspec.msgpack.decode(encoded, type=Command)


def test_the_vocabulary_of_the_journal_keeps_its_numbers() -> None:
    """A changed number would read an old journal wrongly: append members, never renumber them."""
    numbers = {
        name: {member.name: member.value for member in vocabulary}
        for name, vocabulary in vars(model).items()
        if isinstance(vocabulary, type) and issubclass(vocabulary, enum.IntEnum)
    }
    assert numbers["Side"] == {"BUY": 1, "SELL": 2}
    assert numbers["OrdType"] == {"MARKET": 1, "LIMIT": 2}
    assert numbers["TimeInForce"] == {"GTC": 1, "IOC": 3, "FOK": 4}
    assert numbers["TradingStatus"] == {"OPEN": 1, "CANCEL_ONLY": 2, "HALTED": 3}
    assert numbers["MassCancelScope"] == {"SESSION": 1, "ACCOUNT": 2, "SYMBOL": 3}
    assert numbers["RejectReason"] == {
        name: value
        for value, name in enumerate(
            [
                "UNKNOWN_SYMBOL",
                "INSTRUMENT_NOT_OPEN",
                "INVALID_PRICE_TICK",
                "INVALID_QUANTITY_LOT",
                "QUANTITY_TOO_SMALL",
                "QUANTITY_TOO_LARGE",
                "NOTIONAL_TOO_SMALL",
                "NOTIONAL_TOO_LARGE",
                "PRICE_OUT_OF_BAND",
                "TOO_MANY_OPEN_ORDERS",
                "DUPLICATE_CL_ORD_ID",
                "THROTTLED",
                "POST_ONLY_WOULD_TRADE",
                "UNKNOWN_ORDER",
                "TOO_LATE",
                "QUANTITY_BELOW_FILLED",
                "UNSUPPORTED",
                "INVALID_VALUE",
            ],
            1,
        )
    }


@pytest.mark.parametrize("status", OrdStatus)
def test_open_statuses_are_those_whose_quantity_can_trade(status: OrdStatus) -> None:
    assert status.is_open == (status in (OrdStatus.NEW, OrdStatus.PARTIALLY_FILLED, OrdStatus.PENDING_NEW))


def test_request_kinds_are_those_of_cxl_rej_response_to() -> None:
    assert (RequestKind.CANCEL, RequestKind.REPLACE) == (1, 2)
