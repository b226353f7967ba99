from pathlib import Path
from typing import Any

import pytest

from gateway.settings import FixSession, FixSettings, key_of, load, load_accounts

KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="  # 32 bytes
SECRET = "0123456789abcdef"
NEEDS_ONE = (
    'fix_sessions[0]: needs exactly one of password_hash, hmac_secret, ed25519_public_key (value "ONE")'
)
TLS = '[fix.tls]\ncertificate = "cert.pem"\nkey = "key.pem"\n'


class OneSession:
    """The accounts file with the keys of its FIX session to choose."""

    def __init__(self, files: Any) -> None:
        self.files = files
        text = (files.folder / "accounts.toml").read_text()
        self._hash = next(line for line in text.splitlines() if line.startswith("password_hash"))

    def set(self, *lines: str, credential: str | None = None) -> None:
        kept = self._hash if credential is None else credential
        session = 'sender_comp_id = "ONE"\naccount = "A1"'
        text = '[[accounts]]\nid = "A1"\n[[fix_sessions]]\n' + "\n".join((session, kept, *lines))
        self.files.write("accounts.toml", text)

    def load(self) -> FixSession:
        (session,) = load(self.files.main).accounts.fix_sessions
        return session

    def fault(self, *lines: str, credential: str | None = None) -> str:
        self.set(*lines, credential=credential)
        line: str = self.files.fault()
        return line.removeprefix("accounts.toml: ")


@pytest.fixture
def one(files: Any) -> OneSession:
    return OneSession(files)


def test_what_is_left_out_has_its_default(one: OneSession) -> None:
    one.set()
    session = one.load()
    assert (session.begin_string, session.unknown_tags) == ("FIX.4.4", "reject")
    assert (session.dictionary, session.transport_dictionary, session.certificate_name) == ("", "", "")
    assert (session.reset_on_logon, session.schedule) == (False, None)
    assert session.kind == "orders"
    assert session.heart_bt_int(FixSettings()) == (2, 120)
    assert session.heart_bt_int(FixSettings(heart_bt_int_min=5, heart_bt_int_max=50)) == (5, 50)


@pytest.mark.parametrize("version", ["FIX.4.2", "FIX.4.4", "FIXT.1.1"])
def test_every_version_may_be_spoken(one: OneSession, version: str) -> None:
    one.set(f'begin_string = "{version}"', 'unknown_tags = "ignore"', "reset_on_logon = true")
    session = one.load()
    assert (session.begin_string, session.unknown_tags, session.reset_on_logon) == (version, "ignore", True)


@pytest.mark.parametrize(
    ("credential", "field", "value"),
    [
        (f'hmac_secret = "{SECRET}"', "hmac_secret", SECRET),
        (f'ed25519_public_key = "{KEY}"', "ed25519_public_key", KEY),
    ],
)
def test_a_session_may_sign_its_logons(one: OneSession, credential: str, field: str, value: str) -> None:
    one.set(credential=credential)
    session = one.load()
    assert getattr(session, field) == value
    assert session.password_hash == ""
    assert value not in repr(session)


@pytest.mark.parametrize(
    ("credential", "line"),
    [
        ("", NEEDS_ONE),
        ('password_hash = ""', NEEDS_ONE),
        (f'hmac_secret = "{SECRET}"\ned25519_public_key = "{KEY}"', NEEDS_ONE),
        ('hmac_secret = "short"', "fix_sessions[0].hmac_secret: too short (limit 16 characters)"),
        (
            f'ed25519_public_key = "{KEY[:-4]}"',
            "fix_sessions[0].ed25519_public_key: not a public key: base64 of 32 bytes expected "
            f'(value "{KEY[:-4]}")',
        ),
    ],
)
def test_a_wrong_credential_is_named_and_a_secret_not_shown(
    one: OneSession, credential: str, line: str
) -> None:
    assert one.fault(credential=credential) == line


def test_two_credentials_are_one_too_many(one: OneSession) -> None:
    assert one.fault(f'hmac_secret = "{SECRET}"') == NEEDS_ONE


