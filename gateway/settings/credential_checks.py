"""Whether a configured secret, hash or key can be one; the value of a secret is never shown.

NOT here: verification of a logon (``gateway.auth``).
"""

import base64
import binascii
import ipaddress
import re
from typing import Final

from gateway.settings.errors import SettingsError
from gateway.settings.toml_file import shown

MIN_SECRET: Final = 16
# Memory of one verification, 128 * r * (n + p) bytes: an absurd cost is an error here, not at a logon.
MAX_SCRYPT_BYTES: Final = 256 * 1024 * 1024

_ED25519_KEY_BYTES: Final = 32
_SCRYPT: Final = re.compile(
    r"scrypt\$([0-9]{1,9})\$([0-9]{1,4})\$([0-9]{1,4})\$([A-Za-z0-9+/]+=*)\$([A-Za-z0-9+/]+=*)"
)


def check_hash(file: str, key: str, text: str) -> None:
    """Check a scrypt hash; raise ``SettingsError`` for ``file`` and ``key``."""
    match = _SCRYPT.fullmatch(text)
    if match is None:
        raise SettingsError(file, key, "not a hash that `bdax hash-password` prints")
    n, r, p = int(match[1]), int(match[2]), int(match[3])
    if n < 2 or n & (n - 1):
        raise SettingsError(file, key, "scrypt n is not a power of two", "", str(n))
    if not r or not p or 128 * r * (n + p) > MAX_SCRYPT_BYTES:
        limit = f"{MAX_SCRYPT_BYTES} bytes of memory"
        raise SettingsError(file, key, "scrypt cost out of range", limit, f"n={n} r={r} p={p}")
    for part in (match[4], match[5]):
        if len(_decoded(part) or b"") < 16:
            raise SettingsError(file, key, "salt or hash is not base64 of 16 bytes or more")


def check_secret(file: str, key: str, text: str) -> None:
    """Check a shared HMAC secret; raise ``SettingsError`` for ``file`` and ``key``."""
    if len(text) < MIN_SECRET:
        raise SettingsError(file, key, "too short", f"{MIN_SECRET} characters")


def check_public_key(file: str, key: str, text: str) -> None:
    """Check an Ed25519 public key in base64; raise ``SettingsError`` for ``file`` and ``key``."""
    if len(_decoded(text) or b"") != _ED25519_KEY_BYTES:
        problem = f"not a public key: base64 of {_ED25519_KEY_BYTES} bytes expected"
        raise SettingsError(file, key, problem, "", shown(text))


def check_addresses(file: str, key: str, addresses: tuple[str, ...]) -> None:
    """Check a list of addresses and networks; raise ``SettingsError`` for ``file`` and the wrong entry."""
    for index, address in enumerate(addresses):
        try:
            ipaddress.ip_network(address)
        except ValueError:
            where = f"{key}[{index}]"
            raise SettingsError(file, where, "not an address or network", "", shown(address)) from None


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
