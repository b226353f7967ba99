"""``bdax hash-password`` and ``bdax new-key``: credentials for the accounts file. Nothing is stored here."""

import argparse
import base64
import getpass
import secrets
import sys
from typing import Final

from gateway.auth import hash_password
from gateway.cli.usage import UsageError
from gateway.settings import check_name

MAX_PASSWORD_BYTES: Final = 1024
_SECRET_BYTES: Final = 32


def hash_a_password(options: argparse.Namespace) -> int:  # noqa: ARG001  # every command takes its options
    """Print the hash of a password typed twice without echo, or of the first line of stdin."""
    password = _typed() if sys.stdin.isatty() else _piped()
    if not password:
        raise UsageError("the password is empty")
    if not password.isprintable():
        raise UsageError("the password has characters that a logon cannot carry")
    sys.stdout.write(f"{hash_password(password)}\n")
    return 0


def make_a_key(options: argparse.Namespace) -> int:
    """Print a new API key as an entry of the accounts file (TOML), a private key in a comment."""
    key = f"key-{secrets.token_hex(4)}" if options.id is None else options.id
    for option, name in (("--id", key), ("--account", options.account)):
        check_name("command line", option, name)
    if options.hmac:
        note = "# For the accounts file; the client signs with the same secret."
        material = f'hmac_secret = "{secrets.token_urlsafe(_SECRET_BYTES)}"'
    else:
        # Not for the other commands, which all come by this module.
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

        private = Ed25519PrivateKey.generate()
        pkcs8 = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        note = (
            f"# For the client alone, its private key (PKCS #8, DER, base64): {_base64(pkcs8)}\n"
            "# For the accounts file:"
        )
        material = f'ed25519_public_key = "{_base64(private.public_key().public_bytes_raw())}"'
    sys.stdout.write(f'{note}\n[[api_keys]]\nid = "{key}"\naccount = "{options.account}"\n{material}\n')
    return 0


def _typed() -> str:
    try:
        password = getpass.getpass("Password: ")
        again = getpass.getpass("Again: ")
    except EOFError:
        raise UsageError("no password given") from None
    if password != again:
        raise UsageError("the two passwords differ")
    return password


def _piped() -> str:
    line = sys.stdin.buffer.readline(MAX_PASSWORD_BYTES + 1)
    if len(line) > MAX_PASSWORD_BYTES:
        raise UsageError(f"the password is longer than {MAX_PASSWORD_BYTES} bytes")
    try:
        return line.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise UsageError("the password is not UTF-8 text") from None


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
