"""Passwords as scrypt hashes (RFC 7914): ``scrypt$n$r$p$salt$hash``, salt and hash in base64.

The cost stands in the hash, so it can be raised for new passwords while old ones go on working. A
derivation blocks for tens of milliseconds at the default cost. Passwords are UTF-8 text.
"""

import base64
import hashlib
import hmac
import secrets
from typing import Final, NamedTuple

_SALT_BYTES: Final = 16
_HASH_BYTES: Final = 32


class ScryptCost(NamedTuple):
    """CPU and memory cost ``n`` (a power of two), block size ``r``, parallelism ``p``.

    Memory is about ``128 * r * n`` bytes: 16 MiB at the default.
    """

    n: int = 16_384
    r: int = 8
    p: int = 1


DEFAULT_COST: Final = ScryptCost()


def hash_password(password: str, cost: ScryptCost = DEFAULT_COST, *, salt: bytes | None = None) -> str:
    """Return the hash of ``password`` under a fresh salt (or ``salt``)."""
    salt = secrets.token_bytes(_SALT_BYTES) if salt is None else salt
    key = _derive(password, salt, cost, _HASH_BYTES)
    return "$".join(["scrypt", *map(str, cost), _base64(salt), _base64(key)])


def verify_password(stored: str, password: str) -> bool:
    """Whether ``password`` is the one ``stored`` was made of; the comparison takes constant time.

    ``stored`` is a hash that ``gateway.settings`` accepted.
    """
    _, n, r, p, salt, key = stored.split("$")
    expected = base64.b64decode(key)
    derived = _derive(password, base64.b64decode(salt), ScryptCost(int(n), int(r), int(p)), len(expected))
    return hmac.compare_digest(derived, expected)


def cost_of(stored: str) -> ScryptCost:
    """Return the cost that a stored hash was made with."""
    _, n, r, p, _, _ = stored.split("$")
    return ScryptCost(int(n), int(r), int(p))


def unmatchable(cost: ScryptCost) -> str:
    """Return a hash of the given cost that no password matches but by chance."""
    return "$".join(["scrypt", *map(str, cost), _base64(bytes(_SALT_BYTES)), _base64(bytes(_HASH_BYTES))])


def _derive(password: str, salt: bytes, cost: ScryptCost, size: int) -> bytes:
    memory = 128 * cost.r * (cost.n + cost.p + 2)
    secret = password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(secret, salt=salt, n=cost.n, r=cost.r, p=cost.p, maxmem=memory, dklen=size)


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
