"""What the demo market is told at its start, as one JSON line: where the gateway is and who takes part.

The credentials are throw-away ones, made at each start; nobody else knows them.
"""

from dataclasses import dataclass
from typing import Any

import orjson


class BriefingError(Exception):
    """The briefing cannot be used; the message is one line."""


@dataclass(frozen=True)
class Participant:
    """One simulated participant: a FIX session and an API key on an account of its own."""

    comp_id: str
    password: str
    key: str
    hmac_secret: str


@dataclass(frozen=True)
class Briefing:
    """Endpoints and participants. ``symbols`` limits the instruments to trade; empty means all."""

    fix_host: str
    fix_port: int
    ws_url: str
    participants: tuple[Participant, ...]
    symbols: tuple[str, ...]


def read(line: bytes) -> Briefing:
    """Return the briefing in ``line``; raise ``BriefingError`` when it is none."""
    try:
        content = orjson.loads(line)
        host, _, port = content["fix"].rpartition(":")
        return Briefing(
            fix_host=host,
            fix_port=int(port),
            ws_url=content["ws"],
            participants=tuple(
                Participant(entry["comp_id"], entry["password"], entry["key"], entry["hmac_secret"])
                for entry in content["participants"]
            ),
            symbols=tuple(_symbol(entry) for entry in content.get("instruments", ())),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise BriefingError(f"the briefing on stdin is not valid: {error!r}") from error


def _symbol(entry: Any) -> str:
    return entry if isinstance(entry, str) else entry["symbol"]
