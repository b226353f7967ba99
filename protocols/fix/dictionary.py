"""A data dictionary: the fields of a version of FIX and the messages that they make up.

Immutable values. NOT here: where they come from (``standard`` in code, ``quickfix_xml`` from a file), and
the checking of messages (``validation``).
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from protocols.fix.msg_types import SESSION_MSG_TYPES


class Field(msgspec.Struct, frozen=True):
    """One field: its tag as wire bytes, name, data type, and the codes it may have (none: any value)."""

    tag: bytes
    name: str
    type: str
    values: frozenset[bytes] = frozenset()

    def __str__(self) -> str:
        return f"{self.name}({self.tag.decode('ascii')})"


class Member(msgspec.Struct, frozen=True):
    """A field's place in a message or group. ``group`` holds what repeats when the field counts it."""

    field: Field
    required: bool
    group: tuple[Member, ...] = ()


class MessageDefinition(msgspec.Struct, frozen=True):
    """The body of one message type."""

    msg_type: bytes
    name: str
    members: tuple[Member, ...]

    @property
    def is_session_message(self) -> bool:
        """Whether the session layer works it, not the application."""
        return self.msg_type in SESSION_MSG_TYPES


class Dictionary(msgspec.Struct, frozen=True, kw_only=True):
    """What one version of FIX knows.

    With FIXT.1.1, header, trailer and session messages are the transport's and the rest is the application
    version ``appl_ver_id`` (ApplVerID(1128); empty before FIXT). ``tags`` and ``msg_types`` are all that the
    version defines, also where no definition is held here; ``session_tags`` those of session messages.
    """

    begin_string: bytes
    appl_ver_id: bytes
    fields: Mapping[bytes, Field]
    header: tuple[Member, ...]
    trailer: tuple[Member, ...]
    messages: Mapping[bytes, MessageDefinition]
    tags: frozenset[bytes]
    session_tags: frozenset[bytes]
    msg_types: frozenset[bytes]

    def label(self, tag: bytes) -> str:
        """Return the spelling of the standard, ``OrdType(40)``, or the bare tag of an unknown field."""
        field = self.fields.get(tag)
        return str(field) if field else tag.decode("ascii", "replace")


def over_transport(transport: Dictionary, application: Dictionary, appl_ver_id: bytes) -> Dictionary:
    """Return the dictionary of a FIXT session: ``transport``'s frame around ``application``'s messages."""
    return Dictionary(
        begin_string=transport.begin_string,
        appl_ver_id=appl_ver_id,
        fields={**application.fields, **transport.fields},
        header=transport.header,
        trailer=transport.trailer,
        messages={**application.messages, **transport.messages},
        tags=application.tags | transport.tags,
        session_tags=transport.tags,
        msg_types=application.msg_types | transport.msg_types,
    )
