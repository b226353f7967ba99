"""A FIX client that is served market data: its requests, and how it keeps up.

Its messages are numbered as any session's, and its numbers are durable before bytes leave; the messages
are not kept: a resend of what is past would tell of books that are no more. A client that does not read is
told nothing meanwhile, then a fresh W; after a limit it is logged out. Subscriptions end with the
connection. NOT here: the session over its connections (``fix_party``), one subscription
(``fix_subscription``).
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Final

import msgspec

from gateway.dialects.native import fix_market_data, fix_securities
from gateway.dialects.native.fix_market_data import (
    MarketDataReject,
    MarketDataRequest,
    SubscriptionRequestType,
)
from gateway.marketdata import ChannelError, Hub, Mode, Publisher, Subscription
from gateway.net.counters import FrontCounters
from gateway.net.desk import Desk
from gateway.net.fix_party import ORDER_TYPES, FixParty
from gateway.net.fix_subscription import FixSubscription, MarketDataSubscription, StatusSubscription
from gateway.net.turns import Unit
from gateway.settings import FixSession
from protocols.fix import DisconnectReason, Message, Session, State, Timestamps, msg_types

FULL_REFRESH_NS: Final = 100_000_000
"""The time between two W of a subscription with MDUpdateType(265) 0."""

_HEADER_BYTES: Final = 120
"""About what header and trailer add to a body."""

_CHANGES: Final = Subscription(mode=Mode.CONFLATE)
_FULL: Final = Subscription(mode=Mode.INTERVAL, interval_ns=FULL_REFRESH_NS)
_ELSEWHERE: Final = " on a session of kind market_data: sessions of kind orders serve it"


class MarketDataFloor(msgspec.Struct, frozen=True, kw_only=True):
    """What market data sessions share. ``form`` is their wire form at the hub, by version and extra tags."""

    hub: Hub
    publisher: Publisher
    form: int
    max_pending_bytes: int
    max_subscriptions: int
    slow_consumer_s: float


class FixMarketDataClient(FixParty):
    """One FIX client of kind ``market_data``, connected or not."""

    def __init__(
        self,
        entry: FixSession,
        session: Session,
        desk: Desk,
        timestamps: Timestamps,
        counters: FrontCounters,
        floor: MarketDataFloor,
    ) -> None:
        super().__init__(entry, session, desk, timestamps, counters, floor.max_pending_bytes)
        self._keeps_messages = False
        self._floor = floor
        self._loop = asyncio.get_running_loop()
        self._following: dict[bytes, list[MarketDataSubscription]] = {}
        self._statuses: dict[bytes, StatusSubscription] = {}
        # All of the above, and those that end with their first answer.
        self._subscriptions: dict[FixSubscription, None] = {}
        self._behind: dict[FixSubscription, None] = {}
        self._patience: asyncio.TimerHandle | None = None
        # Bytes numbered and not handed to the transport, and how many of them are in a unit.
        self._unwritten = 0
        self._new_bytes = 0
        self._work_of: Mapping[bytes, Callable[[Message, int], None]] = {
            msg_types.MARKET_DATA_REQUEST: self._on_market_data_request,
            msg_types.SECURITY_LIST_REQUEST: self._on_security_list_request,
            msg_types.SECURITY_STATUS_REQUEST: self._on_status_request,
            msg_types.TRADING_SESSION_STATUS_REQUEST: self._on_session_status_request,
        }

    @property
    def subscriptions(self) -> int:
        """How many symbols and statuses are followed."""
        return len(self._subscriptions)

    # ---- from the connection

    def drained(self) -> None:
        """Bring what has lagged up to date: the client reads again."""
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        self._catch_up()

    def _gone(self, now: int) -> None:
        del now
        for subscription in list(self._subscriptions):
            self._drop(subscription)
        self._following.clear()
        self._statuses.clear()
        self.drained()

    # ---- for the subscriptions

    @property
    def can_say(self) -> bool:
        """Whether the session stands, its client reads, and not too much waits for a commit."""
        line = self.line
        return (
            line is not None
            and self.session.state is State.ESTABLISHED
            and not line.outbox.paused
            and self._unwritten + self._new_bytes <= self._max_pending_bytes
        )

    def say(self, msg_type: bytes, body: bytes) -> None:
        """Number a message and say it with the turn."""
        self.session.send(msg_type, body, time.monotonic_ns())
        self._new_bytes += len(body) + _HEADER_BYTES
        self._turns.touch(self)

    def refused(self, subscription: FixSubscription) -> None:
        """Note that ``subscription`` lags; a client that does not read at all has a while to go on."""
        self._behind[subscription] = None
        self._wait_for_reader()

    def finished(self, subscription: FixSubscription) -> None:
        """Let ``subscription`` end once the hub is done with it."""
        subscription.is_over = True
        self._turns.after_commit(partial(self._drop, subscription))

    def _catch_up(self) -> None:
        """Bring up to date what lags, as far as the client takes it."""
        behind, self._behind = self._behind, {}
        now = time.monotonic_ns()
        for subscription in behind:
            if subscription in self._subscriptions:
                self._floor.hub.resync(subscription, now)

    def _wait_for_reader(self) -> None:
        line = self.line
        if self._patience is None and line is not None and line.outbox.paused:
            self._patience = self._loop.call_later(self._floor.slow_consumer_s, self._give_up)

    def _give_up(self) -> None:
        self._patience = None
        text = f"slow consumer: nothing was read for {self._floor.slow_consumer_s:g} s"
        now = time.monotonic_ns()
        self.session.terminate(DisconnectReason.SLOW_CONSUMER, text, now)
        self.follow(now)

    # ---- to the turn

    def collect(self, unit: Unit) -> None:
        """Move what the session has numbered and said into ``unit``; of the messages only their numbers."""
        new_bytes, self._new_bytes = self._new_bytes, 0
        super().collect(unit)
        if new_bytes:
            self._unwritten += new_bytes
            unit.actions.append(partial(self._written, new_bytes))

    def _written(self, count: int) -> None:
        self._unwritten -= count
        if self._behind:
            if self.can_say:
                self._catch_up()
            else:
                self._wait_for_reader()

    def _resend_asked(self, begin: int, end: int) -> None:
        """Fill the gap: there is nothing to send again."""
        del begin, end
        self.session.resend((), time.monotonic_ns(), last=True)

    # ---- requests

    def _work(self, message: Message, now: int) -> None:
        work = self._work_of.get(message.msg_type)
        if work is None:
            self._refuse_type(message, now, _ELSEWHERE if message.msg_type in ORDER_TYPES else "")
            return
        self._counters.messages_in[message.msg_type] += 1
        try:
            work(message, now)
        except MarketDataReject as error:
            self._counters.rejects["market_data"] += 1
            self.session.send(msg_types.MARKET_DATA_REQUEST_REJECT, self._reject_body(error), now)

    def _on_market_data_request(self, message: Message, now: int) -> None:
        del now
        request = fix_market_data.decode_market_data_request(message, self.desk.instruments)
        md_req_id = request.md_req_id
        if request.request_type is SubscriptionRequestType.UNSUBSCRIBE:
            ended = self._following.pop(md_req_id, None)
            if ended is None:
                raise fix_market_data.unknown_md_req_id(md_req_id)
            for subscription in ended:
                self.finished(subscription)
            return
        if md_req_id in self._following:
            raise fix_market_data.duplicate_md_req_id(md_req_id)
        if len(self._subscriptions) + len(request.symbols) > self._floor.max_subscriptions:
            raise fix_market_data.too_many_subscriptions(md_req_id, self._floor.max_subscriptions)
        follow, wish = _terms(request)
        subscriptions = [
            MarketDataSubscription(self, self._floor.form, md_req_id, symbol, request.wanted, follow)
            for symbol in request.symbols
        ]
        if request.request_type is SubscriptionRequestType.SUBSCRIBE:
            self._following[md_req_id] = subscriptions
        self._begin(subscriptions, wish)

    def _on_status_request(self, message: Message, now: int) -> None:
        request = fix_securities.decode_status_request(message, self.desk.instruments)
        request_id = request.request_id
        if request.request_type is SubscriptionRequestType.UNSUBSCRIBE:
            ended = self._statuses.pop(request_id, None)
            if ended is None:
                raise fix_securities.unknown_status_req_id(request_id)
            self.finished(ended)
            return
        if request_id in self._statuses:
            raise fix_securities.duplicate_status_req_id(request_id)
        if not request.channel:
            self.session.send(msg_types.SECURITY_STATUS, fix_securities.unknown_security(request), now)
            return
        if len(self._subscriptions) >= self._floor.max_subscriptions:
            raise fix_securities.too_many_subscriptions(self._floor.max_subscriptions)
        once = request.request_type is SubscriptionRequestType.SNAPSHOT
        subscription = StatusSubscription(self, self._floor.form, request_id, request.channel, once=once)
        if not once:
            self._statuses[request_id] = subscription
        self._begin([subscription], _CHANGES)

    def _on_security_list_request(self, message: Message, now: int) -> None:
        instruments = self.desk.instruments
        for body in fix_securities.encode_security_list(message, instruments, self.entry.begin_string):
            self.session.send(msg_types.SECURITY_LIST, body, now)

    def _on_session_status_request(self, message: Message, now: int) -> None:
        body = fix_securities.encode_session_status(message, self.entry.begin_string)
        if body is not None:
            self.session.send(msg_types.TRADING_SESSION_STATUS, body, now)

    # ---- subscriptions

    def _begin(self, subscriptions: Iterable[FixSubscription], wish: Subscription) -> None:
        """Subscribe when all that was worked before is published."""
        for subscription in subscriptions:
            self._subscriptions[subscription] = None
            self._turns.after_commit(partial(self._subscribe, subscription, wish))

    def _subscribe(self, subscription: FixSubscription, wish: Subscription) -> None:
        if subscription.is_over:
            return
        now = time.monotonic_ns()
        try:
            for channel in subscription.channels:
                self._floor.publisher.subscribe(channel, subscription, wish, now=now)
        except ChannelError as error:
            # The names are good: there are too many variants at a time.
            self._drop(subscription)
            for other in self._following.pop(subscription.request_id, ()):
                self._drop(other)
            reject = fix_market_data.no_room(subscription.request_id, str(error))
            self._counters.rejects["market_data"] += 1
            self.say(msg_types.MARKET_DATA_REQUEST_REJECT, self._reject_body(reject))

    def _drop(self, subscription: FixSubscription) -> None:
        subscription.is_over = True
        self._subscriptions.pop(subscription, None)
        self._behind.pop(subscription, None)
        self._floor.hub.drop(subscription)

    def _reject_body(self, reject: MarketDataReject) -> bytes:
        """Return the body of Y in the words of the version."""
        return reject.body(self.entry.begin_string)


def _terms(request: MarketDataRequest) -> tuple[str, Subscription]:
    """Return what a subscription follows its first W with, and how it is served for that."""
    if request.request_type is SubscriptionRequestType.SNAPSHOT:
        return "nothing", _CHANGES
    return ("full", _FULL) if request.is_full else ("changes", _CHANGES)
