import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from gateway.auth import logon_text, verify_signature
from gateway.auth.signatures import fresh

SECRET = b"a secret of the client"
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
TEXT = logon_text(1_760_000_000_123, "K1")
BY_HMAC = hmac.new(SECRET, TEXT, hashlib.sha256).hexdigest()
BY_ED25519 = PRIVATE.sign(TEXT).hex()


def verify(text: bytes, signature: str) -> tuple[bool, bool]:
    return verify_signature(text, signature, hmac_secret=SECRET, public_key=PRIVATE.public_key())


def test_the_signed_text_is_the_documented_one() -> None:
    assert TEXT == b"1760000000123\nsession.logon\nK1"
    assert logon_text(0, "\ud800") == b"0\nsession.logon\n\xed\xa0\x80"


@pytest.mark.parametrize(
    ("signature", "outcome"),
    [
        (BY_HMAC, (True, False)),
        (BY_HMAC.upper(), (True, False)),
        (BY_ED25519, (False, True)),
        (BY_HMAC[:-2], (False, False)),
        (BY_HMAC + "00", (False, False)),
        (BY_HMAC[:-1], (False, False)),
        (" " + BY_HMAC[1:], (False, False)),
        (BY_HMAC + "\n", (False, False)),
        ("00" * 32, (False, False)),
        ("00" * 64, (False, False)),
        ("", (False, False)),
        ("\u0661\u0661" * 32, (False, False)),
    ],
)
def test_signatures(signature: str, outcome: tuple[bool, bool]) -> None:
    assert verify(TEXT, signature) == outcome


@given(st.text() | st.binary(max_size=70).map(bytes.hex), st.binary())
def test_no_other_signature_and_no_other_text_passes(signature: str, text: bytes) -> None:
    if signature.lower() not in (BY_HMAC, BY_ED25519):
        assert verify(TEXT, signature) == (False, False)
    if text != TEXT:
        assert verify(text, BY_HMAC) == (False, False)
        assert verify(text, BY_ED25519) == (False, False)


@pytest.mark.parametrize("offset", [-10_000, -1, 0, 10_000])
def test_a_timestamp_in_the_window_is_fresh(offset: int) -> None:
    assert fresh(1_760_000_000_000 + offset, 1_760_000_000_000, 10)


@pytest.mark.parametrize("offset", [-10_001, 10_001, 10**30, -(10**30)])
def test_a_timestamp_outside_is_stale(offset: int) -> None:
    assert not fresh(1_760_000_000_000 + offset, 1_760_000_000_000, 10)
