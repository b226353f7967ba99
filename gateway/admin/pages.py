"""The pages: method and target in, answer out. No connection and no protocol is known here."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

import orjson

from gateway.admin.exposition import CONTENT_TYPE, Exposition
from gateway.ports import MetricsSource

Health: TypeAlias = Callable[[], Mapping[str, object]]
"""Reads the state of the gateway now; ``status`` is ``"ok"`` while it serves."""

JSON: Final = b"application/json"
TEXT: Final = b"text/plain; charset=utf-8"
_ALLOW: Final = ((b"Allow", b"GET, HEAD"),)

log = logging.getLogger(__name__)


class Answer(NamedTuple):
    """What goes out: status, media type, body, further headers."""

    status: int
    content_type: bytes
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()


class Pages:
    """``/healthz``: 200 and JSON while the status is ``"ok"``, else 503. ``/metrics``: Prometheus text."""

    def __init__(self, health: Health, sources: Sequence[MetricsSource]) -> None:
        self._health = health
        self._exposition = Exposition(sources)
        self._pages = {b"/healthz": self._healthz, b"/metrics": self._metrics}

    def answer(self, method: bytes, target: bytes) -> Answer:
        """Answer one request; a query is ignored. Never raises: what a source raises is logged and a 500."""
        page = self._pages.get(target.partition(b"?")[0])
        if page is None:
            return plain(404, "not found: there are /healthz and /metrics")
        if method not in (b"GET", b"HEAD"):
            return plain(405, "only GET and HEAD", _ALLOW)
        try:
            return page()
        except Exception:
            log.exception("admin page failed", extra={"page": target})
            return plain(500, "internal error")

    def _healthz(self) -> Answer:
        health = self._health()
        return Answer(200 if health.get("status") == "ok" else 503, JSON, orjson.dumps(health) + b"\n")

    def _metrics(self) -> Answer:
        return Answer(200, CONTENT_TYPE, self._exposition.text())


def plain(status: int, text: str, headers: tuple[tuple[bytes, bytes], ...] = ()) -> Answer:
    """Return a one-line text answer."""
    return Answer(status, TEXT, f"{text}\n".encode(), headers)
