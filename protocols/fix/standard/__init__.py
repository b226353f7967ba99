"""The versions of FIX that the exchange speaks, as data: the one source of validation and of exports.

``fix_42_*``, ``fix_44_*``, ``fixt_11`` and ``fix_50sp2_*`` are tables of the messages that the exchange
speaks, complete as each version defines them (FIX.5.0SP2 up to tag 1500); ``extent`` has the tags and
types of all the rest. Tags, names, types and codes are facts of the standard, taken over by script from
the public dictionaries in QuickFIX's format that PyPI's ``fixcore-engine`` installs; the tests guard against
drift from them.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final

from protocols.fix import outline
from protocols.fix.dictionary import Dictionary, over_transport
from protocols.fix.standard import (
    extent,
    fix_42_fields,
    fix_42_messages,
    fix_44_fields,
    fix_44_messages,
    fix_50sp2_components,
    fix_50sp2_fields,
    fix_50sp2_messages,
    fix_50sp2_values,
    fixt_11,
)

APPL_VER_ID_50SP2: Final = b"9"
"""ApplVerID(1128) of FIX.5.0SP2."""


def _messages(texts: Mapping[str, str]) -> dict[bytes, tuple[str, tuple[outline.Entry, ...]]]:
    found = {}
    for msg_type, text in texts.items():
        name, _, body = text.partition(":")
        found[msg_type.encode("ascii")] = (name.strip(), outline.entries(body))
    return found


def _blocks(texts: Mapping[str, str]) -> dict[str, tuple[outline.Entry, ...]]:
    return {name: outline.entries(text) for name, text in texts.items()}


def _resolved(version: str, version_outline: outline.Outline) -> Dictionary:
    return outline.resolve(
        version_outline,
        frozenset(tag.encode("ascii") for tag in outline.expand(extent.TAGS[version])),
        frozenset(msg_type.encode("ascii") for msg_type in extent.MSG_TYPES[version].split()),
    )


def _fix_42() -> Dictionary:
    return _resolved(
        "FIX.4.2",
        outline.Outline(
            begin_string=b"FIX.4.2",
            fields=outline.fields(fix_42_fields.FIELDS, fix_42_fields.VALUES),
            blocks={},
            header=outline.entries(fix_42_messages.HEADER),
            trailer=outline.entries(fix_42_messages.TRAILER),
            messages=_messages(fix_42_messages.MESSAGES),
        ),
    )


def _fix_44() -> Dictionary:
    return _resolved(
        "FIX.4.4",
        outline.Outline(
            begin_string=b"FIX.4.4",
            fields=outline.fields(fix_44_fields.FIELDS, fix_44_fields.VALUES),
            blocks=_blocks(fix_44_messages.COMPONENTS),
            header=outline.entries(fix_44_messages.HEADER),
            trailer=outline.entries(fix_44_messages.TRAILER),
            messages=_messages(fix_44_messages.MESSAGES),
        ),
    )


def _fix_50sp2() -> Dictionary:
    transport = _resolved(
        "FIXT.1.1",
        outline.Outline(
            begin_string=b"FIXT.1.1",
            fields=outline.fields(fixt_11.FIELDS, fixt_11.VALUES),
            blocks={},
            header=outline.entries(fixt_11.HEADER),
            trailer=outline.entries(fixt_11.TRAILER),
            messages=_messages(fixt_11.MESSAGES),
        ),
    )
    application = _resolved(
        "FIX.5.0SP2",
        outline.Outline(
            begin_string=b"FIXT.1.1",
            fields=outline.fields(fix_50sp2_fields.FIELDS, fix_50sp2_values.VALUES),
            blocks=_blocks(fix_50sp2_components.COMPONENTS),
            header=(),
            trailer=(),
            messages=_messages(fix_50sp2_messages.MESSAGES),
        ),
    )
    return over_transport(transport, application, APPL_VER_ID_50SP2)


_MAKERS: Final = {b"FIX.4.2": _fix_42, b"FIX.4.4": _fix_44, b"FIXT.1.1": _fix_50sp2}

BEGIN_STRINGS: Final = frozenset(_MAKERS)
"""The BeginString(8) of each version that the exchange speaks."""


@cache
def standard_dictionary(begin_string: bytes) -> Dictionary:
    """Return the dictionary of a version, one of ``BEGIN_STRINGS``; FIXT.1.1 carries FIX.5.0SP2."""
    return _MAKERS[begin_string]()
