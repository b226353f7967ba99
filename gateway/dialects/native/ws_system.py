"""What a gateway says of itself on WebSocket: the push that announces its end.

NOT here: the close code behind it (``gateway.net``).
"""

from collections.abc import Mapping
from typing import Final

import orjson

from protocols.ws.frames import text_frame

CHANNEL: Final = "system"


def encode_shutdown(epoch: str, eseq: int, told: Mapping[str, int], sent: int) -> bytes:
    """Return the framed last push of a connection, which has been ``told`` of each public channel so far.

    ``data`` are params of ``subscribe``, with which a client goes on where it was.
    """
    push = {
        "ch": CHANNEL,
        "type": "shutdown",
        "seq": 0,
        "prev": 0,
        "eseq": eseq,
        "ts": 0,
        "sent": sent,
        "data": {"channels": list(told), "from_seq": dict(told), "epoch": epoch},
    }
    return text_frame(orjson.dumps(push))
