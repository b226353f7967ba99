"""What the clients of the crash test asked for and saw: all that the auditor may know.

Amounts of a ``Request`` are as sent; those of an ``Execution`` are numbers, so that FIX and WebSocket
compare. NOT here: how the records come about (the clients), what they must show (``auditor``).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

Push = dict[str, Any]
FixBody = dict[int, str]

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a client: ``new``, ``cancel`` or ``replace``.

    ``cl_ord_id`` is its own name, which a WebSocket cancel does not put on the wire; ``orig_cl_ord_id``
    names the order to change. A market order has no ``price``.
    """

    kind: str
    cl_ord_id: str
    symbol: str
    side: str
    quantity: str = ""
    price: str = ""
    time_in_force: str = "gtc"
    orig_cl_ord_id: str = ""


@dataclass(frozen=True, slots=True)
class Execution:
    """One event of an order as a client was told it.

    ``report_id`` is ``<eseq>-<n>``, empty where FIX has no ExecID. ``kind`` is in the words of the channel
    ``executions``, and ``status`` for the answer to a question or a repeated order.
    """

    report_id: str
    kind: str
    order_id: str
    cl_ord_id: str
    orig_cl_ord_id: str
    symbol: str
    side: str
    liquidity: str = ""
    price: Decimal = ZERO
    quantity: Decimal = ZERO
    filled: Decimal = ZERO
    remaining: Decimal = ZERO
    last_quantity: Decimal = ZERO
    last_price: Decimal = ZERO

    @property
    def has_place(self) -> bool:
        """Whether it took place in the engine: no answer to a question, no OrderCancelReject of FIX."""
        return self.report_id not in ("", "0")

    @property
    def place(self) -> tuple[int, int]:
        """Engine sequence, and place within its command."""
        eseq, _, n = self.report_id.partition("-")
        return int(eseq), int(n)


@dataclass(frozen=True, slots=True)
class FixDelivery:
    """One message that came in on a FIX session.

    ``body`` is all but what a resend changes; ``new_seq_no`` is that of a gap fill, else 0.
    """

    connection: int
    msg_seq_num: int
    poss_dup: bool
    body: FixBody
    new_seq_no: int = 0

    @property
    def is_application(self) -> bool:
        """Whether a resend brings it, and no gap fill."""
        return self.body[35] not in "0A12345"


@dataclass(frozen=True, slots=True)
class FixRecovery:
    """One ExecutionsRequest(U1): the ExecID to go on from (empty: none), and the last one seen by then."""

    request_id: str
    after: str
    seen: str


@dataclass(slots=True)
class FixLog:
    """One FIX session: what it asked for, and each message that came, in order.

    ``history`` is what the gateway sent when it was asked for everything in the end; ``repeated`` are the
    OrderIDs of orders sent again with PossResend. ``recoveries`` were asked for, ``refused`` are those that
    could not be had then; ``told_again`` is what came of them in its turn, reports and U2. ``faults`` are
    what a client must never be told. An engine that keeps the messages of the session to itself has
    ``sees_session`` off.
    """

    session: str
    account: str
    requests: list[Request] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    deliveries: list[FixDelivery] = field(default_factory=list)
    history: list[FixDelivery] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    sees_session: bool = True
    recoveries: list[FixRecovery] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    told_again: list[FixBody] = field(default_factory=list)
    cancels_on_disconnect: bool = False


@dataclass(frozen=True, slots=True)
class WsReply:
    """The reply to one request; ``attempts`` is how often it was sent until it came."""

    request: Request
    attempts: int
    status: int
    order_id: str
    is_duplicate: bool
    error: str


@dataclass(frozen=True, slots=True)
class WsDelivery:
    """One push of ``executions``: ``kind`` is its type, ``exec_id`` its ``seq``."""

    connection: int
    kind: str
    exec_id: int
    push: Push


@dataclass(slots=True)
class WsLog:
    """One trading account on WebSocket."""

    account: str
    requests: list[Request] = field(default_factory=list)
    replies: list[WsReply] = field(default_factory=list)
    deliveries: list[WsDelivery] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    cancels_on_disconnect: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """One subscription of a public channel, from its snapshot to the end of the connection."""

    channel: str
    pushes: list[Push]

    @property
    def symbol(self) -> str:
        """The instrument of the channel."""
        return self.channel.partition(".")[2]


@dataclass(slots=True)
class Ending:
    """What the gateway says of one account when all is quiet.

    ``history`` are its executions replayed from the first one, ``open_orders`` and ``statuses`` (by
    ``cl_ord_id``; ``None`` for an unknown order) order objects of the WebSocket API.
    """

    history: list[WsDelivery] = field(default_factory=list)
    open_orders: list[Push] = field(default_factory=list)
    statuses: dict[str, Push | None] = field(default_factory=dict)


@dataclass(slots=True)
class Evidence:
    """All of one run. ``log_orders`` are the open orders that ``bdax replay`` prints, by order id.

    ``log_hashes`` are the hashes that it prints, from the newest snapshot on and from the beginning.
    """

    fix: list[FixLog] = field(default_factory=list)
    ws: list[WsLog] = field(default_factory=list)
    public: list[Span] = field(default_factory=list)
    endings: dict[str, Ending] = field(default_factory=dict)
    log_orders: dict[str, Push] = field(default_factory=dict)
    log_hashes: list[str] = field(default_factory=list)

    def requests(self) -> Iterator[tuple[str, Request]]:
        """Yield each request with its account."""
        for fix in self.fix:
            yield from ((fix.account, request) for request in fix.requests)
        for ws in self.ws:
            yield from ((ws.account, request) for request in ws.requests)


_EXEC_TYPES = {
    "0": "accepted",
    "8": "rejected",
    "F": "filled",
    "4": "canceled",
    "5": "replaced",
    "I": "status",
}
_SIDES = {"1": "buy", "2": "sell"}
_LIQUIDITY = {"1": "maker", "2": "taker"}


def fix_execution(body: FixBody) -> Execution | None:
    """Return what an ExecutionReport(8) or OrderCancelReject(9) says, ``None`` for any other message."""
    if body[35] == "9":
        return Execution("", "cancel_rejected", body[37], body[11], body[41], "", "")
    if body[35] != "8":
        return None
    return Execution(
        body[17],
        _EXEC_TYPES[body[150]],
        body[37],
        body[11],
        body.get(41, ""),
        body[55],
        _SIDES[body[54]],
        _LIQUIDITY.get(body.get(851, ""), ""),
        *(Decimal(body.get(tag, "0")) for tag in (44, 38, 14, 151, 32, 31)),
    )


def ws_execution(data: Push) -> Execution:
    """Return what the ``data`` of a push of ``executions`` says."""
    return Execution(
        data["report_id"],
        data["kind"],
        data["order_id"] or "",
        data["cl_ord_id"] or "",
        data.get("orig_cl_ord_id", ""),
        data.get("symbol", ""),
        data.get("side", ""),
        data.get("liquidity", ""),
        *(Decimal(data.get(name) or 0) for name in _AMOUNTS),
    )


_AMOUNTS = ("price", "quantity", "filled_quantity", "remaining_quantity", "last_quantity", "last_price")
