"""MsgType(35) values that the exchange speaks, as wire bytes."""

from typing import Final

HEARTBEAT: Final = b"0"
TEST_REQUEST: Final = b"1"
RESEND_REQUEST: Final = b"2"
REJECT: Final = b"3"
SEQUENCE_RESET: Final = b"4"
LOGOUT: Final = b"5"
LOGON: Final = b"A"

NEWS: Final = b"B"
NEW_ORDER_SINGLE: Final = b"D"
ORDER_CANCEL_REQUEST: Final = b"F"
ORDER_CANCEL_REPLACE_REQUEST: Final = b"G"
ORDER_STATUS_REQUEST: Final = b"H"
ORDER_MASS_CANCEL_REQUEST: Final = b"q"
ORDER_MASS_CANCEL_REPORT: Final = b"r"
ORDER_MASS_STATUS_REQUEST: Final = b"AF"
EXECUTION_REPORT: Final = b"8"
ORDER_CANCEL_REJECT: Final = b"9"
BUSINESS_MESSAGE_REJECT: Final = b"j"

MARKET_DATA_REQUEST: Final = b"V"
MARKET_DATA_SNAPSHOT_FULL_REFRESH: Final = b"W"
MARKET_DATA_INCREMENTAL_REFRESH: Final = b"X"
MARKET_DATA_REQUEST_REJECT: Final = b"Y"
SECURITY_DEFINITION_REQUEST: Final = b"c"
SECURITY_DEFINITION: Final = b"d"
SECURITY_STATUS_REQUEST: Final = b"e"
SECURITY_STATUS: Final = b"f"
TRADING_SESSION_STATUS_REQUEST: Final = b"g"
TRADING_SESSION_STATUS: Final = b"h"
SECURITY_LIST_REQUEST: Final = b"x"
SECURITY_LIST: Final = b"y"

SESSION_MSG_TYPES: Final = frozenset(
    {HEARTBEAT, TEST_REQUEST, RESEND_REQUEST, REJECT, SEQUENCE_RESET, LOGOUT, LOGON}
)
"""The session-level ("administrative") types; every other type is an application message."""
