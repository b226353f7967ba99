"""A WebSocket server of the tests, on the ``websockets`` library."""

import threading
from abc import ABC, abstractmethod
from typing import Self

from websockets.sync.server import Server, ServerConnection, serve


class WsServer(ABC):
    """Serves on a free port of loopback; each connection in a thread of the library's."""

    def __init__(self) -> None:
        self._server: Server = serve(self._handle, "127.0.0.1", 0, compression=None)
        self.address: tuple[str, int] = self._server.socket.getsockname()[:2]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join(10)

    @abstractmethod
    def _handle(self, connection: ServerConnection) -> None:
        """Serve a connection to its end."""
