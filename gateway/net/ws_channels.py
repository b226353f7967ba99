"""The channels of one WebSocket connection: public ones, and the executions of its account.

NOT here: the envelope and the methods' names (``ws_session``), who fans public pushes out (``marketdata``).
"""

from collections.abc import Iterable, Mapping, Set
from functools import partial
from typing import Final

from msgspec import structs

from gateway.dialects.native import ws_errors, ws_executions, ws_requests, ws_subscriptions
from gateway.dialects.native.ws_subscriptions import SubscribeRequest
from gateway.marketdata import Options
from gateway.marketdata.channels import is_view
from gateway.marketdata.subscription import shared
from gateway.model import OrderEvent
from gateway.net.execution_replay import ExecutionReplay
from gateway.net.ws_services import Outcomes, WsLine, WsReplies, WsServices
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
        self._channels: dict[str, Options] = {}
        self._replay: ExecutionReplay | None = None
        self._held: list[bytes] | None = None

    @property
    def followed(self) -> dict[str, Options]:
        """What is followed and how, or will be when its request is answered."""
        return dict(self._channels)

    def adopt(self, channels: Mapping[str, Options]) -> None:
        """Take over the public channels that the connection follows already."""
        self._channels.update((name, shared(options)) for name, options in channels.items())

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
            self._replay = None

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
        if self._held is not None:
            self._held.append(frame)
        elif replay is not None and replay.active:
            replay.hold(frame, exec_id)
        else:
            self._line.send_framed(frame)

    def subscribe(self, request: Request, now: int) -> None:
        """Work ``subscribe``.

        Public channels are joined when all that was worked before is published, and the reply, which says
        where each of them stands, comes then: in front of what they push.
        """
        del now
        wanted = ws_subscriptions.decode_subscribe(request.params, self._desk.instruments)
        self._check(wanted)
        replay = None if wanted.from_exec_id is None else self._idle_replay(wanted.from_exec_id)
        self._ask_guests(self._channels.keys() | wanted.names)
        known = self._channels.keys() & wanted.names
        outcome: Outcomes = {
            name: {"channel": name, "outcome": "already_subscribed" if name in known else "subscribed"}
            for name in wanted.names
        }
        private = outcome.get(ws_executions.CHANNEL)
        if private is not None:
            private["seq"] = self._last_exec_id()
            if ws_executions.CHANNEL not in known:
                self._channels[ws_executions.CHANNEL] = shared(Options())
                self._desk.router.listen(self._account, self)
        new = {name: wish for name, wish in wanted.public.items() if name not in known}
        self._channels.update((name, wish.options) for name, wish in new.items())
        if not self._account:
            new = {name: structs.replace(wish, is_guest=True) for name, wish in new.items()}
        if not new:
            self._replies.accept_outcomes(request.id, list(outcome.values()))
            self._begin(replay, wanted.from_exec_id)
            return
        waits = private is not None and self._held is None and (replay is not None or not self._is_replaying)
        if waits:
            # Nothing of the private channel comes before the reply that says where it stands.
            self._held = []

        def join() -> None:
            refused = self._services.join(self._line, request.id, new, outcome)
            if refused:
                self.refused(*refused)
            if waits:
                # What is held may not be committed: it must be said with the turn's batch.
                self._desk.turns.ask(partial(self._release, replay, wanted.from_exec_id))

        self._desk.turns.after_commit(join)

    def unsubscribe(self, request: Request, now: int) -> None:
        """Work ``unsubscribe``: no public push comes behind the reply. A replay goes on to its end."""
        del now
        channels = ws_requests.decode_channels(request.params)
        for channel in channels:
            if channel != ws_executions.CHANNEL:
                ws_subscriptions.channel_name(channel, self._desk.instruments)
            elif not self._account:
                raise ws_errors.logon_required(channel)
        outcome = []
        for channel in channels:
            known = self._channels.pop(channel, None) is not None
            outcome.append({"channel": channel, "outcome": "unsubscribed" if known else "not_subscribed"})
            if known and channel == ws_executions.CHANNEL:
                self._desk.router.unlisten(self._account, self)
                if self._replay is not None:
                    self._replay.drop_held()
                if self._held is not None:
                    self._held.clear()
        self._tell_guests()
        public = [channel for channel in channels if channel != ws_executions.CHANNEL]

        def leave() -> None:
            self._services.leave(self._line, public)
            self._line.answer_first(partial(self._replies.accept_outcomes, request.id, outcome))

        self._desk.turns.after_commit(leave)

    def refused(self, *channels: str) -> None:
        """Note that public channels could not be had after all."""
        for channel in channels:
            self._channels.pop(channel, None)
        self._tell_guests()

    def snapshot(self, request: Request, now: int) -> None:
        """Work ``book.snapshot``: the reply, then the book in as many pushes as it takes."""
        del now
        channel, max_levels = ws_subscriptions.decode_snapshot(request.params, self._desk.instruments)
        show = partial(self._services.show_book, self._line, request.id, channel, max_levels)
        self._desk.turns.after_commit(show)

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
        if self._replay.active or self._held is not None:
            raise ws_errors.replay_in_progress()
        next_exec_id = self._last_exec_id() + 1
        if from_exec_id > next_exec_id:
            raise ws_errors.beyond_executions(from_exec_id, next_exec_id)
        return self._replay

    def _last_exec_id(self) -> int:
        return self._desk.router.registry.accounts[self._account].exec_id

    @property
    def _is_replaying(self) -> bool:
        return self._replay is not None and self._replay.active

    def _check(self, wanted: SubscribeRequest) -> None:
        """Raise ``RequestError`` for what this connection may not have."""
        if ws_executions.CHANNEL in wanted.names and not self._account:
            raise ws_errors.logon_required(ws_executions.CHANNEL)
        limit = self._services.settings.max_subscriptions
        count = len(self._channels.keys() | wanted.names)
        if count > limit:
            raise ws_errors.too_many_channels(limit, count)
        eseq = self._services.eseq
        for name, wish in wanted.public.items():
            options = self._channels.get(name)
            if options is not None:
                ws_subscriptions.check_again(name, wish, options)
            if wish.from_seq is not None and wish.epoch == self._services.epoch and wish.from_seq > eseq:
                self._services.counters.resumes["beyond"] += 1
                raise ws_errors.beyond_sequence(name, wish.from_seq, eseq)

    def _ask_guests(self, channels: Set[str]) -> None:
        """Ask whether the connection's address may have ``channels``; raise ``RequestError`` if not."""
        guest, settings = self._line.guest, self._services.settings
        wait_ms = guest.follow(len(channels))
        if wait_ms:
            raise ws_errors.address_limited("channels", settings.anonymous_subscriptions, wait_ms)
        wait_ms = guest.vary(_variants(channels))
        if wait_ms:
            self._tell_guests()
            raise ws_errors.address_limited("variants of books", settings.anonymous_variants, wait_ms)

    def _tell_guests(self) -> None:
        """Count what the connection has."""
        self._line.guest.follow(len(self._channels))
        self._line.guest.vary(_variants(self._channels))

    def _release(self, replay: ExecutionReplay | None, from_exec_id: int | None) -> None:
        """Say what the private channel has held, or begin the replay, which says it too."""
        held, self._held = self._held or [], None
        if replay is None:
            for frame in held:
                self._line.send_framed(frame)
        self._begin(replay, from_exec_id)

    def _begin(self, replay: ExecutionReplay | None, from_exec_id: int | None) -> None:
        if replay is not None and from_exec_id is not None and self._replay is not None:
            replay.begin(from_exec_id, self._last_exec_id())


def _variants(channels: Iterable[str]) -> Set[str]:
    """Return those of ``channels`` that are books to a depth."""
    return set(filter(is_view, channels))
