"""From the outline of a version, with component blocks by name, to its ``Dictionary``.

Notation of the tables in ``standard``: names in the order of the standard, ``Name!`` required, ``Name(A B)``
a repeating group whose count is ``Name``, ``<Block>`` a component block, ``<Block>!`` a required one.
Fields are ``tag Name`` pairs by data type. Codes are separated by spaces; ``1..9`` and ``A..D`` are ranges.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from protocols.fix.dictionary import Dictionary, Field, Member, MessageDefinition
from protocols.fix.errors import DictionaryError
from protocols.fix.field_types import CHECKS

_TOKEN: Final = re.compile(r"<(\w+)>(!?)|(\w+)(!?)(\(?)|(\))|(\S)")


class Entry(NamedTuple):
    """One name in an outline: a field, a group when it has ``members``, or a component ``block``."""

    name: str
    required: bool
    members: tuple[Entry, ...] = ()
    block: bool = False


class Outline(NamedTuple):
    """A version as its authors write it; ``messages`` maps a type to its name and body."""

    begin_string: bytes
    fields: Mapping[str, Field]
    blocks: Mapping[str, tuple[Entry, ...]]
    header: tuple[Entry, ...]
    trailer: tuple[Entry, ...]
    messages: Mapping[bytes, tuple[str, tuple[Entry, ...]]]


def entries(text: str) -> tuple[Entry, ...]:
    """Return the entries of a table text."""
    return tuple(_entries(_TOKEN.finditer(text)))


def _entries(tokens: Iterator[re.Match[str]]) -> Iterator[Entry]:
    for token in tokens:
        block, block_required, name, required, opening, closing, other = token.groups()
        if closing:
            return
        if other:
            raise DictionaryError(f"outline: unexpected {other!r}")
        if block:
            yield Entry(block, bool(block_required), block=True)
        elif opening:
            yield Entry(name, bool(required), tuple(_entries(tokens)))
        else:
            yield Entry(name, bool(required))


def fields(by_type: Mapping[str, str], codes: Mapping[str, str]) -> dict[str, Field]:
    """Return the fields of the tables ``FIELDS`` and ``VALUES`` by name."""
    found = {}
    for type_name, text in by_type.items():
        words = iter(text.split())
        for tag, name in zip(words, words, strict=True):
            values = frozenset(code.encode("ascii") for code in expand(codes.get(name, "")))
            found[name] = Field(tag.encode("ascii"), name, type_name, values)
    return found


def expand(text: str) -> Iterator[str]:
    """Yield the codes of a text with ranges."""
    for word in text.split():
        first, dots, last = word.partition("..")
        if not dots:
            yield word
        elif first.isdigit():
            yield from map(str, range(int(first), int(last) + 1))
        else:
            yield from map(chr, range(ord(first), ord(last) + 1))


def resolve(
    outline: Outline, tags: frozenset[bytes] = frozenset(), msg_types: frozenset[bytes] = frozenset()
) -> Dictionary:
    """Return the dictionary of an outline, its component blocks put in place.

    ``tags`` and ``msg_types`` are what the version defines beyond the outline. Raises ``DictionaryError`` for
    an unknown name, type or block, a block within itself, and two fields with one tag.
    """
    for field in outline.fields.values():
        if field.type not in CHECKS:
            raise DictionaryError(f"field {field}: unknown type {field.type!r}")
    resolver = _Resolver(outline)
    messages = {
        msg_type: MessageDefinition(msg_type, name, resolver.members(f"message {name}", body))
        for msg_type, (name, body) in outline.messages.items()
    }
    by_tag: dict[bytes, Field] = {}
    for field in outline.fields.values():
        other = by_tag.setdefault(field.tag, field)
        if other is not field:
            raise DictionaryError(f"field {field}: the tag is {other} already")
    return Dictionary(
        begin_string=outline.begin_string,
        appl_ver_id=b"",
        fields=by_tag,
        header=resolver.members("header", outline.header),
        trailer=resolver.members("trailer", outline.trailer),
        messages=messages,
        tags=tags | by_tag.keys(),
        session_tags=tags | by_tag.keys(),
        msg_types=msg_types | messages.keys(),
    )


class _Resolver:
    """Puts component blocks in place, each block once."""

    def __init__(self, outline: Outline) -> None:
        self._fields = outline.fields
        self._blocks = outline.blocks
        self._done: dict[tuple[str, bool], tuple[Member, ...]] = {}
        self._open: list[str] = []

    def members(self, where: str, body: tuple[Entry, ...], *, required: bool = True) -> tuple[Member, ...]:
        """Return the members of a message, group or block; a field named twice keeps its first place.

        ``required`` is false inside a block that is not required, where no field of it is.
        """
        found: dict[bytes, Member] = {}
        for entry in body:
            if entry.block:
                for member in self._block(where, entry.name, required=required and entry.required):
                    found.setdefault(member.field.tag, member)
                continue
            field = self._fields.get(entry.name)
            if field is None:
                raise DictionaryError(f"{where}: unknown field {entry.name!r}")
            # In a group the flags count within each instance, whatever the blocks around the group say.
            group = self.members(f"group {entry.name}", entry.members)
            found.setdefault(field.tag, Member(field, required and entry.required, group))
        return tuple(found.values())

    def _block(self, where: str, name: str, *, required: bool) -> tuple[Member, ...]:
        done = self._done.get((name, required))
        if done is not None:
            return done
        body = self._blocks.get(name)
        if body is None:
            raise DictionaryError(f"{where}: unknown component {name!r}")
        if name in self._open:
            raise DictionaryError(f"component {name}: contains itself")
        self._open.append(name)
        members = self._done[name, required] = self.members(f"component {name}", body, required=required)
        self._open.pop()
        return members
