"""Market data: book builder, channels, publisher and hub. Synchronous, without I/O or clock.

Frames are encoded through ``gateway.ports.MarketDataEncoder``. NOT here: the private channel ``executions``,
which belongs to a session, not to an instrument.
"""

from gateway.marketdata.book import Book
from gateway.marketdata.channels import Channel, ChannelError, ChannelKind, parse_channel
from gateway.marketdata.hub import Hub
from gateway.marketdata.publisher import RECENT_TRADES, Publisher

__all__ = [
    "RECENT_TRADES",
    "Book",
    "Channel",
    "ChannelError",
    "ChannelKind",
    "Hub",
    "Publisher",
    "parse_channel",
]
