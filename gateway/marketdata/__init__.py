"""Market data: books, streams of what happens to them, publisher and hub. Synchronous, without I/O or clock.

Pushes are encoded through ``gateway.ports.PushEncoder``. NOT here: the private channel ``executions``,
which belongs to a session, not to an instrument.
"""

from gateway.marketdata.book import Book
from gateway.marketdata.candles import CANDLES_KEPT, INTERVALS, Candle, Candles, CandlesState, ClosedCandle
from gateway.marketdata.catalog import StreamBounds
from gateway.marketdata.channels import DEPTHS, SPEEDS, Channel, ChannelError, ChannelKind, parse_channel
from gateway.marketdata.checksum import CHECKSUM_LEVELS, book_checksum, checksum_text
from gateway.marketdata.depth import DepthView
from gateway.marketdata.hub import Hub
from gateway.marketdata.l3 import L3Action, L3Book, L3Books, L3Change, L3State
from gateway.marketdata.l3_stream import OpenOrders, OrderSource
from gateway.marketdata.membership import HubSettings, Mode, Options
from gateway.marketdata.order_ids import PUBLIC_ID_BITS, OrderIds
from gateway.marketdata.publisher import Publisher
from gateway.marketdata.raw_ring import RingBounds
from gateway.marketdata.replay import ReplayBounds
from gateway.marketdata.ring import ReplayRing
from gateway.marketdata.stream import Stream
from gateway.marketdata.subscription import Joined, PublisherSettings, Subscription
from gateway.marketdata.ticker import TICKER_WINDOW, Ticker, TickerState, TickerView
from gateway.marketdata.trade_streams import RECENT_CANDLES, RECENT_TRADES

__all__ = [
    "CANDLES_KEPT",
    "CHECKSUM_LEVELS",
    "DEPTHS",
    "INTERVALS",
    "PUBLIC_ID_BITS",
    "RECENT_CANDLES",
    "RECENT_TRADES",
    "SPEEDS",
    "TICKER_WINDOW",
    "Book",
    "Candle",
    "Candles",
    "CandlesState",
    "Channel",
    "ChannelError",
    "ChannelKind",
    "ClosedCandle",
    "DepthView",
    "Hub",
    "HubSettings",
    "Joined",
    "L3Action",
    "L3Book",
    "L3Books",
    "L3Change",
    "L3State",
    "Mode",
    "OpenOrders",
    "Options",
    "OrderIds",
    "OrderSource",
    "Publisher",
    "PublisherSettings",
    "ReplayBounds",
    "ReplayRing",
    "RingBounds",
    "Stream",
    "StreamBounds",
    "Subscription",
    "Ticker",
    "TickerState",
    "TickerView",
    "book_checksum",
    "checksum_text",
    "parse_channel",
]
