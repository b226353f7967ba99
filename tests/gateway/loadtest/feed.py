"""A WebSocket server that pushes what a test tells it to, on the ``websockets`` library."""

import json
import threading
from collections.abc import Callable
from typing import Any, Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

Script = Callable[["Feed", ServerConnection, dict[str, Any]], None]
"""What to do after a subscription was answered: the feed, the connection, the params of the request."""


def push(channel: str, kind: str, seq: int, prev: int, data: object = None, **more: object) -> str:
    """Return one push, its times long ago."""
    head = {"ch": channel, "type": kind, "seq": seq, "prev": prev, "eseq": seq, "ts": 1, "sent": 1}
    return json.dumps({**head, **more, "data": data}, separators=(",", ":"))


class Feed:
    """Answers every ``subscribe``, then follows the script; a connection stays until its client goes."""

    def __init__(self, script: Script, *, refuses: bool = False) -> None:
        self.subscriptions: list[dict[str, Any]] = []
        self.accepted = 0
        self._script = script
        self._refuses = refuses
        self._server: Server = serve(self._handle, "127.0.0.1", 0, compression=None)
        self.address: tuple[str, int] = self._server.socket.getsockname()[:2]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join(10)

    def _handle(self, connection: ServerConnection) -> None:
        self.accepted += 1
        try:
            request = json.loads(connection.recv())
            self.subscriptions.append(request["params"])
            if self._refuses:
                error = {"code": 1007, "name": "UNKNOWN_CHANNEL", "msg": "there is no such channel"}
                connection.send(json.dumps({"id": 1, "status": 404, "error": error}, separators=(",", ":")))
            else:
                connection.send(json.dumps({"id": 1, "status": 200, "result": []}, separators=(",", ":")))
                self._script(self, connection, request["params"])
            for _ in connection:
                continue
        except ConnectionClosed:
            return
