"""Load a data dictionary in QuickFIX's XML format from a file.

The file gives fields, components, header, trailer and messages; with FIXT.1.1 the transport's file has the
header, trailer and session messages and a second file the application's. NOT here: what the elements mean for
a message (``outline``, ``validation``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, NoReturn
from xml.etree import ElementTree as ET
from xml.parsers import expat

from protocols.fix.dictionary import Dictionary, Field, over_transport
from protocols.fix.errors import DictionaryError
from protocols.fix.outline import Entry, Outline, resolve
from protocols.fix.standard import APPL_VER_ID_50SP2

_APPL_VER_IDS: Final = {
    "4.0.0": b"2",
    "4.1.0": b"3",
    "4.2.0": b"4",
    "4.3.0": b"5",
    "4.4.0": b"6",
    "5.0.0": b"7",
    "5.0.1": b"8",
    "5.0.2": APPL_VER_ID_50SP2,
}
_MAX_FILE_SIZE: Final = 64 * 1024 * 1024
_MAX_DEPTH: Final = 32
_MAX_TAG: Final = 10**9


def load_dictionary(path: Path, application: Path | None = None) -> Dictionary:
    """Return the dictionary of the file at ``path``.

    For FIXT.1.1, ``path`` is the transport's file and ``application`` the application's, as in
    ``FIXT11.xml`` with ``FIX50SP2.xml``. Raises ``DictionaryError``: one line with file, line and fault.
    """
    transport = _File(path)
    if application is None:
        if transport.is_transport:
            transport.fail("a FIXT dictionary needs an application dictionary beside it")
        if not transport.has_frame:
            transport.fail(
                "no header and trailer: this is an application dictionary and needs a transport one"
            )
        return transport.dictionary()
    if not transport.is_transport:
        transport.fail("not a FIXT dictionary, so it takes no application dictionary")
    messages = _File(application)
    if messages.is_transport:
        messages.fail("a FIXT dictionary, where one of the application is wanted")
    return over_transport(transport.dictionary(), messages.dictionary(), messages.appl_ver_id())


class _File:
    """One parsed file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            if path.stat().st_size > _MAX_FILE_SIZE:
                self.fail(f"larger than {_MAX_FILE_SIZE} bytes")
            content = path.read_bytes()
        except OSError as error:
            self.fail(error.strerror or str(error))
        self._lines: dict[ET.Element, int] = {}
        self._root = self._parse(content)
        if self._root.tag != "fix":
            self.fail(f"the root element is {self._root.tag!r}, not 'fix'", self._root)
        self.is_transport = self._root.get("type") == "FIXT"
        header = self._root.find("header")
        self.has_frame = header is not None and len(header) > 0

    def fail(self, fault: str, element: ET.Element | None = None) -> NoReturn:
        """Raise the error that names the file, the line of ``element``, and the fault."""
        line = f":{self._lines[element]}" if element is not None else ""
        raise DictionaryError(f"{self.path}{line}: {fault}")

    def _parse(self, content: bytes) -> ET.Element:
        """Parse with line numbers; a document type declaration is refused, so no entity can expand."""
        builder = ET.TreeBuilder()
        parser = expat.ParserCreate()
        parser.buffer_text = True

        def start(name: str, attributes: dict[str, str]) -> None:
            self._lines[builder.start(name, attributes)] = parser.CurrentLineNumber

        def doctype(*_: object) -> None:
            raise DictionaryError(
                f"{self.path}:{parser.CurrentLineNumber}: document type declarations are refused"
            )

        parser.StartElementHandler = start
        parser.EndElementHandler = builder.end
        parser.StartDoctypeDeclHandler = doctype
        try:
            parser.Parse(content, True)  # noqa: FBT003 - expat's own signature
        except DictionaryError:
            raise
        except (LookupError, ValueError) as error:
            self.fail(str(error))
        except expat.ExpatError as error:
            raise DictionaryError(f"{self.path}:{error.lineno}: {expat.ErrorString(error.code)}") from None
        return builder.close()

    def appl_ver_id(self) -> bytes:
        """Return ApplVerID(1128) of the version that the root element names."""
        version = ".".join(self._root.get(name, "0") for name in ("major", "minor", "servicepack"))
        return _APPL_VER_IDS.get(version) or self.fail(f"no version of FIX: {version}", self._root)

    def dictionary(self) -> Dictionary:
        """Return what the file says, component blocks put in place."""
        kind = self._root.get("type") or "FIX"
        begin_string = f"{kind}.{self._attribute(self._root, 'major')}.{self._attribute(self._root, 'minor')}"
        outline = Outline(
            begin_string=begin_string.encode("ascii", "replace"),
            fields=self._fields(),
            blocks=self._blocks(),
            header=self._entries(self._root.find("header")),
            trailer=self._entries(self._root.find("trailer")),
            messages=self._messages(),
        )
        try:
            return resolve(outline)
        except DictionaryError as error:
            self.fail(str(error))

    def _fields(self) -> dict[str, Field]:
        found: dict[str, Field] = {}
        for element in self._children("fields", "field"):
            name = self._attribute(element, "name")
            number = self._attribute(element, "number")
            if not (number.isascii() and number.isdigit() and 0 < int(number) < _MAX_TAG):
                self.fail(f"field {name}: number {number!r} is not a tag", element)
            if name in found:
                self.fail(f"field {name} is defined twice", element)
            codes = frozenset(self._ascii(value, "enum") for value in element if value.tag == "value")
            type_name = self._attribute(element, "type").upper()
            found[name] = Field(str(int(number)).encode("ascii"), name, type_name, codes)
        return found

    def _blocks(self) -> dict[str, tuple[Entry, ...]]:
        found: dict[str, tuple[Entry, ...]] = {}
        for element in self._children("components", "component"):
            name = self._attribute(element, "name")
            if name in found:
                self.fail(f"component {name} is defined twice", element)
            found[name] = self._entries(element)
        return found

    def _messages(self) -> dict[bytes, tuple[str, tuple[Entry, ...]]]:
        found: dict[bytes, tuple[str, tuple[Entry, ...]]] = {}
        names: set[str] = set()
        for element in self._children("messages", "message"):
            msg_type = self._ascii(element, "msgtype")
            name = self._attribute(element, "name")
            if msg_type in found or name in names:
                shown = msg_type.decode("ascii") if msg_type in found else name
                self.fail(f"message {shown} is defined twice", element)
            names.add(name)
            found[msg_type] = name, self._entries(element)
        return found

    def _entries(self, parent: ET.Element | None, depth: int = 0) -> tuple[Entry, ...]:
        if parent is None:
            return ()
        if depth > _MAX_DEPTH:
            self.fail(f"groups are nested more than {_MAX_DEPTH} deep", parent)
        found = []
        for element in parent:
            if element.tag not in ("field", "group", "component"):
                self.fail(f"unexpected element {element.tag!r}", element)
            name = self._attribute(element, "name")
            required = element.get("required", "N")
            if required not in ("Y", "N"):
                self.fail(f"{element.tag} {name}: required is {required!r}, not Y or N", element)
            members = self._entries(element, depth + 1) if element.tag == "group" else ()
            if element.tag == "group" and not members:
                self.fail(f"group {name} has no fields", element)
            found.append(Entry(name, required == "Y", members, block=element.tag == "component"))
        return tuple(found)

    def _children(self, section: str, tag: str) -> list[ET.Element]:
        parent = self._root.find(section)
        for element in () if parent is None else parent:
            if element.tag != tag:
                self.fail(f"unexpected element {element.tag!r} in {section!r}", element)
        return [] if parent is None else list(parent)

    def _attribute(self, element: ET.Element, name: str) -> str:
        value = element.get(name, "")
        return value or self.fail(f"{element.tag}: attribute {name!r} is missing", element)

    def _ascii(self, element: ET.Element, name: str) -> bytes:
        value = self._attribute(element, name)
        try:
            return value.encode("ascii")
        except UnicodeEncodeError:
            self.fail(f"{element.tag}: {name} {value!r} is not ASCII", element)
