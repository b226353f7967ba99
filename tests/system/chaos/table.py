"""The table that a crash test prints in the end."""

from collections import Counter
from collections.abc import Iterator, Sequence

from tests.system.chaos.auditor import executions, ledger_of
from tests.system.chaos.ledger import Violation
from tests.system.chaos.run import CrashTest


def table(test: CrashTest, violations: Sequence[Violation], took_s: float) -> Iterator[str]:
    """Yield the lines: what was done to the gateway, what the clients did, and what the auditor found."""
    told = executions(test.evidence)
    kinds = Counter(event.kind for events in told.values() for event in events)
    counts = test.tally.counts
    rows: list[tuple[str, object]] = []
    for name in sorted(counts):
        if name.startswith("kill: "):
            missed = counts[f"missed: {name.removeprefix('kill: ')}"]
            rows.append((name, f"{counts[name]}" + (f" ({missed} not reached in time)" if missed else "")))
    rows.append(("kills", sum(count for name, count in counts.items() if name.startswith("kill: "))))
    requests = Counter(request.kind for _, request in test.evidence.requests())
    rows += [(f"requests: {kind}", requests[kind]) for kind in ("new", "cancel", "replace")]
    rows += [(f"executions: {kind}", kinds[kind]) for kind in sorted(kinds)]
    rows.append(("trades", len(ledger_of(told).trades)))
    rows.append(("public subscriptions", len(test.evidence.public)))
    rows += [(name, counts[name]) for name in sorted(counts) if ": " not in name]
    rows.append(("seconds", f"{took_s:.0f}"))
    rows.append(("violations", len(violations)))
    width = max(len(name) for name, _ in rows)
    yield from (f"{name:<{width}}  {value}" for name, value in rows)
    by_rule = Counter(violation.rule for violation in violations)
    yield from (f"  {rule}: {count}" for rule, count in by_rule.most_common())
