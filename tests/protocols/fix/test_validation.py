"""Each broken rule has its SessionRejectReason(373), its RefTagID(371) and a text that names the fault."""

import random
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.fix import Dictionary, Framer, Member, SessionReject, Validator, scan, wire_reason
from protocols.fix import SessionRejectReason as Reason
from protocols.fix.field_types import CHECKS, MAX_REMEMBERED
from protocols.fix.message_walk import Walk
from tests.protocols.fix.faults import (
    FAULTS,
    FIX42,
    FIX44,
    FIX50SP2,
    HEAD,
    IGNORING,
    ORDER,
    STRICT,
    check,
    fault,
    order,
)
from tests.protocols.fix.wire import framed, message, soh

# ---- legal messages


@pytest.mark.parametrize(
    "extra",
    [
        "",
        "58=any text = with equals|",
        "21=1|1=ACC|111=5|48=ID|22=8|18=1 G|59=1|126=20260131-23:59:60.123456789|",
        "453=2|448=A|447=D|452=3|802=1|523=desk|803=1|448=B|447=D|452=11|58=x|",
        "453=1|448=A|452=3|802=2|523=a|523=b|",
        "386=0|58=x|",
        "386=2|336=1|336=2|625=1|",
        "354=5|355=a=\x01=b|58=x|",
        "354=0|",
        "78=1|79=A|80=5.|58=x|",
        "152=.5|",
        "64=20260228|",
        "200=202612|167=FUT|",
        "200=202612w5|",
        "200=20261231|",
    ],
)
def test_legal_orders(extra: str) -> None:
    check(order(extra))


def test_header_and_body_fields_in_any_order() -> None:
    fields = [
        "52=20260101-00:00:00.000|",
        "34=2|",
        "56=BDAX|",
        "49=DEMO1|",
        "97=N|",
        "43=Y|",
        "122=20260101-00:00:00|",
    ]
    body = ORDER.split("|")[:-1]
    check(order(head="".join(fields), body="|".join(reversed(body)) + "|"))
    check(order(head="".join(reversed(fields))))


def test_header_groups_and_trailer() -> None:
    check(order(head=HEAD + "627=1|628=HUB|629=20260101-00:00:00|630=7|"))
    check(order("93=3|89=a\x01b|"))


def test_a_logon_with_raw_data() -> None:
    check(message(f"35=A|{HEAD}98=0|108=30|95=6|96=a\x0196=b|553=u|554=p|"))


def test_market_data_request_with_nested_groups() -> None:
    check(message(f"35=V|{HEAD}262=r|263=1|264=0|265=1|267=2|269=0|269=1|146=2|55=BTC-KRW|55=ETH-KRW|"))


def test_a_type_that_exists_but_is_not_spoken_has_only_its_header_checked() -> None:
    """The application answers it with BusinessMessageReject(j)."""
    check(message(f"35=6|{HEAD}23=i|28=N|199=2|104=A|104=B|"))
    check(message(f"35=AE|{HEAD}"))
    assert fault(message("35=AE|49=DEMO1|34=2|52=20260101-00:00:00|")).ref_tag == b"56"
    assert fault(message(f"35=6|{HEAD}23=i|9001=x|")).ref_tag == b"9001"
    assert fault(message(f"35=6|{HEAD}23=i|43=Y|")).reason == 14
    check(message(f"35=6|{HEAD}23=i|9001=x|"), IGNORING)


# ---- faults


@pytest.mark.parametrize("name", FAULTS)
def test_fault(name: str) -> None:
    frame, reason, ref_tag, part = FAULTS[name]
    error = fault(frame)
    assert (error.reason, error.ref_tag) == (reason, ref_tag)
    assert part in error.text


def test_an_undefined_tag_without_equals_is_a_delimiter_too() -> None:
    error = fault(order("58=x|9001|"))
    assert (error.reason, error.ref_tag) == (17, b"58")
    error = fault(order("9001=x||", body=""), IGNORING)
    assert (error.reason, error.ref_tag) == (17, None)


# ---- per version


def test_versions_know_their_own_tags_and_codes() -> None:
    head = HEAD
    body = "11=a|21=1|55=BTC|54=1|60=20260101-00:00:00|38=1|40=2|44=5|"
    check(message(f"35=D|{head}{body}109=CLIENT|47=A|", b"FIX.4.2"))
    assert fault(message(f"35=D|{head}{body}453=1|448=A|", b"FIX.4.2")).reason == 0
    assert fault(message(f"35=D|{head}{body.replace('21=1|', '')}", b"FIX.4.2")).ref_tag == b"21"
    assert fault(message(f"35=D|{head}{body}109=CLIENT|")).reason == 0
    assert fault(message(f"35=q|{head}11=a|530=7|60=20260101-00:00:00|", b"FIX.4.2")).reason == 11
    check(message(f"35=D|{head}{ORDER}1138=5|", b"FIXT.1.1"))
    assert fault(order("1138=5|")).reason == 0
    assert fault(message(f"35=D|{head}{ORDER}111=5|1629=1|", b"FIXT.1.1")).reason == 2


