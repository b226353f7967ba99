"""Messages with one fault each, and the reject that it deserves."""

import pytest

from protocols.fix import SessionReject, Validator, scan, standard_dictionary
from protocols.fix import SessionRejectReason as Reason
from tests.protocols.fix.wire import message

FIX42 = standard_dictionary(b"FIX.4.2")
FIX44 = standard_dictionary(b"FIX.4.4")
FIX50SP2 = standard_dictionary(b"FIXT.1.1")
STRICT = {d.begin_string: Validator(d) for d in (FIX42, FIX44, FIX50SP2)}
IGNORING = Validator(FIX44, unknown_tags="ignore")

HEAD = "49=DEMO1|56=BDAX|34=2|52=20260101-00:00:00.000|"
ORDER = "11=a|55=BTC-KRW|54=1|60=20260101-00:00:00.000|38=0.01|40=2|44=100000000|"


def order(extra: str = "", *, head: str = HEAD, body: str = ORDER) -> bytes:
    return message(f"35=D|{head}{body}{extra}")


def check(frame: bytes, validator: Validator | None = None) -> None:
    begin_string = frame[2 : frame.index(b"\x01")]
    (validator or STRICT[begin_string]).validate(scan(frame))


def fault(frame: bytes, validator: Validator | None = None) -> SessionReject:
    with pytest.raises(SessionReject) as caught:
        check(frame, validator)
    error = caught.value
    assert error.text.isascii()
    assert error.text.isprintable()
    assert len(error.text) < 300
    assert error.ref_tag is None or error.ref_tag.removeprefix(b"-").isdigit()
    assert error.text.startswith(Reason(error.reason).phrase + ": ")
    assert str(error) == error.text
    return error


