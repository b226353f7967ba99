"""What one worker found: latencies by second, counts, faults, and the two halves of each trade.

It is collected in plain lists while the run goes on, counted by ``fold``, and merged over workers. Times are
monotonic ns, which all processes of a machine share. NOT here: how an answer is judged.
"""

import time
from collections import Counter, defaultdict
from typing import Final, NamedTuple

from gateway.loadtest.faults import FaultKind, Faults
from gateway.loadtest.recent import Recent
from gateway.loadtest.results import (
    CONNECT,
    ENGINE_TO_SUBSCRIBER,
    ORDER_TO_ACK,
    ORDER_TO_FILL,
    ORDER_TO_TRADE,
    SENT_TO_SUBSCRIBER,
)
from gateway.loadtest.tally import Tally

NEVER: Final = 1 << 62
NS: Final = 1_000_000_000
_LOTS: Final = 10_000

Pair = tuple[int, int]


class Half(NamedTuple):
    """What one engine sequence traded, as its taker has it or as the public has it.

    ``at`` is when the taker was planned, or when the trade was received; ``side`` is the taker's, 0 where the
    public was told several; ``value`` is the sum of price times quantity. Amounts are scaled.
    """

    at: int
    qty: int
    side: int
    value: int


_NOTHING: Final = Half(0, 0, 0, 0)


class Findings:
    """Everything that a worker, or all of them, found.

    ``acks``, ``fills``: (planned, received); ``pushes``: (made, received) and ``sent``: (encoded, received),
    in the clock of ``received``. What was planned before ``measure_from``, or after ``measure_until``, is
    not measured. ``takers`` has for each engine sequence what the order that took had, ``makers`` the
    quantity of those that stood, and ``trades`` what the public was told; the first two are kept where the
    third ``is_witnessed``.
    """

    def __init__(self, *, is_witnessed: bool = False) -> None:
        self.is_witnessed = is_witnessed
        self.measure_from = NEVER
        self.measure_until = NEVER
        self.held_ns = 0
        """How long a push is kept before it is counted: whether it is measured may not be known yet."""
        self.last_trade = -1
        """The last engine sequence that filled orders, as far as those who sent them have told."""
        self.faults = Faults()
        self.counts: Counter[str] = Counter()
        self.tallies: defaultdict[str, Tally] = defaultdict(Tally)
        self.ack_seconds: defaultdict[int, Tally] = defaultdict(Tally)
        self.push_seconds: defaultdict[int, Tally] = defaultdict(Tally)
        self.acks: list[Pair] = []
        self.fills: list[Pair] = []
        self.pushes: list[Pair] = []
        self.sent: list[Pair] = []
        self.connects: list[int] = []
        self.late: list[int] = []
        self.takers: dict[int, Half] = {}
        self.makers: dict[int, int] = {}
        self.trades: dict[int, Half] = {}
        self.exec_ids = Recent()
        self.order_ids = Recent()
        self._fold_at = _LOTS
        self.is_blind = False
        """Whether some of the public trades were missed: that is a fault of its own."""
        self.trades_from = -1
        """The engine sequence after which the public trades were followed; -1 where they were not."""

    def add(self, kind: FaultKind, example: str) -> None:
        """Note a fault."""
        self.faults.add(kind, example)

    def fold_if_large(self) -> None:
        """Count what was collected, once it is much."""
        if len(self.acks) > _LOTS:
            self.fold()
        elif len(self.pushes) > self._fold_at:
            held = [self._hold(pairs, time.monotonic_ns() - self.held_ns) for pairs in self._told]
            self.fold()
            for pairs, newer in zip(self._told, held, strict=True):
                pairs += newer
            self._fold_at = len(self.pushes) + _LOTS

    @property
    def _told(self) -> tuple[list[Pair], list[Pair]]:
        return self.pushes, self.sent

    @staticmethod
    def _hold(pairs: list[Pair], since: int) -> list[Pair]:
        """Take out, and return, what was received since then."""
        newer = [pair for pair in pairs if pair[1] > since]
        if newer:
            pairs[:] = [pair for pair in pairs if pair[1] <= since]
        return newer

    def fold(self) -> None:
        """Count what was collected, and forget the single values."""
        since, until = self.measure_from, self.measure_until
        for pairs, name, seconds in (
            (self.acks, ORDER_TO_ACK, self.ack_seconds),
            (self.fills, ORDER_TO_FILL, None),
            (self.pushes, ENGINE_TO_SUBSCRIBER, self.push_seconds),
            (self.sent, SENT_TO_SUBSCRIBER, None),
        ):
            self._tally(name, [after - before for before, after in pairs if since <= before <= until])
            if seconds is not None:
                by_second: defaultdict[int, list[int]] = defaultdict(list)
                for before, after in pairs:
                    by_second[after // NS].append(after - before)
                for second, values in by_second.items():
                    seconds[second].add(values)
            pairs.clear()
        self._tally(CONNECT, self.connects)
        self.connects.clear()
        self._tally("late", self.late)
        self.late.clear()

    def merge(self, other: "Findings") -> None:
        """Take over what another one has folded."""
        self.measure_from = min(self.measure_from, other.measure_from)
        self.faults.merge(other.faults)
        self.counts.update(other.counts)
        for name, tally in other.tallies.items():
            self.tallies[name].merge(tally)
        for own, others in ((self.ack_seconds, other.ack_seconds), (self.push_seconds, other.push_seconds)):
            for second, tally in others.items():
                own[second].merge(tally)
        self.takers.update(other.takers)
        for eseq, qty in other.makers.items():
            self.makers[eseq] = self.makers.get(eseq, 0) + qty
        self.trades.update(other.trades)
        self.is_blind = self.is_blind or other.is_blind
        self.trades_from = max(self.trades_from, other.trades_from)

    def match_trades(self) -> None:
        """Hold executions and public trades against each other; count what passed from one to the other."""
        if self.trades_from < 0 or self.is_blind:
            return
        passed = []
        for eseq in self.takers.keys() | self.makers.keys() | self.trades.keys():
            if eseq <= self.trades_from:
                continue
            planned, taken, *terms = self.takers.get(eseq, _NOTHING)
            made = self.makers.get(eseq, 0)
            received, traded, *published = self.trades.get(eseq, _NOTHING)
            if not traded:
                self.add(
                    FaultKind.NO_TRADE, f"engine sequence {eseq} filled orders and no trade was published"
                )
            elif not taken and not made:
                self.add(FaultKind.NO_EXECUTION, f"trade {eseq} was published and filled no order of ours")
            elif not taken == made == traded:
                self.add(
                    FaultKind.WRONG,
                    f"engine sequence {eseq}: taken {taken}, made {made}, published {traded} (x 10^-8)",
                )
            elif terms != published:
                self.add(
                    FaultKind.WRONG,
                    f"engine sequence {eseq}: side, price x quantity {terms}, published {published}",
                )
            elif planned >= self.measure_from:
                passed.append(received - planned)
        self._tally(ORDER_TO_TRADE, passed)

    def _tally(self, name: str, values: list[int]) -> None:
        if values:
            self.tallies[name].add(values)
