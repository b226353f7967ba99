"""What the decoder says of wrong params, in the words of this API: which member, which rule, what was sent.

NOT here: the params (``ws_requests``, ``ws_subscriptions``), the answer (``ws_errors``).
"""

import re
from typing import Final, NamedTuple

import msgspec

_AT_PATH: Final = re.compile(r" - at (?:`key` in )?`\$\.?([^`]*)`$")
_NAMED: Final = re.compile(r"^Object (contains unknown|missing required) field `([^`]*)`")
_TYPES: Final = re.compile(r"^Expected `([^`]*)`, got ")
_BOUND: Final = re.compile(r"^Expected `([^`]*)` (of length )?(>=|<=) (\d+)$")
_ELEMENT: Final = re.compile(r"^(\w+)\[(\d+)\]$")
_SAID: Final = {
    "str": "a JSON string",
    "int": "an integer",
    "bool": "true or false",
    "array": "an array",
    "object": "an object",
}
_LENGTHS: Final = {"str": "characters", "array": "entries"}
_PARAMS: Final = "params"
_MAX_NAME: Final = 64


class BrokenRule(NamedTuple):
    """``field`` breaks ``rule``; ``value`` is the JSON text of it as it was sent, where that can be said."""

    field: str
    rule: str
    value: str | None


def broken_rule(text: str, raw: msgspec.Raw | bytes) -> BrokenRule:
    """Return what the decoder's ``text`` says of the params ``raw``."""
    named = _NAMED.match(text)
    if named is not None:
        rule = "is not a param of this method" if named[1] == "contains unknown" else "is required"
        return BrokenRule(_cut(named[2]), rule, None)
    at = _AT_PATH.search(text)
    if at is None or not at[1]:
        return BrokenRule(_PARAMS, _rule_of(text if at is None else text[: at.start()]), None)
    return BrokenRule(at[1], _rule_of(text[: at.start()]), _sent(raw, at[1]))


def _rule_of(text: str) -> str:
    """Return the rule in the decoder's ``text``, which is without its path."""
    types = _TYPES.match(text)
    if types is not None:
        # Absent and null are the same where null is allowed.
        names = [name for name in types[1].split(" | ") if name != "null"]
        return " or ".join(_SAID.get(name, name) for name in names)
    bound = _BOUND.match(text)
    if bound is not None:
        kind, number = bound[1].split(" | ")[0], bound[4]
        least = "at least" if bound[3] == ">=" else "at most"
        if bound[2] is None:
            return f"an integer of {least} {number}"
        return "not empty" if (bound[3], number) == (">=", "1") else f"{least} {number} {_LENGTHS[kind]}"
    return "a number of 64 bits" if "out of range" in text else "text that is well formed"


def _cut(name: str) -> str:
    return name if len(name) <= _MAX_NAME else name[:_MAX_NAME] + "…"


def _sent(raw: msgspec.Raw | bytes, field: str) -> str | None:
    """Return the JSON text of a member, or of an element of one; ``None`` where the path leads deeper."""
    element = _ELEMENT.match(field)
    try:
        members = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
        member = members.get(field if element is None else element[1])
        if member is not None and element is not None:
            member = msgspec.json.decode(member, type=list[msgspec.Raw])[int(element[2])]
    except (ValueError, RecursionError):
        return None
    return None if member is None else bytes(member).decode("utf-8", "replace").strip('"')
