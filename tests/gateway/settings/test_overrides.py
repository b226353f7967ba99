from typing import Any

import pytest

from gateway.settings import Overrides, SettingsError, load, override, parse_address


def test_nothing_given_changes_nothing(files: Any) -> None:
    settings = load(files.main)
    assert override(settings, Overrides()) == settings


def test_options_replace_what_the_file_says(files: Any) -> None:
    files.write("gateway.toml", "[fix]\nmax_message_size = 5000\n[store]\ndata_dir = 'a'")
    settings = override(
        load(files.main),
        Overrides(fix="127.0.0.1:0", ws="localhost:81", http="[::1]:82", data_dir="b", durability="os"),
    )
    assert (settings.fix.host, settings.fix.port, settings.fix.max_message_size) == ("127.0.0.1", 0, 5000)
    assert (settings.ws.host, settings.ws.port) == ("localhost", 81)
    assert (settings.http.host, settings.http.port) == ("::1", 82)
    assert (settings.store.data_dir, settings.store.durability) == ("b", "os")


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (Overrides(fix="9880"), '--fix: not HOST:PORT (value "9880")'),
        (Overrides(ws=":9880"), '--ws: not HOST:PORT (value ":9880")'),
        (Overrides(http="h:"), '--http: not HOST:PORT (value "h:")'),
        (Overrides(http="h:\uff11"), '--http: not HOST:PORT (value "h:\uff11")'),
        (Overrides(http="h:65536"), "--http: port too large (limit 65535, value 65536)"),
        (Overrides(data_dir=""), "--data: must not be empty"),
        (
            Overrides(fix="0.0.0.0:1"),
            "--fix: plaintext on an address that is not loopback needs fix.allow_plaintext = true "
            '(value "0.0.0.0")',
        ),
        (Overrides(ws="127.0.0.1:9880"), "--ws: same address as fix (value 9880)"),
        # The file's own listener is the second of the two: the option caused the clash all the same.
        (Overrides(fix="127.0.0.1:8081"), "--fix: http.port: same address as fix (value 8081)"),
    ],
)
def test_a_wrong_option_is_named(files: Any, options: Overrides, line: str) -> None:
    with pytest.raises(SettingsError) as caught:
        override(load(files.main), options)
    assert str(caught.value) == f"command line: {line}"


@pytest.mark.parametrize(
    ("text", "address"),
    [("127.0.0.1:80", ("127.0.0.1", 80)), ("[::1]:0", ("::1", 0)), ("a.b-c:65535", ("a.b-c", 65535))],
)
def test_addresses(text: str, address: tuple[str, int]) -> None:
    assert parse_address("--fix", text) == address


@pytest.mark.parametrize("text", ["::1:80", "a b:80", "[x]:80", "a:80\n", "a:-1", "a" * 256 + ":1", ""])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(SettingsError, match="not HOST:PORT"):
        parse_address("--fix", text)
