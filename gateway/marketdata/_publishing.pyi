from gateway.marketdata.hub import Hub
from gateway.marketdata.stream import Stream
from gateway.ports.market_data import Push

class Publishing:
    def __init__(self, hub: Hub) -> None: ...
    def publish(self, stream: Stream, push: Push) -> None: ...
