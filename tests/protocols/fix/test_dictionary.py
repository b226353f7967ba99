"""The dictionary in code keeps agreeing with the QuickFIX dictionaries that its tables were taken from."""

from collections.abc import Iterator
from itertools import pairwise

import pytest

from protocols.fix import (
    BEGIN_STRINGS,
    DATA_FIELDS,
    Dictionary,
    DictionaryError,
    Field,
    Member,
    msg_types,
    standard_dictionary,
    tags,
)
from protocols.fix.outline import Entry, Outline, entries, expand, fields, resolve
from protocols.fix.standard import extent
from tests.protocols.fix.quickfix_oracle import Node, Oracle, oracle

FIX42 = standard_dictionary(b"FIX.4.2")
FIX44 = standard_dictionary(b"FIX.4.4")
FIX50SP2 = standard_dictionary(b"FIXT.1.1")

# MsgTypeGrp is empty in QuickFIX's FIXT11.xml; this is the standard's.
NO_MSG_TYPES = Node(384, False, tuple(Node(tag, False, ()) for tag in (372, 385, 1130, 1406, 1131, 1410)))
# Taken whole, although the first field came with a later extension pack: without it the group has no start.
NO_AFFECTED_ORDERS = Node(534, False, tuple(Node(tag, False, ()) for tag in (1824, 535, 536)))

VERSIONS = [
    (FIX42, "FIX42", 10**9, False),
    (FIX44, "FIX44", 10**9, False),
    (FIX50SP2, "FIXT11", 10**9, True),
    (FIX50SP2, "FIX50SP2", 1500, False),
]
RENAMED = {"HaltReasonChar": "HaltReason", "IOIid": "IOIID"}


def nodes(members: tuple[Member, ...]) -> tuple[Node, ...]:
    return tuple(Node(int(member.field.tag), member.required, nodes(member.group)) for member in members)


def used(members: tuple[Member, ...]) -> Iterator[Field]:
    for member in members:
        yield member.field
        yield from used(member.group)


def cases() -> Iterator[tuple[Dictionary, Oracle, int, str]]:
    for dictionary, name, highest, is_transport in VERSIONS:
        other = oracle(name)
        for definition in dictionary.messages.values():
            if dictionary is not FIX50SP2 or definition.is_session_message is is_transport:
                yield dictionary, other, highest, definition.msg_type.decode()


@pytest.mark.parametrize(
    ("dictionary", "other", "highest", "msg_type"),
    [pytest.param(*case, id=f"{case[0].begin_string.decode()}-{case[3]}") for case in cases()],
)
def test_message_members(dictionary: Dictionary, other: Oracle, highest: int, msg_type: str) -> None:
    """Every field, in its order, with its required flag and its group; nothing is missing."""
    mine = nodes(dictionary.messages[msg_type.encode()].members)
    if dictionary is FIX50SP2 and msg_type == "A":
        assert NO_MSG_TYPES in mine
        mine = tuple(node for node in mine if node != NO_MSG_TYPES)
    if dictionary is FIX50SP2 and msg_type == "r":
        mine = tuple(node for node in mine if node != NO_AFFECTED_ORDERS)
        assert NO_AFFECTED_ORDERS in other.nodes(other.messages[msg_type])
    assert mine == other.nodes(other.messages[msg_type], highest)


@pytest.mark.parametrize(("dictionary", "name"), [(FIX42, "FIX42"), (FIX44, "FIX44"), (FIX50SP2, "FIXT11")])
@pytest.mark.parametrize("section", ["header", "trailer"])
def test_header_and_trailer(dictionary: Dictionary, name: str, section: str) -> None:
    other = oracle(name)
    assert nodes(getattr(dictionary, section)) == other.nodes(other.root.find(section))


@pytest.mark.parametrize(("dictionary", "name", "highest", "is_transport"), VERSIONS)
def test_fields(dictionary: Dictionary, name: str, highest: int, is_transport: bool) -> None:
    """Name, type and codes of each field that a message has."""
    other = oracle(name)
    sections = [dictionary.header, dictionary.trailer] if is_transport or dictionary is not FIX50SP2 else []
    sections += [
        definition.members
        for definition in dictionary.messages.values()
        if dictionary is not FIX50SP2 or definition.is_session_message is is_transport
    ]
    checked = 0
    for field in {field.tag: field for section in sections for field in used(section)}.values():
        element = other.by_tag.get(int(field.tag))
        if element is None:
            assert field.tag in (b"384", b"385", b"1410"), field
            continue
        theirs = element.attrib["name"]
        assert field.name == RENAMED.get(theirs, theirs)
        assert field.type == element.attrib["type"], field
        if field.type != "BOOLEAN" and field.tag != b"35":
            assert field.values == {value.attrib["enum"].encode() for value in element}, field
        assert int(field.tag) <= highest or field.tag == b"1824"
        checked += 1
    assert checked > 50


@pytest.mark.parametrize("version", extent.TAGS)
def test_extent_of_each_version(version: str) -> None:
    other = oracle(version.replace("FIX.", "FIX").replace("FIXT.", "FIXT").replace(".", ""))
    assert {int(tag) for tag in expand(extent.TAGS[version])} == other.by_tag.keys()
    assert set(extent.MSG_TYPES[version].split()) == other.messages.keys()


def test_all_of_fix_42_and_44_is_known_beyond_what_is_spoken() -> None:
    assert b"6" in FIX44.msg_types
    assert b"6" not in FIX44.messages
    assert b"700" in FIX44.tags
    assert b"700" not in FIX44.fields
    assert b"9999" not in FIX44.tags