def test_the_application_version_of_a_message() -> None:
    check(message(f"35=D|1128=9|{HEAD}{ORDER}", b"FIXT.1.1"))
    check(message(f"35=0|1128=9|{HEAD}", b"FIXT.1.1"))
    error = fault(message(f"35=D|1128=6|{HEAD}{ORDER}", b"FIXT.1.1"))
    assert (error.reason, error.ref_tag) == (18, b"1128")
    assert "ApplVerID(1128) is 6, must be 9" in error.text


def test_a_logon_over_fixt_names_its_application_version() -> None:
    logon = f"35=A|{HEAD}98=0|108=30|"
    check(message(f"{logon}1137=9|384=1|372=D|385=R|1410=Y|", b"FIXT.1.1"))
    assert fault(message(logon, b"FIXT.1.1")).ref_tag == b"1137"


@pytest.mark.parametrize(
    ("begin_string", "known"),
    [(b"FIX.4.2", set(range(12))), (b"FIX.4.4", {*range(18), 99}), (b"FIXT.1.1", {*range(19), 99})],
)
def test_reasons_that_each_version_can_say(begin_string: bytes, known: set[int]) -> None:
    for reason in Reason:
        said = wire_reason(begin_string, reason)
        if reason in known:
            assert said == reason
        else:
            assert said == (None if begin_string == b"FIX.4.2" else 99)


# ---- user-defined tags


@pytest.mark.parametrize("tag", ["5000", "9999", "20001", "39999"])
def test_user_defined_tags_by_policy(tag: str) -> None:
    for frame in (
        order(f"{tag}=x|"),
        order(f"{tag}=x|{tag}=y|58=z|"),
        order(head=f"{HEAD}{tag}=x|"),
        order(head=f"{tag}=x|{HEAD}"),
        order(f"453=2|448=A|{tag}=x|447=D|448=B|{tag}=y|58=x|"),
        order(f"58=x|{tag}=|"),
    ):
        check(frame, IGNORING)
        assert (fault(frame).reason, fault(frame).ref_tag) == (0, tag.encode())


@pytest.mark.parametrize("tag", ["957", "4999", "40000", "05001", "99999999"])
def test_other_unknown_tags_are_no_matter_of_policy(tag: str) -> None:
    assert fault(order(f"{tag}=x|"), IGNORING).reason == 0


def test_ignoring_still_checks_everything_else() -> None:
    for name, (frame, reason, ref_tag, _) in FAULTS.items():
        if name != "user-defined tag":
            error = fault(frame, IGNORING)
            assert (error.reason, error.ref_tag) == (reason, ref_tag), name


# ---- every message of every version


def sample(field_type: str, values: frozenset[bytes]) -> bytes:
    if values:
        return min(values)
    return next(
        value
        for value in (b"x", b"Y", b"1", b"20260101", b"202601", b"10:00:00", b"20260101-10:00:00")
        if CHECKS[field_type][0](value)
    )


def filled(members: tuple[Member, ...], *, optional: bool, dictionary: Dictionary) -> Iterator[bytes]:
    for member in members:
        field = member.field
        if not (member.required or optional) or field.tag in (b"8", b"9", b"35", b"10"):
            continue
        if field.tag == b"1128":
            yield b"1128=9\x01"
        elif member.group:
            yield field.tag + b"=2\x01"
            first, *rest = member.group
            for _ in range(2):
                yield from filled(
                    (Member(first.field, True, first.group),), optional=True, dictionary=dictionary
                )
                yield from filled(tuple(rest), optional=optional, dictionary=dictionary)
        elif field.type in ("DATA", "XMLDATA"):
            yield field.tag + b"=\x01\x01"
        elif field.type == "LENGTH":
            yield field.tag + b"=1\x01"
        else:
            yield field.tag + b"=" + sample(field.type, field.values) + b"\x01"


@pytest.mark.parametrize("dictionary", [FIX42, FIX44, FIX50SP2], ids=lambda d: d.begin_string.decode())
@pytest.mark.parametrize("optional", [False, True])
def test_every_message_filled_from_the_dictionary_is_legal(dictionary: Dictionary, optional: bool) -> None:
    """With the required fields only, and with every field and two instances of every group."""
    for definition in dictionary.messages.values():
        content = b"35=" + definition.msg_type + b"\x01"
        for members in (dictionary.header, definition.members, dictionary.trailer):
            content += b"".join(filled(members, optional=optional, dictionary=dictionary))
        check(framed(content, dictionary.begin_string))


