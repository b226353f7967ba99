"""The channels of one WebSocket connection: public ones, and the executions of its account.

NOT here: the envelope and the methods' names (``ws_session``), who fans public pushes out (``marketdata``).
"""

from collections.abc import Callable
from typing import Any, Final

from gateway.dialects.native import ws_errors, ws_executions, ws_requests
from gateway.marketdata import ChannelError, parse_channel
from gateway.model import OrderEvent
from gateway.net.execution_replay import ExecutionReplay
from gateway.net.ws_services import WsLine, WsReplies, WsServices
from gateway.orders import Order
from protocols.ws.envelope import Request

HELD_SHARE: Final = 4
"""The part of what may wait for a connection that live executions behind a replay may take."""


class WsChannels:
    """What one connection follows. Private channels need ``log_on``."""

    def __init__(self, line: WsLine, services: WsServices, replies: WsReplies) -> None:
        self._line = line
        self._services = services
        self._desk = services.desk
        self._replies = replies
        self._account = ""
        self._channels: set[str] = set()
        self._replay: ExecutionReplay | None = None

    def log_on(self, account: str) -> None:
        """Open the private channels of ``account``."""
        self._account = account
        max_held_bytes = self._services.settings.max_pending_bytes // HELD_SHARE
        self._replay = ExecutionReplay(account, self._line, self._desk, max_held_bytes)

    def end(self) -> None:
        """Leave the private channels: the connection is gone. The hub drops it by itself."""
        if ws_executions.CHANNEL in self._channels:
            self._desk.router.unlisten(self._account, self)
        if self._replay is not None:
            self._replay.end()

    def drained(self) -> None:
        """Go on with a replay: the client reads again."""
        if self._replay is not None:
            self._replay.drained()

    def on_execution(self, event: OrderEvent, order: Order | None, exec_id: int) -> None:
        """Push one event of the account, behind a replay when one is under way."""
        frame = self._services.execution_frame(event, order, exec_id)
        if frame is None:
            return
        replay = self._replay
        if replay is not None and replay.active:
            replay.hold(frame, exec_id)
        else:
            self._line.send_framed(frame)

    def subscribe(self, request: Request, now: int) -> None:
        """Work ``subscribe``."""
        del now
        channels, from_exec_id = ws_requests.decode_subscribe(request.params)
        self._check_channels(channels)
        limit = self._services.settings.max_subscriptions
        if len(self._channels.union(channels)) > limit:
            raise ws_errors.too_many_channels(limit)
        replay = None if from_exec_id is None else self._idle_replay(from_exec_id)
        new = [channel for channel in channels if channel not in self._channels]
        outcome = []
        for channel in channels:
            entry: dict[str, Any] = {"channel": channel, "outcome": "subscribed"}
            if channel not in new:
                entry["outcome"] = "already_subscribed"
            elif channel == ws_executions.CHANNEL:
                self._desk.router.listen(self._account, self)
            if channel == ws_executions.CHANNEL:
                entry["seq"] = self._last_exec_id()
            outcome.append(entry)
        self._channels.update(new)
        self._replies.accept(request.id, outcome)
        public = [channel for channel in new if channel != ws_executions.CHANNEL]
        if public:
            self._desk.turns.after_commit(lambda: self._each(self._services.subscribe, public))
        if replay is not None and from_exec_id is not None:
            replay.begin(from_exec_id, self._last_exec_id())

    def unsubscribe(self, request: Request, now: int) -> None:
        """Work ``unsubscribe``. A replay goes on to its end."""
        del now
        channels = ws_requests.decode_channels(request.params)
        self._check_channels(channels)
        outcome = []
        for channel in channels:
            known = channel in self._channels
            outcome.append({"channel": channel, "outcome": "unsubscribed" if known else "not_subscribed"})
            if known and channel == ws_executions.CHANNEL:
                self._desk.router.unlisten(self._account, self)
                if self._replay is not None:
                    self._replay.drop_held()
        self._channels.difference_update(channels)
        self._replies.accept(request.id, outcome)
        public = [channel for channel in channels if channel != ws_executions.CHANNEL]
        self._desk.turns.after_commit(lambda: self._each(self._services.unsubscribe, public))

    def replay(self, request: Request, now: int) -> None:
        """Work ``executions.replay``."""
        del now
        from_exec_id = ws_requests.decode_replay(request.params)
        replay = self._idle_replay(from_exec_id)
        last = self._last_exec_id()
        self._replies.accept(request.id, {"from_exec_id": from_exec_id, "seq": last})
        replay.begin(from_exec_id, last)

    def _idle_replay(self, from_exec_id: int) -> ExecutionReplay:
        """Return the connection's replay, which may begin at ``from_exec_id``; raises otherwise."""
        if self._replay is None:
            raise ws_errors.logon_required(ws_executions.CHANNEL)
        if self._replay.active:
            raise ws_errors.replay_in_progress()
        next_exec_id = self._last_exec_id() + 1
        if from_exec_id > next_exec_id:
            raise ws_errors.beyond_executions(from_exec_id, next_exec_id)
        return self._replay

    def _last_exec_id(self) -> int:
        return self._desk.router.registry.accounts[self._account].exec_id

    def _check_channels(self, channels: list[str]) -> None:
        for channel in channels:
            if channel == ws_executions.CHANNEL:
                if not self._account:
                    raise ws_errors.logon_required(channel)
                continue
            try:
                parse_channel(channel, self._desk.instruments)
            except ChannelError:
                raise ws_errors.unknown_channel(channel) from None

    def _each(self, act: Callable[[str, WsLine], None], channels: list[str]) -> None:
        for channel in channels:
            act(channel, self._line)
