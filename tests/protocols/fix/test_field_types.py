"""The form of each data type."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.fix.field_types import CHECKS, check_of


@pytest.mark.parametrize(
    ("type_name", "good", "bad"),
    [
        ("STRING", "a|a b|=", ""),
        ("CHAR", "a|=| ", "|ab"),
        ("BOOLEAN", "Y|N", "|y|YN|1"),
        ("INT", "0|-5|007|" + "9" * 18, "|-|+5|5.|5 |x|" + "9" * 19),
        ("LENGTH", "0|5", "|-5|x"),
        ("SEQNUM", "1|0007", "|-5|+1|1.0"),
        ("NUMINGROUP", "0|2", "|-1|x"),
        ("TAGNUM", "5", "|x"),
        ("DAYOFMONTH", "1|01|31", "|0|00|32|x"),
        ("QTY", "0|5|-5|5.|.5|5.50|00.5", "|.|-|-.|+5|5e3|5,0|NaN|inf| 5|5 "),
        ("PRICE", "5.5|-1", "|x|1..2"),
        ("AMT", "5", "|$5"),
        ("FLOAT", "5", "|five"),
        ("PERCENTAGE", ".05", "|5%"),
        ("PRICEOFFSET", "-0.5", "|--5"),
        (
            "UTCTIMESTAMP",
            "20240229-23:59:60.123|20260131-00:00:00|20000229-00:00:00.000000",
            "|20250229-00:00:00|2026|19000229-00:00:00",
        ),
        ("UTCTIMEONLY", "23:59:59|00:00:00.123|23:59:60.123456789", "|24:00:00|1:00:00|00:00|00:00:00.1"),
        ("UTCDATEONLY", "20261231|20260430|20000229", "|20260431|20261301|2026-1-1|00000101|20260100"),
        ("UTCDATE", "20261231", "|2026"),
        ("LOCALMKTDATE", "20260630", "|20260631"),
        ("LOCALMKTTIME", "10:00:00", "|10:00|10:00:00.123"),
        ("MONTHYEAR", "202601|20260131|202601w1|202601w5", "|2026|202613|202601w6|202601w0|20260132"),
        ("TZTIMEONLY", "07:39Z|07:39:00-05|15:09:00.123+05:30|07:39", "|7:39|07:39+25|07:39:61"),
        ("TZTIMESTAMP", "20060901-07:39Z|20060901-13:09:00.123+05:30", "|20060901|07:39Z|20060931-07:39Z"),
        ("MULTIPLEVALUESTRING", "A|A B|AB C", "| A|A |A  B"),
        ("MULTIPLESTRINGVALUE", "AB CD", "| "),
        ("MULTIPLECHARVALUE", "A|A B", "|AB|A  B|A "),
        ("TIME", "20260101-00:00:00", "|20260101"),
        ("DATE", "20260101", "|2026"),
    ],
)
def test_data_types(type_name: str, good: str, bad: str) -> None:
    is_well_formed = CHECKS[type_name][0]
    for value in good.split("|"):
        assert is_well_formed(value.encode()), value
    for value in bad.split("|"):
        assert not is_well_formed(value.encode()), value


@given(st.text(alphabet="0123456789-:.", min_size=15, max_size=28).map(str.encode))
def test_the_pattern_of_a_timestamp_and_its_parser_agree(text: bytes) -> None:
    assert bool(CHECKS["UTCTIMESTAMP"][0](text)) is bool(CHECKS["TIME"][0](text))


@given(st.datetimes(), st.sampled_from([b"", b".123", b".123456", b".123456789"]))
def test_every_instant_is_a_timestamp(instant: dt.datetime, fraction: bytes) -> None:
    text = f"{instant:%Y%m%d-%H:%M:%S}".encode().rjust(17, b"0") + fraction
    assert CHECKS["UTCTIMESTAMP"][0](text)
    assert CHECKS["TIME"][0](text)


def test_codes_are_checked_one_by_one() -> None:
    codes = frozenset((b"A", b"B"))
    assert check_of("CHAR", codes)(b"A")
    assert not check_of("CHAR", codes)(b"C")
    assert check_of("MULTIPLEVALUESTRING", codes)(b"A B")
    assert not check_of("MULTIPLEVALUESTRING", codes)(b"A C")
    assert not check_of("MULTIPLEVALUESTRING", codes)(b"A  B")
    assert not check_of("MULTIPLEVALUESTRING", codes)(b"")
    assert check_of("STRING", frozenset())(b"anything")
