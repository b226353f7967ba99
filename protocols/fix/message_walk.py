"""Go through the fields of one message in the order sent and name the first that breaks a rule.

The rules are sections (header, body, trailer) of places; a place is a field, its check, and the group that
it counts. NOT here: the quick way for messages that need no order (``validation``).
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Final, NoReturn

import msgspec

from protocols.fix.codec import Message
from protocols.fix.dictionary import Dictionary, Field, Member
from protocols.fix.errors import SessionReject, SessionRejectReason
from protocols.fix.field_types import CHECKS, Check, check_of
from protocols.fix.message import DATA_FIELDS
from protocols.fix.msg_types import SESSION_MSG_TYPES

_LENGTH_OF: Final = {data_tag: length_tag for length_tag, data_tag in DATA_FIELDS.items()}
_LONGEST_TAG: Final = 9
_HEADER: Final = 0
_BODY: Final = 1
_APPL_VER_ID: Final = b"1128"
_VALUE_FAULTS: Final = frozenset(
    {SessionRejectReason.VALUE_IS_INCORRECT, SessionRejectReason.INCORRECT_DATA_FORMAT_FOR_VALUE}
)


class Place(msgspec.Struct, frozen=True):
    """A field where it is allowed; ``check`` covers form and codes."""

    field: Field
    check: Check
    group: Group | None


class Group(msgspec.Struct, frozen=True):
    """What repeats: each instance begins with ``delimiter`` and keeps to ``order``."""

    delimiter: Field
    order: Mapping[bytes, int]
    places: Mapping[bytes, Place]
    required: tuple[Field, ...]


Places = Mapping[bytes, Place]


class Section(msgspec.Struct, frozen=True):
    """Header, body or trailer. An open one takes any field that the version defines."""

    name: str
    places: Places
    required: tuple[Field, ...]
    is_open: bool = False


def place(member: Member, made: dict[int, Place]) -> Place:
    """Return the place of a member, groups included.

    ``made`` keeps them by ``id(member)``: the messages of a dictionary share the members of their blocks.
    """
    found = made.get(id(member))
    if found is not None:
        return found
    field = member.field
    group = None
    if member.group:
        group = Group(
            member.group[0].field,
            {inner.field.tag: index for index, inner in enumerate(member.group)},
            {inner.field.tag: place(inner, made) for inner in member.group},
            tuple(inner.field for inner in member.group if inner.required),
        )
    made[id(member)] = found = Place(field, check_of(field.type, field.values), group)
    return found


def is_user_defined(tag: bytes) -> bool:
    """Tell whether a tag is in the range that users define among themselves (5000 to 39999)."""
    return len(tag) <= 5 and tag.isdigit() and tag[:1] != b"0" and 5000 <= int(tag) < 40000


def shown(value: bytes, limit: int = 32) -> str:
    """Return a value for a Text(58): printable ASCII, not too long."""
    text = "".join(chr(byte) if 32 <= byte < 127 else "?" for byte in value[:limit])
    return text + "..." if len(value) > limit else text


def _code_order(code: bytes) -> tuple[int, bytes]:
    return len(code), code


class Walk:
    """One pass over one message."""

    def __init__(
        self,
        message: Message,
        dictionary: Dictionary,
        sections: tuple[Section, Section, Section],
        *,
        ignoring: bool,
    ) -> None:
        self._message = message
        self._pairs = message.pairs()
        self._dictionary = dictionary
        self._tags = dictionary.session_tags if message.msg_type in SESSION_MSG_TYPES else dictionary.tags
        self._sections = sections
        self._ignoring = ignoring

    def run(self) -> None:
        """Raise ``SessionReject`` for the first fault; at last for a required field that is missing."""
        pairs = self._pairs
        sections = self._sections
        seen: set[bytes] = set()
        current = _HEADER
        at = 0
        while at < len(pairs):
            tag = pairs[at][0]
            entry = None
            for index in range(current, len(sections)):
                entry = sections[index].places.get(tag)
                if entry is not None:
                    current = index
                    break
            if tag in seen:
                self._reject(SessionRejectReason.TAG_APPEARS_MORE_THAN_ONCE, tag, self._label(tag))
            if entry is None:
                current = self._stray(at, current)
                at += 1
            else:
                seen.add(tag)
                at = self._field(entry, at)
        for section in sections:
            self._require(section.required, self._message.fields, section.name)

    def _stray(self, at: int, current: int) -> int:
        """Pass over a field that neither this section nor a later one has, or raise; return the section."""
        tag = self._pairs[at][0]
        for section in self._sections[:current]:
            if tag in section.places:
                self._reject(
                    SessionRejectReason.TAG_SPECIFIED_OUT_OF_REQUIRED_ORDER,
                    tag,
                    f"{self._label(tag)} of the {section.name} comes after it",
                )
        if self._is_ignored(tag):
            return current
        field = self._known(at)
        body = self._sections[_BODY]
        if body.is_open and current <= _BODY:
            current = _BODY
        else:
            self._reject_foreign(field, at)
        return current

    def _reject_foreign(self, field: Field | None, at: int) -> NoReturn:
        """Raise for a field of the standard that this message does not have."""
        tag = self._pairs[at][0]
        if field is not None:
            self._check(field, check_of(field.type, field.values), at)
        self._reject(
            SessionRejectReason.TAG_NOT_DEFINED_FOR_THIS_MESSAGE_TYPE,
            tag,
            f"{self._label(tag)} in {self._sections[_BODY].name}({shown(self._message.msg_type)})",
        )

    def _is_ignored(self, tag: bytes) -> bool:
        return self._ignoring and is_user_defined(tag) and tag not in self._tags

    def _known(self, at: int) -> Field | None:
        """Return the field of a tag that the version defines (``None``: not in detail); else raise."""
        tag = self._pairs[at][0]
        if tag not in self._tags:
            self._reject_unknown(at)
        return self._dictionary.fields.get(tag)

    def _reject_unknown(self, at: int) -> NoReturn:
        tag, value = self._pairs[at]
        if not (tag and value):
            self._reject_delimiter(at)
        is_number = tag.removeprefix(b"-").isdigit() and len(tag) <= _LONGEST_TAG
        number = b"%d" % int(tag) if is_number else None
        self._reject(
            SessionRejectReason.INVALID_TAG_NUMBER,
            number,
            f"tag {shown(tag)}"
            if tag == number
            else f"tag {shown(tag)!r} is not a number without leading zeros",
        )

    def _field(self, entry: Place, at: int) -> int:
        """Check the field at ``at`` and all that belongs to it; return the index behind that."""
        tag, value = self._pairs[at]
        if not (value and entry.check(value)):
            self._check(entry.field, entry.check, at)
        if tag in DATA_FIELDS:
            self._data_of(entry.field, at)
        elif tag in _LENGTH_OF and self._pairs[at - 1][0] != _LENGTH_OF[tag]:
            length_tag = _LENGTH_OF[tag]
            self._reject(
                SessionRejectReason.TAG_SPECIFIED_OUT_OF_REQUIRED_ORDER
                if length_tag in self._message.fields
                else SessionRejectReason.REQUIRED_TAG_MISSING,
                tag if length_tag in self._message.fields else length_tag,
                f"{self._label(length_tag)} must come right before {entry.field}",
            )
        if entry.group is not None:
            return self._instances(entry.field, entry.group, at)
        return at + 1

    def _check(self, field: Field, check: Check, at: int) -> None:
        tag, value = self._pairs[at]
        if not value:
            self._reject_delimiter(at)
            self._reject(SessionRejectReason.TAG_SPECIFIED_WITHOUT_A_VALUE, tag, str(field))
        is_well_formed, form = CHECKS[field.type]
        if not is_well_formed(value):
            self._reject(
                SessionRejectReason.INCORRECT_DATA_FORMAT_FOR_VALUE,
                tag,
                f"{field} is {shown(value)}, must be {form}",
            )
        if check(value):
            return
        if tag == _APPL_VER_ID:
            self._reject(
                SessionRejectReason.INVALID_APPLICATION_VERSION,
                tag,
                f"{field} is {shown(value)}, must be {self._dictionary.appl_ver_id.decode('ascii')}",
            )
        codes: list[bytes] = sorted(field.values, key=_code_order)
        self._reject(
            SessionRejectReason.VALUE_IS_INCORRECT,
            tag,
            f"{field} is {shown(value)}, must be one of {shown(b' '.join(codes), 100)}",
        )

    def _data_of(self, length_field: Field, at: int) -> None:
        """Check that the data follows its length and has it."""
        length_tag, length = self._pairs[at]
        tag, value = self._pairs[at + 1]  # CheckSum(10) is the last field, so there is a next one
        expected = DATA_FIELDS[length_tag]
        if tag != expected:
            if not int(length):
                return
            self._reject(
                SessionRejectReason.REQUIRED_TAG_MISSING,
                expected,
                f"{self._label(expected)} must come right behind {length_field}",
            )
        if int(length) != len(value):
            self._reject(
                SessionRejectReason.VALUE_IS_INCORRECT,
                length_tag,
                f"{length_field} is {shown(length)}, {self._label(tag)} has {len(value)} bytes",
            )

    def _instances(self, counter: Field, group: Group, at: int) -> int:
        """Check the instances of a repeating group whose count is at ``at``; return the index behind them.

        A value that is wrong is named only when the group itself is right: its order and its count.
        """
        pairs = self._pairs
        announced = int(pairs[at][1])
        delimiter = group.delimiter.tag
        instance: set[bytes] = set()
        last = 0
        count = 0
        fault: SessionReject | None = None
        at += 1
        while at < len(pairs):
            tag = pairs[at][0]
            position = group.order.get(tag)
            if position is None:
                if self._is_ignored(tag):
                    at += 1
                    continue
                if tag not in self._tags:
                    self._reject_unknown(at)
                break
            if tag == delimiter:
                if count:
                    self._require(group.required, instance, str(counter))
                instance = set()
                count += 1
            elif not count:
                self._reject(
                    SessionRejectReason.REPEATING_GROUP_FIELDS_OUT_OF_ORDER,
                    tag,
                    f"{self._label(tag)} comes before {group.delimiter}, the first of {counter}",
                )
            elif tag in instance:
                self._reject(
                    SessionRejectReason.TAG_APPEARS_MORE_THAN_ONCE,
                    tag,
                    f"{self._label(tag)} in one instance of {counter}",
                )
            elif position < last:
                self._reject(
                    SessionRejectReason.REPEATING_GROUP_FIELDS_OUT_OF_ORDER,
                    tag,
                    f"{self._label(tag)} comes too late in {counter}",
                )
            last = position
            instance.add(tag)
            member = group.places[tag]
            try:
                at = self._field(member, at)
            except SessionReject as error:
                if member.group is not None or error.reason not in _VALUE_FAULTS:
                    raise
                fault = fault or error
                at += 1
        if count:
            self._require(group.required, instance, str(counter))
        if count != announced:
            self._reject(
                SessionRejectReason.INCORRECT_NUM_IN_GROUP_COUNT,
                counter.tag,
                f"{counter} is {announced}, {count} came",
            )
        if fault is not None:
            raise fault
        return at

    def _require(self, required: tuple[Field, ...], present: Container[bytes], where: str) -> None:
        for field in required:
            if field.tag not in present:
                self._reject(SessionRejectReason.REQUIRED_TAG_MISSING, field.tag, f"{field} in {where}")

    def _reject_delimiter(self, at: int) -> None:
        """Raise for a piece without ``=`` or that begins with it: an SOH inside the value before it."""
        tag, value = self._pairs[at]
        if not tag or b"\x01" + tag + b"\x01" in self._message.raw:
            piece = tag or (b"=" + value if value else b"")
            before = self._pairs[at - 1][0]
            self._reject(
                SessionRejectReason.NON_DATA_VALUE_INCLUDES_FIELD_DELIMITER,
                before if before in self._tags else None,
                f"{shown(piece)!r} behind {self._label(before)} is no field",
            )

    def _label(self, tag: bytes) -> str:
        return self._dictionary.label(tag)

    @staticmethod
    def _reject(reason: SessionRejectReason, ref_tag: bytes | None, detail: str) -> NoReturn:
        raise SessionReject(reason, ref_tag, f"{reason.phrase}: {detail}")
