"""A small exchange on WebSocket, on the ``websockets`` library: orders rest, are replaced and canceled.

NOT here: matching; nobody crosses.
"""

import hashlib
import hmac
import itertools
import json
from collections.abc import Callable
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection

from tests.gateway.loadtest.ws_server import WsServer

Message = dict[str, Any]
Tamper = Callable[[int, Message], list[Message]]
"""From the how-manieth message about an order, counted from 1, to what is sent in its place."""


def honest(_: int, message: Message) -> list[Message]:
    """Send what there is to send."""
    return [message]


class WsVenue(WsServer):
    """The exchange; each connection in a thread of the library's."""

    def __init__(self, tamper: Tamper = honest, *, knows: bool = True) -> None:
        self._tamper = tamper
        self._secret = b"load-test-secret-of-LOAD1" if knows else b"another one"
        self._eseq = itertools.count(1)
        self._said = itertools.count(1)
        self._exec_id = itertools.count(1)
        super().__init__()

    def _handle(self, connection: ServerConnection) -> None:
        orders: dict[str, Message] = {}
        try:
            for text in connection:
                self._work(connection, orders, json.loads(text))
        except ConnectionClosed:
            return

    def _work(self, connection: ServerConnection, orders: dict[str, Message], request: Message) -> None:
        good: Message = {"id": request["id"], "status": 200, "result": {}}
        params = request["params"]
        match request["method"]:
            case "session.logon":
                text = f"{params['timestamp']}\nsession.logon\n{params['key']}".encode()
                if hmac.new(self._secret, text, hashlib.sha256).hexdigest() != params["signature"]:
                    connection.close(1008, "logon refused")
                    return
                _send(connection, good)
            case "subscribe":
                _send(connection, good)
            case "order.place":
                eseq = next(self._eseq)
                order = {**params, "order_id": str(eseq), "filled_quantity": "0", "status": "new"}
                order["remaining_quantity"] = params["quantity"]
                orders[params["cl_ord_id"]] = order
                self._say(connection, good, self._event("accepted", order, eseq))
            case "order.replace":
                order = orders.pop(params["cl_ord_id"])
                order.update(cl_ord_id=params["new_cl_ord_id"], price=params["price"])
                order.update(quantity=params["quantity"], remaining_quantity=params["quantity"])
                orders[params["new_cl_ord_id"]] = order
                more = {"orig_cl_ord_id": params["cl_ord_id"]}
                self._say(connection, good, self._event("replaced", order, next(self._eseq), **more))
            case "order.cancel":
                order = orders.pop(params["cl_ord_id"])
                order["remaining_quantity"] = "0"
                self._say(connection, good, self._event("canceled", order, next(self._eseq)))

    def _event(self, kind: str, order: Message, eseq: int, **more: str) -> Message:
        seq = next(self._exec_id)
        data = {"exec_id": seq, "report_id": f"{eseq}-1", "kind": kind, **order, **more}
        return {"ch": "executions", "type": "event", "seq": seq, "prev": seq - 1, "data": data}

    def _say(self, connection: ServerConnection, *messages: Message) -> None:
        for message in messages:
            for tampered in self._tamper(next(self._said), message):
                _send(connection, tampered)


def _send(connection: ServerConnection, message: Message) -> None:
    connection.send(json.dumps(message, separators=(",", ":")))
