"""The gateway's whole configuration: the main file, the two files it names, and the checks across them."""

import ipaddress
import os
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from gateway.model import Instruments
from gateway.settings.accounts import AccountsSettings, load_accounts
from gateway.settings.components import (
    FilePath,
    FixSettings,
    HttpSettings,
    LogonSettings,
    LogSettings,
    OrderSettings,
    StoreSettings,
    TlsFiles,
    WsSettings,
)
from gateway.settings.credential_checks import check_addresses
from gateway.settings.errors import SettingsError
from gateway.settings.fix_sessions import check_against
from gateway.settings.instruments import load_instruments
from gateway.settings.market_data import MarketDataSettings
from gateway.settings.toml_file import read_toml, shown

Tls = TypeVar("Tls", bound=TlsFiles)

DEFAULT_FILE: Final = Path("config/gateway.toml")


class GatewayFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The main file. ``accounts_file`` and ``instruments_file`` are relative to its folder."""

    fix: FixSettings = FixSettings()
    ws: WsSettings = WsSettings()
    http: HttpSettings = HttpSettings()
    market_data: MarketDataSettings = MarketDataSettings()
    store: StoreSettings = StoreSettings()
    orders: OrderSettings = OrderSettings()
    logons: LogonSettings = LogonSettings()
    log: LogSettings = LogSettings()
    accounts_file: FilePath = "accounts.toml"
    instruments_file: FilePath = "instruments.toml"


class GatewaySettings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the gateway is started with. TLS paths are resolved; ``file`` is where it came from."""

    file: str
    fix: FixSettings
    ws: WsSettings
    http: HttpSettings
    market_data: MarketDataSettings
    store: StoreSettings
    orders: OrderSettings
    logons: LogonSettings
    log: LogSettings
    accounts_file: str
    instruments_file: str
    accounts: AccountsSettings
    instruments: Instruments


def load(path: str | os.PathLike[str] = DEFAULT_FILE) -> GatewaySettings:
    """Return the checked configuration of the main file ``path``, or raise ``SettingsError``."""
    main = Path(path)
    file = read_toml(main, GatewayFile)
    accounts_file = main.parent / file.accounts_file
    instruments_file = main.parent / file.instruments_file
    fix, ws = file.fix, file.ws
    if fix.tls is not None:
        fix = msgspec.structs.replace(fix, tls=_resolved(main, "fix.tls", fix.tls))
    if ws.tls is not None:
        ws = msgspec.structs.replace(ws, tls=_resolved(main, "ws.tls", ws.tls))
    settings = GatewaySettings(
        file=str(main),
        fix=fix,
        ws=ws,
        http=file.http,
        market_data=file.market_data,
        store=file.store,
        orders=file.orders,
        logons=file.logons,
        log=file.log,
        accounts_file=str(accounts_file),
        instruments_file=str(instruments_file),
        accounts=load_accounts(accounts_file),
        instruments=load_instruments(instruments_file),
    )
    check(settings)
    return settings


def check(settings: GatewaySettings) -> None:
    """Check what spans several keys or files; raise ``SettingsError`` for the first fault."""
    file, fix, orders = settings.file, settings.fix, settings.orders
    if fix.heart_bt_int_max < fix.heart_bt_int_min:
        limit, value = str(fix.heart_bt_int_min), str(fix.heart_bt_int_max)
        raise SettingsError(file, "fix.heart_bt_int_max", "below fix.heart_bt_int_min", limit, value)
    _check_rate(file, "orders.throttle_burst", orders.throttle_rate, orders.throttle_burst)
    ws = settings.ws
    _check_rate(file, "ws.requests_burst", ws.requests_rate, ws.requests_burst)
    anonymous_burst = "ws.anonymous_requests_burst"
    _check_rate(file, anonymous_burst, ws.anonymous_requests_rate, ws.anonymous_requests_burst)
    check_addresses(file, "ws.anonymous_unlimited", ws.anonymous_unlimited)
    _check_listeners(settings)
    _check_demo(settings)
    for session in settings.accounts.fix_sessions:
        check_against(settings.accounts_file, session, fix)


def is_loopback(host: str) -> bool:
    """Whether a listener on ``host`` can be reached from this machine only. Names are not looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_rate(file: str, key: str, rate: int, burst: int) -> None:
    if rate and not burst:
        raise SettingsError(file, key, "must be above 0 while the rate is limited", "", str(burst))


def _check_listeners(settings: GatewaySettings) -> None:
    fix, ws, http = settings.fix, settings.ws, settings.http
    listeners = [
        ("fix", fix.host, fix.port, fix.allow_plaintext),
        ("ws", ws.host, ws.port, ws.allow_plaintext or ws.tls is not None),
        ("http", http.host, http.port, http.allow_plaintext),
    ]
    if fix.tls is not None:
        listeners.append(("fix.tls", fix.tls.host, fix.tls.port, True))
    taken: dict[tuple[str, int], str] = {}
    for key, host, port, allowed in listeners:
        if not allowed and not is_loopback(host):
            what = f"plaintext on an address that is not loopback needs {key}.allow_plaintext = true"
            raise SettingsError(settings.file, f"{key}.host", what, "", shown(host))
        if port and (host, port) in taken:
            what = f"same address as {taken[host, port]}"
            raise SettingsError(settings.file, f"{key}.port", what, "", str(port))
        taken[host, port] = key


def _check_demo(settings: GatewaySettings) -> None:
    accounts = settings.accounts
    demo = [session.sender_comp_id for session in accounts.fix_sessions if session.demo]
    demo += [key.id for key in accounts.api_keys if key.demo]
    if not demo:
        return
    hosts = [("fix.host", settings.fix.host), ("ws.host", settings.ws.host)]
    if settings.fix.tls is not None:
        hosts.append(("fix.tls.host", settings.fix.tls.host))
    for key, host in hosts:
        if not is_loopback(host):
            what = f"demo credentials ({demo[0]}) are refused on an address that is not loopback"
            raise SettingsError(settings.file, key, what, "", shown(host))


def _resolved(main: Path, key: str, tls: Tls) -> Tls:
    """Return ``tls`` with paths from the folder of ``main``; each file must be readable."""
    paths = {}
    for field in ("certificate", "key", "client_ca"):
        name = getattr(tls, field, None)
        if name is None:
            continue
        path = main.parent / name
        try:
            with path.open("rb"):
                pass
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "not a path"
            raise SettingsError(
                str(main), f"{key}.{field}", f"cannot be read: {reason}", "", shown(name)
            ) from None
        paths[field] = str(path)
    return msgspec.structs.replace(tls, **paths)
