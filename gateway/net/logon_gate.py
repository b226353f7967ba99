"""Verifies logons, the slow ones away from the event loop and few at a time."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from gateway.auth import Accounts, FailedAttempts, FixClaim, FixCredentials
from gateway.settings import ApiKey, FixSession

MAX_WAITING: Final = 1024
"""Logons that may wait for a free thread; one more is refused unheard."""

log = logging.getLogger(__name__)


class LogonGate:
    """Checks credentials against the directory, and holds back addresses that keep failing.

    An address is looked at right before each check, so that a flood is verified only until its budget is
    spent.
    """

    def __init__(
        self, accounts: Accounts, credentials: FixCredentials, attempts: FailedAttempts, *, threads: int
    ) -> None:
        self._accounts = accounts
        self._credentials = credentials
        self._attempts = attempts
        self._free = threads
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="logon")
        self._loop = asyncio.get_running_loop()
        self._closed = False
        self._waiting: deque[tuple[FixClaim, Callable[[FixSession | None], None]]] = deque()

    def verify_logon(self, claim: FixClaim, decided: Callable[[FixSession | None], None]) -> None:
        """Call ``decided`` later with the FIX session that may log on, or ``None``."""
        if self._closed or len(self._waiting) >= MAX_WAITING:
            self._loop.call_soon(decided, None)
            return
        self._waiting.append((claim, decided))
        self._check_next()

    def verify_signature(
        self, key: str, timestamp_ms: int, signature: str, address: str, window_s: float
    ) -> ApiKey | None:
        """Return the API key that signed a logon, or ``None``; quick enough for the event loop."""
        now = time.monotonic_ns()
        if not self._attempts.allows(address, now):
            return None
        entry = self._accounts.check_signature(
            key, timestamp_ms, signature, now_ms=time.time_ns() // 1_000_000, window_s=window_s
        )
        if entry is None:
            self._attempts.failed(address, now)
        return entry

    def close(self) -> None:
        """Verify nothing more; returns when the checks under way are done."""
        self._closed = True
        self._waiting.clear()
        self._threads.shutdown(cancel_futures=True)

    def _check_next(self) -> None:
        while self._waiting and self._free:
            claim, decided = self._waiting.popleft()
            if not self._attempts.allows(claim.address, time.monotonic_ns()):
                self._loop.call_soon(decided, None)
                continue
            self._free -= 1
            verdict = self._loop.run_in_executor(self._threads, self._credentials.check, claim)
            verdict.add_done_callback(self._settler(claim, decided))

    def _settler(
        self, claim: FixClaim, decided: Callable[[FixSession | None], None]
    ) -> Callable[[asyncio.Future[FixSession | None]], None]:
        def settle(verdict: asyncio.Future[FixSession | None]) -> None:
            self._free += 1
            session = None
            if not verdict.cancelled():
                error = verdict.exception()
                if error is not None:
                    log.error("a logon could not be verified", exc_info=error)
                else:
                    session = verdict.result()
                    if session is None:
                        self._attempts.failed(claim.address, time.monotonic_ns())
            self._check_next()
            decided(session)

        return settle