@pytest.mark.parametrize("dictionary", [FIX42, FIX44, FIX50SP2], ids=lambda d: d.begin_string.decode())
def test_every_required_field_is_missed(dictionary: Dictionary) -> None:
    for definition in dictionary.messages.values():
        for left_out in (*dictionary.header, *definition.members):
            if left_out.required and left_out.field.tag not in (b"8", b"9", b"35"):
                content = b"35=" + definition.msg_type + b"\x01"
                for members in (dictionary.header, definition.members):
                    kept = tuple(member for member in members if member is not left_out)
                    content += b"".join(filled(kept, optional=False, dictionary=dictionary))
                error = fault(framed(content, dictionary.begin_string))
                assert (error.reason, error.ref_tag) == (1, left_out.field.tag)


# ---- the two ways agree

FRAGMENTS = st.lists(
    st.sampled_from(
        [
            *ORDER.split("|")[:-1],
            *HEAD.split("|")[:-1],
            "453=1",
            "448=A",
            "58=x",
            "43=Y",
            "354=1",
            "355=y",
            "5001=x",
            "x",
            "",
        ]
    ),
    max_size=8,
)


@given(
    extra=FRAGMENTS,
    chance=st.randoms(use_true_random=False),
    policy=st.sampled_from([STRICT[b"FIX.4.4"], IGNORING]),
)
def test_the_quick_way_and_the_walk_agree(extra: list[str], chance: random.Random, policy: Validator) -> None:
    """Whatever the fields and their order, both pass the message or raise the same."""
    fields = [*HEAD.split("|")[:-1], *ORDER.split("|")[:-1]]
    for piece in extra:
        fields.insert(chance.randint(0, len(fields)), piece)
    found = scan(framed(soh("35=D|" + "|".join(fields) + "|")))
    table = policy._tables[b"D"]

    def outcome(validate: Callable[[], None]) -> tuple[int, bytes | None] | None:
        try:
            validate()
        except SessionReject as error:
            return error.reason, error.ref_tag
        return None

    walk = Walk(found, FIX44, table.sections, ignoring=policy is IGNORING)
    assert outcome(lambda: policy.validate(found)) == outcome(walk.run)


@given(
    body=st.binary(max_size=120)
    | st.lists(st.sampled_from([b"453=", b"448=", b"1", b"\x01", b"354=", b"355=", b"627=", b"8="])).map(
        b"".join
    )
)
def test_validation_raises_nothing_else_for_any_bytes(body: bytes) -> None:
    framer = Framer(1 << 16)
    framer.feed(framed(b"35=D\x01" + body + b"\x01"))
    frame = framer.next_frame()
    assert frame is not None
    for validator in (STRICT[b"FIX.4.4"], IGNORING):
        assert fault(frame, validator).reason in set(Reason)


def test_more_orders_of_tags_than_are_remembered_change_no_answer() -> None:
    validator = Validator(FIX44, max_layouts=2)
    parts = ["11=a", "55=BTC-KRW", "54=1", "60=20260101-00:00:00", "40=2", "38=1"]
    for turn in range(3):
        for shift in range(len(parts)):
            body = "|".join([*parts[shift:], *parts[:shift]]) + "|"
            validator.validate(scan(message(f"35=D|{HEAD}{body}")))
            with pytest.raises(SessionReject) as caught:
                validator.validate(scan(message(f"35=D|{HEAD}{body.replace('54=1', '54=?')}")))
            assert (caught.value.reason, caught.value.ref_tag) == (Reason.VALUE_IS_INCORRECT, b"54"), turn
        assert validator.learnt <= 2


def test_what_is_remembered_is_bounded_whatever_is_sent() -> None:
    validator = Validator(FIX44, unknown_tags="ignore")
    for turn in range(50):
        tags = "".join(f"{tag}=x|" for tag in range(5000 + turn * 100, 5000 + turn * 100 + 200))
        validator.validate(scan(message(f"35=D|{HEAD}{ORDER}{tags}")))
        with pytest.raises(SessionReject):
            validator.validate(scan(message(f"35=D|{HEAD}{ORDER}44={'9' * 5000}{turn}x|")))
    for value in (b"1" * 41, b"x" * 5000):
        check = CHECKS["PRICE"][0]
        check(value)
        memory = check.__self__  # type: ignore[attr-defined]  # a bound method of the memory
        assert value not in memory
        assert len(memory) <= MAX_REMEMBERED
    for number in range(3000):
        CHECKS["PRICE"][0](b"%d" % number)
    assert len(memory) <= MAX_REMEMBERED
    assert validator.learnt == 0


def test_an_empty_message_type_is_a_tag_without_a_value() -> None:
    with pytest.raises(SessionReject) as caught:
        Validator(FIX44).validate(scan(message(f"35=|{HEAD}")))
    assert (caught.value.reason, caught.value.ref_tag) == (Reason.TAG_SPECIFIED_WITHOUT_A_VALUE, b"35")
