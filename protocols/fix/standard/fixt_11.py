"""FIXT.1.1: header, trailer, session messages and their fields.

Notation: see ``protocols.fix.outline``.
"""

from collections.abc import Mapping
from typing import Final

FIELDS: Final[Mapping[str, str]] = {
    "BOOLEAN": """
        43 PossDupFlag 97 PossResend 123 GapFillFlag 141 ResetSeqNumFlag 464 TestMessageIndicator
        1410 DefaultVerIndicator
    """,
    "CHAR": "385 MsgDirection",
    "DATA": """
        89 Signature 91 SecureData 96 RawData 213 XmlData 355 EncodedText 1402 EncryptedPassword
        1404 EncryptedNewPassword
    """,
    "INT": """
        98 EncryptMethod 108 HeartBtInt 371 RefTagID 373 SessionRejectReason 1156 ApplExtID
        1400 EncryptedPasswordMethod 1406 RefApplExtID 1407 DefaultApplExtID 1409 SessionStatus
    """,
    "LENGTH": """
        9 BodyLength 90 SecureDataLen 93 SignatureLength 95 RawDataLength 212 XmlDataLen 354 EncodedTextLen
        383 MaxMessageSize 1401 EncryptedPasswordLen 1403 EncryptedNewPasswordLen
    """,
    "NUMINGROUP": "384 NoMsgTypes 627 NoHops",
    "SEQNUM": """
        7 BeginSeqNo 16 EndSeqNo 34 MsgSeqNum 36 NewSeqNo 45 RefSeqNum 369 LastMsgSeqNumProcessed 630 HopRefID
        789 NextExpectedMsgSeqNum
    """,
    "STRING": """
        8 BeginString 10 CheckSum 35 MsgType 49 SenderCompID 50 SenderSubID 56 TargetCompID 57 TargetSubID
        58 Text 112 TestReqID 115 OnBehalfOfCompID 116 OnBehalfOfSubID 128 DeliverToCompID 129 DeliverToSubID
        142 SenderLocationID 143 TargetLocationID 144 OnBehalfOfLocationID 145 DeliverToLocationID
        347 MessageEncoding 372 RefMsgType 553 Username 554 Password 628 HopCompID 925 NewPassword
        1128 ApplVerID 1129 CstmApplVerID 1130 RefApplVerID 1131 RefCstmApplVerID 1137 DefaultApplVerID
        1408 DefaultCstmApplVerID
    """,
    "UTCTIMESTAMP": "52 SendingTime 122 OrigSendingTime 629 HopSendingTime",
}

VALUES: Final[Mapping[str, str]] = {
    "EncryptMethod": "0..6",
    "MsgDirection": "R S",
    "SessionRejectReason": "0..18 99",
    "ApplVerID": "0..9",
    "SessionStatus": "0..8",
}

HEADER: Final = """
    BeginString! BodyLength! MsgType! ApplVerID ApplExtID CstmApplVerID SenderCompID! TargetCompID!
    OnBehalfOfCompID DeliverToCompID SecureDataLen SecureData MsgSeqNum! SenderSubID SenderLocationID
    TargetSubID TargetLocationID OnBehalfOfSubID OnBehalfOfLocationID DeliverToSubID DeliverToLocationID
    PossDupFlag PossResend SendingTime! OrigSendingTime XmlDataLen XmlData MessageEncoding
    LastMsgSeqNumProcessed NoHops(HopCompID HopSendingTime HopRefID)
"""

TRAILER: Final = "SignatureLength Signature CheckSum!"

MESSAGES: Final[Mapping[str, str]] = {
    "0": "Heartbeat: TestReqID",
    "1": "TestRequest: TestReqID!",
    "2": "ResendRequest: BeginSeqNo! EndSeqNo!",
    "3": """
        Reject: RefSeqNum! RefTagID RefMsgType RefApplVerID RefApplExtID RefCstmApplVerID SessionRejectReason
        Text EncodedTextLen EncodedText
    """,
    "4": "SequenceReset: GapFillFlag NewSeqNo!",
    "5": "Logout: SessionStatus Text EncodedTextLen EncodedText",
    "A": """
        Logon: EncryptMethod! HeartBtInt! RawDataLength RawData ResetSeqNumFlag NextExpectedMsgSeqNum
        MaxMessageSize NoMsgTypes(RefMsgType MsgDirection RefApplVerID RefApplExtID RefCstmApplVerID
        DefaultVerIndicator) TestMessageIndicator Username Password NewPassword EncryptedPasswordMethod
        EncryptedPasswordLen EncryptedPassword EncryptedNewPasswordLen EncryptedNewPassword SessionStatus
        DefaultApplVerID! DefaultApplExtID DefaultCstmApplVerID Text EncodedTextLen EncodedText
    """,
}
