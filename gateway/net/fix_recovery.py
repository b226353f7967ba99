"""Executions told again to a FIX client that asks for them by ExecID(17), at its new numbers.

What is committed is read a chunk at a time, each behind the bytes of the one before, so that the orders of
others are worked in between. Live reports go on meanwhile: what is told again has PossResend(97). NOT here:
the resend of messages by number (``fix_client``), the messages themselves (``dialects``).
"""

import logging
from typing import Final, NamedTuple, Protocol

from gateway.dialects.native.fix_orders import BusinessReject
from gateway.dialects.native.fix_recovery import (
    ExecutionsRequest,
    encode_executions_complete,
    recovery_in_progress,
    unknown_execution,
)
from gateway.model import OrderEvent
from gateway.net.desk import Desk
from gateway.orders import Order
from gateway.orders.audience import told_to
from gateway.orders.executions import decode_execution
from gateway.ports import StoreError
from protocols.fix import Message

CHUNK: Final = 64
"""Executions read at a time: what an order of another session may have to wait for."""

log = logging.getLogger(__name__)


class RecoveringClient(Protocol):
    """The client that asks (``fix_client``)."""

    key: str
    account: str

    @property
    def connection(self) -> object:
        """What a request is void without: it ends with the connection, and with the epoch of the numbers."""

    @property
    def can_recover(self) -> bool:
        """Whether the client reads, and no resend by number is under way."""

    def tell_again(self, event: OrderEvent, order: Order | None) -> bool:
        """Say a report with PossResend(97); return whether the event has an ExecutionReport."""

    def complete_recovery(self, body: bytes) -> None:
        """Say ExecutionsComplete(U2)."""

    def refuse_recovery(self, request: Message, error: BusinessReject) -> None:
        """Say why a request is not worked."""

    def history_failed(self, error: Exception) -> None:
        """End the connection: what it asked for cannot be read."""


class _Asked(NamedTuple):
    """A request, and on which connection it was made; ``to`` is the account's last execution then."""

    request: ExecutionsRequest
    message: Message
    connection: object
    to: int


class FixRecovery:
    """The recovery that one client has asked for; one at a time."""

    def __init__(self, client: RecoveringClient, desk: Desk) -> None:
        self._client = client
        self._desk = desk
        self._asked: _Asked | None = None
        self._waits = False
        self._after = -1
        self._has_gap = False
        self._reports = 0
        self._last_exec_id = b""

    def ask(self, request: ExecutionsRequest, message: Message) -> None:
        """Begin to work a request. Raises ``BusinessReject`` while another one is worked."""
        client = self._client
        asked = self._asked
        if asked is not None and asked.connection == client.connection:
            raise recovery_in_progress(asked.request.request_id)
        last = self._desk.router.registry.accounts[client.account].exec_id
        self._waits = False
        self._after = -1
        self._has_gap = False
        self._reports = 0
        self._last_exec_id = b""
        self._asked = _Asked(request, message, client.connection, last)
        self._go_on(self._asked)

    def resume(self) -> None:
        """Go on: the client reads again, or a resend has ended."""
        if self._waits and self._asked is not None:
            self._waits = False
            self._go_on(self._asked)

    def _go_on(self, asked: _Asked) -> None:
        self._desk.turns.after_commit(lambda: self._step(asked))

    def _step(self, asked: _Asked) -> None:
        """Find where to begin, then tell the next chunk, or the end."""
        client = self._client
        if asked is not self._asked:
            return
        if asked.connection != client.connection:
            self._asked = None
            return
        if not client.can_recover:
            self._waits = True
            return
        try:
            if self._after < 0:
                self._find(asked.request.seen, asked.to)
            elif self._after < asked.to:
                self._tell_chunk(asked.to)
            else:
                self._complete(asked)
                return
        except BusinessReject as error:
            self._asked = None
            client.refuse_recovery(asked.message, error)
            return
        except Exception as error:
            # A client that waits for what does not come must learn that it does not.
            self._asked = None
            if not isinstance(error, StoreError):
                log.exception("executions not told again", extra={"session": client.key})
            client.history_failed(error)
            return
        self._go_on(asked)

    def _find(self, seen: tuple[int, int] | None, to: int) -> None:
        """Set the execution after which to begin; ``to`` is the last one that is committed for certain."""
        account = self._client.account
        store = self._desk.store
        if seen is not None:
            eseq, n = seen
            for execution in store.executions_at(account, eseq):
                event, _ = decode_execution(execution.execution)
                if event.n == n:
                    self._after = execution.exec_id
                    return
        oldest = store.executions(account, 0, 1)
        first = oldest[0].exec_id if oldest else to + 1
        is_kept = first == 1 or (bool(oldest) and seen is not None and seen[0] > oldest[0].eseq)
        if seen is not None and is_kept:
            raise unknown_execution(seen, account)
        self._after = first - 1
        self._has_gap = first > 1

    def _tell_chunk(self, to: int) -> None:
        client = self._client
        stored = self._desk.store.executions(client.account, self._after, CHUNK)
        if not stored or stored[0].exec_id != self._after + 1:
            # Forgotten since: the retention has come by.
            self._has_gap = True
        for execution in stored:
            if execution.exec_id > to:
                break
            event, order = decode_execution(execution.execution)
            told = told_to(client.key, event)
            if told is not None and client.tell_again(told, order):
                self._reports += 1
                self._last_exec_id = b"%d-%d" % (told.eseq, told.n)
        self._after = min(stored[-1].exec_id, to) if stored else to

    def _complete(self, asked: _Asked) -> None:
        self._asked = None
        body = encode_executions_complete(
            asked.request.request_id, self._reports, self._last_exec_id, has_gap=self._has_gap
        )
        self._client.complete_recovery(body)
