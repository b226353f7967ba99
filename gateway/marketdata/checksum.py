"""The checksum of a book push, by which a client sees that its book is the exchange's.

CRC-32 (as in zlib, PNG and Ethernet) over ASCII text: for each of the best ten places, best first, the bid's
price and quantity, then the ask's; each as the integer mantissa (the decimal scaled by the instrument's
places), all joined by ``:``. A place that a side does not have is left out; an empty book has 0. With two
price places and three quantity places:

    bids                        asks                        text                              CRC-32
    100.00 x 1.5, 99.50 x 0.25  100.50 x 2                  10000:1500:10050:2000:9950:250    4217222202
    100.00 x 1.5                                            10000:1500                        459779815
                                                                                              0
"""

from itertools import chain, zip_longest
from typing import Final
from zlib import crc32

from gateway.ports import BookLevels

CHECKSUM_LEVELS: Final = 10
"""How many levels of each side are in the checksum."""


def checksum_text(bids: BookLevels, asks: BookLevels) -> str:
    """Return the text over which the checksum is computed; both sides best first."""
    places = zip_longest(bids[:CHECKSUM_LEVELS], asks[:CHECKSUM_LEVELS], fillvalue=())
    return ":".join(map(str, chain.from_iterable(chain.from_iterable(places))))


def book_checksum(bids: BookLevels, asks: BookLevels) -> int:
    """Return the checksum of a book, both sides best first: unsigned, 32 bits."""
    return crc32(checksum_text(bids, asks).encode("ascii"))
