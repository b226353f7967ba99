"""Changes of a scenario as they are written on a command line: ``load.ramp_s=2``, ``subscribers.0.count=50``.

NOT here: what a scenario may be (``scenario``).
"""

import re
import tomllib
from typing import Any, Final

import msgspec

_GROUPS: Final = "subscribers"
_NUMBER: Final = re.compile(r"[0-9]{1,2}")


class AssignmentError(Exception):
    """A change is wrong; ``str()`` is one line that names it."""


def assign(content: dict[str, Any], plan: type[msgspec.Struct], assignment: str) -> None:
    """Change the tables of a scenario of the type ``plan``; raise ``AssignmentError``.

    Of subscribers ``subscribers.N.KEY`` is the group N, counted from 0, a new one where it is the next;
    ``subscribers.KEY`` are all of them. Values are as in TOML, text without quotes.
    """
    path, equals, text = assignment.partition("=")
    *tables, key = path.strip().split(".")
    if not equals or len(tables) > 2:
        raise AssignmentError(f"{assignment}: not TABLE.KEY=VALUE")
    if tables and tables[0] == _GROUPS:
        places: list[Any] = _groups(content, tables[1:], assignment)
    elif len(tables) > 1:
        raise AssignmentError(f"{assignment}: not TABLE.KEY=VALUE")
    else:
        places = [content]
        if tables:
            table = content.get(tables[0], {})
            places = [dict(table) if isinstance(table, dict) else table]
            content[tables[0]] = places[0]
    kind = _kind(plan, tables[:1])
    field = next((each for each in msgspec.structs.fields(kind) if each.name == key), None) if kind else None
    if field is None or (not tables and _kind(plan, [key]) is not None):
        raise AssignmentError(f"{assignment}: a scenario has no {path.strip()}")
    value = _value(text.strip(), field.type)
    for place in places:
        if not isinstance(place, dict):
            raise AssignmentError(f"{assignment}: {tables[0]} is no table in it")
        place[key] = value


def _groups(content: dict[str, Any], number: list[str], assignment: str) -> list[Any]:
    """Return the groups of subscribers that are meant, in a list of their own."""
    groups = content[_GROUPS] = [
        dict(group) if isinstance(group, dict) else group for group in _listed(content.get(_GROUPS))
    ]
    if not number:
        if not groups:
            raise AssignmentError(f"{assignment}: there are no subscribers")
        return groups
    if len(groups) > 99 or not _NUMBER.fullmatch(number[0]) or int(number[0]) > len(groups):
        raise AssignmentError(f"{assignment}: of subscribers there are {len(groups)} groups, from 0 on")
    if int(number[0]) == len(groups):
        groups.append({})
    return [groups[int(number[0])]]


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _kind(plan: type[msgspec.Struct], table: list[str]) -> type[msgspec.Struct] | None:
    """Return the type of a table of a scenario; its own without one, ``None`` for what is no table."""
    if not table:
        return plan
    found: Any = next((field.type for field in msgspec.structs.fields(plan) if field.name == table[0]), None)
    if table[0] == _GROUPS:
        found = found.__args__[0]  # of a tuple of them
    return found if isinstance(found, type) and issubclass(found, msgspec.Struct) else None


def _value(text: str, kind: Any) -> Any:
    """Return the value that is meant; what is none of its type is found when the scenario is checked."""
    try:
        return msgspec.convert(text, kind, strict=False)
    except msgspec.ValidationError:
        pass
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text
