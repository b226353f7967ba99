"""The streams of trading statuses: of one instrument, and the list of all instruments.

NOT here: orders and trades.
"""

from collections.abc import Sequence

from gateway.marketdata.stream import Imprint, Stream
from gateway.model import Instrument, InstrumentStatus
from gateway.ports.market_data import EVENT, InstrumentsContent, StatusContent


class StatusStream(Stream):
    """The trading status of an instrument. Before its first change it is as configured, at ``eseq`` 0."""

    __slots__ = ("status",)

    rank = 5

    def __init__(self, name: str, instrument: Instrument, imprint: Imprint) -> None:
        super().__init__(name, instrument, imprint)
        self.status = InstrumentStatus(0, 0, 0, instrument.symbol, instrument.status)

    def content(self) -> StatusContent:
        """Return the status."""
        return StatusContent(self.status)

    def change(self, status: InstrumentStatus) -> None:
        """Take over and push another status."""
        self.status = status
        position = status.eseq, status.eseq, status.transact_time
        self.tell(EVENT, position, StatusContent(status), 1)


class InstrumentsStream(Stream):
    """All instruments with their statuses; the one whose status changed is pushed."""

    __slots__ = ("_statuses",)

    rank = 5

    def __init__(self, name: str, imprint: Imprint, statuses: Sequence[StatusStream]) -> None:
        super().__init__(name, None, imprint)
        self._statuses = statuses

    def content(self) -> InstrumentsContent:
        """Return all instruments."""
        return InstrumentsContent(
            [(stream.instrument, stream.status.status) for stream in self._statuses if stream.instrument]
        )

    def follow(self, instrument: Instrument, status: InstrumentStatus) -> None:
        """Push the instrument whose status changed."""
        position = status.eseq, status.eseq, status.transact_time
        self.tell(EVENT, position, InstrumentsContent([(instrument, status.status)]), 1)
