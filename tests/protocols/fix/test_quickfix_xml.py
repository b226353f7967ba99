"""A QuickFIX XML file becomes a dictionary, or one line that says what is wrong with it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.fix import (
    Dictionary,
    DictionaryError,
    Member,
    SessionReject,
    Validator,
    load_dictionary,
    scan,
    standard_dictionary,
)
from tests.protocols.fix.quickfix_oracle import SPECS, Node, oracle
from tests.protocols.fix.wire import message

SMALL = """<fix type='FIX' major='4' minor='4' servicepack='0'>
 <header>
  <field name='BeginString' required='Y'/><field name='BodyLength' required='Y'/>
  <field name='MsgType' required='Y'/>
 </header>
 <messages>
  <message name='Note' msgtype='U1' msgcat='app'>
   <field name='Text' required='Y'/>
   <component name='Who' required='N'/>
  </message>
 </messages>
 <trailer><field name='CheckSum' required='Y'/></trailer>
 <components>
  <component name='Who'>
   <group name='NoNames' required='Y'><field name='Name' required='Y'/><field name='Colour'/></group>
  </component>
  <component name='Empty'/>
 </components>
 <fields>
  <field number='8' name='BeginString' type='STRING'/>
  <field number='9' name='BodyLength' type='LENGTH'/>
  <field number='10' name='CheckSum' type='STRING'/>
  <field number='35' name='MsgType' type='STRING'/>
  <field number='58' name='Text' type='STRING'/>
  <field number='9001' name='NoNames' type='NUMINGROUP'/>
  <field number='9002' name='Name' type='STRING'/>
  <field number='9003' name='Colour' type='char'><value enum='R' description='RED'/><value enum='B'/></field>
 </fields>
