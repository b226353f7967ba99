"""Accounts and the credentials of their sessions, as configured.

An entry with ``numbers = [FIRST, LAST]`` stands for one entry per number, ``{n}`` in its names replaced.
NOT here: verification of a password or signature (``gateway.auth``).
"""

import base64
import binascii
import ipaddress
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias, TypeVar

import msgspec
from msgspec import Meta

from gateway.settings.errors import SettingsError
from gateway.settings.toml_file import read_toml, shown

T = TypeVar("T")

Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=32)]
Numbers: TypeAlias = tuple[Annotated[int, Meta(ge=0, le=10**9)], Annotated[int, Meta(ge=0, le=10**9)]]

MAX_ENTRIES: Final = 100_000
MIN_SECRET: Final = 16
# Memory of one verification, 128 * r * (n + p) bytes: an absurd cost is an error here, not at a logon.
MAX_SCRYPT_BYTES: Final = 256 * 1024 * 1024

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}")
_NAME_RULE: Final = "1 to 32 of A-Z a-z 0-9 _ . -, first a letter or digit"
_SCRYPT: Final = re.compile(
    r"scrypt\$([0-9]{1,9})\$([0-9]{1,4})\$([0-9]{1,4})\$([A-Za-z0-9+/]+=*)\$([A-Za-z0-9+/]+=*)"
)


