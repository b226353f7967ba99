# ruff: noqa: S104  # listeners elsewhere are what is tested; none is opened
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from gateway.settings import FixSettings, WsSettings, is_loopback, load

PAIR = 'certificate = "cert.pem"\nkey = "key.pem"\n'


def test_an_empty_main_file_gives_the_defaults(files: Any) -> None:
    settings = load(files.main)
    assert settings.fix == FixSettings()
    assert settings.ws == WsSettings()
    assert (settings.fix.port, settings.ws.port, settings.http.port) == (9880, 8080, 8081)
    assert settings.store.durability == "fsync"
    assert settings.file == str(files.main)
    assert [account.id for account in settings.accounts.accounts] == ["A1", "A2"]
    assert list(settings.instruments) == ["BTC-KRW"]


def test_settings_are_frozen(files: Any) -> None:
    settings = load(files.main)
    with pytest.raises(AttributeError):
        settings.fix.port = 1  # type: ignore[misc]  # what the test is about
    with pytest.raises(AttributeError):
        settings.accounts = None  # type: ignore[misc,assignment]  # likewise


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[fix]\nport = 70000", "fix.port: too large (limit 65535, value 70000)"),
        (
            "[orders]\nidempotency_max = 200000001",
            "orders.idempotency_max: too large (limit 200000000, value 200000001)",
        ),
        ("[fix]\nport = -1", "fix.port: too small (limit 0, value -1)"),
        ('[fix]\nport = "9880"', 'fix.port: must be an integer (value "9880")'),
        ("[fix]\nport = true", "fix.port: must be an integer (value true)"),
        ("[fix]\nport = 1979-05-27", "fix.port: must be an integer (value 1979-05-27)"),
        ('[fix]\nhost = ""', 'fix.host: too short (limit 1, value "")'),
        ("fix = 3", "fix: must be a table (value 3)"),
        ("[fix]\nprot = 1", 'fix.prot: unknown key, did you mean "port"?'),
        ("[fix]\nzzz = 1", "fix.zzz: unknown key"),
        ("nothing = 1", "nothing: unknown key"),
        ('"a\\nb" = 1', "a\\nb: unknown key"),
        ("[fix]\nlogon_timeout_s = nan", "fix.logon_timeout_s: too small (limit 0.05, value nan)"),
        ("[fix]\nlogon_timeout_s = inf", "fix.logon_timeout_s: too large (limit 3600.0, value inf)"),
        (
            '[fix]\nlogon_timeout_s = "1"',
            'fix.logon_timeout_s: must be a number (value "1")',
        ),
        ("[fix.tls]", "fix.tls.certificate: missing"),
        ("[fix]\ntls = 1", "fix.tls: must be a table (value 1)"),
        ("[fix.tls]\nfoo = 1", "fix.tls.foo: unknown key"),
        ("[ws]\nmax_message_size = 1", "ws.max_message_size: too small (limit 512, value 1)"),
        ('[ws]\npath = "v1"', 'ws.path: not of the right form (limit /[A-Za-z0-9._~/-]*, value "v1")'),
        (
            '[store]\ndurability = "maybe"',
            'store.durability: not a known value (limit fsync|os|none, value "maybe")',
        ),
        ("[orders]\nprice_bands = 1", "orders.price_bands: must be true or false (value 1)"),
        ('[log]\nformat = "xml"', 'log.format: not a known value (limit auto|json|text, value "xml")'),
        (
            f'[log]\nlevel = "{"x" * 100}"',
            "log.level: not a known value (limit debug|info|warning|error, value " + f'"{"x" * 56}...)',
        ),
    ],
)
def test_a_wrong_value_names_key_limit_and_value(
    fault_of: Callable[[str], str], text: str, line: str
) -> None:
    assert fault_of(text) == f"gateway.toml: {line}"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "[fix]\nheart_bt_int_min = 60\nheart_bt_int_max = 30",
            "fix.heart_bt_int_max: below fix.heart_bt_int_min (limit 60, value 30)",
        ),
        (
            "[orders]\nthrottle_burst = 0",
            "orders.throttle_burst: must be above 0 while the rate is limited (value 0)",
        ),
        (
            "[ws]\nrequests_burst = 0",
            "ws.requests_burst: must be above 0 while the rate is limited (value 0)",
        ),
        (
            "[ws]\nanonymous_requests_burst = 0",
            "ws.anonymous_requests_burst: must be above 0 while the rate is limited (value 0)",
        ),
        (
            '[ws]\nanonymous_unlimited = ["10.0.0.0/8", "proxy"]',
            'ws.anonymous_unlimited[1]: not an address or network (value "proxy")',
        ),
        (
            '[fix]\nhost = "0.0.0.0"',
            "fix.host: plaintext on an address that is not loopback needs fix.allow_plaintext = true "
            '(value "0.0.0.0")',
        ),
        (
            '[ws]\nhost = "::"',
            "ws.host: plaintext on an address that is not loopback needs ws.allow_plaintext = true "
            '(value "::")',
        ),
        (
            '[http]\nhost = "example.org"',
            "http.host: plaintext on an address that is not loopback needs http.allow_plaintext = true "
            '(value "example.org")',
        ),
        ("[ws]\nport = 9880", "ws.port: same address as fix (value 9880)"),
        ("[fix.tls]\nport = 8080\n" + PAIR, "fix.tls.port: same address as ws (value 8080)"),
        (
            '[fix.tls]\ncertificate = "none.pem"\nkey = "key.pem"',
            'fix.tls.certificate: cannot be read: No such file or directory (value "none.pem")',
        ),
        (
            '[ws.tls]\ncertificate = "cert.pem"\nkey = "none.pem"',
            'ws.tls.key: cannot be read: No such file or directory (value "none.pem")',
        ),
        (
            '[ws.tls]\ncertificate = "cert.pem"\nkey = "a\\u0000b"',
            'ws.tls.key: cannot be read: not a path (value "a\\x00b")',
        ),
    ],
)
def test_checks_across_keys(files: Any, fault_of: Callable[[str], str], text: str, line: str) -> None:
    files.write("cert.pem", "")
    files.write("key.pem", "")
    assert fault_of(text) == f"gateway.toml: {line}"


