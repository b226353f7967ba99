"""The compiled form of the record's encoding gives the bytes of the plain one, whatever a batch holds."""

import zlib
from functools import cache
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.model import Command, Event, RejectReason, Side
from gateway.ports import Batch, SessionNumbers, StoredExecution, StoredMessage
from gateway.store import plain_encoding
from gateway.store.encoding import checksum, encode_record, hash_events
from tests.gateway.store.batches import batch
from tests.other_form import COMPILED

NUMBERS = st.one_of(
    st.integers(-(2**63), 2**64 - 1),
    st.sampled_from([0, 2**7, 2**8, 2**16, 2**30, 2**32, 2**60, 2**63]).flatmap(
        lambda border: st.integers(border - 1, border)
    ),
)
LENGTHS = st.sampled_from([31, 32, 255, 256, 65535, 65536])
TEXTS = st.one_of(st.text(max_size=40), LENGTHS.map("a".__mul__))
BYTES = st.one_of(st.binary(max_size=40), LENGTHS.map(bytes))
SCALARS: dict[object, st.SearchStrategy[Any]] = {int: NUMBERS, str: TEXTS, bytes: BYTES}


@cache
def any_of(kind: Any) -> st.SearchStrategy[Any]:
    """Return what makes any value of ``kind``: a scalar, an enumeration, a struct, or a union of them."""
    if options := get_args(kind):
        return st.one_of([any_of(option) for option in options])
    if issubclass(kind, msgspec.Struct):
        return st.builds(kind, *[any_of(field.type) for field in msgspec.structs.fields(kind)])
    return SCALARS[kind] if kind in SCALARS else st.from_type(kind)


BATCHES = st.builds(
    Batch,
    st.lists(any_of(Command), max_size=5),
    st.lists(any_of(StoredMessage), max_size=5),
    st.dictionaries(TEXTS, any_of(SessionNumbers), max_size=5),
    st.lists(any_of(StoredExecution), max_size=5),
    st.lists(any_of(Event), max_size=5),
)


@given(BATCHES, st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1))
@example(batch(1, text=bytes(70_000)), 1, 0)
def test_both_forms_give_the_same_record(content: Batch, number: int, seed: int) -> None:
    found = encode_record(number, number ^ 5, number ^ 9, content, seed)
    assert found == plain_encoding.encode_record(number, number ^ 5, number ^ 9, content, seed)
    assert hash_events(content.events) == plain_encoding.hash_events(content.events)


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 100, 65535, 65536])
def test_long_lists_are_the_same_too(size: int) -> None:
    one = batch(1)
    content = Batch(
        one.commands * size,
        one.messages * size,
        {str(n): SessionNumbers(n, n) for n in range(size)},
        one.executions * size,
        one.events * size,
    )
    # As a truth: what is compared is 20 MB.
    assert bool(encode_record(1, 2, 3, content) == plain_encoding.encode_record(1, 2, 3, content))
    assert hash_events(content.events) == plain_encoding.hash_events(content.events)


@pytest.mark.parametrize(
    "odd", [1.5, "text", None, (1, 2), [[]], {"a": [None, True, False]}, RejectReason.THROTTLED]
)
def test_what_is_in_no_batch_is_the_same_too(odd: Any) -> None:
    content = batch(1)
    content.commands = [odd]
    assert encode_record(1, 2, 3, content) == plain_encoding.encode_record(1, 2, 3, content)
    order = msgspec.structs.replace(batch(1).commands[0], side=odd)
    content.commands = [order, order]
    assert encode_record(1, 2, 3, content) == plain_encoding.encode_record(1, 2, 3, content)


def test_what_cannot_be_encoded_is_an_error() -> None:
    content = batch(1)
    content.commands = [msgspec.structs.replace(content.commands[0], price=object())]
    with pytest.raises(TypeError):
        encode_record(1, 2, 3, content)
    content.commands = [msgspec.structs.replace(batch(1).commands[0], price=2**64)]
    with pytest.raises(OverflowError):
        encode_record(1, 2, 3, content)
    # What comes next is not harmed.
    assert encode_record(1, 2, 3, batch(2)) == plain_encoding.encode_record(1, 2, 3, batch(2))


@COMPILED
def test_an_empty_field_is_an_error() -> None:
    from gateway.store import _encoding

    content = batch(1)
    del content.messages
    with pytest.raises(AttributeError, match="a field is empty"):
        _encoding.encode_record(1, 2, 3, content)
    content = batch(1)
    del content.sessions["A"].next_in
    with pytest.raises(AttributeError, match="a field is empty"):
        _encoding.encode_record(1, 2, 3, content)
    anything: Any = content.commands
    with pytest.raises(TypeError, match="not a batch"):
        _encoding.encode_record(1, 2, 3, anything)


@given(st.binary(max_size=300), st.integers(0, 2**32 - 1), st.integers(0, 300))
def test_the_checksum_is_that_of_zlib(content: bytes, start: int, more: int) -> None:
    for whole in (content, content * more):
        assert checksum(whole, start) == zlib.crc32(whole, start)


def test_the_checksum_is_that_of_zlib_at_every_size() -> None:
    content = bytes(n * 7 & 0xFF for n in range(400))
    for size in range(400):
        assert checksum(content[:size]) == zlib.crc32(content[:size])
        assert checksum(content[size:], size) == zlib.crc32(content[size:], size)
    assert checksum(b"123456789") == 0xCBF43926


def test_the_side_of_an_order_is_its_number() -> None:
    order = msgspec.structs.replace(batch(1).commands[0], side=Side.SELL)
    content = Batch([order], [], {}, [], [])
    assert encode_record(1, 2, 3, content) == plain_encoding.encode_record(1, 2, 3, content)
