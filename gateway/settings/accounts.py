"""Accounts and the credentials of their sessions, as configured.

An entry with ``numbers = [FIRST, LAST]`` stands for one entry per number, ``{n}`` in its names replaced.
NOT here: verification of a password or signature (``gateway.auth``).
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta

from gateway.settings.credential_checks import check_public_key, check_secret
from gateway.settings.errors import SettingsError
from gateway.settings.fix_sessions import FixSession, Name, Numbers, resolved
from gateway.settings.toml_file import read_toml, shown

T = TypeVar("T")

MAX_ENTRIES: Final = 100_000

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}")
_NAME_RULE: Final = "1 to 32 of A-Z a-z 0-9 _ . -, first a letter or digit"


class Account(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom orders belong to. ``max_open_orders`` replaces the general bound; 0 lifts it."""

    id: Name
    max_open_orders: Annotated[int, Meta(ge=0, le=10_000_000)] | None = None
    numbers: Numbers | None = None


class ApiKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One key of the WebSocket API: a shared HMAC secret, or the client's Ed25519 public key (base64)."""

    id: Name
    account: Name
    hmac_secret: str | None = None
    ed25519_public_key: str | None = None
    demo: bool = False
    numbers: Numbers | None = None

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

    for index, entry in enumerate(file.fix_sessions):
        key = f"fix_sessions[{index}]"
        template = resolved(Path(path), key, entry)
        for n in _numbers(name, key, template.numbers):
            comp_id = _filled(template.sender_comp_id, n)
            session = msgspec.structs.replace(
                template,
                sender_comp_id=comp_id,
                account=_filled(template.account, n),
                username=_filled(template.username, n) or comp_id,
                certificate_name=_filled(template.certificate_name, n),
                numbers=None,
            )
            check_name(name, f"{key}.sender_comp_id", comp_id)
            _check_account(name, f"{key}.account", session.account, accounts)
            _add(name, f"{key}.sender_comp_id", sessions, comp_id, session)

    for index, key_pattern in enumerate(file.api_keys):
        key = f"api_keys[{index}]"
        for n in _numbers(name, key, key_pattern.numbers):
            secret = key_pattern.hmac_secret
            api_key = msgspec.structs.replace(
                key_pattern,
                id=_filled(key_pattern.id, n),
                account=_filled(key_pattern.account, n),
                hmac_secret=None if secret is None else _filled(secret, n),
                numbers=None,
            )
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


def _check_key(file: str, key: str, api_key: ApiKey) -> None:
    secret, public = api_key.hmac_secret, api_key.ed25519_public_key
    if (secret is None) == (public is None):
        raise SettingsError(
            file, key, "needs either hmac_secret or ed25519_public_key", "", shown(api_key.id)
        )
    if secret is not None:
        check_secret(file, f"{key}.hmac_secret", secret)
    if public is not None:
        check_public_key(file, f"{key}.ed25519_public_key", public)
