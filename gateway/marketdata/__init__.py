"""Market data: book builder, channels, publisher and hub. Synchronous, without I/O or clock.

Pushes are encoded through ``gateway.ports.PushEncoder``. NOT here: the private channel ``executions``,
which belongs to a session, not to an instrument.
"""

from gateway.marketdata.book import Book
from gateway.marketdata.candles import CANDLES_KEPT, INTERVALS, Candle, Candles, CandlesState, ClosedCandle
from gateway.marketdata.channels import Channel, ChannelError, ChannelKind, parse_channel
from gateway.marketdata.checksum import CHECKSUM_LEVELS, book_checksum, checksum_text
from gateway.marketdata.depth import DepthView
from gateway.marketdata.hub import Hub
from gateway.marketdata.l3 import L3Action, L3Book, L3Books, L3Change, L3Order, L3State
from gateway.marketdata.order_ids import PUBLIC_ID_BITS, OrderIds
from gateway.marketdata.publisher import RECENT_TRADES, Publisher
from gateway.marketdata.ring import ReplayRing
from gateway.marketdata.ticker import TICKER_WINDOW, Ticker, TickerState, TickerView

__all__ = [
    "CANDLES_KEPT",
    "CHECKSUM_LEVELS",
    "INTERVALS",
    "PUBLIC_ID_BITS",
    "RECENT_TRADES",
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
    "L3Action",
    "L3Book",
    "L3Books",
    "L3Change",
    "L3Order",
    "L3State",
    "OrderIds",
    "Publisher",
    "ReplayRing",
    "Ticker",
    "TickerState",
    "TickerView",
    "book_checksum",
    "checksum_text",
    "parse_channel",
]
