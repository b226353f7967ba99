"""Market data: book builder, channels, publisher and hub. Synchronous, without I/O or clock.

Pushes are encoded through ``gateway.ports.PushEncoder``. NOT here: the private channel ``executions``,
which belongs to a session, not to an instrument.
"""

from gateway.marketdata.book import Book
from gateway.marketdata.channels import Channel, ChannelError, ChannelKind, parse_channel
from gateway.marketdata.checksum import CHECKSUM_LEVELS, book_checksum, checksum_text
from gateway.marketdata.depth import DepthView
from gateway.marketdata.hub import Hub
from gateway.marketdata.publisher import RECENT_TRADES, Publisher
from gateway.marketdata.ring import ReplayRing

__all__ = [
    "CHECKSUM_LEVELS",
    "RECENT_TRADES",
    "Book",
    "Channel",
    "ChannelError",
    "ChannelKind",
    "DepthView",
    "Hub",
    "Publisher",
    "ReplayRing",
    "book_checksum",
    "checksum_text",
    "parse_channel",
]
