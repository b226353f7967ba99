"""One committed batch as bytes: a fixed header with a checksum, and a msgpack body.

Header, little-endian: magic (4 bytes), CRC-32 of all that follows, length of the body (4), number of the
batch (8), engine sequence after it (8), UTC ns of the commit (8). Body: a msgpack array ``[commands,
event_hash, messages, sessions, executions]``. The CRC starts from a secret ``seed`` of the segment, so that
no client can put bytes into an order that pass for a record. NOT here: how a batch becomes a record
(``encoding``), and files (``segments``).
"""

import struct
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, TypeVar

import msgspec

from gateway.model import Command, Event
from gateway.ports import Batch, SessionNumbers, StoredExecution, StoredMessage, StoreError
from gateway.store.encoding import checksum, hash_events
from gateway.store.plain_encoding import MAGIC

HEADER_SIZE: Final = 36

Part = TypeVar("Part")

_unpack: Final = struct.Struct("<4sIIQQQ").unpack_from
_LEAD: Final = 8  # magic and checksum, which the checksum does not cover


class MessageNumber(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What tells a ``StoredMessage`` from the others: its first fields."""

    session: str
    epoch: int
    msg_seq_num: int


class ExecutionNumber(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What tells a ``StoredExecution`` from the others: its first fields."""

    account: str
    exec_id: int
    eseq: int


class _Parts(NamedTuple):
    """A body whose larger parts are not decoded."""

    commands: msgspec.Raw
    event_hash: int
    messages: msgspec.Raw
    sessions: msgspec.Raw
    executions: msgspec.Raw


_decode_parts: Final = msgspec.msgpack.Decoder(_Parts).decode
_decode_commands: Final = msgspec.msgpack.Decoder(list[Command]).decode
_decode_messages: Final = msgspec.msgpack.Decoder(list[StoredMessage]).decode
_decode_message_numbers: Final = msgspec.msgpack.Decoder(list[MessageNumber]).decode
_decode_sessions: Final = msgspec.msgpack.Decoder(dict[str, SessionNumbers]).decode
_decode_executions: Final = msgspec.msgpack.Decoder(list[StoredExecution]).decode
_decode_execution_numbers: Final = msgspec.msgpack.Decoder(list[ExecutionNumber]).decode


class LogDamaged(StoreError):  # noqa: N818 - what the log is, as the start says it
    """The log does not hold what was committed; one line names the file, the byte and what to do."""


class RecordHeader(NamedTuple):
    """The fixed part of a record."""

    magic: bytes
    checksum: int
    length: int
    number: int
    eseq: int
    utc_ns: int

    def checks(self, header: bytes, body: bytes, seed: int) -> bool:
        """Return whether header and body are as they were written."""
        return self.magic == MAGIC and checksum(body, checksum(header[_LEAD:], seed)) == self.checksum


def decode_header(header: bytes) -> RecordHeader:
    """Split ``HEADER_SIZE`` bytes."""
    return RecordHeader._make(_unpack(header))


class Place(NamedTuple):
    """Where a record is: the first batch number of its segment, its first byte there, and its size."""

    segment: int
    offset: int
    size: int


class Record:
    """A committed batch, decoded part by part as it is asked for.

    ``number`` counts batches from 1, ``eseq`` is the engine sequence after it, ``utc_ns`` when it was
    committed. Its bytes are at ``offset`` (``size`` of them, header included) in the segment that begins with
    batch ``segment``. A part that cannot be decoded raises ``LogDamaged``.
    """

    __slots__ = (
        "_commands",
        "_event_hash",
        "_executions",
        "_messages",
        "_sessions",
        "eseq",
        "number",
        "offset",
        "segment",
        "size",
        "utc_ns",
    )

    def __init__(self, number: int, eseq: int, utc_ns: int, place: Place) -> None:
        self.number = number
        self.eseq = eseq
        self.utc_ns = utc_ns
        self.segment, self.offset, self.size = place
        self._commands: list[Command] | msgspec.Raw = []
        self._event_hash: int | Sequence[Event] = 0
        self._messages: list[StoredMessage] | msgspec.Raw = []
        self._sessions: dict[str, SessionNumbers] | msgspec.Raw = {}
        self._executions: list[StoredExecution] | msgspec.Raw = []

    @classmethod
    def decode(cls, header: RecordHeader, body: bytes, place: Place) -> "Record":
        """Return the record of a checked ``body``."""
        record = cls(header.number, header.eseq, header.utc_ns, place)
        try:
            parts = _decode_parts(body)
        except msgspec.DecodeError as error:
            raise record._unreadable(error) from None
        record._commands, record._event_hash, record._messages, record._sessions, record._executions = parts
        return record

    @classmethod
    def of(cls, batch: Batch, number: int, eseq: int, utc_ns: int, place: Place) -> "Record":
        """Return the record of a batch that was just written; its parts are the batch's own."""
        record = cls(number, eseq, utc_ns, place)
        record._commands = batch.commands
        record._event_hash = batch.events
        record._messages = batch.messages
        record._sessions = batch.sessions
        record._executions = batch.executions
        return record

    @property
    def end(self) -> int:
        """The first byte behind the record."""
        return self.offset + self.size

    @property
    def commands(self) -> list[Command]:
        """The commands, in the engine's order."""
        commands = self._commands
        if isinstance(commands, msgspec.Raw):
            commands = self._commands = self._decoded(commands, _decode_commands)
        return commands

    @property
    def event_hash(self) -> int:
        """What ``hash_events`` says of the events of the commands."""
        event_hash = self._event_hash
        if not isinstance(event_hash, int):
            event_hash = self._event_hash = hash_events(event_hash)
        return event_hash

    @property
    def messages(self) -> list[StoredMessage]:
        """The outbound FIX messages, in the order they were numbered."""
        messages = self._messages
        if isinstance(messages, msgspec.Raw):
            messages = self._messages = self._decoded(messages, _decode_messages)
        return messages

    @property
    def message_numbers(self) -> Sequence[StoredMessage | MessageNumber]:
        """The same messages without their bytes, where those are not decoded already."""
        messages = self._messages
        if isinstance(messages, msgspec.Raw):
            return self._decoded(messages, _decode_message_numbers)
        return messages

    @property
    def sessions(self) -> dict[str, SessionNumbers]:
        """The sequence numbers of each session that the batch changed, as after it."""
        sessions = self._sessions
        if isinstance(sessions, msgspec.Raw):
            sessions = self._sessions = self._decoded(sessions, _decode_sessions)
        return sessions

    @property
    def executions(self) -> list[StoredExecution]:
        """What each account saw, in the events' order."""
        executions = self._executions
        if isinstance(executions, msgspec.Raw):
            executions = self._executions = self._decoded(executions, _decode_executions)
        return executions

    @property
    def execution_numbers(self) -> Sequence[StoredExecution | ExecutionNumber]:
        """The same executions without their bytes, where those are not decoded already."""
        executions = self._executions
        if isinstance(executions, msgspec.Raw):
            return self._decoded(executions, _decode_execution_numbers)
        return executions

    def _decoded(self, part: msgspec.Raw, decode: Callable[[msgspec.Raw], Part]) -> Part:
        try:
            return decode(part)
        except msgspec.DecodeError as error:
            raise self._unreadable(error) from None

    def _unreadable(self, error: msgspec.DecodeError) -> LogDamaged:
        return LogDamaged(
            f"batch {self.number} at byte {self.offset} of the segment that begins with batch {self.segment} "
            f"is not readable by this version ({error}): start the version that wrote it"
        )
