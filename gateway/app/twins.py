"""What form the hot modules of this process have: compiled, or their twins in plain Python."""

import importlib
import logging
from typing import Final

from gateway.ports.forms import IS_PLAIN
from protocols.fix.codec import WHY_PURE

log = logging.getLogger(__name__)

COMPILED: Final = (
    "gateway.dialects.native._usual_orders",
    "gateway.dialects.native._usual_pushes",
    "gateway.dialects.native._usual_reports",
    "gateway.engine._working",
    "gateway.marketdata._applying",
    "gateway.marketdata._packing",
    "gateway.marketdata._publishing",
    "gateway.marketdata._telling",
    "gateway.marketdata._viewing",
    "gateway.matching._events",
    "gateway.matching._resting",
    "gateway.matching._usual",
    "gateway.net._pushes",
    "gateway.net._send",
    "gateway.net._turns",
    "gateway.net._usual_client",
    "gateway.orders._delivering",
    "gateway.orders._executions",
    "gateway.orders._taking",
    "gateway.orders._used_ids",
    "gateway.ports._usual_engine",
    "gateway.store._committing",
    "gateway.store._encoding",
    "gateway.store._noting",
    "gateway.store._syncing",
    "protocols.fix._codec",
    "protocols.fix._layouts",
    "protocols.fix._usual",
    "protocols.fix._usual_session",
)
"""All modules that have a compiled form: the ``.pyx`` under both packages."""


def plain_modules() -> list[str]:
    """Return those whose plain twins work here: not built, built for other sources, or not wanted."""
    return [name for name in COMPILED if IS_PLAIN or not _is_built(name)]


def _is_built(name: str) -> bool:
    # As whoever uses one finds it out.
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True


def hot_form() -> str:
    """Return the form in words, as ``bdax --version`` says it."""
    plain = plain_modules()
    if not plain:
        return "compiled"
    return "plain Python" if len(plain) == len(COMPILED) else f"compiled, but for {', '.join(plain)}"


def tell_of_plain_modules() -> None:
    """Log one line where slower forms work: which, and why."""
    plain = plain_modules()
    if plain:
        reason = WHY_PURE or "the compiled form is not built, or for other sources"
        names = "all" if len(plain) == len(COMPILED) else ", ".join(plain)
        log.warning("hot modules in plain Python", extra={"modules": names, "reason": reason})
