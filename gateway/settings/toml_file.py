"""Read one TOML file into one frozen struct; every fault becomes a ``SettingsError`` with its key path.

NOT here: what the keys mean (``components``, ``accounts``, ``instruments``) or checks across keys.
"""

import difflib
import re
import tomllib
import types
import typing
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from gateway.settings.errors import SettingsError

T = TypeVar("T")

MAX_FILE_BYTES: Final = 16 * 1024 * 1024
SECRET_KEYS: Final = frozenset({"password_hash", "hmac_secret"})
_MAX_SHOWN: Final = 60

_AT: Final = re.compile(r"(?s)(.*?)(?: - at `\$(.*)`)?\Z")
_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
_UNKNOWN: Final = re.compile(r"(?s)Object contains unknown field `(.*)`")
_MISSING: Final = re.compile(r"Object missing required field `(.*)`")
_BOUND: Final = re.compile(r"Expected `\w+` ([<>])=? (\S+)")
_LENGTH: Final = re.compile(r"Expected `\w+` of length (?:([<>])= )?(\d+)(?:, got \d+)?")
_PATTERN: Final = re.compile(r"Expected `str` matching regex '\^?(.*?)(?:\\+Z)?'")
_TYPE: Final = re.compile(r"Expected `(.*)`, got `.*`")

_NAMES: Final = {"object": "a table", "array": "an array", "int": "an integer", "float": "a number",
                 "str": "a string", "bool": "true or false"}  # fmt: skip


def read_toml(path: Path, into: type[T]) -> T:
    """Return the file's content as the struct type ``into``.

    Raises ``SettingsError`` for a file that is missing, unreadable, larger than ``MAX_FILE_BYTES``, not
    UTF-8 or not TOML, and for a key that is unknown, missing, of the wrong type or out of its bounds.
    """
    content = _parse(path)
    try:
        return msgspec.convert(content, into)
    except msgspec.ValidationError as error:
        raise _explained(str(path), content, into, str(error)) from None


def shown(value: object) -> str:
    """Return ``value`` as a configuration file would spell it, cut to a readable length."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 3] + "..."


def _parse(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise SettingsError(str(path), "", "no such file") from None
    except OSError as error:
        raise SettingsError(str(path), "", f"cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise SettingsError(str(path), "", f"cannot be read: {error}") from None
    if len(raw) > MAX_FILE_BYTES:
        raise SettingsError(str(path), "", "file too large", f"{MAX_FILE_BYTES} bytes")
    try:
        return tomllib.loads(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise SettingsError(str(path), "", f"not UTF-8 text: byte {error.start}") from None
    except RecursionError:
        raise SettingsError(str(path), "", "not valid TOML: nested too deep") from None
    except ValueError as error:
        raise SettingsError(str(path), "", f"not valid TOML: {error}") from None


def _explained(file: str, content: object, into: object, message: str) -> SettingsError:
    """Translate msgspec's message into key path, problem, limit and value."""
    match = _AT.fullmatch(message)
    text, path = (match[1], match[2] or "") if match else (message, "")
    value: Any = content
    expected: Any = into  # structs and tuples of them: there is no other way down
    for name, index in _STEP.findall(path):
        value = value[int(index)] if index else value[name]
        expected = _element(expected) if index else _field_types(expected)[name]
    key = path.removeprefix(".")

    if unknown := _UNKNOWN.fullmatch(text):
        near = difflib.get_close_matches(unknown[1], _field_types(expected), n=1)
        hint = f', did you mean "{near[0]}"?' if near else ""
        return SettingsError(file, _join(key, unknown[1]), f"unknown key{hint}")
    if missing := _MISSING.fullmatch(text):
        return SettingsError(file, _join(key, missing[1]), "missing")

    what = "" if key.rpartition(".")[2] in SECRET_KEYS else shown(value)
    if bound := _BOUND.fullmatch(text):
        return SettingsError(file, key, "too large" if bound[1] == "<" else "too small", bound[2], what)
    if length := _LENGTH.fullmatch(text):
        problem = {"<": "too long", ">": "too short"}.get(length[1], "wrong length")
        return SettingsError(file, key, problem, length[2], what)
    if pattern := _PATTERN.fullmatch(text):
        return SettingsError(file, key, "not of the right form", pattern[1], what)
    if text.startswith("Invalid enum value"):
        return SettingsError(file, key, "not a known value", _choices(expected), what)
    if wrong := _TYPE.fullmatch(text):
        return SettingsError(file, key, f"must be {_type_text(wrong[1])}", "", what)
    return SettingsError(file, key, text[:1].lower() + text[1:].replace("`", ""), "", what)


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _type_text(names: str) -> str:
    parts = [name for name in names.replace("`", "").split(" | ") if name != "null"]
    return " or ".join(_NAMES.get(part, part) for part in parts)


def _bare(kind: Any) -> Any:
    """Return ``kind`` without ``Annotated`` and ``None``."""
    while True:
        if typing.get_origin(kind) in (types.UnionType, typing.Union):
            kind = next(arm for arm in typing.get_args(kind) if arm is not types.NoneType)
        elif hasattr(kind, "__metadata__"):
            kind = kind.__origin__
        else:
            return kind


def _element(kind: Any) -> Any:
    return (typing.get_args(_bare(kind)) or (None,))[0]


def _field_types(kind: Any) -> dict[str, Any]:
    return {field.encode_name: field.type for field in msgspec.structs.fields(_bare(kind))}


def _choices(kind: Any) -> str:
    return "|".join(str(choice) for choice in typing.get_args(_bare(kind)))
