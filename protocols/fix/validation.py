"""Check messages against a dictionary. All rules are tables; no code knows a message type.

Two ways to the same answer: a quick one for a message without repeated tags, groups and data fields, and
the walk (``message_walk``) that goes through the fields in order and names the first fault. NOT here: what is
between messages (sequence, CompIDs, SendingTime accuracy), which the session checks.
"""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from protocols.fix.codec import Layouts, Message
from protocols.fix.dictionary import Dictionary, Member
from protocols.fix.errors import SessionReject, SessionRejectReason
from protocols.fix.field_types import Check
from protocols.fix.layouts import Checks
from protocols.fix.message import DATA_FIELDS
from protocols.fix.message_walk import Place, Places, Section, Walk, is_user_defined, place, shown

_UNKNOWN_BODY: Final = Section("body", {}, (), is_open=True)
_HEADER: Final[Mapping[bytes, Check]] = {b"8": len, b"9": len, b"35": len, b"34": bytes.isdigit}
"""What framer and scan have looked at already: a MsgSeqNum(34) too long for a number scans as 0."""

_FRAMED: Final = frozenset((b"8", b"9", b"35", b"10"))
"""Fields that are right in every frame."""

_DATA_TAGS: Final = frozenset((*DATA_FIELDS, *DATA_FIELDS.values()))


class _IgnoringChecks(dict[bytes, Check]):
    """Quick checks that let user-defined tags pass."""

    def __missing__(self, tag: bytes) -> Check:
        if is_user_defined(tag):
            return len
        raise KeyError(tag)


class _Table(msgspec.Struct, frozen=True):
    """The rules of one message type: quick checks by tag, required tags, and the sections of the walk."""

    checks: Mapping[bytes, Check]
    required: frozenset[bytes]
    sections: tuple[Section, Section, Section]


class Validator(Layouts):
    """Validate messages. One serves all sessions with its dictionary and policy.

    It keeps nothing of the messages but in which orders their tags came, ``max_layouts`` at most. It has its
    ``validate`` of ``Layouts``.

    ``unknown_tags`` is the policy for user-defined tags (5000 to 39999) that the dictionary does not have.
    """

    def __init__(
        self,
        dictionary: Dictionary,
        *,
        unknown_tags: Literal["reject", "ignore"] = "reject",
        max_layouts: int = 1024,
    ) -> None:
        super().__init__(self._checks_of, max_layouts)
        self.dictionary = dictionary
        self._ignoring = unknown_tags == "ignore"
        self._made: dict[int, Place] = {}
        self._header = self._section("header", dictionary.header)
        self._trailer = self._section("trailer", dictionary.trailer)
        self._header_checks = {**self._quick(self._header.places), **_HEADER}
        self._unknown = _Table({}, frozenset(), (self._header, _UNKNOWN_BODY, self._trailer))
        self._tables = {
            definition.msg_type: self._table(self._section(definition.name, definition.members))
            for definition in dictionary.messages.values()
        }

    def _look_closer(self, message: Message) -> None:
        """Raise ``SessionReject`` for the first fault of a message that does not pass at once.

        Of a type that the standard defines but the dictionary does not hold, only the header is checked: the
        application answers it with BusinessMessageReject(j).
        """
        table = self._tables.get(message.msg_type)
        if table is None:
            if not message.msg_type:
                reason = SessionRejectReason.TAG_SPECIFIED_WITHOUT_A_VALUE
                raise SessionReject(reason, b"35", f"{reason.phrase}: MsgType(35)")
            if message.msg_type not in self.dictionary.msg_types:
                raise SessionReject(
                    SessionRejectReason.INVALID_MSG_TYPE,
                    b"35",
                    f"{SessionRejectReason.INVALID_MSG_TYPE.phrase}: MsgType(35) {shown(message.msg_type)}",
                )
            table = self._unknown
        Walk(message, self.dictionary, table.sections, ignoring=self._ignoring).run()

    def _checks_of(self, layout: tuple[bytes, ...]) -> Checks | None:
        """Return the check of each field of a message with this MsgType(35) and these tags in this order.

        ``None``: such a message has to be walked through.
        """
        msg_type, *found = layout
        table = self._tables.get(msg_type)
        if table is None or not table.required <= set(found):
            return None
        checks: Mapping[bytes, Check] = self._header_checks
        chosen: list[Check | None] = []
        for tag in found:
            if tag not in checks:
                # From the first body field on; later header fields are not in it.
                checks = table.checks
            try:
                check = checks[tag]
            except KeyError:
                return None
            chosen.append(None if tag in _FRAMED else check)
        return chosen

    def _table(self, body: Section) -> _Table:
        """Return the rules of the message type with this body."""
        sections = (self._header, body, self._trailer)
        checks = self._quick({**body.places, **self._trailer.places})
        return _Table(
            _IgnoringChecks(checks) if self._ignoring else checks,
            frozenset(field.tag for section in sections for field in section.required),
            sections,
        )

    def _section(self, name: str, members: tuple[Member, ...]) -> Section:
        places: dict[bytes, Place] = {member.field.tag: place(member, self._made) for member in members}
        version = self.dictionary.appl_ver_id
        if version and b"1128" in places:
            places[b"1128"] = msgspec.structs.replace(
                places[b"1128"], check=frozenset((version,)).__contains__
            )
        return Section(name, places, tuple(member.field for member in members if member.required))

    @staticmethod
    def _quick(places: Places) -> dict[bytes, Check]:
        """Return the checks of the fields that need no look at their neighbours."""
        return {
            tag: entry.check for tag, entry in places.items() if entry.group is None and tag not in _DATA_TAGS
        }