def test_a_rate_of_zero_needs_no_burst(files: Any) -> None:
    files.write("gateway.toml", "[orders]\nthrottle_rate = 0\nthrottle_burst = 0")
    assert load(files.main).orders.throttle_rate == 0


def test_port_zero_may_be_given_to_every_listener(files: Any) -> None:
    files.write("gateway.toml", "[fix]\nport=0\n[ws]\nport=0\n[http]\nport=0")
    assert load(files.main).http.port == 0


def test_plaintext_elsewhere_is_served_when_allowed(files: Any) -> None:
    files.write("gateway.toml", '[fix]\nhost = "0.0.0.0"\nallow_plaintext = true')
    assert load(files.main).fix.host == "0.0.0.0"


def test_tls_paths_start_at_the_folder_of_the_file(files: Any) -> None:
    files.write("cert.pem", "")
    files.write("key.pem", "")
    files.write(
        "gateway.toml", f'[fix.tls]\nhost = "0.0.0.0"\n{PAIR}[ws]\nhost = "0.0.0.0"\n[ws.tls]\n{PAIR}'
    )
    settings = load(files.main)
    assert settings.fix.tls is not None
    assert settings.ws.tls is not None
    assert settings.fix.tls.port == 9883
    assert settings.fix.tls.certificate == str(files.folder / "cert.pem")
    assert settings.ws.tls.key == str(files.folder / "key.pem")


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ('account = "A1"', 'account = "A1"\ndemo = true', "ONE"),
        ('account = "A2"', 'account = "A2"\ndemo = true', "K1"),
    ],
)
@pytest.mark.parametrize(
    ("text", "key", "host"),
    [
        ('[fix]\nhost = "10.0.0.1"\nallow_plaintext = true', "fix.host", "10.0.0.1"),
        ('[ws]\nhost = "10.0.0.1"\nallow_plaintext = true', "ws.host", "10.0.0.1"),
        ('[fix.tls]\nhost = "0.0.0.0"\n' + PAIR, "fix.tls.host", "0.0.0.0"),
    ],
)
def test_demo_credentials_stay_on_loopback(
    files: Any, old: str, new: str, name: str, text: str, key: str, host: str
) -> None:
    files.write("cert.pem", "")
    files.write("key.pem", "")
    files.edit("accounts.toml", old, new)
    files.write("gateway.toml", text)
    assert files.fault() == (
        f"gateway.toml: {key}: demo credentials ({name}) are refused on an address that is not loopback "
        f'(value "{host}")'
    )


def test_demo_credentials_are_served_on_loopback(files: Any) -> None:
    files.edit("accounts.toml", 'account = "A1"', 'account = "A1"\ndemo = true')
    files.write("gateway.toml", f"[fix.tls]\n{PAIR}")
    files.write("cert.pem", "")
    files.write("key.pem", "")
    assert load(files.main).accounts.fix_sessions[0].demo


def test_the_other_files_are_found_from_the_main_files_folder(files: Any) -> None:
    files.write("gateway.toml", 'accounts_file = "a.toml"')
    assert files.fault() == "a.toml: no such file"
    files.write("a.toml", "")
    assert load(files.main).accounts.fix_sessions == ()


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.0.1", False),
        ("localhost.example.org", False),
    ],
)
def test_is_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


def test_every_struct_refuses_unknown_keys(files: Any) -> None:
    settings = load(files.main)
    for name in ("fix", "ws", "http", "store", "orders", "logons", "log"):
        assert type(getattr(settings, name)).__struct_config__.forbid_unknown_fields
        assert type(getattr(settings, name)).__struct_config__.frozen
    assert isinstance(settings, msgspec.Struct)
