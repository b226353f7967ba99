# ruff: noqa: E501  # a row of a table is one line
from typing import Any

import pytest

from gateway.settings import FixSession, load_accounts

KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="  # 32 bytes
SALT = "MDEyMzQ1Njc4OWFiY2RlZg=="  # 16 bytes
HASH = f"scrypt$16$1$1${SALT}${SALT}"


def test_the_username_is_the_comp_id_unless_given(files: Any) -> None:
    (session,) = load_accounts(files.folder / "accounts.toml").fix_sessions
    assert session == FixSession(sender_comp_id="ONE", account="A1", password_hash=HASH, username="ONE")
    files.edit("accounts.toml", 'account = "A1"\npass', 'account = "A1"\nusername = "joe"\npass')
    (session,) = load_accounts(files.folder / "accounts.toml").fix_sessions
    assert session.username == "joe"


def test_numbers_stand_for_one_entry_each(files: Any) -> None:
    files.write(
        "accounts.toml",
        f"""
        [[accounts]]
        id = "L{{n}}"
        numbers = [8, 11]
        [[fix_sessions]]
        sender_comp_id = "S{{n}}"
        username = "U{{n}}"
        account = "L{{n}}"
        numbers = [9, 10]
        password_hash = "{HASH}"
        [[api_keys]]
        id = "K{{n}}"
        account = "L{{n}}"
        hmac_secret = "the-secret-of-key-{{n}}"
        numbers = [10, 11]
        """,
    )
    accounts = load_accounts(files.folder / "accounts.toml")
    assert [(key.id, key.account, key.hmac_secret, key.numbers) for key in accounts.api_keys] == [
        ("K10", "L10", "the-secret-of-key-10", None),
        ("K11", "L11", "the-secret-of-key-11", None),
    ]
    assert [account.id for account in accounts.accounts] == ["L8", "L9", "L10", "L11"]
    assert [(s.sender_comp_id, s.username, s.account) for s in accounts.fix_sessions] == [
        ("S9", "U9", "L9"),
        ("S10", "U10", "L10"),
    ]
    assert all(s.numbers is None for s in accounts.fix_sessions)


def test_sessions_may_share_an_account(files: Any) -> None:
    files.write(
        "accounts.toml",
        f"""
        accounts = [{{ id = "A" }}]
        fix_sessions = [
            {{ sender_comp_id = "X{{n}}", account = "A", numbers = [1, 2], password_hash = "{HASH}" }},
        ]
        """,
    )
    assert [s.account for s in load_accounts(files.folder / "accounts.toml").fix_sessions] == ["A", "A"]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('id = "A2"', 'id = "A1"', 'accounts[1].id: given twice (value "A1")'),
        (
            'id = "A2"',
            'id = "A 2"',
            "accounts[1].id: not a valid name (limit 1 to 32 of A-Z a-z 0-9 _ . -, first a letter or digit, "
            'value "A 2")',
        ),
        ('id = "A2"', 'id = ""', 'accounts[1].id: too short (limit 1, value "")'),
        ('id = "A2"', 'id = "A{n}"\nnumbers = [5, 4]', "accounts[1].numbers: last below first (limit 5, value 4)"),
        ('id = "A2"', 'id = "A2"\nnumbers = [5, 6]', 'accounts[1].id: given twice (value "A2")'),
        (
            'id = "A2"',
            'id = "A{n}"\nnumbers = [0, 100000]',
            "accounts[1].numbers: too many (limit 100000, value 100001)",
        ),
        ('id = "A2"', 'id = "A2"\nnumbers = [1]', "accounts[1].numbers: wrong length (limit 2, value [1])"),
        ("= 5", "= -5", "accounts[1].max_open_orders: too small (limit 0, value -5)"),
        ('account = "A1"', 'account = "A9"', 'fix_sessions[0].account: unknown account (value "A9")'),
        (
            '"ONE"',
            '"ws:1"',
            "fix_sessions[0].sender_comp_id: not a valid name "
            '(limit 1 to 32 of A-Z a-z 0-9 _ . -, first a letter or digit, value "ws:1")',
        ),
        ('"ONE"', '"ONE"\nbegin_string = "FIX.4.9"', 'fix_sessions[0].begin_string: not a known value (limit FIX.4.2|FIX.4.4|FIXT.1.1, value "FIX.4.9")'),
        (
            '"ONE"',
            '"ONE"\nnumbers = [1, 2]',
            'fix_sessions[0].sender_comp_id: given twice (value "ONE")',
        ),
        (
            '"ONE"',
            '"ONE"\nallow_addresses = ["10.0.0.0/8", "nowhere"]',
            'fix_sessions[0].allow_addresses[1]: not an address or network (value "nowhere")',
        ),
        ('account = "A2"', 'account = "A9"', 'api_keys[0].account: unknown account (value "A9")'),
        ('hmac_secret = "0123456789abcdef"', "", 'api_keys[0]: needs either hmac_secret or ed25519_public_key (value "K1")'),
        (
            "[[api_keys]]",
            f'[[api_keys]]\ned25519_public_key = "{KEY}"',
            'api_keys[0]: needs either hmac_secret or ed25519_public_key (value "K1")',
        ),
        ("0123456789abcdef", "0123456789abcde", "api_keys[0].hmac_secret: too short (limit 16 characters)"),
        ('id = "K1"', 'id = "K/1"', "api_keys[0].id: not a valid name (limit 1 to 32 of A-Z a-z 0-9 _ . -, first a letter or digit, value \"K/1\")"),
    ],
)  # fmt: skip
def test_a_wrong_entry_is_named(files: Any, old: str, new: str, line: str) -> None:
    files.edit("accounts.toml", old, new)
    assert files.fault() == f"accounts.toml: {line}"