def test_data_fields_are_those_of_the_dictionaries() -> None:
    pairs = set()
    names = ("FIX42", "FIX43", "FIX44", "FIXT11", "FIX50", "FIX50SP1", "FIX50SP2")
    for other in map(oracle, names):
        for parent in other.root.iter():
            known = [
                other.fields[child.attrib["name"]]
                for child in parent
                if child.attrib.get("name") in other.fields
            ]
            for length, data in pairwise(known):
                if length.attrib["type"] == "LENGTH" and data.attrib["type"] in ("DATA", "XMLDATA"):
                    pairs.add((length.attrib["number"].encode(), data.attrib["number"].encode()))
    assert set(DATA_FIELDS.items()) == pairs
    assert len(set(DATA_FIELDS.values())) == len(DATA_FIELDS)


def test_tag_constants_are_the_fields_of_the_dictionaries() -> None:
    names = {name.replace("_", ""): tag for name, tag in vars(tags).items() if name.isupper()}
    by_tag: dict[bytes, set[str]] = {}
    for dictionary in (FIX44, FIX50SP2, FIX42):
        for field in dictionary.fields.values():
            by_tag.setdefault(field.tag, set()).add(field.name.upper())
    for name, tag in names.items():
        assert name in by_tag[tag], name
    assert len(set(names.values())) == len(names)


def test_message_type_constants_are_spoken() -> None:
    constants = {
        value for name, value in vars(msg_types).items() if name.isupper() and isinstance(value, bytes)
    }
    assert constants == FIX44.messages.keys() == FIX50SP2.messages.keys()
    assert FIX42.messages.keys() < constants
    for name, value in vars(msg_types).items():
        if isinstance(value, bytes):
            assert FIX44.messages[value].name.upper() == name.replace("_", "")


def test_a_dictionary_per_version() -> None:
    assert {b"FIX.4.2", b"FIX.4.4", b"FIXT.1.1"} == BEGIN_STRINGS
    assert {d.begin_string for d in (FIX42, FIX44, FIX50SP2)} == BEGIN_STRINGS
    assert [d.appl_ver_id for d in (FIX42, FIX44, FIX50SP2)] == [b"", b"", b"9"]
    assert standard_dictionary(b"FIX.4.4") is FIX44
    with pytest.raises(KeyError):
        standard_dictionary(b"FIX.4.3")


def test_labels_are_the_spelling_of_the_standard() -> None:
    assert FIX44.label(b"40") == "OrdType(40)"
    assert FIX44.label(b"9001") == "9001"
    assert FIX44.messages[b"A"].is_session_message
    assert not FIX44.messages[b"D"].is_session_message


# ---- outlines


def test_notation() -> None:
    assert entries("A! <B>! N(C D!(E) <F>) G") == (
        Entry("A", True),
        Entry("B", True, block=True),
        Entry(
            "N",
            False,
            (Entry("C", False), Entry("D", True, (Entry("E", False),)), Entry("F", False, block=True)),
        ),
        Entry("G", False),
    )
    assert list(expand("1 8..11 A..D")) == ["1", "8", "9", "10", "11", "A", "B", "C", "D"]
    with pytest.raises(DictionaryError, match=r"unexpected '\?'"):
        entries("A ?")


def outline(**parts: object) -> Outline:
    by_type = {"STRING": "1 A 2 B 3 C", "NUMINGROUP": "10 N"}
    whole = {
        "begin_string": b"FIX.4.4",
        "fields": fields(by_type, {"A": "x 1..3"}),
        "blocks": {},
        "header": (),
        "trailer": (),
        "messages": {},
    }
    return Outline(**{**whole, **parts})  # type: ignore[arg-type]  # parts of an outline by name


def test_blocks_are_put_in_place_and_only_required_blocks_require() -> None:
    blocks = {"X": entries("A! N(B! <Y>)"), "Y": entries("C!")}
    found = resolve(
        outline(blocks=blocks, messages={b"0": ("M", entries("<X>")), b"1": ("R", entries("<X>! A B"))})
    )
    inside = (Node(2, True, ()), Node(3, False, ()))
    assert nodes(found.messages[b"0"].members) == (Node(1, False, ()), Node(10, False, inside))
    assert nodes(found.messages[b"1"].members) == (
        Node(1, True, ()),
        Node(10, False, inside),
        Node(2, False, ()),
    )
    assert found.fields[b"1"].values == {b"x", b"1", b"2", b"3"}


@pytest.mark.parametrize(
    ("parts", "fault"),
    [
        ({"messages": {b"0": ("M", entries("Z"))}}, "message M: unknown field 'Z'"),
        ({"messages": {b"0": ("M", entries("N(Z)"))}}, "group N: unknown field 'Z'"),
        ({"header": entries("<Z>")}, "header: unknown component 'Z'"),
        ({"blocks": {"X": entries("<X>")}, "trailer": entries("<X>")}, "component X: contains itself"),
        (
            {"blocks": {"X": entries("N(<Y>)"), "Y": entries("<X>")}, "trailer": entries("<X>")},
            "component X: contains itself",
        ),
        ({"fields": fields({"COLOUR": "1 A"}, {})}, r"field A\(1\): unknown type 'COLOUR'"),
        ({"fields": fields({"STRING": "1 A 1 B"}, {})}, r"field B\(1\): the tag is A\(1\) already"),
    ],
)
def test_broken_outlines(parts: dict[str, object], fault: str) -> None:
    with pytest.raises(DictionaryError, match=fault):
        resolve(outline(**parts))