@pytest.mark.parametrize(
    ("lines", "line"),
    [
        (
            ['unknown_tags = "drop"'],
            'fix_sessions[0].unknown_tags: not a known value (limit reject|ignore, value "drop")',
        ),
        (["heart_bt_int_min = 0"], "fix_sessions[0].heart_bt_int_min: too small (limit 1, value 0)"),
        (['dictionary = "a\\u0000b"'], 'fix_sessions[0].dictionary: not a path (value "a\\x00b")'),
        (
            ['kind = "quotes"'],
            'fix_sessions[0].kind: not a known value (limit orders|market_data, value "quotes")',
        ),
        (
            ['kind = "market_data"', "cancel_on_disconnect = true"],
            "fix_sessions[0].cancel_on_disconnect: a session of kind market_data has no orders",
        ),
        (["reset_on_logon = 1"], "fix_sessions[0].reset_on_logon: must be true or false (value 1)"),
        (
            ['transport_dictionary = "T.xml"'],
            'fix_sessions[0].transport_dictionary: only with FIXT.1.1 (value "FIX.4.4")',
        ),
        (
            ['begin_string = "FIXT.1.1"', 'dictionary = "A.xml"'],
            "fix_sessions[0].transport_dictionary: missing: FIXT.1.1 has dictionary and transport_dictionary",
        ),
        (
            ['begin_string = "FIXT.1.1"', 'transport_dictionary = "T.xml"'],
            "fix_sessions[0].dictionary: missing: FIXT.1.1 has dictionary and transport_dictionary",
        ),
        (
            ["heart_bt_int_min = 30", "heart_bt_int_max = 20"],
            "fix_sessions[ONE].heart_bt_int_max: heart_bt_int_max below heart_bt_int_min "
            "(limit 30, value 20)",
        ),
        (
            ["heart_bt_int_min = 130"],
            "fix_sessions[ONE].heart_bt_int_min: heart_bt_int_max below heart_bt_int_min "
            "(limit 130, value 120)",
        ),
        (
            ["heart_bt_int_max = 1"],
            "fix_sessions[ONE].heart_bt_int_max: heart_bt_int_max below heart_bt_int_min (limit 2, value 1)",
        ),
        (
            ['certificate_name = "one.example"'],
            "fix_sessions[ONE].certificate_name: no client can show a certificate without fix.tls.client_ca",
        ),
    ],
)
def test_a_wrong_key_of_a_session_is_named(one: OneSession, lines: list[str], line: str) -> None:
    assert one.fault(*lines) == line


def test_own_bounds_of_the_heartbeat_replace_the_general_ones(one: OneSession) -> None:
    one.set("heart_bt_int_min = 1", "heart_bt_int_max = 3600")
    assert one.load().heart_bt_int(FixSettings()) == (1, 3600)


def test_dictionaries_are_found_from_the_folder_of_the_accounts_file(one: OneSession, files: Any) -> None:
    one.set('begin_string = "FIXT.1.1"', 'dictionary = "xml/A.xml"', 'transport_dictionary = "/etc/T.xml"')
    session = one.load()
    assert session.dictionary == str(files.folder / "xml" / "A.xml")
    assert session.transport_dictionary == str(Path("/etc/T.xml"))


def test_a_certificate_name_goes_with_the_authority_of_the_clients(one: OneSession, files: Any) -> None:
    for name in ("cert.pem", "key.pem", "clients.pem"):
        files.write(name, "")
    files.write("gateway.toml", TLS)
    assert one.fault('certificate_name = "one.example"').startswith("fix_sessions[ONE].certificate_name: no")
    files.write("gateway.toml", TLS + 'client_ca = "clients.pem"')
    settings = load(files.main)
    assert settings.fix.tls is not None
    assert settings.fix.tls.client_ca == str(files.folder / "clients.pem")
    assert settings.accounts.fix_sessions[0].certificate_name == "one.example"


def test_an_authority_that_cannot_be_read_is_named(files: Any) -> None:
    for name in ("cert.pem", "key.pem"):
        files.write(name, "")
    files.write("gateway.toml", TLS + 'client_ca = "none.pem"')
    line = 'gateway.toml: fix.tls.client_ca: cannot be read: No such file or directory (value "none.pem")'
    assert files.fault() == line


def test_numbers_are_filled_into_certificate_names_too(files: Any) -> None:
    files.write(
        "accounts.toml",
        f"""
        accounts = [{{ id = "A" }}]
        [[fix_sessions]]
        sender_comp_id = "S{{n}}"
        account = "A"
        numbers = [1, 2]
        certificate_name = "s{{n}}.example"
        ed25519_public_key = "{KEY}"
        """,
    )
    sessions = load_accounts(files.folder / "accounts.toml").fix_sessions
    assert [session.certificate_name for session in sessions] == ["s1.example", "s2.example"]
    assert key_of(sessions[1], "dictionary") == "fix_sessions[S2].dictionary"
