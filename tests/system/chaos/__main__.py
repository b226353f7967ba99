"""``python -m tests.system.chaos``: the long crash test."""

import argparse
import asyncio
import logging
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import orjson

from tests.system.chaos.auditor import audit
from tests.system.chaos.ledger import Violation
from tests.system.chaos.run import CrashTest, Terms
from tests.system.chaos.table import table

SHOWN = 3
SHOWN_LENGTH = 1000
"""What is printed of the violations of one rule; the file has all."""


def main() -> int:
    """Run it, print the table, and return the exit status: 0 when no promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.system.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=None, help="makes the choices (default: the clock)")
    parser.add_argument("--kills", type=int, default=200, help="default: %(default)s")
    parser.add_argument("--durability", choices=("fsync", "os", "none"), default="fsync")
    parser.add_argument("--verbose", action="store_true", help="tell of each kill")
    options = parser.parse_args()
    logging.basicConfig(
        level=logging.INFO if options.verbose else logging.WARNING, format="%(asctime)s %(message)s"
    )
    seed = int(time.time()) if options.seed is None else options.seed
    folder = Path(tempfile.mkdtemp(prefix="bdax-chaos-"))
    test = CrashTest(Terms(seed, options.kills, options.durability, folder))
    print_line(f"seed {seed}, durability {options.durability}, in {folder}")
    started = time.monotonic()
    try:
        asyncio.run(test.run())
    except BaseException:
        keep(test, [], folder)
        raise
    took_s = time.monotonic() - started
    violations = audit(test.evidence)
    for line in table(test, violations, took_s):
        print_line(line)
    shown: Counter[str] = Counter()
    for violation in violations:
        shown[violation.rule] += 1
        if shown[violation.rule] <= SHOWN:
            print_line(f"{violation.rule}: {violation.text[:SHOWN_LENGTH]}")
    if violations:
        keep(test, violations, folder)
        return 1
    shutil.rmtree(folder)
    return 0


def keep(test: CrashTest, violations: list[Violation], folder: Path) -> None:
    """Write all that the clients sent and saw beside the data directory."""
    for name, rows in evidence_files(test, violations):
        with (folder / name).open("wb") as file:
            for row in rows:
                file.write(orjson.dumps(row, default=str, option=orjson.OPT_NON_STR_KEYS) + b"\n")
    print_line(f"kept: {folder}")


def evidence_files(test: CrashTest, violations: list[Violation]) -> Iterator[tuple[str, list[object]]]:
    """Yield the name and the rows of each file."""
    evidence = test.evidence
    for fix in evidence.fix:
        yield f"{fix.session}-requests.jsonl", list(fix.requests)
        yield f"{fix.session}-deliveries.jsonl", list(fix.deliveries)
        yield f"{fix.session}-history.jsonl", list(fix.history)
        yield f"{fix.session}-told-again.jsonl", [*fix.recoveries, *fix.told_again]
    for ws in evidence.ws:
        yield f"{ws.account}-requests.jsonl", list(ws.requests)
        yield f"{ws.account}-replies.jsonl", list(ws.replies)
        yield f"{ws.account}-deliveries.jsonl", list(ws.deliveries)
    for account, ending in evidence.endings.items():
        yield f"{account}-executions.jsonl", list(ending.history)
        yield f"{account}-open-orders.jsonl", list(ending.open_orders)
    yield "public.jsonl", list(evidence.public)
    yield "violations.jsonl", [violation._asdict() for violation in violations]


def print_line(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
