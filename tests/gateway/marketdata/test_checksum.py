"""The checksum of a book: the vectors that the documentation gives, and CRC-32 written out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.marketdata import book_checksum, checksum_text

Levels = list[tuple[int, int]]

_LADDER_BIDS = [(1000 - i, 10 + i) for i in range(12)]
_LADDER_ASKS = [(1001 + i, 20 + i) for i in range(12)]

VECTORS: list[tuple[Levels, Levels, str, int]] = [
    ([], [], "", 0),
    ([(10000, 1500)], [], "10000:1500", 459779815),
    ([], [(10050, 2000)], "10050:2000", 1562504261),
    ([(10000, 1500), (9950, 250)], [(10050, 2000)], "10000:1500:10050:2000:9950:250", 4217222202),
    (
        [(10000000000000000, 12345678)],
        [(10000100000000000, 1), (10000200000000000, 100000000)],
        "10000000000000000:12345678:10000100000000000:1:10000200000000000:100000000",
        1855054400,
    ),
    (
        _LADDER_BIDS,
        _LADDER_ASKS,
        "1000:10:1001:20:999:11:1002:21:998:12:1003:22:997:13:1004:23:996:14:1005:24"
        ":995:15:1006:25:994:16:1007:26:993:17:1008:27:992:18:1009:28:991:19:1010:29",
        3489601094,
    ),
]


def _crc32(text: bytes) -> int:
    """Return CRC-32 bit by bit, reflected, polynomial 0x04C11DB7 (ISO 3309)."""
    crc = 0xFFFFFFFF
    for byte in text:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xEDB88320 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


@pytest.mark.parametrize(("bids", "asks", "text", "checksum"), VECTORS)
def test_a_book_has_the_text_and_the_checksum_of_the_vector(
    bids: Levels, asks: Levels, text: str, checksum: int
) -> None:
    assert checksum_text(bids, asks) == text
    assert book_checksum(bids, asks) == checksum == _crc32(text.encode())


def test_levels_below_the_tenth_do_not_count() -> None:
    whole = book_checksum(_LADDER_BIDS, _LADDER_ASKS)
    assert whole == book_checksum(_LADDER_BIDS[:10], _LADDER_ASKS[:10])
    assert whole != book_checksum(_LADDER_BIDS[:9], _LADDER_ASKS[:10])


_LEVELS = st.lists(st.tuples(st.integers(1, 2**63 - 1), st.integers(1, 2**63 - 1)), max_size=12)


@given(_LEVELS, _LEVELS)
def test_any_book_has_the_checksum_that_the_documentation_describes(bids: Levels, asks: Levels) -> None:
    words = []
    for i in range(10):
        for side in (bids, asks):
            if i < len(side):
                words += [f"{side[i][0]}", f"{side[i][1]}"]
    assert book_checksum(bids, asks) == _crc32(":".join(words).encode())
