"""QuickFIX's own dictionaries, read without the code under test."""

import functools
from collections.abc import Iterable
from importlib.metadata import distribution
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

SPECS = Path(str(distribution("fixcore-engine").locate_file("fixcore/specs")))


class Node(NamedTuple):
    """A field of a message by tag, whether it is required, and what repeats under it."""

    tag: int
    required: bool
    group: tuple["Node", ...]


class Oracle:
    """One XML file."""

    def __init__(self, name: str) -> None:
        self.root = ET.parse(SPECS / f"{name}.xml").getroot()  # noqa: S314 - installed with the tests
        self.blocks = {block.attrib["name"]: block for block in self.root.iterfind("components/component")}
        self.fields = {field.attrib["name"]: field for field in self.root.iterfind("fields/field")}
        self.by_tag = {int(field.attrib["number"]): field for field in self.fields.values()}
        self.messages = {
            message.attrib["msgtype"]: message for message in self.root.iterfind("messages/message")
        }

    def nodes(self, parent: Iterable[ET.Element] | None, highest_tag: int = 10**9) -> tuple[Node, ...]:
        found: dict[int, Node] = {}
        for node in self._walk(parent if parent is not None else (), True, highest_tag):
            found.setdefault(node.tag, node)
        return tuple(found.values())

    def _walk(self, parent: Iterable[ET.Element], required: bool, highest_tag: int) -> Iterable[Node]:
        for element in parent:
            name = element.attrib["name"]
            is_required = required and element.attrib["required"] == "Y"
            if element.tag == "component":
                yield from self._walk(self.blocks[name], is_required, highest_tag)
                continue
            tag = int(self.fields[name].attrib["number"])
            if tag > highest_tag:
                continue
            if element.tag != "group":
                yield Node(tag, is_required, ())
            elif self.nodes(element[:1])[0].tag <= highest_tag:  # a group needs its first field
                yield Node(tag, is_required, self.nodes(element, highest_tag))


@functools.cache
def oracle(name: str) -> Oracle:
    return Oracle(name)