</fix>
"""


def write(folder: Path, text: str | bytes, name: str = "FIX44.xml") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def nodes(members: tuple[Member, ...]) -> tuple[Node, ...]:
    return tuple(Node(int(m.field.tag), m.required, nodes(m.group)) for m in members)


def test_a_small_file(tmp_path: Path) -> None:
    found = load_dictionary(write(tmp_path, SMALL))
    assert found.begin_string == b"FIX.4.4"
    assert found.appl_ver_id == b""
    group = (Node(9002, True, ()), Node(9003, False, ()))
    assert nodes(found.messages[b"U1"].members) == (Node(58, True, ()), Node(9001, False, group))
    assert found.fields[b"9003"].values == {b"R", b"B"}
    assert found.fields[b"9003"].type == "CHAR"
    assert found.msg_types == {b"U1"}
    validator = Validator(found)
    validator.validate(scan(message("35=U1|58=x|9001=1|9002=n|9003=B|")))
    with pytest.raises(SessionReject, match=r"Colour\(9003\) is G, must be one of B R"):
        validator.validate(scan(message("35=U1|58=x|9001=1|9002=n|9003=G|")))


@pytest.mark.parametrize("name", ["FIX40", "FIX41", "FIX42", "FIX43", "FIX44"])
def test_every_message_of_the_published_files(name: str) -> None:
    other = oracle(name)
    found = load_dictionary(SPECS / f"{name}.xml")
    assert {msg_type.decode() for msg_type in found.messages} == other.messages.keys()
    for msg_type, definition in found.messages.items():
        assert nodes(definition.members) == other.nodes(other.messages[msg_type.decode()])
    assert {int(tag) for tag in found.fields} == other.by_tag.keys()


@pytest.mark.parametrize("name", ["FIX42", "FIX44"])
def test_the_dictionary_in_code_equals_the_published_file(name: str) -> None:
    loaded = load_dictionary(SPECS / f"{name}.xml")
    own = standard_dictionary(loaded.begin_string)
    assert nodes(loaded.header) == nodes(own.header)
    assert nodes(loaded.trailer) == nodes(own.trailer)
    assert loaded.tags == own.tags
    assert loaded.msg_types == own.msg_types
    for msg_type, definition in own.messages.items():
        assert nodes(loaded.messages[msg_type].members) == nodes(definition.members)


@pytest.fixture(scope="module")
def fix_50sp2() -> Dictionary:
    return load_dictionary(SPECS / "FIXT11.xml", SPECS / "FIX50SP2.xml")


def test_a_transport_and_an_application_file(fix_50sp2: Dictionary) -> None:
    assert fix_50sp2.begin_string == b"FIXT.1.1"
    assert fix_50sp2.appl_ver_id == b"9"
    assert {b"A", b"0", b"D", b"8", b"DZ"} < fix_50sp2.messages.keys()
    assert fix_50sp2.header[0].field.name == "BeginString"
    assert load_dictionary(SPECS / "FIXT11.xml", SPECS / "FIX50.xml").appl_ver_id == b"7"
    assert load_dictionary(SPECS / "FIXT11.xml", SPECS / "FIX44.xml").appl_ver_id == b"6"
    Validator(fix_50sp2).validate(
        scan(
            message(
                "35=D|1128=9|49=A|56=B|34=2|52=20260101-00:00:00|"
                "11=a|55=BTC|54=1|60=20260101-00:00:00|38=1|40=2|44=5|",
                b"FIXT.1.1",
            )
        )
    )


FAULTS: list[tuple[str, str, int | None, str]] = [
    ("", "", None, "no element found"),
    ("</fix>", "", 30, "no element found"),
    ("</messages>", "</message>", 11, "mismatched tag"),
    ("<fix ", "<xml ", 29, "mismatched tag"),
    ("<fix type", "<!DOCTYPE fix [<!ENTITY a 'b'>]><fix type", 1, "document type declarations are refused"),
    (
        "<fix type='FIX' major='4' minor='4'",
        "<fix type='FIX' major='4'",
        1,
        "fix: attribute 'minor' is missing",
    ),
    ("number='58' ", "", 24, "field: attribute 'number' is missing"),
    ("number='58'", "number='x'", 24, "field Text: number 'x' is not a tag"),
    ("number='58'", "number='0'", 24, "field Text: number '0' is not a tag"),
    ("number='58'", "number='-1'", 24, "field Text: number '-1' is not a tag"),
    ("number='58'", f"number='{10**9}'", 24, f"field Text: number '{10**9}' is not a tag"),
    ("number='58'", "number='35'", None, "field Text(35): the tag is MsgType(35) already"),
    ("name='Text' type", "name='Name' type", 26, "field Name is defined twice"),
    ("type='char'", "type='COLOUR'", None, "field Colour(9003): unknown type 'COLOUR'"),
    ("type='char'", "type=''", 27, "field: attribute 'type' is missing"),
    ("enum='R'", "enum=''", 27, "value: attribute 'enum' is missing"),
    ("enum='R'", "enum='é'", 27, "value: enum 'é' is not ASCII"),
    ("<field name='Text' req", "<field name='Tex' req", None, "message Note: unknown field 'Tex'"),
    ("<field name='Name' req", "<field name='N' req", None, "group NoNames: unknown field 'N'"),
    ("<component name='Who' req", "<component name='W' req", None, "message Note: unknown component 'W'"),
    ("<component name='Empty'/>", "<component name=''/>", 17, "component: attribute 'name' is missing"),
    ("<component name='Empty'/>", "<field name='Text'/>", 17, "unexpected element 'field' in 'components'"),
    ("<component name='Empty'/>", "<component name='Who'/>", 17, "component Who is defined twice"),
    ("</messages>", "<message name='Other' msgtype='U1'/></messages>", 11, "message U1 is defined twice"),
    ("</messages>", "<message name='Note' msgtype='U2'/></messages>", 11, "message Note is defined twice"),
    (
        "<group name='NoNames'",
        "<component name='Who' required='N'/><group name='NoNames'",
        None,
        "component Who: contains itself",
    ),
    (
        "<field name='Text' required='Y'/>",
        "<field name='Text' required='yes'/>",
        8,
        "required is 'yes', not Y or N",
    ),
    ("<field name='Text' required='Y'/>", "<value/>", 8, "unexpected element 'value'"),
    (
        "<field name='Text' required='Y'/>",
        "<group name='NoNames' required='N'/>",
        8,
        "group NoNames has no fields",
    ),
    ("msgtype='U1' ", "", 7, "message: attribute 'msgtype' is missing"),
    ("msgtype='U1'", "msgtype='Ü'", 7, "message: msgtype 'Ü' is not ASCII"),
    ("type='FIX'", "type='FIXT'", None, "needs an application dictionary"),
]


@pytest.mark.parametrize(("old", "new", "line", "fault"), FAULTS)
def test_a_broken_file_is_one_line(tmp_path: Path, old: str, new: str, line: int | None, fault: str) -> None:
    assert old in SMALL
    path = write(tmp_path, SMALL.replace(old, new, 1) if old else "")
    with pytest.raises(DictionaryError) as caught:
        load_dictionary(path)
    text = str(caught.value)
    assert "\n" not in text
    assert fault in text
    assert text.startswith(f"{path}:{line}: " if line else f"{path}:")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DictionaryError, match=r"nothing\.xml: No such file"):
        load_dictionary(tmp_path / "nothing.xml")
    with pytest.raises(DictionaryError, match="Is a directory"):
        load_dictionary(tmp_path)
    with pytest.raises(DictionaryError, match="the root element is 'dictionary', not 'fix'"):
        load_dictionary(write(tmp_path, "<dictionary/>"))
    with pytest.raises(DictionaryError, match="not well-formed"):
        load_dictionary(write(tmp_path, b"\x00\xff\xfe<fix/>"))
    with pytest.raises(DictionaryError, match="unknown encoding"):
        load_dictionary(write(tmp_path, b"<?xml version='1.0' encoding='no-such'?><fix/>"))
    large = tmp_path / "large.xml"
    with large.open("wb") as file:
        file.truncate(65 * 1024 * 1024)
    with pytest.raises(DictionaryError, match="larger than 67108864 bytes"):
        load_dictionary(large)


def test_groups_without_end(tmp_path: Path) -> None:
    deep = "<group name='NoNames' required='N'>" * 200 + "<field name='Name'/>" + "</group>" * 200
    with pytest.raises(DictionaryError, match="groups are nested more than 32 deep"):
        load_dictionary(write(tmp_path, SMALL.replace("<field name='Text' required='Y'/>", deep)))


def test_pairs_of_files_that_do_not_fit(tmp_path: Path) -> None:
    small = write(tmp_path, SMALL)
    transport = SPECS / "FIXT11.xml"
    with pytest.raises(DictionaryError, match="not a FIXT dictionary, so it takes no application"):
        load_dictionary(small, small)
    with pytest.raises(DictionaryError, match="where one of the application is wanted"):
        load_dictionary(transport, transport)
    with pytest.raises(DictionaryError, match=r"FIX50SP2\.xml: no header and trailer"):
        load_dictionary(SPECS / "FIX50SP2.xml")
    ninth = write(tmp_path, SMALL.replace("major='4'", "major='9'"), "FIX9.xml")
    with pytest.raises(DictionaryError, match=r"FIX9\.xml:1: no version of FIX: 9\.4\.0"):
        load_dictionary(transport, ninth)


def test_a_file_without_sections(tmp_path: Path) -> None:
    with pytest.raises(DictionaryError, match="no header and trailer"):
        load_dictionary(write(tmp_path, "<fix major='4' minor='4'/>"))
    bare = (
        "<fix major='4' minor='4'><header><field name='A'/></header>"
        "<fields><field number='1' name='A' type='INT'/></fields></fix>"
    )
    found = load_dictionary(write(tmp_path, bare))
    assert found.begin_string == b"FIX.4.4"
    assert (found.messages, found.trailer) == ({}, ())


@given(cut=st.integers(0, len(SMALL)), noise=st.text(alphabet="<>/='& abfixX0\n", max_size=8))
def test_any_damage_is_an_error_or_a_dictionary(
    tmp_path_factory: pytest.TempPathFactory, cut: int, noise: str
) -> None:
    path = write(tmp_path_factory.getbasetemp(), SMALL[:cut] + noise + SMALL[cut:])
    fault = ""
    try:
        load_dictionary(path)
    except DictionaryError as error:
        fault = str(error)
    assert "\n" not in fault
