"""Public channels for one connection at a time: joined, left, shown, and answered for.

NOT here: who asks for what, and whether it may (``ws_channels``); how public pushes are fanned out
(``marketdata``).
"""

import time
from collections.abc import Mapping
from typing import Any

from gateway.dialects.native import ws_errors
from gateway.dialects.native.ws_system import Standing
from gateway.marketdata import ChannelError, Hub, Publisher, Subscription
from gateway.net.counters import FrontCounters
from gateway.net.ws_services import Outcomes, WsLine, WsReplies
from protocols.ws.envelope import RequestId


class PublicChannels:
    """Joins the publisher's channels for connections, and says so. Calls are for after the commit."""

    def __init__(self, publisher: Publisher, hub: Hub, counters: FrontCounters) -> None:
        self._publisher = publisher
        self._hub = hub
        self._counters = counters

    def join(
        self, line: WsLine, request_id: RequestId, wishes: Mapping[str, Subscription], outcomes: Outcomes
    ) -> list[str]:
        """Follow channels and answer, the answer in front of what they push.

        ``outcomes`` are completed; what cannot be had is refused in its own entry. Returns the names of it.
        """
        refused: list[str] = []

        def answer() -> None:
            for name, wish in wishes.items():
                if not self._join(name, line, wish, outcomes[name]):
                    refused.append(name)
            WsReplies(line, self._counters).accept_outcomes(request_id, list(outcomes.values()))

        line.answer_first(answer)
        return refused

    def leave(self, line: WsLine, channels: list[str]) -> None:
        """Push nothing more of these channels."""
        for channel in channels:
            self._publisher.unsubscribe(channel, line)

    def standings(self, line: WsLine) -> dict[str, Standing]:
        """Return how a connection follows its channels, and how far it was told; when nothing is queued."""
        told = self._hub.standings(line)
        return {name: Standing(how, told.get(name)) for name, how in self._hub.followed(line).items()}

    def show_book(self, line: WsLine, request_id: RequestId, channel: str, max_levels: int) -> None:
        """Answer, then push a book in parts of at most ``max_levels`` levels."""
        line.answer_first(lambda: self._show_book(line, request_id, channel, max_levels))

    def _join(self, name: str, line: WsLine, wish: Subscription, outcome: dict[str, Any]) -> bool:
        """Follow one channel; ``False``: it cannot be had."""
        try:
            joined = self._publisher.subscribe(name, line, wish, now=time.monotonic_ns())
        except ChannelError as error:
            refusal = ws_errors.channel_unavailable(name, error.part, error.limit)
            outcome["outcome"], outcome["error"] = "refused", refusal.error
            return False
        if joined is None:
            return True
        outcome["seq"], outcome["epoch"] = joined.seq, self._publisher.epoch
        if joined.recovered is not None:
            outcome["recovered"] = joined.recovered
            self._counters.resumes["recovered" if joined.recovered else "not_recovered"] += 1
        return True

    def _show_book(self, line: WsLine, request_id: RequestId, channel: str, max_levels: int) -> None:
        replies = WsReplies(line, self._counters)
        try:
            parts = self._publisher.snapshot_parts(channel, max_levels)
        except ChannelError as error:
            refusal = ws_errors.channel_unavailable(channel, error.part, error.limit)
            replies.refuse(request_id, refusal.status, refusal.error)
            return
        seq = parts[0].position.seq
        replies.accept(request_id, {"channel": channel, "seq": seq, "parts": len(parts)})
        for part in parts:
            line.send_framed(part.frame(line.form))
