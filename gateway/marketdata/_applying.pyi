from collections.abc import Mapping, Sequence

from gateway.marketdata.market import Market
from gateway.marketdata.stream import Imprint
from gateway.model import Event

class Applying:
    def __init__(self, markets: Mapping[str, Market], imprint: Imprint) -> None: ...
    def apply(self, events: Sequence[Event]) -> None: ...
