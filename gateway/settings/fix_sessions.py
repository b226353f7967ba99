"""One FIX session as configured: its names, its version, how it logs on and when.

NOT here: whether a dictionary file can be used (``gateway.app``), verification of a logon
(``gateway.auth``).
"""

from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta

from gateway.settings.components import FixSettings
from gateway.settings.credential_checks import check_addresses, check_hash, check_public_key, check_secret
from gateway.settings.errors import SettingsError
from gateway.settings.schedules import ScheduleSettings, check_schedule
from gateway.settings.toml_file import shown

Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=32)]
Numbers: TypeAlias = tuple[Annotated[int, Meta(ge=0, le=10**9)], Annotated[int, Meta(ge=0, le=10**9)]]
HeartBtInt: TypeAlias = Annotated[int, Meta(ge=1, le=3600)]
File: TypeAlias = Annotated[str, Meta(max_length=4096)]

FIXT: Final = "FIXT.1.1"
"""The version that splits the dictionary in two: the transport's and the application's."""

_CREDENTIALS: Final = {
    "password_hash": check_hash,
    "hmac_secret": check_secret,
    "ed25519_public_key": check_public_key,
}


class FixSession(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One FIX session: the client's SenderCompID(49), its account, how it logs on, and what it speaks.

    A text that is empty is a key left out.
    """

    sender_comp_id: Name
    account: Name
    # What it is served: orders and their reports, or market data.
    kind: Literal["orders", "market_data"] = "orders"
    # Username(553); the comp id when left out.
    username: Annotated[str, Meta(max_length=64)] = ""
    # Exactly one of the three.
    password_hash: str = ""
    hmac_secret: str = ""
    ed25519_public_key: str = ""
    # The common name of the TLS certificate that the client must present besides.
    certificate_name: Annotated[str, Meta(max_length=64)] = ""
    # Addresses or networks that it may come from; empty allows any.
    allow_addresses: tuple[str, ...] = ()
    begin_string: Literal["FIX.4.2", "FIX.4.4", "FIXT.1.1"] = "FIX.4.4"
    # Data dictionaries in QuickFIX's format, in place of the exchange's own. With FIXT.1.1 they are two.
    dictionary: File = ""
    transport_dictionary: File = ""
    # What becomes of a message with a user-defined tag that the dictionary does not have.
    unknown_tags: Literal["reject", "ignore"] = "reject"
    # Bounds of HeartBtInt(108), where they are not those of all sessions.
    heart_bt_int_min: HeartBtInt | None = None
    heart_bt_int_max: HeartBtInt | None = None
    # Whether each Logon begins with both sequence numbers at 1.
    reset_on_logon: bool = False
    # Open at these times only; always when left out.
    schedule: ScheduleSettings | None = None
    cancel_on_disconnect: bool = False
    extra_tags: bool = False
    demo: bool = False
    numbers: Numbers | None = None

    def __repr__(self) -> str:
        # Hash and secret stay out of logs.
        return f"FixSession(sender_comp_id={self.sender_comp_id!r}, account={self.account!r})"

    def heart_bt_int(self, fix: FixSettings) -> tuple[int, int]:
        """Return the bounds of HeartBtInt(108) in seconds, those of ``fix`` where it has none of its own."""
        low, high = self.heart_bt_int_min, self.heart_bt_int_max
        return (
            fix.heart_bt_int_min if low is None else low,
            fix.heart_bt_int_max if high is None else high,
        )


def resolved(file: Path, key: str, session: FixSession) -> FixSession:
    """Return ``session`` checked, its paths from the folder of ``file``; raise ``SettingsError``."""
    name = str(file)
    _check_credentials(name, key, session)
    check_addresses(name, f"{key}.allow_addresses", session.allow_addresses)
    _check_dictionaries(name, key, session)
    if session.kind != "orders" and session.cancel_on_disconnect:
        raise SettingsError(
            name, f"{key}.cancel_on_disconnect", f"a session of kind {session.kind} has no orders"
        )
    if session.schedule is not None:
        check_schedule(name, f"{key}.schedule", session.schedule)
    paths = {
        field: str(file.parent / path)
        for field, path in (
            ("dictionary", session.dictionary),
            ("transport_dictionary", session.transport_dictionary),
        )
        if path
    }
    return msgspec.structs.replace(session, **paths)


def check_against(file: str, session: FixSession, fix: FixSettings) -> None:
    """Check what depends on the settings of all sessions; raise ``SettingsError`` for ``file``."""
    low, high = session.heart_bt_int(fix)
    if high < low:
        key = key_of(session, "heart_bt_int_min" if session.heart_bt_int_max is None else "heart_bt_int_max")
        raise SettingsError(file, key, "heart_bt_int_max below heart_bt_int_min", str(low), str(high))
    if session.certificate_name and (fix.tls is None or fix.tls.client_ca is None):
        problem = "no client can show a certificate without fix.tls.client_ca"
        raise SettingsError(file, key_of(session, "certificate_name"), problem)


def key_of(session: FixSession, field: str) -> str:
    """Return how an error names a key of a session whose place in the file is forgotten."""
    return f"fix_sessions[{session.sender_comp_id}].{field}"


def _check_credentials(file: str, key: str, session: FixSession) -> None:
    given = [field for field in _CREDENTIALS if getattr(session, field)]
    if len(given) != 1:
        problem = "needs exactly one of " + ", ".join(_CREDENTIALS)
        raise SettingsError(file, key, problem, "", shown(session.sender_comp_id))
    _CREDENTIALS[given[0]](file, f"{key}.{given[0]}", getattr(session, given[0]))


def _check_dictionaries(file: str, key: str, session: FixSession) -> None:
    for field in ("dictionary", "transport_dictionary"):
        path = getattr(session, field)
        if "\0" in path:
            raise SettingsError(file, f"{key}.{field}", "not a path", "", shown(path))
    if session.begin_string != FIXT:
        if session.transport_dictionary:
            value = shown(session.begin_string)
            raise SettingsError(file, f"{key}.transport_dictionary", f"only with {FIXT}", "", value)
    elif bool(session.dictionary) != bool(session.transport_dictionary):
        absent = "transport_dictionary" if session.dictionary else "dictionary"
        raise SettingsError(
            file, f"{key}.{absent}", f"missing: {FIXT} has dictionary and transport_dictionary"
        )
