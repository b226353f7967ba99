"""A log with messages and executions in it, and what a history must answer, found without any index."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from gateway.ports import Batch, StoredExecution, StoredMessage
from gateway.store.encoding import encode_record
from gateway.store.history import History
from gateway.store.log_writer import Entry, LogWriter
from gateway.store.records import Record
from gateway.store.segments import Segment
from tests.gateway.store.batches import NOW, SEED, first_segment, settings


class HistoryLog:
    """Writes a log, and remembers what each segment holds. ``told`` is the history that is told of it."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.number = 0
        self.closed: list[Segment] = []
        self.told: History | None = None
        self.content: dict[int, list[Record]] = {1: []}
        self._writer = LogWriter(first_segment(data_dir), settings(commands=1))

    @property
    def last(self) -> Record:
        """The record written last."""
        return [record for records in self.content.values() for record in records][-1]

    def commit(
        self, messages: Iterable[StoredMessage] = (), executions: Iterable[StoredExecution] = ()
    ) -> Record:
        """Write one batch, and tell of it."""
        return self._write(Batch([], list(messages), {}, list(executions), []), commands=0)

    def rotate(self, *messages: StoredMessage) -> Segment:
        """Write one batch, and close its segment behind it; return that."""
        self._write(Batch([], list(messages), {}, [], []), commands=1)
        return self.closed[-1]

    def messages(self, since: int, session: str, epoch: int, begin: int, end: int) -> list[StoredMessage]:
        """Return what the segments from ``since`` on hold of it."""
        return [
            message
            for record in self._records(since)
            for message in record.messages
            if (message.session, message.epoch) == (session, epoch) and begin <= message.msg_seq_num <= end
        ]

    def executions(self, since: int, account: str, after: int, limit: int) -> list[StoredExecution]:
        """Return what the segments from ``since`` on hold of it."""
        held = [execution for execution in self._executions(since, account) if execution.exec_id > after]
        return held[:limit]

    def executions_at(self, since: int, account: str, eseq: int) -> list[StoredExecution]:
        """Return what the segments from ``since`` on hold of it."""
        return [execution for execution in self._executions(since, account) if execution.eseq == eseq]

    def close(self) -> None:
        """Close the files."""
        self._writer.close()
        if self.told is not None:
            self.told.close()

    def _write(self, batch: Batch, commands: int) -> Record:
        self.number += 1
        number, utc_ns = self.number, NOW + self.number
        entry = Entry(number, number, commands, encode_record(number, number, utc_ns, batch, SEED))
        record = Record.of(batch, number, number, utc_ns, self._writer.append(entry))
        self.content[record.segment].append(record)
        if self.told is not None:
            self.told.note(record)
        closed = self._writer.rotate_if_due(number, number)
        if closed is not None:
            self.closed.append(closed)
            self.content[self._writer.segment.first] = []
        return record

    def _records(self, since: int) -> list[Record]:
        return [record for first, records in self.content.items() if first >= since for record in records]

    def _executions(self, since: int, account: str) -> Sequence[StoredExecution]:
        return [
            execution
            for record in self._records(since)
            for execution in record.executions
            if execution.account == account
        ]


def message(number: int, session: str = "A", epoch: int = 0, size: int = 20) -> StoredMessage:
    return StoredMessage(session, epoch, number, b"%d" % number + bytes(size))


def execution(exec_id: int, account: str = "acc", eseq: int | None = None) -> StoredExecution:
    return StoredExecution(account, exec_id, exec_id if eseq is None else eseq, b"executed %d" % exec_id)
