"""FIX 4.4 as QuickFIX's dictionary has it: which tags a message may and must have, which values a tag."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from importlib.resources import files

ROOT = ET.fromstring((files("fixcore") / "specs" / "FIX44.xml").read_text())  # noqa: S314 - from a pinned package
FIELDS = {field.attrib["name"]: field for field in ROOT.iterfind("fields/field")}
NUMBERS = {name: int(field.attrib["number"]) for name, field in FIELDS.items()}
ENUMERATIONS = {
    NUMBERS[name]: {value.attrib["enum"].encode() for value in field}
    for name, field in FIELDS.items()
    if len(field)
}
_COMPONENTS = {component.attrib["name"]: component for component in ROOT.iterfind("components/component")}


def _fields(parent: ET.Element) -> Iterator[tuple[int, bool]]:
    for member in parent:
        if member.tag == "field":
            yield NUMBERS[member.attrib["name"]], member.attrib["required"] == "Y"
        elif member.tag == "component":
            yield from _fields(_COMPONENTS[member.attrib["name"]])


MESSAGES = {
    message.attrib["msgtype"].encode(): dict(_fields(message))
    for message in ROOT.iterfind("messages/message")
}
"""MsgType to its tags, outside of groups, and whether each is required."""


def faults(msg_type: bytes, fields: dict[int, bytes]) -> list[str]:
    """Return what QuickFIX would reject in a body."""
    known = MESSAGES[msg_type]
    missing = [f"{tag} is missing" for tag, required in known.items() if required and tag not in fields]
    strange = [f"{tag} is not of {msg_type!r}" for tag in fields if tag not in known]
    wrong = [
        f"{tag}={value!r}"
        for tag, value in fields.items()
        if value not in ENUMERATIONS.get(tag, {value}) or not value
    ]
    return missing + strange + wrong