def test_a_key_id_given_twice_is_named(files: Any) -> None:
    text = (files.folder / "accounts.toml").read_text()
    files.write(
        "accounts.toml", text + '[[api_keys]]\nid = "K1"\naccount = "A1"\nhmac_secret = "0123456789abcdef"'
    )
    assert files.fault() == 'accounts.toml: api_keys[1].id: given twice (value "K1")'


@pytest.mark.parametrize("public", ["AAAA", "not base64!", "ключ", KEY[:-4]])
def test_a_public_key_is_base64_of_32_bytes(files: Any, public: str) -> None:
    files.edit("accounts.toml", 'hmac_secret = "0123456789abcdef"', f'ed25519_public_key = "{public}"')
    assert files.fault() == (
        "accounts.toml: api_keys[0].ed25519_public_key: not a public key: base64 of 32 bytes expected "
        f'(value "{public}")'
    )


def test_a_right_public_key_is_taken(files: Any) -> None:
    files.edit("accounts.toml", 'hmac_secret = "0123456789abcdef"', f'ed25519_public_key = "{KEY}"')
    (key,) = load_accounts(files.folder / "accounts.toml").api_keys
    assert (key.ed25519_public_key, key.hmac_secret) == (KEY, None)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("demo", "not a hash that `bdax hash-password` prints"),
        (" ", "not a hash that `bdax hash-password` prints"),
        (f"scrypt$16$1$1${SALT}", "not a hash that `bdax hash-password` prints"),
        (f"bcrypt$16$1$1${SALT}${SALT}", "not a hash that `bdax hash-password` prints"),
        (f"scrypt$15$1$1${SALT}${SALT}", "scrypt n is not a power of two (value 15)"),
        (f"scrypt$1$1$1${SALT}${SALT}", "scrypt n is not a power of two (value 1)"),
        (f"scrypt$16$0$1${SALT}${SALT}", "scrypt cost out of range (limit 268435456 bytes of memory, value n=16 r=0 p=1)"),
        (f"scrypt$16777216$8$1${SALT}${SALT}", "scrypt cost out of range (limit 268435456 bytes of memory, value n=16777216 r=8 p=1)"),
        (f"scrypt$16$1$1$AAAA${SALT}", "salt or hash is not base64 of 16 bytes or more"),
        (f"scrypt$16$1$1${SALT}$A=", "salt or hash is not base64 of 16 bytes or more"),
    ],
)  # fmt: skip
def test_a_wrong_hash_is_never_shown(files: Any, text: str, problem: str) -> None:
    files.edit("accounts.toml", HASH, text)
    assert files.fault() == f"accounts.toml: fix_sessions[0].password_hash: {problem}"


def test_secrets_are_not_in_a_repr(files: Any) -> None:
    accounts = load_accounts(files.folder / "accounts.toml")
    assert "0123456789abcdef" not in repr(accounts)
    assert SALT not in repr(accounts)
    assert "K1" in repr(accounts)
    assert "ONE" in repr(accounts)
