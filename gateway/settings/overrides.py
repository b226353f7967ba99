"""What the command line says instead of the file, under the same checks."""

import re
from typing import Any, Final

import msgspec

from gateway.settings.components import Durability
from gateway.settings.errors import SettingsError
from gateway.settings.gateway import GatewaySettings, check
from gateway.settings.toml_file import shown

COMMAND_LINE: Final = "command line"
_ADDRESS: Final = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:\[\]]+)):([0-9]{1,5})")


class Overrides(msgspec.Struct, frozen=True, kw_only=True):
    """Options as typed; ``None`` leaves the file's value. Addresses are ``HOST:PORT``."""

    fix: str | None = None
    ws: str | None = None
    http: str | None = None
    data_dir: str | None = None
    durability: Durability | None = None


def parse_address(option: str, text: str) -> tuple[str, int]:
    """Return host and port of ``HOST:PORT`` or ``[IPV6]:PORT``; a fault names ``option``."""
    match = _ADDRESS.fullmatch(text)
    if match is None or len(match[1] or match[2]) > 255:
        raise SettingsError(COMMAND_LINE, option, "not HOST:PORT", "", shown(text))
    if int(match[3]) > 65535:
        raise SettingsError(COMMAND_LINE, option, "port too large", "65535", match[3])
    return match[1] or match[2], int(match[3])


def override(settings: GatewaySettings, options: Overrides) -> GatewaySettings:
    """Return ``settings`` with ``options`` in place, checked; a fault names the option that caused it."""
    changes: dict[str, Any] = {}
    for component in ("fix", "ws", "http"):
        text: str | None = getattr(options, component)
        if text is not None:
            host, port = parse_address(f"--{component}", text)
            changes[component] = msgspec.structs.replace(getattr(settings, component), host=host, port=port)
    store = settings.store
    if options.data_dir is not None:
        if not options.data_dir:
            raise SettingsError(COMMAND_LINE, "--data", "must not be empty")
        store = msgspec.structs.replace(store, data_dir=options.data_dir)
    if options.durability is not None:
        store = msgspec.structs.replace(store, durability=options.durability)
    changed = msgspec.structs.replace(settings, store=store, **changes)
    try:
        check(changed)
    except SettingsError as error:
        # The file alone was right, so an address given here is the cause, even where it clashes with a key.
        component, _, field = error.key.partition(".")
        if component in changes and field in ("host", "port"):
            raise SettingsError(
                COMMAND_LINE, f"--{component}", error.problem, error.limit, error.value
            ) from None
        cause = ", ".join(f"--{name}" for name in changes)
        problem = f"{error.key}: {error.problem}"
        raise SettingsError(COMMAND_LINE, cause, problem, error.limit, error.value) from None
    return changed
