"""Every tag and message type that each version of the standard defines.

What a version defines and the exchange does not speak is answered differently from what does not exist.
"""

from collections.abc import Mapping
from typing import Final

TAGS: Final[Mapping[str, str]] = {
    "FIX.4.2": "1..100 102..219 223 231 262..446",
    "FIX.4.4": """
        1..19 21..23 25..45 48..50 52..75 77..85 87..91 93..100 102..104 106..108 110..124 126..165 167..172
        188..203 206..218 220..260 262..313 315..318 320..369 371..438 441..448 451..464 466..652 654..684
        686..808 810..830 832..956
    """,
    "FIXT.1.1": """
        7..10 16 34..36 43 45 49 50 52 56..58 89..91 93 95..98 108 112 115 116 122 123 128 129 141..145 212
        213 347 354 355 369 371..373 383 464 553 554 627..630 789 925 1128..1131 1137 1156 1400..1404
        1406..1409
    """,
    "FIX.5.0SP2": """
        1..19 21..23 25..45 48..50 52..75 77..85 87..91 93..100 102..104 106..108 110..124 126..165 167..172
        188..203 206..218 220..260 262..313 315..318 320..369 371..438 441..448 451..464 466..652 654..830
        832..994 996..1003 1005..1009 1011..1075 1079..1306 1308..1358 1361..2849 2851 2862..2874 2876..2964
        40000..43123 50000..50002
    """,
}

MSG_TYPES: Final[Mapping[str, str]] = {
    "FIX.4.2": """
        0 1 2 3 4 5 6 7 8 9 A B C D E F G H J K L M N P Q R S T V W X Y Z a b c d e f g h i j k l m
    """,
    "FIX.4.4": """
        0 1 2 3 4 5 6 7 8 9 A B C D E F G H J K L M N P Q R S T V W X Y Z a b c d e f g h i j k l m n o p q r
        s t u v w x y z AA AB AC AD AE AF AG AH AI AJ AK AL AM AN AO AP AQ AR AS AT AU AV AW AX AY AZ BA BB BC
        BD BE BF BG BH
    """,
    "FIXT.1.1": "0 1 2 3 4 5 A n",
    "FIX.5.0SP2": """
        6 7 8 9 B C D E F G H J K L M N P Q R S T V W X Y Z a b c d e f g h i j k l m o p q r s t u v w x y z
        AA AB AC AD AE AF AG AH AI AJ AK AL AM AN AO AP AQ AR AS AT AU AV AW AX AY AZ BA BB BC BD BE BF BG BH
        BI BJ BK BL BM BN BO BP BQ BR BS BT BU BV BW BX BY BZ CA CB CC CD CE CF CG CH CI CJ CK CL CM CN CO CQ
        CR CS CT CU CV CW CX CY CZ DA DB DC DD DE DF DG DH DI DJ DK DL DM DN DO DP DQ DR DS DT DU DV DW DX DY
        DZ EA EB
    """,
}
