"""Come back after a lost connection: again and again, with growing pauses.

The pause doubles up to ``LONGEST_PAUSE_S``, and starts afresh after a connection that held for a while.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from websockets.exceptions import WebSocketException

from gateway.demo.fix_session import FixSessionError
from gateway.demo.ws_client import RequestError

FIRST_PAUSE_S: Final = 0.2
LONGEST_PAUSE_S: Final = 5.0
_SETTLED_S: Final = 10.0

_log: Final = logging.getLogger("gateway.demo")


_Result = TypeVar("_Result")


async def until_done(name: str, attempt: Callable[[], Awaitable[_Result]]) -> _Result:
    """Return what ``attempt`` returns as soon as it does not fail for want of a connection."""
    loop = asyncio.get_running_loop()
    pause = FIRST_PAUSE_S
    while True:
        began = loop.time()
        try:
            return await attempt()
        except (OSError, TimeoutError, FixSessionError, RequestError, WebSocketException) as error:
            reason = f"{type(error).__name__}: {error}"
            _log.warning("demo connection lost", extra={"participant": name, "reason": reason})
        if loop.time() - began > _SETTLED_S:
            pause = FIRST_PAUSE_S
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_S)
