"""FIX as QuickFIX's dictionaries have it: which tags a message may and must have, which values a tag."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from importlib.resources import files


class Spec:
    """The application messages of one version, outside of groups."""

    def __init__(self, name: str) -> None:
        text = (files("fixcore") / "specs" / name).read_text()
        root = ET.fromstring(text)  # noqa: S314 - from a pinned package
        fields = {field.attrib["name"]: field for field in root.iterfind("fields/field")}
        self.numbers = {name: int(field.attrib["number"]) for name, field in fields.items()}
        self.types = {self.numbers[name]: field.attrib["type"] for name, field in fields.items()}
        self.enumerations = {
            self.numbers[name]: {value.attrib["enum"].encode() for value in field.iter("value")}
            for name, field in fields.items()
            if field.find(".//value") is not None
        }
        self._components = {block.attrib["name"]: block for block in root.iterfind("components/component")}
        self.messages = {
            message.attrib["msgtype"].encode(): dict(self._members(message))
            for message in root.iterfind("messages/message")
        }
        """MsgType to its tags and whether each is required."""

    def _members(self, parent: ET.Element) -> Iterator[tuple[int, bool]]:
        for member in parent:
            if member.tag == "field":
                yield self.numbers[member.attrib["name"]], member.attrib["required"] == "Y"
            elif member.tag == "component":
                yield from self._members(self._components[member.attrib["name"]])

    def faults(self, msg_type: bytes, fields: dict[int, bytes]) -> list[str]:
        """Return what QuickFIX would reject in a body."""
        known = self.messages[msg_type]
        missing = [f"{tag} is missing" for tag, required in known.items() if required and tag not in fields]
        strange = [f"{tag} is not of {msg_type!r}" for tag in fields if tag not in known]
        wrong = [
            f"{tag}={value!r}"
            for tag, value in fields.items()
            if value not in self.enumerations.get(tag, {value}) or not value
        ]
        return missing + strange + wrong


SPECS = {
    b"FIX.4.2": Spec("FIX42.xml"),
    b"FIX.4.4": Spec("FIX44.xml"),
    b"FIXT.1.1": Spec("FIX50SP2.xml"),
}
"""By BeginString. QuickFIX keeps FIXT11.xml's session messages apart: no report is among them."""
