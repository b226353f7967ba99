import base64
import io
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key

from gateway.auth import Accounts, logon_text, verify_password
from gateway.cli import main
from gateway.settings import load_accounts

Pipe = Callable[[bytes], None]


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Pipe:
    """Put bytes on stdin, which is then no terminal."""

    def put(raw: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))

    return put


@pytest.fixture
def type_in(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Make stdin a terminal at which the given lines are typed; then it ends."""

    def put(*lines: str) -> None:
        class Terminal(io.StringIO):
            def isatty(self) -> bool:
                return True

        left = list(lines)

        def ask(prompt: str) -> str:
            assert prompt.endswith(": ")
            if not left:
                raise EOFError
            return left.pop(0)

        monkeypatch.setattr(sys, "stdin", Terminal())
        monkeypatch.setattr("getpass.getpass", ask)

    return put


@pytest.mark.parametrize("raw", [b"s3cret", b"s3cret\n", b"s3cret\r\n", b"s3cret\nmore\n"])
def test_a_piped_password_is_hashed(pipe: Pipe, raw: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    pipe(raw)
    assert main(["hash-password"]) == 0
    captured = capsys.readouterr()
    assert verify_password(captured.out.rstrip("\n"), "s3cret")
    assert captured.err == ""


def test_a_typed_password_is_hashed(type_in: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    type_in("p\u00e4ss w\u00f6rd", "p\u00e4ss w\u00f6rd")
    assert main(["hash-password"]) == 0
    assert verify_password(capsys.readouterr().out.rstrip("\n"), "p\u00e4ss w\u00f6rd")


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"", "the password is empty"),
        (b"\n", "the password is empty"),
        (b"\xff\xfe", "the password is not UTF-8 text"),
        (b"a\x01b", "the password has characters that a logon cannot carry"),
        (b"x" * 1025, "the password is longer than 1024 bytes"),
    ],
)
def test_what_is_no_password(
    pipe: Pipe, raw: bytes, problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pipe(raw)
    assert main(["hash-password"]) == 2
    assert capsys.readouterr() == ("", f"bdax: {problem}\n")


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (("a", "b"), "the two passwords differ"),
        (("", ""), "the password is empty"),
        ((), "no password given"),
        (("a",), "no password given"),
    ],
)
def test_what_is_typed_wrongly(
    type_in: Callable[..., None],
    lines: tuple[str, ...],
    problem: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    type_in(*lines)
    assert main(["hash-password"]) == 2
    assert capsys.readouterr() == ("", f"bdax: {problem}\n")


def test_a_new_hmac_key_fits_into_the_accounts_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new-key", "--hmac", "--account", "A"]) == 0
    path = tmp_path / "accounts.toml"
    path.write_text('[[accounts]]\nid = "A"\n' + capsys.readouterr().out)
    (key,) = load_accounts(path).api_keys
    assert key.id.startswith("key-")
    assert key.hmac_secret is not None
    assert len(key.hmac_secret) >= 43


def test_a_new_key_pair_signs_a_logon(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new-key", "--ed25519", "--id", "desk-7", "--account", "A"]) == 0
    out = capsys.readouterr().out
    path = tmp_path / "accounts.toml"
    path.write_text('[[accounts]]\nid = "A"\n' + out)
    private = load_der_private_key(base64.b64decode(out.splitlines()[0].rpartition(": ")[2]), password=None)
    assert isinstance(private, Ed25519PrivateKey)
    signature = private.sign(logon_text(5, "desk-7")).hex()
    accounts = Accounts(load_accounts(path))
    key = accounts.check_signature("desk-7", 5, signature, now_ms=5, window_s=1)
    assert key is not None
    assert key.account == "A"


def test_no_two_keys_are_alike(capsys: pytest.CaptureFixture[str]) -> None:
    made = []
    for _ in range(2):
        assert main(["new-key", "--hmac"]) == 0
        made.append(tomllib.loads(capsys.readouterr().out)["api_keys"][0])
    assert made[0]["id"] != made[1]["id"]
    assert made[0]["hmac_secret"] != made[1]["hmac_secret"]
