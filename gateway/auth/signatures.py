r"""Signed logons of the WebSocket API: HMAC-SHA256 and Ed25519 over one documented text.

The client signs ``<timestamp>\nsession.logon\n<key>`` (UTF-8, no newline at the end), where ``timestamp``
is its UTC time in milliseconds as decimal digits and ``key`` the id of its API key. An HMAC key is the
configured secret's own UTF-8 bytes (RFC 2104); Ed25519 is RFC 8032. The signature travels as hexadecimal
digits.
"""

import hashlib
import hmac
import re
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_HMAC_BYTES: Final = 32
_ED25519_BYTES: Final = 64
STAND_IN_SECRET: Final = bytes(32)
"""What a signature is checked with where there is no secret; a match of it counts for nothing."""

STAND_IN_KEY: Final = Ed25519PublicKey.from_public_bytes(b"\x58" + b"\x66" * 31)
"""Likewise where there is no public key: the base point of the curve, which is a valid one."""

_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2})+")


def logon_text(timestamp_ms: int, key: str) -> bytes:
    """Return the bytes that a logon with the API key id ``key`` signs."""
    return f"{timestamp_ms}\nsession.logon\n{key}".encode("utf-8", "surrogatepass")


def verify_signature(
    text: bytes, signature: str, *, hmac_secret: bytes, public_key: Ed25519PublicKey
) -> tuple[bool, bool]:
    """Check ``signature`` (hexadecimal) both ways: ``(HMAC matches, Ed25519 matches)``.

    See ``verify_both``.
    """
    raw = bytes.fromhex(signature) if _HEX.fullmatch(signature) else b""
    return verify_both(text, raw, hmac_secret=hmac_secret, public_key=public_key)


def verify_both(
    text: bytes, raw: bytes, *, hmac_secret: bytes, public_key: Ed25519PublicKey
) -> tuple[bool, bool]:
    """Check the signature ``raw`` both ways: ``(HMAC matches, Ed25519 matches)``.

    Both are always worked, with a stand-in of the right length where the signature cannot be of that kind,
    so that the time says nothing of which kind a key is, or whether it exists.
    """
    digest = hmac.digest(hmac_secret, text, hashlib.sha256)
    by_hmac = hmac.compare_digest(digest, raw if len(raw) == _HMAC_BYTES else bytes(_HMAC_BYTES))
    try:
        public_key.verify(raw if len(raw) == _ED25519_BYTES else bytes(_ED25519_BYTES), text)
        by_ed25519 = True
    except InvalidSignature:
        by_ed25519 = False
    return by_hmac, by_ed25519


def fresh(timestamp_ms: int, now_ms: int, window_s: float) -> bool:
    """Whether a client's timestamp is within ``window_s`` seconds of the gateway's UTC time, either way."""
    return abs(now_ms - timestamp_ms) <= window_s * 1000
