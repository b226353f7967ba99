"""While the alert is off, no deadline is nearer than the one that was told last."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gateway.marketdata import Mode, Subscription
from tests.gateway.marketdata.market import BTC, ETH, Inbox, Market, S, bid, bounded, private, trade

MS = 1_000_000
CHANNELS = (
    f"book.{BTC}",
    f"book.{BTC}.5.100ms",
    f"book.{ETH}.5.1s",
    f"bbo.{BTC}",
    f"trades.{ETH}",
    f"ticker.{BTC}",
)
channels = st.sampled_from(CHANNELS)
followers = st.integers(0, 2)
wishes = st.sampled_from(
    (
        Subscription(),
        Subscription(mode=Mode.CONFLATE),
        Subscription(mode=Mode.INTERVAL, interval_ns=300 * MS),
        Subscription(mode=Mode.INTERVAL, interval_ns=2 * S),
    )
)


class Alerted(RuleBasedStateMachine):
    """A publisher that is asked for its deadline only where that may have come nearer."""

    market: Market

    @initialize()
    def begin(self) -> None:
        self.market = bounded(idle_ns=3 * S)
        self.inboxes = [Inbox() for _ in range(3)]
        self.now = 5 * S
        self.eseq = 0
        self.told: int | None = None

    @rule(channel=channels, follower=followers, wish=wishes)
    def subscribe(self, channel: str, follower: int, wish: Subscription) -> None:
        self.market.publisher.subscribe(channel, self.inboxes[follower], wish, now=self.now)

    @rule(channel=channels, follower=followers)
    def unsubscribe(self, channel: str, follower: int) -> None:
        self.market.publisher.unsubscribe(channel, self.inboxes[follower])

    @rule(follower=followers)
    def drop(self, follower: int) -> None:
        self.market.hub.drop(self.inboxes[follower])

    @rule(channel=channels)
    def look(self, channel: str) -> None:
        self.market.publisher.snapshot(channel)

    @rule(symbol=st.sampled_from((BTC, ETH)), kind=st.sampled_from((bid, trade)))
    def apply(self, symbol: str, kind: object) -> None:
        self.eseq += 1
        event = bid(self.eseq, 990, self.eseq, symbol) if kind is bid else trade(self.eseq, symbol=symbol)
        self.market.publisher.apply([event, private(self.eseq)])

    @rule(follower=followers, is_full=st.booleans())
    def read(self, follower: int, is_full: bool) -> None:
        inbox = self.inboxes[follower]
        inbox.full = is_full
        if not is_full:
            self.market.hub.resync(inbox, self.now)

    @precondition(lambda self: self.told is not None)
    @rule()
    def tick(self) -> None:
        assert self.told is not None
        self.now = max(self.now, self.told)
        self.market.publisher.on_tick(self.now)
        self.told = self.market.publisher.next_deadline()

    @invariant()
    def follow(self) -> None:
        publisher = self.market.publisher
        is_on = publisher.alert.is_on
        deadline = publisher.next_deadline()
        if is_on:
            self.told = deadline
        else:
            assert deadline is None or (self.told is not None and self.told <= deadline)


TestAlert = Alerted.TestCase
TestAlert.settings = settings(max_examples=50)
