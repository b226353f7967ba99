"""The one path of every order, whichever front end it came by.

``submit`` checks a command and hands it to the engine; ``deliver`` takes the engine's events at the end of
the batch, updates the registry, and tells the sessions. Synchronous, no I/O.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from gateway.model import (
    BookDelta,
    CancelOrder,
    CancelRejected,
    Command,
    Event,
    Instruments,
    InstrumentStatus,
    MassCancel,
    MassCanceled,
    MassCancelScope,
    NewOrder,
    OrderCanceled,
    OrderEvent,
    OrderFilled,
    OrderRejected,
    OrderReplaced,
    Refusal,
    Refuse,
    RejectReason,
    ReplaceOrder,
    Trade,
    TradingStatus,
)
from gateway.orders.audience import unsolicited
from gateway.orders.closed import FormerId
from gateway.orders.executions import encode_execution
from gateway.orders.limits import OrderLimits
from gateway.orders.order import Order
from gateway.orders.past_orders import UNREGISTERED, FindExecutions
from gateway.orders.registry import OrderRegistry
from gateway.orders.repeats import Outcome, Repeat, has_same_terms, is_asked_again, is_refused_again
from gateway.orders.risk import PreTradeRisk, keeps_cl_ord_id
from gateway.orders.snapshot import OrdersState, SnapshotError, decode_state, encode_state
from gateway.orders.throttle import TokenBucket
from gateway.orders.usual import usual_orders
from gateway.ports import ClientSession, EnginePort, ExecutionListener, StoredExecution

_CHANGES: Final = frozenset({OrderCanceled, OrderReplaced})
_REFUSALS: Final = frozenset({OrderRejected, CancelRejected})


class Submit(Protocol):
    """How a router takes a command."""

    def __call__(self, command: Command, now: int, *, once: bool = False) -> Outcome | None:
        """Check ``command`` and hand it, or its refusal, to the engine. ``now`` is monotonic ns.

        With ``once``, an earlier request sent again goes no further: returns the order whose state is its
        answer, or the refusal of a replace, as ``settled`` tells at the end of the turn. A cancel is never
        refused here: neither by the message budget nor by a check.
        """


class Deliver(Protocol):
    """How a router takes the engine's events."""

    def __call__(self, events: Sequence[Event], /) -> None:
        """Apply ``events`` and report them, command by command.

        All events of a command are applied before the first of them is told, so that the answer to a
        request shows the outcome of the whole command.
        """


