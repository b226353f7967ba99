import base64
import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.auth import ScryptCost, hash_password, verify_password
from gateway.auth.passwords import cost_of, unmatchable
from gateway.settings import load_accounts

CHEAP = ScryptCost(n=4, r=1, p=1)


@given(st.text(), st.text())
def test_only_the_password_itself_matches(password: str, other: str) -> None:
    stored = hash_password(password, CHEAP)
    assert verify_password(stored, password)
    assert verify_password(stored, other) is (other == password)


def test_the_hash_says_how_it_was_made() -> None:
    stored = hash_password("p\u00e4ss", ScryptCost(n=8, r=2, p=3), salt=b"0123456789abcdef")
    key = hashlib.scrypt("p\u00e4ss".encode(), salt=b"0123456789abcdef", n=8, r=2, p=3, dklen=32)
    salt = base64.b64encode(b"0123456789abcdef").decode()
    assert stored == f"scrypt$8$2$3${salt}${base64.b64encode(key).decode()}"
    assert cost_of(stored) == (8, 2, 3)


def test_rfc_7914_vector() -> None:
    key = bytes.fromhex(
        "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830da"
        "c727afb94a83ee6d8360cbdfa2cc0640"
    )
    salt = base64.b64encode(b"NaCl").decode()
    assert verify_password(f"scrypt$1024$8$16${salt}${base64.b64encode(key).decode()}", "password")


def test_equal_passwords_have_unequal_hashes() -> None:
    assert hash_password("demo", CHEAP) != hash_password("demo", CHEAP)


def test_the_default_cost_is_what_new_passwords_get() -> None:
    stored = hash_password("x")
    assert cost_of(stored) == (16_384, 8, 1)
    assert verify_password(stored, "x")


@settings(max_examples=20)
@given(st.text())
def test_nothing_matches_the_dummy(password: str) -> None:
    assert not verify_password(unmatchable(CHEAP), password)


def test_a_stand_in_costs_what_it_says() -> None:
    assert cost_of(unmatchable(CHEAP)) == CHEAP == cost_of(hash_password("x", CHEAP))


@pytest.mark.parametrize(
    ("file", "password"), [("accounts.toml", "demo"), ("loadtest_accounts.toml", "load")]
)
def test_the_shipped_passwords_are_as_documented(file: str, password: str, config: str) -> None:
    for stored in {session.password_hash for session in load_accounts(f"{config}/{file}").fix_sessions}:
        assert verify_password(stored, password)
        assert not verify_password(stored, password.upper())
