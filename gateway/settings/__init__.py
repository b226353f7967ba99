"""The configuration as frozen structs: TOML in, checked settings out, or one ``SettingsError`` line.

``load`` reads the main file and the two it names. NOT here: what a setting does (its component), log set-up.
"""

from gateway.settings.accounts import Account, AccountsSettings, ApiKey, check_name, load_accounts
from gateway.settings.components import (
    Durability,
    FixSettings,
    HttpSettings,
    LogonSettings,
    LogSettings,
    OrderSettings,
    StoreSettings,
    TlsFiles,
    TlsSettings,
    WsSettings,
)
from gateway.settings.errors import SettingsError
from gateway.settings.fix_sessions import FixSession, key_of
from gateway.settings.gateway import DEFAULT_FILE, GatewaySettings, check, is_loopback, load
from gateway.settings.instruments import load_instruments
from gateway.settings.market_data import MarketDataSettings
from gateway.settings.overrides import Overrides, override, parse_address
from gateway.settings.schedules import ScheduleSettings

__all__ = [
    "DEFAULT_FILE",
    "Account",
    "AccountsSettings",
    "ApiKey",
    "Durability",
    "FixSession",
    "FixSettings",
    "GatewaySettings",
    "HttpSettings",
    "LogSettings",
    "LogonSettings",
    "MarketDataSettings",
    "OrderSettings",
    "Overrides",
    "ScheduleSettings",
    "SettingsError",
    "StoreSettings",
    "TlsFiles",
    "TlsSettings",
    "WsSettings",
    "check",
    "check_name",
    "is_loopback",
    "key_of",
    "load",
    "load_accounts",
    "load_instruments",
    "override",
    "parse_address",
]