class OrderRouter:
    """Routes commands to the engine and events back to the sessions.

    Sessions attach under their key. A session that is not attached misses its reports; FIX sessions stay
    attached while their client is away.
    """

    def __init__(
        self,
        engine: EnginePort,
        instruments: Instruments,
        limits: OrderLimits,
        record: Callable[[Command], None],
    ) -> None:
        self._engine = engine
        self._limits = limits
        self._record = record
        self.registry = OrderRegistry(limits)
        self._instruments = instruments
        self._risk = PreTradeRisk(instruments, self.registry, limits)
        self._recorder: Callable[[StoredExecution], None] | None = None
        self._sessions: dict[str, ClientSession] = {}
        self._throttles: dict[str, TokenBucket] = {}
        self._listeners: dict[str, list[ExecutionListener]] = {}
        self._commands: Counter[type] = Counter()
        self._events: Counter[type] = Counter()
        self.rejects: Counter[RejectReason] = Counter()
        self._usual = usual_orders(self, self._risk)
        self.submit: Final[Submit] = self._submit if self._usual is None else self._usual.submit
        self.deliver: Final[Deliver] = self._deliver if self._usual is None else self._usual.deliver

    @property
    def commands(self) -> Counter[type]:
        """How many commands of each kind went to the engine."""
        if self._usual is not None:
            self._usual.count_commands()
        return self._commands

    @property
    def events(self) -> Counter[type]:
        """How many events of each kind were delivered."""
        if self._usual is not None:
            self._usual.count_events()
        return self._events

    def trading_status(self, symbol: str) -> TradingStatus:
        """Return what an instrument accepts at the moment."""
        return self._risk.trading_status(symbol)

    def attach(self, session: ClientSession) -> None:
        """Send the reports of ``session.key`` to ``session``, with a fresh message budget."""
        self._sessions[session.key] = session
        limits = self._limits
        if limits.throttle_rate:
            self._throttles[session.key] = TokenBucket(limits.throttle_rate, limits.throttle_burst)

    def detach(self, session: ClientSession) -> None:
        """Stop reporting to ``session``. Does nothing when another session has taken its key."""
        if self._sessions.get(session.key) is session:
            del self._sessions[session.key]
            self._throttles.pop(session.key, None)

    def listen(self, account: str, listener: ExecutionListener) -> int:
        """Follow the account's executions from now on; return the last ``exec_id`` so far."""
        self._listeners.setdefault(account, []).append(listener)
        return self.registry.accounts[account].exec_id

    def unlisten(self, account: str, listener: ExecutionListener) -> None:
        """Stop following. Does nothing for a listener that does not follow."""
        listeners = self._listeners.get(account, [])
        if listener in listeners:
            listeners.remove(listener)
            if not listeners:
                del self._listeners[account]

    def record_commands(self, record: Callable[[Command], None]) -> None:
        """Hand each command to ``record`` from now on, before the engine has it."""
        self._record = record
        if self._usual is not None:
            self._usual.record_commands(record)

    def record_executions(self, recorder: Callable[[StoredExecution], None] | None) -> None:
        """Hand each execution to ``recorder`` from now on, with its ``exec_id`` and as it is told."""
        self._recorder = recorder
        if self._usual is not None:
            self._usual.record_executions(recorder)

    def find_executions(self, find: FindExecutions | None) -> None:
        """Verify ClOrdIDs that were used long ago with ``find``: ``Store.executions_at``."""
        self.registry.past.find_executions = find

    def repeated(self, command: NewOrder | ReplaceOrder | Refuse) -> Repeat | None:
        """Return what is known of an earlier request with the ClOrdID of ``command``, ``None`` if it is new.

        ``submit`` refuses any ClOrdID that was used before. A cancel, and a replace that keeps its order's
        ClOrdID, repeat nothing.
        """
        request = command.request if isinstance(command, Refuse) else command
        if isinstance(request, CancelOrder) or keeps_cl_ord_id(request):
            return None
        registry, account, cl_ord_id = self.registry, request.account, request.cl_ord_id
        orders = registry.accounts[account]
        order, replace = orders.by_cl_ord_id.get(cl_ord_id), orders.replaces.get(cl_ord_id)
        if order is not None:
            if isinstance(replace, FormerId) and order.cl_ord_id != cl_ord_id:
                terms = replace.terms
            else:
                terms = order.replace_terms(cl_ord_id)
            return Repeat(order, has_same_terms(command, order, terms))
        if isinstance(replace, ReplaceOrder | Refuse):
            return Repeat(None, is_asked_again(command, replace), asked=replace)
        refused = replace if isinstance(replace, CancelRejected) else None
        if refused is None:
            past = registry.past.find(account, cl_ord_id)
            if past is None:
                return None
            if past.order is not None:
                known = registry.order_by_id(account, past.order.order_id)
                order = known or registry.past.as_ended(past.order)
                if order is not None:
                    terms = past.order.replace_terms(cl_ord_id)
                    return Repeat(order, has_same_terms(command, order, terms))
            refused = past.refused
        if refused is None:
            return Repeat(None, same_terms=False)
        return Repeat(None, is_refused_again(command, refused), refused)

    def settled(self, outcome: Outcome) -> Order | CancelRejected:
        """Return the answer to a request that ``submit`` found to be sent again, at the end of its turn.

        Raises ``LookupError`` when the events of the earlier one have not come by then.
        """
        if isinstance(outcome, ReplaceOrder | Refuse):
            repeat = self.repeated(outcome)
            known = None if repeat is None else repeat.order or repeat.refused
            if known is None:
                raise LookupError("a replace was not answered in its turn")
            return known
        return outcome

    def _submit(self, command: Command, now: int, *, once: bool = False) -> Outcome | None:
        if isinstance(command, NewOrder):
            registry = self.registry
            orders = registry.accounts[command.account]
            refusal = self._throttled(command.session, now) or self._risk.check_new(command, orders)
            if refusal is None:
                registry.reserve(command, orders)
            elif once and (known := self._outcome(command, refusal)) is not None:
                return known
            else:
                registry.refuse(command, refusal)
                command = Refuse(command, refusal)
        elif isinstance(command, ReplaceOrder):
            refusal = self._throttled(command.session, now) or self._risk.check_replace(command)
            if refusal is not None:
                if once and (known := self._outcome(command, refusal)) is not None:
                    return known
                self._ask(command, command, refusal)
                command = Refuse(command, refusal)
            else:
                self._ask(command, command, None)
        elif isinstance(command, Refuse):
            checked = self._checked(command, now)
            if once and (known := self._outcome(command, checked.refusal)) is not None:
                return known
            command = checked
            if isinstance(command.request, NewOrder):
                self.registry.refuse(command.request, command.refusal)
            elif isinstance(command.request, ReplaceOrder):
                self._ask(command, command.request, command.refusal)
        self._commands[type(command)] += 1
        self._record(command)
        self._engine.submit(command)
        return None

    def _ask(self, command: ReplaceOrder | Refuse, request: ReplaceOrder, refusal: Refusal | None) -> None:
        """Record a replace that goes to the engine, unless it uses no ClOrdID up."""
        if not keeps_cl_ord_id(request) and (refusal is None or refusal.reason not in UNREGISTERED):
            self.registry.ask(command)

    def _outcome(self, command: NewOrder | ReplaceOrder | Refuse, refusal: Refusal) -> Outcome | None:
        """Return what answers ``command``, when it is refused as a request sent again."""
        if refusal.reason not in UNREGISTERED:
            return None
        repeat = self.repeated(command)
        return None if repeat is None else repeat.outcome

    def cancel_on_disconnect(self, key: str, account: str, transact_time: int, now: int) -> None:
        """Cancel the open orders of ``account`` that the lost session with this ``key`` entered."""
        command = MassCancel(
            session=key,
            msg_seq_num=0,
            account=account,
            transact_time=transact_time,
            cl_ord_id=b"",
            scope=MassCancelScope.SESSION,
            target_session=key,
            on_disconnect=True,
        )
        self.submit(command, now)

    def _deliver(self, events: Sequence[Event]) -> None:
        self._events.update(map(type, events))
        appliers = self.registry.appliers
        told: list[tuple[OrderEvent, Order | None]] = []
        eseq = 0
        for event in events:
            if event.eseq != eseq:
                for told_event, order in told:
                    self._tell(told_event, order)
                told = []
                eseq = event.eseq
            apply = appliers.get(type(event))
            if apply is not None:
                told.append((event, apply(event)))  # type: ignore[arg-type]  # only order events have one
            elif isinstance(event, BookDelta):
                pass  # the most frequent by far of those that change nothing here
            elif isinstance(event, MassCanceled):
                told.append((event, None))
            else:
                self._follow_market(event)
        for told_event, order in told:
            self._tell(told_event, order)

    def follow(self, events: Sequence[Event]) -> None:
        """Apply the engine's events as ``deliver`` does, but tell nobody: an earlier life did."""
        if self._usual is not None:
            self._usual.follow(events)
            return
        appliers, accounts = self.registry.appliers, self.registry.accounts
        for event in events:
            kind = type(event)
            if kind is BookDelta:
                continue  # the most frequent by far of those that change nothing here
            apply = appliers.get(kind)
            if apply is not None:
                apply(event)
                accounts[event.account].exec_id += 1  # type: ignore[union-attr]  # these have an account
            else:
                self._follow_market(event)

    def _follow_market(self, event: Event) -> None:
        if isinstance(event, Trade):
            self._risk.on_trade(event)
        elif isinstance(event, InstrumentStatus):
            self._risk.on_status(event)

    def snapshot(self) -> bytes:
        """Return what the events have said so far; equal states give equal bytes.

        Commands whose events are still to come are not in it, nor are sessions and their message budgets.
        """
        return encode_state(OrdersState(self.registry.snapshot(), self._risk.snapshot()))

    def restore(self, snapshot: bytes) -> None:
        """Let a new router go on where ``snapshot`` was taken. Raises ``SnapshotError``.

        An instrument that is not known any more is dropped, unless an order in it is open.
        """
        state = decode_state(snapshot)
        for account in state.registry.accounts:
            for order in account.orders:
                if order.symbol not in self._instruments:
                    raise SnapshotError(
                        f"order snapshot has open orders in {order.symbol}, not an instrument"
                    )
        self.registry.restore(state.registry)
        self._risk.restore(state.markets)

    def _tell(self, event: OrderEvent, order: Order | None) -> None:
        sessions = self._sessions
        kind = type(event)
        if kind is OrderFilled:
            session = sessions.get(event.owner)  # type: ignore[union-attr]  # every fill has one
            if session is not None:
                session.report(event, order)
        elif kind in _CHANGES:
            self._tell_owner(event, order)
        else:
            session = sessions.get(event.session)  # type: ignore[union-attr]  # only fills have none
            if session is not None:
                session.report(event, order)
            if kind in _REFUSALS:
                self.rejects[event.refusal.reason] += 1  # type: ignore[union-attr]  # these two have one
        if kind is not MassCanceled:
            orders = self.registry.accounts[event.account]
            orders.exec_id = exec_id = orders.exec_id + 1
            recorder, listeners = self._recorder, self._listeners
            if recorder is not None:
                execution = encode_execution(event, order)
                recorder(StoredExecution(event.account, exec_id, event.eseq, execution))
            if listeners:
                for listener in listeners.get(event.account, ()):
                    listener.on_execution(event, order, exec_id)

    def _tell_owner(self, event: Any, order: Order | None) -> None:
        """Report to the order's owner and, where another session asked for the change, to that one first."""
        requester = event.session
        if requester and requester != event.owner:
            session = self._sessions.get(requester)
            if session is not None:
                session.report(event, order)
            event = unsolicited(event)
        session = self._sessions.get(event.owner)
        if session is not None:
            session.report(event, order)

    def _throttled(self, session: str, now: int) -> Refusal | None:
        throttle = self._throttles.get(session)
        if throttle is None or throttle.take(now):
            return None
        return Refusal(RejectReason.THROTTLED, "session", f"{self._limits.throttle_rate}/s", session)

    def _checked(self, refuse: Refuse, now: int) -> Refuse:
        # A dialect refuses what the model cannot express; ClOrdID and message budget are still to be checked.
        request = refuse.request
        if isinstance(request, CancelOrder):
            return refuse
        refusal = self._throttled(request.session, now) or self._risk.check_cl_ord_id(request)
        return refuse if refusal is None else Refuse(request, refusal)
