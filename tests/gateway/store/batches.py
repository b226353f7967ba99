"""Batches as the order path makes them, and logs of them; shared by the store's tests."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from gateway.model import NewOrder, OrderAccepted, OrdType, Side, TimeInForce
from gateway.ports import Batch, Durability, SessionNumbers, StoredExecution, StoredMessage
from gateway.store.encoding import encode_record
from gateway.store.log_reader import LogReader
from gateway.store.log_writer import Entry, LogSettings, LogWriter
from gateway.store.records import Record
from gateway.store.segments import LOG_NAME, Segment, segment_path

NOW = 1_760_000_000_000_000_000
ORIGIN = b"the configuration"
SEED = 12345


def batch(number: int, *, text: bytes = b"") -> Batch:
    """One order, its acceptance, the message that reports it, and the session's numbers after it."""
    order = NewOrder(
        session="A",
        msg_seq_num=number,
        account="acc",
        transact_time=NOW + number,
        cl_ord_id=b"order-%d" % number + text,
        symbol="BTC-KRW",
        side=Side.BUY,
        ord_type=OrdType.LIMIT,
        time_in_force=TimeInForce.GTC,
        order_qty=5,
        price=100,
    )
    accepted = OrderAccepted(
        eseq=number,
        n=1,
        transact_time=order.transact_time,
        session=order.session,
        msg_seq_num=order.msg_seq_num,
        account=order.account,
        cl_ord_id=order.cl_ord_id,
        order_id=number,
        symbol=order.symbol,
        side=order.side,
        ord_type=order.ord_type,
        time_in_force=order.time_in_force,
        order_qty=order.order_qty,
        price=order.price,
        post_only=False,
    )
    return Batch(
        [order],
        [StoredMessage("A", 0, number, b"8=FIX.4.4|35=8|11=%d" % number)],
        {"A": SessionNumbers(number + 1, number + 1)},
        [StoredExecution("acc", number, number, b"accepted %d" % number)],
        [accepted],
    )


def settings(
    durability: Durability = Durability.OS, *, segment_size: int = 1 << 30, commands: int = 1 << 30
) -> LogSettings:
    return LogSettings(
        durability=durability, segment_size=segment_size, snapshot_commands=commands, retention_ns=1 << 60
    )


def entry(number: int, content: Batch | None = None) -> Entry:
    content = content or batch(number)
    record = encode_record(number, number, NOW + number, content, SEED)
    return Entry(number, number, len(content.commands), record)


def first_segment(data_dir: Path) -> Segment:
    log_dir = data_dir / LOG_NAME
    log_dir.mkdir(exist_ok=True, parents=True)
    return Segment(segment_path(log_dir, 1), 1, ORIGIN, 0, 0, SEED)


def write_log(data_dir: Path, numbers: Iterable[int], *, per_segment: int = 1 << 30) -> list[Segment]:
    """Write a log of the batches ``numbers``, which begin with 1; return its segments."""
    writer = LogWriter(first_segment(data_dir), settings(commands=per_segment))
    segments = []
    for number in numbers:
        one = entry(number)
        writer.append(one)
        closed = writer.rotate_if_due(number, number)
        if closed is not None:
            segments.append(closed)
    writer.close()
    return [*segments, writer.segment]


def read_numbers(data_dir: Path, after: int = 0) -> list[int]:
    return [item.number for item in LogReader(data_dir).read(after) if isinstance(item, Record)]


def same(record: Record, original: Batch) -> bool:
    """Whether all of a batch that is kept came back."""
    return (record.commands, record.messages, record.sessions, record.executions) == (
        original.commands,
        original.messages,
        original.sessions,
        original.executions,
    )


def flipped(content: bytes, at: int, bit: int = 0) -> bytes:
    return content[:at] + bytes((content[at] ^ 1 << bit,)) + content[at + 1 :]


def is_prefix(numbers: Sequence[int]) -> bool:
    return list(numbers) == list(range(1, len(numbers) + 1))
