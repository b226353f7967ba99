import base64
import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.auth import Accounts, ScryptCost, hash_password, logon_text
from gateway.settings import Account, AccountsSettings, ApiKey, FixSession

NOW = 1_760_000_000_000
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = base64.b64encode(PRIVATE.public_key().public_bytes_raw()).decode()
SECRET = "0123456789abcdef"
SESSION = FixSession(
    sender_comp_id="ONE", account="A", username="ONE", password_hash=hash_password("x", ScryptCost(4, 1, 1))
)
SETTINGS = AccountsSettings(
    accounts=(Account(id="A"), Account(id="B", max_open_orders=3)),
    fix_sessions=(SESSION,),
    api_keys=(
        ApiKey(id="H", account="A", hmac_secret=SECRET),
        ApiKey(id="E", account="B", ed25519_public_key=PUBLIC),
    ),
)
ACCOUNTS = Accounts(SETTINGS)


def by_hmac(key: str, timestamp: int, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), logon_text(timestamp, key), hashlib.sha256).hexdigest()


def by_ed25519(key: str, timestamp: int, private: Ed25519PrivateKey = PRIVATE) -> str:
    return private.sign(logon_text(timestamp, key)).hex()


def check(key: str, timestamp: int, signature: str) -> ApiKey | None:
    return ACCOUNTS.check_signature(key, timestamp, signature, now_ms=NOW, window_s=10)


def test_look_ups() -> None:
    assert ACCOUNTS.account("B") == Account(id="B", max_open_orders=3)
    assert ACCOUNTS.account("C") is None
    assert ACCOUNTS.fix_session(b"ONE") == SESSION
    assert ACCOUNTS.fix_session(b"one") is None
    assert ACCOUNTS.fix_session(b"\xff") is None
    assert list(ACCOUNTS.fix_sessions) == [SESSION]
    assert ACCOUNTS.api_key("H") == SETTINGS.api_keys[0]
    assert ACCOUNTS.api_key("ONE") is None


def test_a_right_signature_gives_the_key() -> None:
    assert check("H", NOW, by_hmac("H", NOW)) == SETTINGS.api_keys[0]
    assert check("E", NOW - 9_999, by_ed25519("E", NOW - 9_999)) == SETTINGS.api_keys[1]


@pytest.mark.parametrize(
    ("key", "timestamp", "signature"),
    [
        ("H", NOW, by_hmac("H", NOW, "0123456789abcdeF")),
        ("H", NOW, by_hmac("E", NOW)),
        ("H", NOW, by_hmac("H", NOW - 1)),
        ("H", NOW - 10_001, by_hmac("H", NOW - 10_001)),
        ("H", NOW + 10_001, by_hmac("H", NOW + 10_001)),
        ("H", NOW, by_ed25519("H", NOW)),
        ("E", NOW, by_ed25519("E", NOW, Ed25519PrivateKey.generate())),
        ("E", NOW - 10_001, by_ed25519("E", NOW - 10_001)),
        # What stands in for a missing key must not open a door.
        ("E", NOW, hmac.new(bytes(32), logon_text(NOW, "E"), hashlib.sha256).hexdigest()),
        ("unknown", NOW, hmac.new(bytes(32), logon_text(NOW, "unknown"), hashlib.sha256).hexdigest()),
        ("unknown", NOW, by_ed25519("unknown", NOW)),
        ("H", NOW, ""),
        ("", 0, "zz"),
    ],
)
def test_whatever_is_wrong_the_answer_is_the_same(key: str, timestamp: int, signature: str) -> None:
    assert check(key, timestamp, signature) is None


@pytest.mark.parametrize(
    ("networks", "address", "admitted"),
    [
        ((), "203.0.113.9", True),
        ((), "", True),
        (("10.0.0.0/8",), "10.1.2.3", True),
        (("10.0.0.0/8",), "11.1.2.3", False),
        (("10.0.0.0/8",), "::ffff:10.1.2.3", True),
        (("10.0.0.0/8",), "2001:db8::1", False),
        (("192.0.2.1", "2001:db8::/32"), "2001:db8:1::1", True),
        (("192.0.2.1", "2001:db8::/32"), "192.0.2.1", True),
        (("192.0.2.1",), "192.0.2.2", False),
        (("10.0.0.0/8",), "not an address", False),
    ],
)
def test_a_session_is_admitted_from_its_addresses(
    networks: tuple[str, ...], address: str, admitted: bool
) -> None:
    session = FixSession(
        sender_comp_id="ONE", account="A", password_hash=SESSION.password_hash, allow_addresses=networks
    )
    assert Accounts(AccountsSettings(fix_sessions=(session,))).admits(session, address) is admitted
