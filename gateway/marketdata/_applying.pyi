from collections.abc import Mapping, Sequence

from gateway.marketdata.applying import Apply
from gateway.marketdata.catalog import Catalog
from gateway.marketdata.market import Market
from gateway.marketdata.stream import Imprint
from gateway.model import Event

class Applying:
    def __init__(
        self,
        markets: Mapping[str, Market],
        imprint: Imprint,
        catalog: Catalog,
        joining: object,
        in_order: Apply,
    ) -> None: ...
    def apply(self, events: Sequence[Event], /) -> None: ...
