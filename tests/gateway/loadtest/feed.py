"""A WebSocket server that pushes what a test tells it to, on the ``websockets`` library."""

import json
from collections.abc import Callable
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection

from tests.gateway.loadtest.ws_server import WsServer

Script = Callable[["Feed", ServerConnection, dict[str, Any]], None]
"""What to do after a subscription was answered: the feed, the connection, the params of the request."""


def push(channel: str, kind: str, seq: int, prev: int, data: object = None, **more: object) -> str:
    """Return one push, its times long ago."""
    head = {"ch": channel, "type": kind, "seq": seq, "prev": prev, "eseq": seq, "ts": 1, "sent": 1}
    return json.dumps({**head, **more, "data": data}, separators=(",", ":"))


class Feed(WsServer):
    """Answers every ``subscribe``, then follows the script; a connection stays until its client goes."""

    def __init__(self, script: Script, *, refuses: bool = False) -> None:
        self.subscriptions: list[dict[str, Any]] = []
        self.accepted = 0
        self._script = script
        self._refuses = refuses
        super().__init__()

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