class Account(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom orders belong to. ``max_open_orders`` replaces the general bound; 0 lifts it."""

    id: Name
    max_open_orders: Annotated[int, Meta(ge=0, le=10_000_000)] | None = None
    numbers: Numbers | None = None


class FixSession(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One FIX session: the client's SenderCompID(49), its account, and how it logs on.

    ``username`` (553) is the comp id when left out. ``allow_addresses`` lists addresses or networks; empty
    allows any.
    """

    sender_comp_id: Name
    account: Name
    password_hash: str
    username: Annotated[str, Meta(max_length=64)] = ""
    begin_string: Literal["FIX.4.4"] = "FIX.4.4"
    cancel_on_disconnect: bool = False
    extra_tags: bool = False
    allow_addresses: tuple[str, ...] = ()
    demo: bool = False
    numbers: Numbers | None = None

    def __repr__(self) -> str:
        # The hash stays out of logs.
        return f"FixSession(sender_comp_id={self.sender_comp_id!r}, account={self.account!r})"


class ApiKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One key of the WebSocket API: a shared HMAC secret, or the client's Ed25519 public key (base64)."""

    id: Name
    account: Name
    hmac_secret: str | None = None
    ed25519_public_key: str | None = None
    demo: bool = False

    def __repr__(self) -> str:
        # The secret stays out of logs.
        return f"ApiKey(id={self.id!r}, account={self.account!r})"


class AccountsSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The accounts file, number patterns expanded and usernames filled in."""

    accounts: tuple[Account, ...] = ()
    fix_sessions: tuple[FixSession, ...] = ()
    api_keys: tuple[ApiKey, ...] = ()


def load_accounts(path: str | os.PathLike[str]) -> AccountsSettings:
    """Return the checked accounts file, or raise ``SettingsError``."""
    file = read_toml(Path(path), AccountsSettings)
    name = str(path)
    accounts: dict[str, Account] = {}
    sessions: dict[str, FixSession] = {}
    keys: dict[str, ApiKey] = {}

    for index, pattern in enumerate(file.accounts):
        key = f"accounts[{index}]"
        for n in _numbers(name, key, pattern.numbers):
            account = msgspec.structs.replace(pattern, id=_filled(pattern.id, n), numbers=None)
            check_name(name, f"{key}.id", account.id)
            _add(name, f"{key}.id", accounts, account.id, account)

    for index, template in enumerate(file.fix_sessions):
        key = f"fix_sessions[{index}]"
        _check_hash(name, f"{key}.password_hash", template.password_hash)
        _check_addresses(name, f"{key}.allow_addresses", template.allow_addresses)
        for n in _numbers(name, key, template.numbers):
            comp_id = _filled(template.sender_comp_id, n)
            session = msgspec.structs.replace(
                template,
                sender_comp_id=comp_id,
                account=_filled(template.account, n),
                username=_filled(template.username, n) or comp_id,
                numbers=None,
            )
            check_name(name, f"{key}.sender_comp_id", comp_id)
            _check_account(name, f"{key}.account", session.account, accounts)
            _add(name, f"{key}.sender_comp_id", sessions, comp_id, session)

    for index, api_key in enumerate(file.api_keys):
        key = f"api_keys[{index}]"
        check_name(name, f"{key}.id", api_key.id)
        _check_account(name, f"{key}.account", api_key.account, accounts)
        _check_key(name, key, api_key)
        _add(name, f"{key}.id", keys, api_key.id, api_key)

    return AccountsSettings(
        accounts=tuple(accounts.values()),
        fix_sessions=tuple(sessions.values()),
        api_keys=tuple(keys.values()),
    )


def _numbers(file: str, key: str, numbers: Numbers | None) -> Iterator[int | None]:
    if numbers is None:
        yield None
        return
    first, last = numbers
    if last < first:
        raise SettingsError(file, f"{key}.numbers", "last below first", str(first), str(last))
    if last - first >= MAX_ENTRIES:
        raise SettingsError(file, f"{key}.numbers", "too many", str(MAX_ENTRIES), str(last - first + 1))
    yield from range(first, last + 1)


def _filled(text: str, n: int | None) -> str:
    return text if n is None else text.replace("{n}", str(n))


def _add(file: str, key: str, entries: dict[str, T], name: str, entry: T) -> None:
    if name in entries:
        raise SettingsError(file, key, "given twice", "", shown(name))
    entries[name] = entry


def check_name(file: str, key: str, name: str) -> None:
    """Check a name of an account, session or key; raise ``SettingsError`` for ``file`` and ``key``."""
    if not _NAME.fullmatch(name):
        raise SettingsError(file, key, "not a valid name", _NAME_RULE, shown(name))


def _check_account(file: str, key: str, account: str, accounts: dict[str, Account]) -> None:
    if account not in accounts:
        raise SettingsError(file, key, "unknown account", "", shown(account))


def _check_hash(file: str, key: str, text: str) -> None:
    match = _SCRYPT.fullmatch(text)
    if match is None:
        raise SettingsError(file, key, "not a hash that `bdax hash-password` prints")
    n, r, p = int(match[1]), int(match[2]), int(match[3])
    if n < 2 or n & (n - 1):
        raise SettingsError(file, key, "scrypt n is not a power of two", "", str(n))
    if not r or not p or 128 * r * (n + p) > MAX_SCRYPT_BYTES:
        limit = f"{MAX_SCRYPT_BYTES} bytes of memory"
        raise SettingsError(file, key, "scrypt cost out of range", limit, f"n={n} r={r} p={p}")
    for part in (match[4], match[5]):
        if len(_decoded(part) or b"") < 16:
            raise SettingsError(file, key, "salt or hash is not base64 of 16 bytes or more")


def _check_addresses(file: str, key: str, addresses: tuple[str, ...]) -> None:
    for index, address in enumerate(addresses):
        try:
            ipaddress.ip_network(address)
        except ValueError:
            where = f"{key}[{index}]"
            raise SettingsError(file, where, "not an address or network", "", shown(address)) from None


def _check_key(file: str, key: str, api_key: ApiKey) -> None:
    secret, public = api_key.hmac_secret, api_key.ed25519_public_key
    if (secret is None) == (public is None):
        raise SettingsError(
            file, key, "needs either hmac_secret or ed25519_public_key", "", shown(api_key.id)
        )
    if secret is not None and len(secret) < MIN_SECRET:
        raise SettingsError(file, f"{key}.hmac_secret", "too short", f"{MIN_SECRET} characters")
    if public is not None and len(_decoded(public) or b"") != 32:
        where = f"{key}.ed25519_public_key"
        raise SettingsError(file, where, "not a public key: base64 of 32 bytes expected", "", shown(public))


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
