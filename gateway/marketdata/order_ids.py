"""The numbers under which the public sees orders."""

from hashlib import blake2b
from typing import Final

PUBLIC_ID_BITS: Final = 52
"""Public ids are below two to this power: a reader that has doubles for numbers reads them exactly."""

_HALF_BITS: Final = PUBLIC_ID_BITS // 2
_HALF: Final = 2**_HALF_BITS - 1
_ROUNDS: Final = 4


class OrderIds:
    """Turns order ids into public ids: a permutation that only the ``key`` tells, the same for the same key.

    Two orders never share a public id, and neither the order id nor anything else follows from it without
    the key (a Feistel network of keyed BLAKE2b over 52 bits; RFC 7693). The key is a secret of the log: it
    must stay the same over restarts and be seen by nobody. It has 16 to 64 bytes.
    """

    __slots__ = ("_rounds",)

    def __init__(self, key: bytes) -> None:
        if not 16 <= len(key) <= 64:
            raise ValueError("the key of public order ids has 16 to 64 bytes")
        self._rounds = tuple(
            blake2b(digest_size=4, key=key, person=b"order id %d" % number) for number in range(_ROUNDS)
        )

    def public(self, order_id: int) -> int:
        """Return the public id of ``order_id``, which is below 2**52."""
        left, right = order_id >> _HALF_BITS, order_id & _HALF
        for keyed in self._rounds:
            digest = keyed.copy()
            digest.update(right.to_bytes(4, "big"))
            left, right = right, left ^ int.from_bytes(digest.digest(), "big") & _HALF
        return left << _HALF_BITS | right
