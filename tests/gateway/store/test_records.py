import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ports import Batch, SessionNumbers, StoredMessage
from gateway.store.encoding import encode_record, hash_events
from gateway.store.records import HEADER_SIZE, LogDamaged, Place, Record, decode_header
from tests.gateway.store.batches import NOW, batch, flipped, same

PLACE = Place(7, 50, 1000)


def encoded(number: int, eseq: int, utc_ns: int, content: Batch, seed: int = 0) -> tuple[bytes, bytes]:
    """Return header and body of the record of a batch."""
    record = encode_record(number, eseq, utc_ns, content, seed)
    return record[:HEADER_SIZE], record[HEADER_SIZE:]


def test_a_batch_comes_back_as_it_was() -> None:
    original = batch(9)
    header, body = encoded(9, 90, NOW, original)
    assert len(header) == HEADER_SIZE
    fixed = decode_header(header)
    assert fixed.checks(header, body, 0)
    record = Record.decode(fixed, body, PLACE)
    assert same(record, original)
    # Decoded once.
    assert record.commands is record.commands
    assert (record.number, record.eseq, record.utc_ns) == (9, 90, NOW)
    assert (record.segment, record.offset, record.size, record.end) == (7, 50, 1000, 1050)
    assert record.event_hash == hash_events(original.events)


def test_a_record_of_a_batch_just_written_equals_the_one_that_is_read() -> None:
    original = batch(9)
    record = Record.of(original, 9, 90, NOW, PLACE)
    assert same(record, original)
    assert record.event_hash == record.event_hash == hash_events(original.events)


def test_a_batch_of_session_messages_alone_has_the_hash_of_no_events() -> None:
    quiet = Batch([], [StoredMessage("A", 1, 5, b"")], {"A": SessionNumbers(6, 4, 1, NOW)}, [], [])
    header, body = encoded(1, 0, NOW, quiet)
    record = Record.decode(decode_header(header), body, PLACE)
    assert same(record, quiet)
    assert record.event_hash == hash_events([])


def test_events_that_differ_in_anything_have_another_hash() -> None:
    assert hash_events(batch(1).events) != hash_events(batch(2).events)
    assert hash_events(batch(1).events) != hash_events(batch(1).events * 2)


@given(st.integers(0), st.integers(0, 7))
def test_no_flipped_bit_passes(at: int, bit: int) -> None:
    header, body = encoded(3, 3, NOW, batch(3), 99)
    broken = flipped(header + body, at % (len(header) + len(body)), bit)
    header, body = broken[:HEADER_SIZE], broken[HEADER_SIZE:]
    assert not decode_header(header).checks(header, body, 99)


def test_a_record_made_without_the_seed_of_the_segment_does_not_pass() -> None:
    header, body = encoded(3, 3, NOW, batch(3), 99)
    assert not decode_header(header).checks(header, body, 98)


def test_numbers_are_those_of_the_messages_and_executions_decoded_or_not() -> None:
    original = batch(9)
    header, body = encoded(9, 90, NOW, original)
    record = Record.decode(decode_header(header), body, PLACE)
    messages = [(of.session, of.epoch, of.msg_seq_num) for of in original.messages]
    executions = [(of.account, of.exec_id, of.eseq) for of in original.executions]
    assert messages
    assert executions
    assert [(of.session, of.epoch, of.msg_seq_num) for of in record.message_numbers] == messages
    assert [(of.account, of.exec_id, of.eseq) for of in record.execution_numbers] == executions
    # What is decoded already is not decoded again.
    assert record.messages is record.message_numbers
    assert record.executions is record.execution_numbers


@pytest.mark.parametrize(
    "part", ["commands", "messages", "sessions", "executions", "message_numbers", "execution_numbers"]
)
def test_a_part_of_another_shape_is_refused_in_one_line(part: str) -> None:
    shapes: dict[str, object] = {"commands": [], "messages": [], "sessions": {}, "executions": []}
    shapes[part.replace("_numbers", "s")] = [["?"]]
    odd = Batch.empty()
    for name, value in shapes.items():
        setattr(odd, name, value)
    header, body = encoded(3, 3, NOW, odd)
    record = Record.decode(decode_header(header), body, PLACE)
    with pytest.raises(LogDamaged, match=r"batch 3 at byte 50 .* batch 7 is not readable") as error:
        getattr(record, part)
    assert "\n" not in str(error.value)


def test_a_body_of_another_shape_is_refused() -> None:
    header, _ = encoded(3, 3, NOW, batch(3))
    with pytest.raises(LogDamaged, match="start the version that wrote it"):
        Record.decode(decode_header(header), b"\x91\x01", PLACE)