T = "20260101-00:00:00.000"
# name: frame, SessionRejectReason(373), RefTagID(371), a part of the text
FAULTS: dict[str, tuple[bytes, int, bytes | None, str]] = {
    "undefined tag": (order("999=x|"), 0, b"999", "tag 999"),
    "user-defined tag": (order("5001=x|"), 0, b"5001", "tag 5001"),
    "undefined tag in the header": (order(head="999=x|" + HEAD), 0, b"999", "tag 999"),
    "tag 0": (order("0=x|"), 0, b"0", "tag 0"),
    "leading zero": (order("058=x|"), 0, b"58", "'058'"),
    "not a number": (order("5x=x|"), 0, None, "'5x'"),
    "negative tag": (order("-5=x|"), 0, b"-5", "tag -5"),
    "endless tag": (order("9" * 40 + "=x|"), 0, None, "9" * 32 + "..."),
    "bytes as tag": (order("\x00\xff=x|"), 0, None, "'??'"),
    "undefined tag without value": (order("999=|"), 0, b"999", "tag 999"),
    "required tag missing": (order(body=ORDER.replace("54=1|", "")), 1, b"54", "Side(54) in NewOrderSingle"),
    "required header tag missing": (
        order(head=HEAD.replace("56=BDAX|", "")),
        1,
        b"56",
        "TargetCompID(56) in header",
    ),
    "required tag of a group": (
        message(f"35=V|{HEAD}262=r|263=1|264=0|267=1|269=0|146=1|58=x|"),
        16,
        b"146",
        "NoRelatedSym(146) is 1, 0 came",
    ),
    "tag of another message": (order("41=x|"), 2, b"41", "OrigClOrdID(41) in NewOrderSingle(D)"),
    "tag of a message that is not spoken": (order("700=Y|"), 2, b"700", "700 in NewOrderSingle(D)"),
    "group member outside its group": (order("448=A|"), 2, b"448", "PartyID(448)"),
    "wrong value in a tag of another message": (order("434=|"), 4, b"434", "CxlRejResponseTo(434)"),
    "empty value": (order("58=|"), 4, b"58", "Text(58)"),
    "empty value in the header": (order(head=HEAD.replace("49=DEMO1", "49=")), 4, b"49", "SenderCompID(49)"),
    "empty required value": (order(body=ORDER.replace("38=0.01", "38=")), 4, b"38", "OrderQty(38)"),
    "empty value in a group": (order("453=1|448=|"), 4, b"448", "PartyID(448)"),
    "wrong count and wrong values": (order("453=3|448=A|447=??|452=3|448=B|452=x|"), 16, b"453", "453"),
    "wrong order and wrong values": (order("453=1|448=A|452=x|447=D|"), 15, b"447", "PartyIDSource(447)"),
    "wrong values in a right group": (order("453=2|448=A|452=x|448=B|447=??|"), 6, b"452", "PartyRole(452)"),
    "a session message knows the tags of the transport alone": (
        message(f"35=0|{HEAD}999=x|", b"FIXT.1.1"),
        0,
        b"999",
        "tag 999",
    ),
    "and those of other session messages": (message(f"35=0|{HEAD}58=x|", b"FIXT.1.1"), 2, b"58", "Text(58)"),
    "empty data": (order("354=0|355=|"), 4, b"355", "EncodedText(355)"),
    "unknown code": (
        order(body=ORDER.replace("54=1", "54=Z")),
        5,
        b"54",
        "Side(54) is Z, must be one of 1 2 3",
    ),
    "unknown code of many": (order("18=1 z|"), 5, b"18", "ExecInst(18) is 1 z"),
    "unknown code in a group": (order("453=1|448=A|447=?|"), 5, b"447", "PartyIDSource(447) is ?"),
    "number code with a leading zero": (
        message(f"35=A|{HEAD}98=00|108=1|"),
        5,
        b"98",
        "EncryptMethod(98) is 00",
    ),
    "not a quantity": (
        order(body=ORDER.replace("38=0.01", "38=x")),
        6,
        b"38",
        "OrderQty(38) is x, must be a decimal",
    ),
    "quantity with an exponent": (order(body=ORDER.replace("38=0.01", "38=1e5")), 6, b"38", "1e5"),
    "quantity with a plus": (order(body=ORDER.replace("38=0.01", "38=+1")), 6, b"38", "+1"),
    "quantity without a digit": (order(body=ORDER.replace("38=0.01", "38=.")), 6, b"38", "."),
    "not a number of its kind": (
        order(body=ORDER.replace("44=100000000", "44=NaN")),
        6,
        b"44",
        "Price(44) is NaN",
    ),
    "not a time": (
        order(body=ORDER.replace(f"60={T}", "60=20260230-00:00:00")),
        6,
        b"60",
        "YYYYMMDD-HH:MM:SS",
    ),
    "not a time in the header": (
        order(head=HEAD.replace(f"52={T}", "52=now")),
        6,
        b"52",
        "SendingTime(52) is now",
    ),
    "not a date": (order("64=20260431|"), 6, b"64", "SettlDate(64) is 20260431, must be YYYYMMDD"),
    "not a month": (order("200=202613|"), 6, b"200", "MaturityMonthYear(200)"),
    "not a boolean": (order(head=HEAD + "43=y|"), 6, b"43", "must be Y or N"),
    "two characters": (
        order(body=ORDER.replace("54=1", "54=11")),
        6,
        b"54",
        "Side(54) is 11, must be one character",
    ),
    "not an integer": (message(f"35=A|{HEAD}98=0|108=3.0|"), 6, b"108", "HeartBtInt(108) is 3.0"),
    "integer beyond any": (message(f"35=A|{HEAD}98=0|108={'9' * 19}|"), 6, b"108", "18 digits"),
    "two spaces between values": (order("18=1  2|"), 6, b"18", "ExecInst(18)"),
    "not a count": (order("453=x|"), 6, b"453", "NoPartyIDs(453)"),
    "a long value is cut": (order("64=" + "9" * 99 + "|"), 6, b"64", "9" * 32 + "..., must"),
    "a value that is not ASCII": (order("64=\xe9\x00|"), 6, b"64", "SettlDate(64) is ??"),
    "invalid MsgType": (message(f"35=ZZ|{HEAD}"), 11, b"35", "MsgType(35) ZZ"),
    "user-defined MsgType": (message(f"35=U1|{HEAD}"), 11, b"35", "MsgType(35) U1"),
    "repeated tag": (order("11=a|"), 13, b"11", "ClOrdID(11)"),
    "repeated tag with another value": (order("54=2|"), 13, b"54", "Side(54)"),
    "repeated header tag": (order(head=HEAD + "49=DEMO1|"), 13, b"49", "SenderCompID(49)"),
    "header tag again in the body": (order("49=DEMO1|"), 13, b"49", "SenderCompID(49)"),
    "BeginString again": (order("8=FIX.4.4|"), 13, b"8", "BeginString(8)"),
    "CheckSum in the middle": (order("10=000|58=x|"), 14, b"58", "Text(58) of the NewOrderSingle"),
    "CheckSum twice": (order("10=000|"), 13, b"10", "CheckSum(10)"),
    "repeated group count": (order("453=1|448=A|453=1|448=A|"), 13, b"453", "NoPartyIDs(453)"),
    "repeated tag in an instance": (
        order("453=1|448=A|447=D|447=D|"),
        13,
        b"447",
        "one instance of NoPartyIDs(453)",
    ),
    "header tag in the body": (order("43=Y|"), 14, b"43", "PossDupFlag(43) of the header"),
    "body tag in the header": (order(head="58=x|" + HEAD), 14, b"49", "SenderCompID(49) of the header"),
    "trailer tag in the body": (order("93=1|89=x|58=x|"), 14, b"58", "Text(58) of the NewOrderSingle"),
    "header tag in a group": (order("453=1|448=A|43=Y|"), 14, b"43", "PossDupFlag(43) of the header"),
    "group without its first field": (
        order("453=1|447=D|448=A|"),
        15,
        b"447",
        "PartyIDSource(447) comes before PartyID(448)",
    ),
    "group members in the wrong order": (
        order("453=1|448=A|452=3|447=D|"),
        15,
        b"447",
        "PartyIDSource(447) comes too late",
    ),
    "nested group members in the wrong order": (
        order("453=1|448=A|447=D|452=3|802=1|803=1|523=x|"),
        15,
        b"803",
        "PartySubIDType(803) comes before PartySubID(523)",
    ),
    "count too high": (order("453=2|448=A|"), 16, b"453", "NoPartyIDs(453) is 2, 1 came"),
    "count too low": (order("453=1|448=A|448=B|"), 16, b"453", "NoPartyIDs(453) is 1, 2 came"),
    "count without a group": (order("453=1|58=x|"), 16, b"453", "NoPartyIDs(453) is 1, 0 came"),
    "count of zero with a group": (order("453=0|448=A|"), 16, b"453", "NoPartyIDs(453) is 0, 1 came"),
    "nested count too high": (
        order("453=1|448=A|802=2|523=x|58=x|"),
        16,
        b"802",
        "NoPartySubIDs(802) is 2, 1 came",
    ),
    "header count too high": (order(head=HEAD + "627=2|628=HUB|"), 16, b"627", "NoHops(627) is 2, 1 came"),
    "delimiter inside a value": (order("58=ab|cd|59=1|"), 17, b"58", "'cd' behind Text(58)"),
    "delimiter inside a value, number behind it": (order("58=ab|59|"), 17, b"58", "'59' behind Text(58)"),
    "delimiter and equals sign inside a value": (order("58=ab|=x|"), 17, b"58", "'=x' behind Text(58)"),
    "delimiter and equals sign at the end of a value": (order("58=ab|=|"), 17, b"58", "'' behind Text(58)"),
    "two delimiters": (order("58=ab||59=1|"), 17, b"58", "'' behind Text(58)"),
    "delimiter behind an undefined tag": (order("58=a||9001|"), 17, b"58", "'' behind Text(58)"),
    "data longer than its length": (
        order("354=2|355=abc|"),
        5,
        b"354",
        "EncodedTextLen(354) is 2, EncodedText(355) has 3",
    ),
    "data shorter than its length": (
        order("354=9|355=abc|"),
        5,
        b"354",
        "is 9, EncodedText(355) has 3 bytes",
    ),
    "length without data": (
        order("354=2|58=x|"),
        1,
        b"355",
        "EncodedText(355) must come right behind EncodedTextLen(354)",
    ),
    "length as the last field": (order("354=2|"), 1, b"355", "EncodedText(355) must come right behind"),
    "data without length": (
        order("355=x|"),
        1,
        b"354",
        "EncodedTextLen(354) must come right before EncodedText(355)",
    ),
    "data before length": (order("355=x|354=1|"), 14, b"355", "EncodedTextLen(354) must come right before"),
    "length is no number": (order("354=-1|355=x|"), 6, b"354", "EncodedTextLen(354) is -1"),
}
