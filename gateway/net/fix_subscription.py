"""One symbol of a FIX request, as a subscriber of the hub: shared frames in, messages of one session out.

NOT here: the requests of a session, and whether it reads (``fix_market_data``).
"""

from abc import ABC, abstractmethod
from typing import Final, Protocol

from gateway.dialects.native import fix_refreshes
from gateway.dialects.native.fix_market_data import Wanted
from gateway.dialects.native.fix_refreshes import (
    BOOK,
    BOOK_CHANGES,
    NEW_TRADES,
    STATUS,
    TRADES,
    Lines,
    lines_of,
)
from protocols.fix import msg_types

_FULL: Final = msg_types.MARKET_DATA_SNAPSHOT_FULL_REFRESH
_INCREMENTAL: Final = msg_types.MARKET_DATA_INCREMENTAL_REFRESH
_STATUS: Final = msg_types.SECURITY_STATUS


class Speaker(Protocol):
    """The session that a subscription talks for."""

    @property
    def can_say(self) -> bool:
        """Whether the session stands, and its client reads."""

    def say(self, msg_type: bytes, body: bytes) -> None:
        """Number a message and say it with the turn."""

    def refused(self, subscription: "FixSubscription") -> None:
        """Note that ``subscription`` took no push: it lags until it is resynced."""

    def finished(self, subscription: "FixSubscription") -> None:
        """Note that ``subscription`` has all that it was asked for."""


class FixSubscription(ABC):
    """What one request wants of one symbol (``Subscriber``). A kind says what it makes of a push.

    ``channels`` are those to subscribe to. ``is_over``: pushes that still come are passed over.
    """

    def __init__(self, speaker: Speaker, form: int, request_id: bytes, channels: list[str]) -> None:
        self.form = form
        self.request_id = request_id
        self.channels = channels
        self.is_over = False
        self._speaker = speaker

    def push(self, frame: bytes) -> bool:
        """Say one push; ``False`` when the client does not read, and nothing was said."""
        if not frame or self.is_over:
            return True
        if not self._speaker.can_say:
            self._speaker.refused(self)
            return False
        return self._tell(lines_of(frame))

    @abstractmethod
    def _tell(self, lines: Lines) -> bool:
        """Say a push to a client that reads; ``False`` when it was not taken."""


class StatusSubscription(FixSubscription):
    """SecurityStatusRequest(e): the status now, and its changes unless ``once``."""

    def __init__(self, speaker: Speaker, form: int, request_id: bytes, channel: str, *, once: bool) -> None:
        super().__init__(speaker, form, request_id, [channel])
        self._once = once

    def _tell(self, lines: Lines) -> bool:
        if lines[0] == STATUS:
            self._speaker.say(_STATUS, fix_refreshes.security_status(self.request_id, lines))
            if self._once:
                self._speaker.finished(self)
        return True


class MarketDataSubscription(FixSubscription):
    """MarketDataRequest(V) for one symbol: a W with all that is wanted, then what ``follow`` says.

    ``follow`` is ``"changes"`` (X for each push, and a W of the book when the client has not read for a
    while), ``"full"`` (a W each time) or ``"nothing"``.
    """

    def __init__(
        self, speaker: Speaker, form: int, request_id: bytes, symbol: str, wanted: Wanted, follow: str
    ) -> None:
        super().__init__(speaker, form, request_id, wanted.channels(symbol))
        self._wanted = wanted
        self._follow = follow
        self._has_book = wanted.bids or wanted.offers
        self._book: Lines | None = None
        self._trades: Lines | None = None
        self._last_trade = (0, 0)
        self._has_begun = False

    def _tell(self, lines: Lines) -> bool:
        kind = lines[0]
        if kind == BOOK:
            self._book = lines
            self._refresh(None)
        elif kind == TRADES:
            self._trades = lines
            if self._has_begun and self._follow == "changes":
                self._say_trades(lines)
            else:
                self._refresh(lines)
        elif not self._has_begun:
            # The first W has both; until it is said there is nothing to go on from.
            self._speaker.refused(self)
            return False
        elif kind == BOOK_CHANGES:
            body = fix_refreshes.incremental_refresh(self.request_id, self._wanted, lines)
            if body is not None:
                self._speaker.say(_INCREMENTAL, body)
        elif kind == NEW_TRADES:
            self._say_trades(lines)
        return True

    def _refresh(self, trades: Lines | None) -> None:
        """Say W: the first with all that is wanted, further ones with what ``follow`` asks for."""
        if not self._has_begun or self._follow == "full":
            trades = self._trades
            is_whole = (self._book is not None or not self._has_book) and (
                trades is not None or not self._wanted.trades
            )
            if not is_whole:
                return
        book = self._book
        self._has_begun = True
        self._speaker.say(_FULL, fix_refreshes.full_refresh(self.request_id, self._wanted, book, trades))
        if trades is not None:
            self._last_trade = fix_refreshes.last_trade(trades)
        if self._follow == "changes":
            # They are read once.
            self._book = self._trades = None
        elif self._follow == "nothing":
            self._speaker.finished(self)

    def _say_trades(self, trades: Lines) -> None:
        body = fix_refreshes.trades_refresh(self.request_id, trades, self._last_trade)
        if body is not None:
            self._last_trade = fix_refreshes.last_trade(trades)
            self._speaker.say(_INCREMENTAL, body)
